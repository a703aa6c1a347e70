"""A profile in words."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.records.run import Attempt, ResourceSample, StepStatus
from cursus_tui.reporting.profile_text import phases_and_memory, profile_document, profile_lines
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.text import human_seconds


def attempt(folder: Path, pack_seconds: object = 0.5) -> Attempt:
    AttemptFolder(folder).outcome.write_text(json.dumps({"pack_seconds": pack_seconds}))
    return Attempt(
        "run", "A", 1, StepStatus.PASSED, folder, started=100.0, ended=105.0, import_seconds=1.0, main_seconds=3.0
    )


def profile(*lines: LineShare) -> Profile:
    return Profile("run", "A", 1, 300, 3.0, 100, lines)


def test_phases_add_up_and_memory_has_its_peak(tmp_path: Path) -> None:
    samples = [ResourceSample(second / 5, rss, 0.0, 1, 0, 0) for second, rss in enumerate([10_000_000, 90_000_000, 1])]
    told = "\n".join(profile_lines(attempt(tmp_path), profile(), samples))
    rest = next(line for line in told.splitlines() if "the rest" in line)
    assert human_seconds(0.5) in rest
    assert "▁█▁" in told
    assert "at most" in told
    told = list(phases_and_memory(attempt(tmp_path), samples, 72))
    assert all(len(line) <= 72 for line in told)


def test_own_lines_come_before_those_of_libraries(tmp_path: Path) -> None:
    library = LineShare("/v/lib/python3.11/site-packages/x.py", 1, "f", 0.9, 0.6)
    own = LineShare("/p/\x1b[31mtrain.py", 5, "main", 0.7, 0.1)
    told = list(profile_lines(attempt(tmp_path), profile(library, own), ()))
    places = [index for index, line in enumerate(told) if "train.py" in line or "site-packages" in line]
    assert "train.py:5" in told[places[0]]
    assert "70%" in told[places[0]]
    assert "\x1b" not in "".join(told)


def test_many_own_lines_leave_room_for_libraries_and_the_other_way_round(tmp_path: Path) -> None:
    own = [LineShare("/p/a.py", line, "main", 0.5, 0.1) for line in range(1, 60)]
    others = [LineShare("<string>", line, "g", 0.5, 0.1) for line in range(1, 60)]
    told = list(profile_lines(attempt(tmp_path), profile(*own, *others), (), lines=12))
    assert sum("/p/a.py" in line for line in told) == 8
    assert sum("<string>" in line for line in told) == 4


def test_what_a_script_wrote_into_its_outcome_is_no_time(tmp_path: Path) -> None:
    for odd in ("soon", -1, float("inf"), None):
        assert profile_document(attempt(tmp_path, odd), None, ())["pack_seconds"] is None
    assert any("not profiled" in line for line in profile_lines(attempt(tmp_path), None, ()))


@pytest.mark.parametrize(
    ("imported", "named"), [(1.0, "main, cut short"), (None, "up to its end")], ids=["in main", "in its imports"]
)
def test_the_time_of_a_killed_step_is_not_called_the_rest(tmp_path: Path, imported: float | None, named: str) -> None:
    killed = replace(attempt(tmp_path, None), import_seconds=imported, main_seconds=None)
    told = [line.split("  ") for line in profile_lines(killed, None, ())]
    (shown,) = ([cell.strip() for cell in cells if cell] for cells in told if named in "  ".join(cells))
    assert shown[:2] == [named, human_seconds(5.0 - (imported or 0.0))]
    assert not any("the rest" in cells for cells in told)


def test_the_time_of_its_stops_has_a_name(tmp_path: Path) -> None:
    stopped = attempt(tmp_path)
    AttemptFolder(tmp_path).outcome.write_text(json.dumps({"pack_seconds": 0.25, "held_seconds": 0.5}))
    told = "\n".join(profile_lines(stopped, None, ()))
    assert re.search(r"stopped inside +0\.50 s", told)
    assert re.search(r"the rest +0\.25 s", told)
    assert profile_document(stopped, None, ())["held_seconds"] == 0.5
