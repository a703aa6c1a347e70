"""Rows and seconds beside the steps are there from the first picture on, not only after a change of size."""

from __future__ import annotations

from dataclasses import replace

import pytest
from app_driver import opened
from fake_desk import FakeDesk

from cursus_tui.records.run import Attempt, StepState, StepStatus


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_rows_show_without_a_resize(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as driver:
        await driver.press("n")
        row = next(line for line in driver.text.splitlines() if "prepare" in line and "passed" in line)
        assert "rows" in row


async def test_the_heading_of_an_open_file_keeps_its_name_where_there_is_no_room(desk: FakeDesk) -> None:
    async with opened(desk, (120, 40)) as driver:
        await driver.press("n", "up", "2", "enter")
        assert "prepare › OUT › part-0.csv" in driver.text
        await driver.pilot.resize_terminal(24, 40)
        await driver.settle()
        assert "… › OUT › part-0.csv" in driver.text


async def test_what_main_returned_is_called_so(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("n", "up")
        state = desk.session.state.steps["prepare"]
        assert state.attempt is not None
        frame = replace(state.attempt.artifacts[0], channel="returned", name="train", kind="returned frame")
        desk.session._put(replace(state, attempt=replace(state.attempt, artifacts=(frame,))))
        await driver.settle()
        assert "Returned by main (attempt 1)" in driver.text


async def test_what_was_not_run_has_no_seconds(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        attempt = Attempt("run-1", "load", 1, StepStatus.REUSED, desk.folder, started=1_000.0, ended=1_000.0)
        desk.session._put(StepState("load", StepStatus.REUSED, attempt, rows=600))
        await driver.settle()
        row = next(line for line in driver.text.splitlines() if "600 rows" in line)
        assert "0.00 s" not in row


async def test_what_ran_while_the_graph_was_in_sight_is_in_the_tree(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("v", "n", "v")
        row = next(line for line in driver.text.splitlines() if line.split("▏")[0].count(" prepare "))
        assert "passed" in row
