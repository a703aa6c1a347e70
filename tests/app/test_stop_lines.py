"""Breakpoints on lines and running to a line, through real keys, with a scripted debugger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk
from fake_stops import FakeStops, kinds, source

from cursus_tui.app.panes.source_pane import SourcePane
from cursus_tui.records.debug import IdeState, LineBreakpoint
from cursus_tui.records.events import LineBreakpointsChanged
from cursus_tui.widgets.source_view import SourceView


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path, holding=["prepare"])


async def test_b_in_the_source_is_about_the_line(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("3", "b")
        line = source(driver).line
        script = stops.script("prepare")
        text = script.read_text().splitlines()[line - 1].strip()
        assert desk.session.line_breakpoints == (LineBreakpoint(script, line, text=text),)
        assert kinds(driver, line) == {"breakpoint"}
        assert f"●  {line}" in driver.text or f"● {line}" in driver.text
        await driver.press("8")
        assert f"prepare.py  {line}" in driver.text
        await driver.press("space")
        assert not desk.session.line_breakpoints[0].enabled
        await driver.press("3")
        assert kinds(driver, line) == {"disabled"}
        await driver.press("b")
        assert desk.session.line_breakpoints == ()
        assert desk.session.breakpoints == ()


async def test_b_on_a_line_without_code_takes_the_next_one_with_code(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("3", "g", "down", "b")
        assert [point.line for point in desk.session.line_breakpoints] == [3]
        assert source(driver).line == 3


async def test_b_on_a_docstring_is_about_the_first_line_that_runs(desk: FakeDesk, stops: FakeStops) -> None:
    script = stops.script("prepare")
    script.write_text('def main():\n    """What\n\n    it does."""\n    # how\n    return 1\n    # never\n')
    async with opened(desk) as driver:
        await driver.press("3", "g", "down", "down", "b")
        assert [(point.line, point.text) for point in desk.session.line_breakpoints] == [(6, "return 1")]
        assert source(driver).line == 6
        await driver.press("g", "down", "b")
        assert desk.session.line_breakpoints == ()
        await driver.press("G", "b")
        assert desk.session.line_breakpoints == ()


async def test_a_condition_is_asked_for_and_checked(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("3", "B")
        await driver.type("total >")
        assert "no Python expression" in driver.text
        await driver.press("enter")
        assert desk.session.line_breakpoints == ()
        await driver.type(" 5")
        await driver.press("tab")
        await driver.type("% 3")
        await driver.press("tab")
        await driver.type("{total} so far")
        await driver.press("enter")
        (point,) = desk.session.line_breakpoints
        assert (point.condition, point.hits, point.message) == ("total > 5", "% 3", "{total} so far")
        assert kinds(driver, point.line) == {"logpoint"}
        assert "if total > 5" in driver.text


async def test_breakpoints_of_an_ide_and_lines_without_code_are_told_apart(desk: FakeDesk, stops: FakeStops) -> None:
    script = stops.script("prepare")
    async with opened(desk) as driver:
        await driver.press("3")
        desk.session.say(LineBreakpointsChanged((LineBreakpoint(script, 2),)))
        theirs = (LineBreakpoint(script, 8, condition="total"),)
        stops.tell(replace(stops.state, ide_breakpoints=theirs, unverified=frozenset({(script, 2)})))
        await driver.settle()
        assert kinds(driver, 2) == {"unverified"}
        assert kinds(driver, 8) == {"condition"}
        assert "IDE if total" in driver.text
        await driver.press("8")
        assert "no code on this line" in driver.text


async def test_enter_on_a_breakpoint_goes_to_its_line_in_any_file(desk: FakeDesk, stops: FakeStops) -> None:
    other = desk.folder / "shared.py"
    other.write_text("\n".join(f"value_{line} = {line}" for line in range(1, 90)))
    async with opened(desk) as driver:
        desk.session.say(LineBreakpointsChanged((LineBreakpoint(other, 60), LineBreakpoint(stops.script("train"), 8))))
        await driver.press("8", "enter")
        assert "value_60" in driver.text
        assert source(driver).line == 60
        await driver.press("8", "down", "enter")
        assert driver.main.situation.step == "train"
        assert source(driver).line == 8


async def test_a_click_beside_a_line_sets_a_breakpoint(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("3")
        await driver.pilot.click(SourceView, offset=(2, 6))
        await driver.settle()
        assert [point.line for point in desk.session.line_breakpoints] == [7]


async def test_t_runs_to_the_line_in_the_source_and_to_the_step_elsewhere(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("3", "t")
        assert desk.session.given[-1] == ("run_to_line", stops.script("prepare"), source(driver).line)
        await driver.press("1", "down", "t")
        assert desk.session.given[-1] == ("run_to", "train")


async def test_a_breakpoint_deep_in_the_project_shows_its_line_in_80_columns(desk: FakeDesk, stops: FakeStops) -> None:
    script = desk.pipeline.layout.root / "source" / "package" / "steps" / "scripts" / "tabular_preprocessing.py"
    other = script.parent.parent / "others" / "tabular_preprocessing.py"
    longer = script.with_name("missing_value_imputation_of_everything.py")
    line = LineBreakpoint(script, 2117, condition="split_name == 'val' and len(frame) > 1000")
    async with opened(desk, (80, 24)) as driver:
        stops.tell(replace(stops.state, ide_breakpoints=(line,)))
        await driver.press("8")
        assert "tabular_preprocessing.py  2117" in driver.text
        stops.tell(replace(stops.state, ide_breakpoints=(line, LineBreakpoint(other, 7))))
        await driver.settle()
        assert "tabular_preprocessing.py  7     in others" in driver.text
        assert "tabular_preprocessing.py  2117  in scripts" in driver.text
        stops.tell(replace(stops.state, ide_breakpoints=(replace(line, path=longer),)))
        await driver.settle()
        assert "…  2117  if split_name" in driver.text


async def test_the_heading_counts_breakpoints_of_both_kinds(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("b", "3", "b")
        assert "8 Breakpoints 2" in driver.text
        assert driver.main.query_one(SourcePane).display
        stops.tell(replace(stops.state, ide=IdeState(5678, ("vscode",))))
        await driver.settle()
        assert driver.main.situation.debugger.ide.port == 5678
