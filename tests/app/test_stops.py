"""Stopping inside of steps, through real keys, with a scripted debugger."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk
from fake_stops import FakeStops, kinds, source, stopped
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import Input

from cursus_tui.app.leaving import Leaving
from cursus_tui.app.panes.chrome import VerbLine
from cursus_tui.app.panes.search_line import SearchLine
from cursus_tui.records.debug import DebugThread, IdeState, StopKind

SIZES = [(80, 24), (120, 40), (160, 45)]


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path, holding=["prepare"])


# --- a stop, and going on


@pytest.mark.parametrize("size", SIZES)
async def test_s_runs_the_selected_step_and_its_stop_is_shown(
    desk: FakeDesk, stops: FakeStops, size: tuple[int, int]
) -> None:
    async with opened(desk, size) as driver:
        await driver.press("s")
        assert ("step_into", "prepare") in desk.session.given
        await stopped(driver, stops, 7, StopKind.ENTRY)
        assert driver.main.situation.pane == "source"
        assert source(driver).has_focus
        assert source(driver).line == 7
        assert kinds(driver, 7) == {"current"}
        assert "▶ 7" in driver.text
        assert "line 7" in driver.told
        assert "n over" in driver.told
        assert "s into" in driver.told
        wide = size[0] >= 120
        assert driver.main.pane("variables").display is wide
        assert driver.main.pane("stack").display is wide


async def test_a_stop_is_painted_where_the_same_lines_were_shown_before(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("3", "1", "s")
        await stopped(driver, stops, source(driver).line + 1, StopKind.ENTRY)
        assert "▶" in driver.text


async def test_stepping_keys_go_to_the_session(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        desk.session.given.clear()
        await driver.press("n", "s", "f", "c")
        assert [each[0] for each in desk.session.given] == ["step_over", "step_into", "finish", "continue_"]


async def test_into_another_step_than_the_one_that_is_stopped_is_asked_about(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        await driver.press("1", "down")
        other = driver.main.situation.step
        assert other not in (None, "prepare")
        desk.session.given.clear()
        await driver.press("s")
        assert desk.session.given == []
        assert f"Go into {other}" in driver.text
        assert "prepare is stopped inside" in driver.text
        await driver.press("escape", "s", "down", "enter")
        assert desk.session.given == [("step_into",)]
        await driver.press("s", "enter")
        assert desk.session.given[-1] == ("step_into", other)


async def test_the_source_of_another_step_than_the_stopped_one_offers_to_go_into_that(
    desk: FakeDesk, stops: FakeStops
) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7, StopKind.EXCEPTION, "KeyError: 'amount'")
        assert "c let it fail" in driver.text
        await driver.press("1", "down", "3")
        verbs = [verb[0] for verb in driver.main.query_one(VerbLine).verbs]
        assert verbs[:2] == ["breakpoint", "step-into"]


@pytest.mark.parametrize(("kind", "key"), [(StopKind.STEP, "x cancels it"), (StopKind.EXCEPTION, "c lets it fail")])
async def test_what_a_step_that_stands_still_runs_is_refused_before_any_is_typed(
    desk: FakeDesk, stops: FakeStops, kind: StopKind, key: str
) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7, kind, "KeyError: 'amount'")
        await driver.press("4")
        await driver.search("job type")
        await driver.press("=")
        assert "prepare stands still with this job type" in driver.notices
        assert key in driver.notices
        assert "enter takes it" not in driver.text
        await driver.search("LABEL")
        await driver.press("=")
        await driver.fill("bad")
        assert desk.session.given[-1][0] == "edit"


async def test_function_keys_step_among_the_data_too(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        await driver.press("2", "s")
        assert desk.session.given[-1][0] == "step_over"
        assert "F11 does" in driver.notices
        await driver.press("f11")
        assert desk.session.given[-1][0] == "step_into"


async def test_a_step_that_went_on_leaves_the_eye_where_it_was(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 9)
        stops.go_on()
        await driver.settle()
        assert not kinds(driver, 9)
        assert source(driver).line == 9
        assert "running prepare" in driver.told
        assert driver.main.situation.frame is None
        assert driver.main.situation.frames == ()


async def test_a_stop_and_its_frames_come_in_one_picture(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        stops.waiting = True
        await stopped(driver, stops, 7)
        assert driver.main.situation.stop is None
        stops.answer()
        await driver.settle()
        assert driver.main.situation.stop is not None
        assert driver.main.situation.frame is not None


async def test_frames_of_an_older_stop_are_dropped(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        stops.waiting = True
        await stopped(driver, stops, 7)
        await stopped(driver, stops, 8)
        stops.answer()
        await driver.settle()
        stop = driver.main.situation.stop
        assert stop is not None
        assert stop.line == driver.main.situation.frames[0].line == 8


async def test_frames_that_cannot_be_had_are_said(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        stops.broken = "the step\x1b[2J does not answer"
        await stopped(driver, stops, 7)
        assert "the step␛[2J does not answer" in driver.notices
        assert "line 7" in driver.told


async def test_the_focus_stays_with_panes_about_the_stop_and_with_questions(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n", "9")
        await stopped(driver, stops, 7)
        assert driver.main.situation.pane == "stack"
        stops.go_on()
        await driver.press("1", "?")
        await stopped(driver, stops, 8)
        assert driver.app.screen is not driver.main
        await driver.press("escape")
        assert "▶ 8" in driver.text


async def test_a_narrow_status_line_names_the_step_when_another_one_is_selected(
    desk: FakeDesk, stops: FakeStops
) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        assert driver.told.startswith(" stopped, line 7 · n over · s into · f out · c go on")
        await driver.press("1", "down")
        assert "prepare" in driver.told
        await driver.press("u")
        assert driver.main.situation.step == "prepare"


async def test_another_step_of_the_debugger_paints_two_lines(
    desk: FakeDesk, stops: FakeStops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line left and the line entered, the frame in the stack and the status line: no pane anew."""
    pieces: list[int] = []
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda driver, data: pieces.append(len(data.encode())))
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        await stopped(driver, stops, 8)
        pieces.clear()
        await stopped(driver, stops, 9)
        assert 0 < sum(pieces) <= 3_000


# --- frames and threads


async def test_frames_are_walked_and_shown(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 8)
        await driver.press("u")
        assert source(driver).line == 14
        assert kinds(driver, 14) == {"frame"}
        assert kinds(driver, 8) == {"current"}
        frame = driver.main.situation.frame_in_view
        assert frame is not None
        assert frame.name == "<module>"
        await driver.press("u", "d")
        assert source(driver).line == 8


async def test_the_cursor_of_the_stack_chooses_a_frame(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 8)
        await driver.press("9", "down")
        assert source(driver).line == 14
        await driver.press("enter")
        assert driver.main.situation.pane == "source"


async def test_a_deep_stack_is_asked_for_in_parts(desk: FakeDesk, stops: FakeStops) -> None:
    stops.deep = 60
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 8)
        assert len(driver.main.situation.frames) == 40
        await driver.press("9", "G", "enter")
        assert len(driver.main.situation.frames) == 62
        assert not driver.main.situation.more_frames


async def test_another_thread_is_looked_at(desk: FakeDesk, stops: FakeStops) -> None:
    stops.threads_now = (*stops.threads_now, DebugThread(2, "pool\x1b[0m-1", True))
    async with opened(desk) as driver:
        await driver.press("n")
        await stopped(driver, stops, 8)
        await driver.press("9")
        assert "thread MainThread" in driver.text
        assert "pool␛[0m-1" in driver.text
        await driver.press("G", "enter")
        frame = driver.main.situation.frame_in_view
        assert frame is not None
        assert frame.name == "wait"
        assert driver.main.situation.thread == 2


async def test_without_a_stop_the_stack_says_how_to_come_to_one(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("9")
        assert "s runs the selected step and stops in its main" in driver.text
        await driver.press("n")
        assert "p stops it on the line that it is at" in driver.text


async def test_leaving_a_stopped_step_is_asked_about(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("s")
        await stopped(driver, stops, 7, StopKind.ENTRY)
        await driver.press("q")
        assert "prepare is stopped inside" in driver.text
        assert "let it run on" in driver.text
        await driver.press("escape")


async def test_leaving_a_held_failure_is_asked_about_as_its_frames_are_lost(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("s")
        await stopped(driver, stops, 8, StopKind.EXCEPTION, "KeyError: 'amount'")
        await driver.press("q")
        assert "held with its frames alive" in driver.text
        assert "the traceback with its locals is kept" in driver.text
        await driver.press("escape")
        assert driver.app.screen is driver.main
        await driver.press("q", "enter")
        assert driver.app.return_value == Leaving(keep_running=False)


# --- a failure that is held


async def test_a_held_failure_shows_what_was_raised_and_what_can_be_done(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        await stopped(driver, stops, 8, StopKind.EXCEPTION, "KeyError: 'amount' [/b]\x1b[2J")
        assert "✗ KeyError: 'amount' [/b]␛[2J" in driver.text
        assert "held on KeyError, line 8" in driver.told
        assert "held before it fails" in driver.text
        assert driver.main.query_one("#failure").size.height == 1, "the keys are in the last two lines, not here again"
        verbs = {verb[0]: verb[2] for verb in driver.main.query_one(VerbLine).verbs}
        assert verbs["continue"] == "let it fail"
        assert kinds(driver, 8) == {"failure"}
        frame = driver.main.situation.frame_in_view
        assert frame is not None
        assert frame.name == "main"  # not the library that raised
        desk.session.given.clear()
        await driver.press("n", "f")
        assert desk.session.given == []
        assert "c lets the step fail" in driver.notices
        desk.session.note("it reads A's output \x1b[2J")
        await driver.until(lambda: "→ it reads A's output ␛[2J" in driver.text)
        assert "2 lists it" not in driver.text
        desk.session.note("it reads DATA, written by load")
        await driver.until(lambda: "written by load · 2 lists it, u there goes to who wrote it" in driver.text)
        await driver.press("1")
        assert "✗ prepare" in driver.text
        assert "→ held" in driver.text
        await driver.press("e")
        assert driver.main.situation.pane == "source"
        await driver.press("d")
        assert "/lib/pandas/core.py" in driver.text
        assert "this file cannot be read" in driver.text
        await driver.press("1", "down", "s", "r", "c")
        assert desk.session.given == [("step_into", "train"), ("rerun", "train"), ("continue_",)]


async def test_an_edit_at_a_stop_says_that_the_step_has_the_old_script(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        script = desk.pipeline.steps["prepare"].script
        assert script is not None
        await driver.press("s")
        await stopped(driver, stops, 8)
        driver.main.scripts_changed(frozenset({script.with_name("other.py")}))
        assert "as it was" not in driver.notices
        driver.main.scripts_changed(frozenset({script}))
        await driver.settle()
        assert "prepare runs on with the script as it was: r runs it again with the edit" in driver.notices


async def test_an_edit_in_the_editor_is_told_of_once(
    desk: FakeDesk, stops: FakeStops, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\nfor file; do :; done\necho "# edited" >> "$file"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(desk) as driver:
        disk = driver.main.disk
        await driver.press("s")
        await stopped(driver, stops, 8)
        await driver.until(lambda: disk.scripts.known > 0)
        await driver.press("o")
        await driver.settle()
        await driver.app.workers.wait_for_complete()
        disk.look()
        await driver.app.workers.wait_for_complete()
        await driver.settle()
        assert driver.notices.count("runs on with the script as it was") == 1


# --- IDEs


async def test_the_door_for_ides_is_opened_shown_and_closed(
    desk: FakeDesk, stops: FakeStops, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(desk, (80, 24)) as driver:
        copied: list[str] = []
        monkeypatch.setattr(driver.app, "copy_to_clipboard", copied.append)
        await driver.press("A")
        assert ("open_ide", None) in stops.asked
        assert "open at 127.0.0.1:5678" in driver.text
        assert "nobody is attached yet" in driver.text
        stops.tell(replace(stops.state, ide=IdeState(5678, ("VS Code [/b]",), "uid 1001 is not yours")))
        await driver.settle()
        assert "attached: VS Code [/b]" in driver.text
        assert "turned away: uid 1001 is not yours" in driver.text
        await driver.press("enter", "down", "enter", "down", "enter", "down", "enter")
        assert ['"port": 5678' in copied[0], "127.0.0.1:5678" in copied[1]] == [True, True]
        assert "port = 5678" in copied[2]
        assert "5678:127.0.0.1:5678" in copied[3]
        await driver.press("escape")
        assert "IDE :5678" in driver.text
        assert stops.state.ide.port == 5678
        await driver.press("A", "G", "enter")
        assert stops.state.ide.port is None
        assert driver.app.screen is driver.main


async def test_a_door_that_cannot_be_opened_says_why(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        stops.broken = "no port is free"
        await driver.press("A")
        assert "no port is free" in driver.text


async def test_pausing_says_when_it_takes_effect(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk) as driver:
        await driver.press("n")
        assert "p pause it" in driver.told
        await driver.press("p")
        assert ("pause",) in desk.session.given
        assert "at its next line" in driver.notices


@pytest.mark.parametrize("size", SIZES)
async def test_a_stop_takes_no_key_from_the_search_line(
    desk: FakeDesk, stops: FakeStops, size: tuple[int, int]
) -> None:
    async with opened(desk, size) as driver:
        await driver.press("n", "5", "/", "c", "n")
        given = len(desk.session.given)
        await stopped(driver, stops, 7)
        line = driver.main.query_one(SearchLine)
        assert line.has_focus
        await driver.press("c", "f")
        assert line.value == "cncf"
        assert len(desk.session.given) == given
        await driver.press("escape")
        assert driver.main.situation.pane == "log"
        assert "3 source" in driver.told
        await driver.press("3")
        assert "▶ 7" in driver.text


async def test_a_stop_takes_no_key_from_the_palette(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", ":", "q", "u")
        given = len(desk.session.given)
        await stopped(driver, stops, 7)
        await driver.press("c", "n")
        assert driver.app.screen.query_one(Input).value == "qucn"
        assert len(desk.session.given) == given
        await driver.press("escape")
        assert driver.main.situation.pane == "pipeline"
        assert "3 source" in driver.told


async def test_a_stop_outlives_another_size_and_a_zoom(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        await stopped(driver, stops, 7)
        for size in ((160, 45), (80, 24), (160, 45)):
            await driver.pilot.resize_terminal(*size)
            await driver.settle()
            assert "▶ 7" in driver.text
            assert source(driver).has_focus
            assert driver.main.pane("stack").display is (size[0] == 160)
        await driver.press("z")
        assert "▶ 7" in driver.text
        assert not driver.main.pane("stack").display
        await stopped(driver, stops, 8)
        assert "▶ 8" in driver.text
        assert not driver.main.pane("stack").display
        await driver.press("z")
        assert driver.main.pane("stack").display
