"""Names of runs."""

from __future__ import annotations

import time

import pytest

from cursus_tui.execution.session_commands import new_run_id

CLOCKS_GO_BACK = 1729990800.0
"""2024-10-27 01:00 UTC: in Berlin it is 02:00 for the second time."""


def test_ids_sort_by_time_where_an_hour_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    moments = [CLOCKS_GO_BACK + seconds for seconds in (-1800.0, -0.0004, 0.0, 0.999, 0.9996, 1.0, 1800.0, 7200.0)]
    try:
        made = []
        for moment in moments:
            monkeypatch.setattr(time, "time", lambda moment=moment: moment)
            made.append(new_run_id())
    finally:
        monkeypatch.undo()
        time.tzset()
    times = [each[:-4] for each in made]
    assert times == sorted(times)
    assert times[2] == "20241027-010000-000"
