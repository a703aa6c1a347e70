"""A stop comes, goes or moves while something is typed: nothing typed is lost, and nothing goes to another place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from fake_values import FakeValues
from textual.widgets import Input

from cursus_tui.app.panes.variables_pane import VariablesPane
from cursus_tui.app.screens.console import ConsoleField
from cursus_tui.records.run import BY_HAND, Override


@pytest.fixture
def step(desk: FakeDesk, tmp_path: Path) -> FakeValues:
    folder = tmp_path / "live"
    folder.mkdir()
    names = {"total": 7, "frame": pd.DataFrame({"id": [1, 2]})}
    values = FakeValues(folder, [names, {"argument": "outer"}], desk.pipeline.steps["prepare"].script)
    desk.debugger = values
    return values


async def stopped(driver: Driver, step: FakeValues, line: int = 8) -> None:
    """Stop, and have its frames on the screen."""
    step.stop("prepare", line)
    number = step.state.stop.number if step.state.stop else 0
    await driver.until(lambda: driver.main.situation.stop is not None and driver.main.situation.stop.number == number)
    await driver.settle()


def typed(driver: Driver) -> str:
    return driver.app.screen.query_one(Input).value


def asked(step: FakeValues, *names: str) -> list[object]:
    return [one for one in step.asked if one[0] in names and not (one[0] == "evaluate" and one[1] in ("total", "w"))]


async def test_a_value_for_one_stop_is_not_set_at_another_and_not_lost(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await driver.press("6")
        view = driver.main.query_one(VariablesPane).view
        row = next(row for row in view.rows if row.path and row.path[-1] == "total")
        view.select(row.path)
        await driver.settle()
        await driver.press("=", "ctrl+u", "4", "2")
        step.go_on()
        await stopped(driver, step, 9)
        before = len(asked(step, "evaluate", "set_variable"))
        await driver.press("enter")
        assert typed(driver) == "42"
        assert "the step went on meanwhile" in driver.text
        assert len(asked(step, "evaluate", "set_variable")) == before


@pytest.mark.parametrize("moves", ["goes", "stops elsewhere"])
async def test_the_console_keeps_what_is_typed(desk: FakeDesk, step: FakeValues, moves: str) -> None:
    async with opened(desk, (80, 24)) as driver:
        await stopped(driver, step)
        await driver.press(">", *"abc")
        step.go_on()
        if moves != "goes":
            await stopped(driver, step, 9)
        await driver.settle()
        await driver.press("d", "enter")
        assert driver.app.screen.query_one(ConsoleField).value == "abcd"
        assert not [one for one in step.asked if one[:2] == ("evaluate", "abcd")]
        if moves != "goes":
            assert "line 9" in driver.text
            await driver.press("enter")
            assert [one[1] for one in step.asked if one[:2] == ("evaluate", "abcd")] == ["abcd"]


async def test_a_watch_that_is_typed_outlives_a_stop(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("w", "ctrl+u", *"tot")
        await stopped(driver, step)
        await driver.press("a", "l", "enter")
        assert desk.session.watches == ("total",)


async def test_a_condition_that_is_typed_outlives_a_stop(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("3", "B", *"tot")
        line = driver.main.source_pane.place
        await stopped(driver, step, 9)
        await driver.press("a", "l", "enter")
        (point,) = desk.session.line_breakpoints
        assert (point.condition, (point.path, point.line)) == ("total", line)


async def test_a_step_whose_values_were_set_by_hand_is_marked(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        await driver.press("1", "home", "down")
        state = desk.session.state.steps["prepare"]
        assert state.attempt is not None
        marked = replace(state.attempt, overrides=(Override(BY_HAND, "set by hand", "a variable was set"),))
        desk.session._put(replace(state, attempt=marked))
        await driver.settle()
        assert "✓ prepare" in driver.text
        assert "set by hand" in driver.text
        await driver.press("4")
        assert "passed, values set by hand" in driver.text
