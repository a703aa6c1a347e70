"""A script may give its code the name of anything: the screen neither waits for that nor breaks."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk
from fake_stops import FakeStops

from cursus_tui.app.tail import last_line
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.widgets.log_index import LogIndex

SECONDS = 20


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    """A read of a pipe would never end: then the test fails instead."""

    def fail(*_: object) -> None:
        raise AssertionError("the screen waits for a pipe")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("name", ["nul\0.py", "half\ud800.py", "pipe", "/dev/tty", "/dev/zero", "[red]\x1b[2J.py"])
async def test_a_stop_in_code_named_after_anything_is_shown(tmp_path: Path, name: str) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    stops = FakeStops(desk)
    os.mkfifo(tmp_path / "pipe")
    stops.script = lambda step: tmp_path / name  # type: ignore[method-assign]
    async with opened(desk) as driver:
        await driver.press("s")
        stops.tell(replace(stops.state, ide_breakpoints=(LineBreakpoint(tmp_path / "other.py", 7),)))
        stops.stop(7)
        await driver.settle()
        assert "line 7" in driver.told
        assert "cannot be read" in driver.text
        assert "\x1b" not in driver.text
        await driver.press("9", "b", "t", "3")
        assert "line 7" in driver.told


def test_logs_that_have_become_pipes_are_empty(tmp_path: Path) -> None:
    for name in ("stdout.log", "stderr.log"):
        os.mkfifo(tmp_path / name)
    index = LogIndex(tmp_path / "stdout.log")
    assert not index.grow(1000)
    assert last_line(tmp_path) == ""
