"""Keys that come faster than the screen follows: each one reaches what the keys before it have opened or closed."""

from __future__ import annotations

import asyncio

import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from textual import events
from textual.widgets import Input

from cursus_tui.app.screens.palette import Palette
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint

SIZES = [(80, 24), (120, 40)]


async def burst(driver: Driver, *keys: str) -> None:
    """All keys at once, as a terminal delivers what was typed while the screen was busy."""
    for key in keys:
        driver.app.post_message(events.Key(key, key if len(key) == 1 else None))
    taken = asyncio.Event()
    driver.app.call_later(taken.set)
    await taken.wait()
    await driver.until(lambda: not driver.app._key_order.busy)
    await driver.settle()


@pytest.mark.parametrize("size", SIZES)
async def test_what_follows_enter_in_the_search_line_is_for_the_pane(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as driver:
        await burst(driver, "slash", *"train", "enter", "b", "n")
        assert desk.session.given == [
            ("set_breakpoint", StepBreakpoint("train", BreakpointWhen.BEFORE)),
            ("step_over",),
        ]


async def test_what_follows_escape_in_the_search_line_is_for_the_pane(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await burst(driver, "slash", *"tr", "escape", "n")
        assert desk.session.given == [("step_over",)]


async def test_what_is_typed_into_a_question_that_opens_slowly(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(palette: Palette) -> None:
        palette.set_timer(0.8, palette.query_one(Input).focus)

    monkeypatch.setattr(Palette, "AUTO_FOCUS", "")
    monkeypatch.setattr(Palette, "on_mount", late)
    async with opened(desk) as driver:
        await burst(driver, "colon", *"step")
        assert driver.app.screen.query_one(Input).value == "step"


@pytest.mark.parametrize("size", SIZES)
async def test_an_edit_typed_ahead_is_taken_whole_and_the_next_key_is_for_the_pane(
    desk: FakeDesk, size: tuple[int, int]
) -> None:
    async with opened(desk, size) as driver:
        await burst(driver, "4", "slash", *"LABEL", "enter", "equals_sign", "ctrl+u", *"spam", "enter", "n")
        assert [given[0] for given in desk.session.given] == ["edit", "step_over"]
        assert desk.session.pipeline.overrides.environment == {"prepare": {"LABEL": "spam"}}


async def test_a_question_answered_ahead(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await burst(driver, "n", "R", "down", "enter", "R", "enter", "c")
        assert [given[0] for given in desk.session.given] == ["step_over", "restart", "continue_"]


async def test_an_action_of_the_palette_and_then_a_key(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await burst(driver, "colon", *"step evaluate", "enter", "b")
        assert desk.session.given == [("set_breakpoint", StepBreakpoint("evaluate", BreakpointWhen.BEFORE))]
