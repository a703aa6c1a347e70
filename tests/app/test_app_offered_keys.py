"""Which keys the status line, the footer and the palette offer, and what they say of one that cannot be used now."""

from __future__ import annotations

from dataclasses import replace

from app_driver import opened
from fake_desk import FakeDesk
from fake_session import FakeSession
from textual.widgets import Input

from cursus_tui.app.keymap import build_keymap
from cursus_tui.app.panes.chrome import VerbLine, _shortened
from cursus_tui.app.situation import Situation
from cursus_tui.app.standing_inside import stopped
from cursus_tui.records.debug import DebugStop, StopKind


async def test_the_status_line_offers_keys_that_work_in_the_pane(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("2")
        assert "F10 run prepare · F5 run all · F9 break" in driver.told
        await driver.press("f10")
        assert ("step_over",) in desk.session.given
        await driver.press("1")
        assert "paused before train · n run it" in driver.told


async def test_where_no_key_works_the_way_back_is_offered(desk: FakeDesk) -> None:
    desk.session.failing["prepare"] = 1
    async with opened(desk) as driver:
        await driver.press("n", "2")
        assert driver.told.strip() == "failed in prepare · F10 run train · 1 pipeline"


async def test_a_stepping_letter_among_the_data_says_what_does_it(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("2", "n")
        assert "n does not work among the data: F10 does" in driver.notices
        await driver.press("r")
        assert "r does not work among the data" in driver.notices
        assert desk.session.given == []
        await driver.press("slash", "n")
        focused = driver.app.focused
        assert isinstance(focused, Input)
        assert focused.value == "n"


def test_a_key_that_means_something_in_the_data_is_left_alone() -> None:
    keymap = build_keymap()
    assert keymap.free_in_data("step-over")
    assert not keymap.free_in_data("continue")


def test_the_seconds_outlive_the_name() -> None:
    assert (
        _shortened("running prepare · 12.0 s · 120 MB · epoch 3", 60) == "running prepare · 12.0 s · 120 MB · epoch 3"
    )
    assert _shortened("running prepare · 12.0 s · 120 MB · epoch 3", 30).startswith("running prepare · 12.0 s · ")
    cut = _shortened("running TabularPreprocessing_training · 12.0 s · 120 MB", 30)
    assert cut.startswith("running Tabular")
    assert cut.endswith("… · 12.0 s")
    assert len(cut) <= 30
    assert _shortened("paused before TabularPreprocessing_training", 20).endswith("…")


async def test_the_status_line_names_what_n_runs_and_the_key_for_the_selected_step(desk: FakeDesk) -> None:
    name = "MissingValueImputation_calibration"
    steps = {name if each == "prepare" else each: step for each, step in desk.pipeline.steps.items()}
    steps[name] = replace(steps[name], name=name)
    desk.pipeline = replace(desk.pipeline, steps=steps, edges=(), bindings=())
    desk.session = FakeSession(desk.pipeline, desk.folder)
    async with opened(desk, (80, 24)) as driver:
        assert driver.told == f" nothing ran yet · n run {name} · c run all"
        await driver.press("down")
        assert driver.told == f" another step is next · n run {name} · t run to here"
        await driver.press("n")
        assert desk.session.given == [("step_over",)]
        assert "paused before train · n run it" in driver.told
        await driver.press("up")
        assert "another step is next · n run train · r re-run this · c continue" in driver.told


async def test_the_palette_tells_in_full_of_the_action_under_the_cursor(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("colon", *"run")
        told = driver.text
        assert "Run the next step, or at a stop the next line, then pause. The status" in told
        await driver.press("backspace", "backspace", "backspace", *"freeze")
        assert "not now: no table is open: enter opens the file under the cursor" in driver.text
        assert "The status line names it" not in driver.text


async def test_a_key_that_cannot_be_used_now_says_why_first(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("p")
        assert driver.notices == "pause, not now: nothing is running"


async def test_no_key_of_a_stop_reads_as_a_count(desk: FakeDesk) -> None:
    held = DebugStop(1, "train", 1, StopKind.EXCEPTION, 1, None, 8, "KeyError: 1")
    for stop in (held, replace(held, kind=StopKind.BREAKPOINT)):
        _, verbs = stopped(Situation(desk.pipeline), stop, narrow=True)
        assert dict(verbs)["pane-variables"] == "see values"


async def test_in_little_room_the_footer_leaves_out_what_cannot_be_done(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        line = driver.main.query_one(VerbLine)
        verbs = (
            *(("copy", "y", "cannot", False) for _ in range(4)),
            *(("quit", "q", "can be done", True) for _ in range(4)),
            ("help", "?", "help", True),
        )
        line.verbs = verbs
        assert "cannot" not in str(line.render())
        assert str(line.render()).count("can be done") == 4
        line.verbs = verbs[3:]
        assert "cannot" in str(line.render()), "there is room"


async def test_the_footer_of_the_source_offers_breakpoints_before_any_key(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("3")
        able = {verb[0]: verb[3] for verb in driver.main.query_one(VerbLine).verbs}
        assert able["breakpoint"]
        assert "b breakpoint" in driver.text
