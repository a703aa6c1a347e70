"""The screen through real keys, with a scripted session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from textual.pilot import Pilot
from textual.widgets import Input

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import Settings, build_keymap
from cursus_tui.app.leaving import Leaving
from cursus_tui.app.panes.chrome import StatusLine
from cursus_tui.app.screens.main import MainScreen
from cursus_tui.records.run import StepStatus

SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def opened(
    desk: FakeDesk, size: tuple[int, int] = (120, 40), settings: Settings | None = None
) -> AsyncIterator[tuple[Pilot[Leaving], MainScreen]]:
    app = CursusApp(desk, build_keymap(settings))
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot, app.screen_stack[1]  # type: ignore[misc]


async def settled(pilot: Pilot[Leaving]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


def told(screen: MainScreen) -> str:
    return screen.query_one(StatusLine).plain()


def text_of(pilot: Pilot[Leaving]) -> str:
    """Everything that is painted."""
    screen = pilot.app.screen
    return "\n".join("".join(segment.text for segment in line) for line in screen._compositor.render_strips())


@pytest.mark.parametrize("size", SIZES)
async def test_opens_and_says_where_it_stands(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as (pilot, screen):
        assert desk.started == [None]
        assert "nothing ran yet, next: prepare" in told(screen)
        assert "n run it" in told(screen)
        for step in desk.pipeline.steps:
            assert step in text_of(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_a_whole_session_with_keys(
    desk: FakeDesk, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breakpoint, continue, input, edit, failure, script, re-run, to the end."""
    desk.session.failing["train"] = 1
    editor = tmp_path / "ed"
    editor.write_text('#!/bin/sh\nfor last; do :; done\nsed -i s/amount/price/ "$last"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(desk, size) as (pilot, screen):
        await pilot.press("down")
        await pilot.pause()
        assert screen.situation.step == "train"
        await pilot.press("b", "c")
        await settled(pilot)
        assert "paused before train" in told(screen)
        assert screen.situation.step == "train"

        await pilot.press("2")
        await pilot.pause()
        assert "Will read DATA from prepare.OUT" in text_of(pilot)

        await pilot.press("4", "/", *"RATIO", "enter", "=")
        await settled(pilot)
        assert isinstance(pilot.app.focused, Input)
        await pilot.press("ctrl+u", *"0.5", "enter")
        await settled(pilot)
        assert desk.session.pipeline.overrides.environment["train"]["RATIO"] == "0.5"

        await pilot.press("n")
        await settled(pilot)
        assert "failed in train" in told(screen)
        assert screen.situation.pane == "source"
        assert "KeyError: 'amount'" in text_of(pilot)

        await pilot.press("o")
        await settled(pilot)
        script = desk.pipeline.steps["train"].script
        assert script is not None
        assert 'frame["price"]' in script.read_text()
        assert ("script_changed", "train") in desk.session.given
        assert 'frame["price"]' in text_of(pilot)

        await pilot.press("r")
        await settled(pilot)
        assert desk.session.state.steps["train"].status is StepStatus.PASSED
        await pilot.press("c")
        await settled(pilot)
        assert "finished" in told(screen)
