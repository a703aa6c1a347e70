"""The screen through real keys, with a scripted session."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from app_driver import Driver, at_once, opened
from fake_desk import FakeDesk
from textual.widgets import Input

from cursus_tui.app.actions import ACTIONS
from cursus_tui.app.app import CursusApp
from cursus_tui.app.commands import VERBS
from cursus_tui.app.keymap import Settings, build_keymap
from cursus_tui.app.leaving import Leaving
from cursus_tui.app.panes.chrome import VerbLine
from cursus_tui.app.screens.choose import Choose
from cursus_tui.records.events import Noticed
from cursus_tui.records.pipeline import Finding, Pipeline, Severity
from cursus_tui.records.run import BreakpointWhen, Phase, RunRecord, StepBreakpoint, StepStatus
from cursus_tui.widgets.source_view import SourceView

SIZES = [(80, 24), (120, 40)]


def test_every_action_does_something_and_nothing_else_does() -> None:
    assert set(VERBS) == set(ACTIONS)


@pytest.mark.parametrize("size", SIZES)
async def test_opens_and_says_where_it_stands(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as driver:
        assert desk.started == [None]
        assert "nothing ran yet · n run prepare" in driver.told
        for step in desk.pipeline.steps:
            assert step in driver.text


@pytest.mark.parametrize("size", SIZES)
async def test_a_whole_session_with_keys(
    desk: FakeDesk, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breakpoint, continue, input, edit, failure, script, re-run, to the end."""
    desk.session.failing["train"] = 1
    _use_editor(tmp_path, monkeypatch, 'sed -i s/amount/price/ "$last"')
    async with opened(desk, size) as driver:
        await driver.press("down")
        assert driver.main.situation.step == "train"
        await driver.press("b", "c")
        assert "paused before train" in driver.told

        await driver.press("2")
        assert "Will read DATA from prepare.OUT" in driver.text
        await driver.press("enter")
        assert "2.5" in driver.text
        await driver.press("escape")

        await driver.edit("RATIO", "0.5")
        assert desk.session.pipeline.overrides.environment["train"]["RATIO"] == "0.5"

        await driver.press("n")
        assert "failed in train" in driver.told
        assert driver.main.situation.pane == "source"
        assert "KeyError: 'amount'" in driver.text
        assert "load wrote given.csv without it" in driver.text

        await driver.press("o")
        script = desk.pipeline.steps["train"].script
        assert script is not None
        assert 'frame["price"]' in script.read_text()
        assert ("script_changed", "train") in desk.session.given
        assert 'frame["price"]' in driver.text

        await driver.press("r")
        assert desk.session.state.steps["train"].status is StepStatus.PASSED
        await driver.press("c")
        assert "finished: 3 passed" in driver.told


def _use_editor(folder: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    editor = folder / "ed"
    editor.write_text(f"#!/bin/sh\nfor last; do :; done\n{command}\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)


# --- keys and panes


@pytest.mark.parametrize("size", SIZES)
async def test_numbers_and_tab_go_to_panes(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as driver:
        for key, pane in zip("123456789", ACTIONS, strict=False):
            await driver.press(key)
            assert driver.main.current.display
            assert driver.main.current.focus_target.has_focus, pane
        await driver.press("tab")
        assert driver.main.situation.pane == "pipeline"
        await driver.press("shift+tab")
        assert driver.main.situation.pane in ("breakpoints", "checks", "stack")
        await driver.press("escape")
        assert driver.main.situation.pane == "pipeline"


async def test_a_narrow_screen_shows_one_pane_and_enter_leads_on(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        shown = [pane for pane in ("pipeline", "data", "source") if driver.main.pane(pane).display]
        assert shown == ["pipeline"]
        await driver.press("enter")
        assert driver.main.situation.pane == "data"


async def test_zoom_fills_the_screen_and_esc_takes_it_back(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("4", "z")
        assert not driver.main.pane("pipeline").display
        assert driver.main.current.size.width == 120
        await driver.press("escape")
        assert driver.main.pane("pipeline").display


async def test_resizing_rearranges(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.pilot.resize_terminal(80, 24)
        await driver.settle()
        assert not driver.main.pane("data").display
        await driver.pilot.resize_terminal(170, 45)
        await driver.settle()
        assert driver.main.pane("data").display
        assert driver.main.pane("breakpoints").display


async def test_stepping_letters_do_not_fire_in_the_data_pane_but_function_keys_do(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("2", "n", "c", "x", "r", "b")
        assert desk.session.given == []
        await driver.press("f10")
        assert desk.session.given[0][0] == "step_over"


async def test_printable_keys_do_not_fire_while_an_input_has_the_focus(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("/", *"nbc?q1:")
        assert desk.session.given == []
        assert driver.main.query_one("#search", Input).value == "nbc?q1:"
        await driver.press("escape")
        assert driver.main.pane("pipeline").focus_target.has_focus


async def test_search_and_its_hits(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.search("re")
        first = driver.main.situation.step
        await driver.press(".", ".")
        second = driver.main.situation.step
        assert first != second
        await driver.press(",")
        assert driver.main.situation.step == first == "prepare"


async def test_esc_closes_a_file_at_once_whatever_was_searched_for_before(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "2")
        await driver.search("csv")
        await driver.press("enter")
        assert driver.main.situation.table
        await driver.press("escape")
        assert not driver.main.situation.table


async def test_esc_takes_the_marks_of_a_search_away_before_it_leaves_the_pane(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("3")
        view = driver.main.query_one(SourceView)
        await driver.search("main")
        assert view._hits.all
        line = view.line
        await driver.press("escape")
        assert not view._hits.all
        assert (view.line, driver.main.situation.pane) == (line, "source")
        await driver.press("escape")
        assert driver.main.situation.pane == "pipeline"


async def test_a_disabled_action_says_why(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("p")
        assert desk.session.given == []
        assert "not now: nothing is running" in driver.notices
        verbs = {verb[0]: verb[3] for verb in driver.main.query_one(VerbLine).verbs}
        assert verbs["step-over"]


async def test_remapped_keys_work_and_the_old_ones_do_not(desk: FakeDesk) -> None:
    async with opened(desk, settings=Settings({"step-over": ("N",)})) as driver:
        assert "N run prepare" in driver.told
        await driver.press("n")
        assert desk.session.given == []
        await driver.press("N")
        assert desk.session.given[0][0] == "step_over"


async def test_what_the_session_refuses_becomes_a_notice_without_markup(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        desk.session.say(Noticed("warning", "a [/bold] list[int] \x1b[31m"))
        await driver.settle()
        assert "a [/bold] list[int] ␛[31m" in driver.notices


# --- breakpoints


async def test_breakpoints_are_set_listed_switched_and_removed(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("b")
        assert desk.session.breakpoints == (StepBreakpoint("prepare", BreakpointWhen.BEFORE),)
        await driver.press("8", "space")
        assert not desk.session.breakpoints[0].enabled
        assert "○ off" in driver.text
        await driver.press("b")
        assert desk.session.breakpoints == ()


async def test_fast_keys_are_about_the_step_under_the_cursor(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        for key in ("down", "down", "b"):
            driver.app.simulate_key(key)
        await driver.settle()
        assert [point.step for point in desk.session.breakpoints] == ["evaluate"]


async def test_moments_and_hit_count_of_a_breakpoint(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("B", "down", "space", "tab", "ctrl+u", "3", "enter")
        assert desk.session.breakpoints == (StepBreakpoint("prepare", BreakpointWhen.AFTER, True, 3),)
        await driver.press("B", "down", "space", "enter")
        assert desk.session.breakpoints == ()


# --- failures


async def test_frames_are_walked_and_e_comes_back(desk: FakeDesk) -> None:
    desk.session.failing["prepare"] = 1
    async with opened(desk) as driver:
        await driver.press("n")
        assert "prepare.py:8 in main" in driver.text
        await driver.press("u")
        assert "prepare.py:14 in <module>" in driver.text
        await driver.press("d", "1", "down", "down")
        await driver.press("e")
        assert driver.main.situation.step == "prepare"
        assert driver.main.situation.pane == "source"


async def test_a_failure_does_not_take_the_focus_from_a_question(desk: FakeDesk) -> None:
    desk.session.failing["prepare"] = 1
    async with opened(desk) as driver:
        await driver.press("?")
        desk.session.step_over()
        await driver.settle()
        assert driver.app.screen is not driver.main
        await driver.press("escape")
        assert "KeyError" in driver.text


# --- help and palette


async def test_help_lists_keys_and_reasons(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("5", "?")
        assert "Help: Log" in driver.text
        assert "not now: nothing is running" in driver.text
        await driver.press("?")
        assert driver.app.screen is driver.main


async def test_the_palette_does_actions_and_goes_to_steps(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.palette("run only the sel")
        assert desk.session.given[0] == ("run_only", "prepare")
        await driver.palette("step evaluate")
        assert driver.main.situation.step == "evaluate"


# --- beginning and end


async def test_quits_at_once_when_nothing_runs(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("q")
        assert driver.app.return_value == Leaving(keep_running=False)


@pytest.mark.parametrize(("downs", "result"), [(0, Leaving(True)), (1, Leaving(False)), (2, None)])
async def test_asks_while_a_step_runs(tmp_path: Path, downs: int, result: Leaving | None) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        await driver.press("n")
        assert "running prepare" in driver.told
        await driver.press("q", *["down"] * downs, "enter")
        assert driver.app.return_value == result


async def test_a_running_step_is_cancelled(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    async with opened(desk) as driver:
        await driver.press("n", "x")
        assert desk.session.state.steps["prepare"].status is StepStatus.CANCELLED


@pytest.mark.parametrize(
    ("keys", "started"), [(("enter",), "run-0"), (("down", "enter"), None), (("escape",), "run-0")]
)
async def test_offers_to_resume(tmp_path: Path, keys: tuple[str, ...], started: str | None) -> None:
    unfinished = RunRecord("run-0", "demo", tmp_path, 1_000.0, None, Phase.PAUSED, "debug")
    desk = FakeDesk(tmp_path, unfinished=unfinished)
    async with opened(desk) as driver:
        assert isinstance(driver.app.screen, Choose)
        assert desk.started == []
        await driver.press(*keys)
        assert desk.started == [started]


async def test_a_session_that_cannot_start_is_said_and_the_pipeline_stays(
    desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(run_id: str | None = None) -> None:
        raise OSError("no room on [/device]")

    monkeypatch.setattr(desk, "start", start)
    async with opened(desk) as driver:
        assert "no room on [/device]" in driver.told
        assert "evaluate" in driver.text
        await driver.press("n")
        assert "the run is still being opened" not in driver.text


@pytest.mark.parametrize("width", [80, 120, 160])
async def test_rows_and_seconds_stand_beside_the_names_that_leave_room(desk: FakeDesk, width: int) -> None:
    async with opened(desk, (width, 24)) as driver:
        await driver.press("n")
        assert "3 rows" in driver.text
        await driver.pilot.resize_terminal(60, 24)
        await driver.pilot.resize_terminal(width, 24)
        await driver.settle()
        assert "1.5 s" in driver.text


async def test_a_second_front_looks_on_without_a_question(tmp_path: Path) -> None:
    unfinished = RunRecord("run-0", "demo", tmp_path, 1_000.0, None, Phase.PAUSED, "debug")
    desk = FakeDesk(tmp_path, unfinished=unfinished, read_only="pid 7 on box")
    desk.session.state = replace(desk.session.state, read_only="pid 7 on box")
    async with opened(desk) as driver:
        assert desk.started == ["run-0"]
        assert "read only: pid 7 on box" in driver.told


async def test_names_from_files_can_do_nothing(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path)
    nasty = "ev[/il]\x1b[2J"
    steps = {nasty if name == "train" else name: step for name, step in desk.pipeline.steps.items()}
    steps[nasty] = replace(steps[nasty], name=nasty)
    desk.pipeline = replace(desk.pipeline, steps=steps, edges=(), bindings=())
    desk.session.pipeline = desk.pipeline
    async with opened(desk) as driver:
        driver.main.change(step=nasty)
        await driver.settle()
        for key in "123456789":
            await driver.press(key)
            assert "\x1b" not in driver.text
        await driver.press(":")
        await driver.type("ev[/il]")
        assert "ev[/il]␛[2J" in driver.text


async def test_few_widgets_and_one_update_for_a_flood(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy for speed that no clock decides."""
    async with opened(desk) as driver:
        assert len(driver.main.query("*")) <= 60
        handed = 0
        real = driver.main._hand_down

        def counted() -> None:
            nonlocal handed
            handed += 1
            real()

        monkeypatch.setattr(driver.main, "_hand_down", counted)
        for _ in range(200):
            desk.session._set("prepare", StepStatus.WAITING)
        await driver.settle()
        assert 1 <= handed <= 20


async def test_clicks_do_what_keys_do(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.pilot.click(VerbLine, offset=(2, 0))
        await driver.settle()
        assert desk.session.given[0][0] == "step_over"


async def test_the_screen_says_that_it_looks_into_the_scripts_until_it_has(desk: FakeDesk) -> None:
    looked, found = threading.Event(), desk.pipeline
    finding = Finding(Severity.WARNING, "no-main", "prepare", "the script has no main()", "give it one")

    def check() -> Pipeline:
        assert looked.wait(20)
        desk.session.pipeline = replace(found, findings=(finding,))
        return desk.session.pipeline

    desk.pipeline, desk.check = replace(found, findings=()), check  # type: ignore[method-assign]
    app = CursusApp(at_once(desk), build_keymap())
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(pilot)
        await driver.until(lambda: app.main is not None and "Checks …" in driver.text)
        assert "looking into the scripts" in driver.told
        looked.set()
        await driver.until(lambda: "Checks 1" in driver.text)
        await driver.settle()
        assert "nothing ran yet" in driver.told


async def test_the_headings_of_all_panes_fit_a_narrow_screen(desk: FakeDesk) -> None:
    everything = " 1 Pipeline 2 Data 3 Source 4 Call 5 Log 6 Variables 7 Checks 8 Breaks 9 Stack"
    async with opened(desk, (80, 24)) as driver:
        driver.main.change(findings=(), checking=False)
        for pane in range(1, 10):
            await driver.press(str(pane))
            assert driver.text.split("\n")[0].rstrip() == everything
        driver.main.change(checking=True)
        await driver.settle()
        assert driver.text.split("\n")[0].rstrip() == everything.replace("Checks", "Checks …")
        await driver.press("b")
        await driver.pilot.resize_terminal(50, 24)
        await driver.settle()
        assert all(f" {number} " in driver.text.split("\n")[0] for number in range(1, 10))
