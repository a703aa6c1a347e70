"""Driving the app through real keys, for the scenarios."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import cast

from fake_desk import FakeDesk
from textual.pilot import Pilot
from textual.widgets import Input

from cursus_tui.app.app import CursusApp, Looks
from cursus_tui.app.keymap import Settings, build_keymap
from cursus_tui.app.leaving import Leaving
from cursus_tui.app.panes.chrome import StatusLine
from cursus_tui.app.ports import DeskPort
from cursus_tui.app.screens.main import MainScreen


class Driver:
    """Keys in, text out."""

    def __init__(self, pilot: Pilot[Leaving]) -> None:
        self.pilot = pilot
        self.app = cast(CursusApp, pilot.app)

    @property
    def main(self) -> MainScreen:
        """The main screen, whatever is asked on top of it."""
        assert self.app.main is not None
        return self.app.main

    @property
    def told(self) -> str:
        """The status line."""
        return self.main.query_one(StatusLine).plain()

    @property
    def text(self) -> str:
        """Everything that is painted."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)

    @property
    def notices(self) -> str:
        """All notices so far."""
        return "\n".join(notice.message for notice in self.app._notifications)

    async def press(self, *keys: str) -> None:
        """Press keys, and let everything that follows happen."""
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Put a text into the focused input, as a paste does; a key each would take a tenth of a second."""
        focused = self.app.focused
        assert isinstance(focused, Input)
        focused.insert_text_at_cursor(text)
        await self.settle()

    async def search(self, text: str) -> None:
        """Search in the pane."""
        await self.press("/")
        await self.type(text)
        await self.press("enter")

    async def fill(self, text: str) -> None:
        """Replace what the focused input holds, and enter it."""
        await self.press("ctrl+u")
        await self.type(text)
        await self.press("enter")

    async def edit(self, name: str, text: str) -> None:
        """Give a value of the selected step's call another text."""
        await self.press("4")
        await self.search(name)
        await self.press("=")
        await self.fill(text)

    async def palette(self, text: str) -> None:
        """Do what the palette finds first."""
        await self.press(":")
        await self.type(text)
        await self.press("enter")

    async def settle(self) -> None:
        """Until nothing moves any more."""
        for _ in range(2):
            waited = [worker for worker in self.app.workers if worker.group not in ("log-index", "disk")]
            await self.app.workers.wait_for_complete(waited)
            await self.pilot.pause()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for what a thread brings."""
        for _ in range(200):
            if condition():
                return
            await self.pilot.pause(0.05)
        raise AssertionError(f"it never came:\n{self.text}\n{self.notices}")


def at_once(desk: DeskPort) -> Future[DeskPort]:
    """A pipeline that is open already."""
    opened: Future[DeskPort] = Future()
    opened.set_result(desk)
    return opened


@asynccontextmanager
async def opened(
    desk: FakeDesk,
    size: tuple[int, int] = (120, 40),
    *,
    settings: Settings | None = None,
    looks: Looks | None = None,
) -> AsyncIterator[Driver]:
    """The app, its session started."""
    app = CursusApp(at_once(desk), build_keymap(settings), looks)
    async with app.run_test(size=size) as pilot:
        driver = Driver(pilot)
        await driver.until(lambda: driver.app.main is not None)
        await driver.settle()
        yield driver
