"""A debugger whose step stops where a test says, with the frames that it says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from app_driver import Driver
from fake_desk import FakeDesk

from cursus_tui.records.debug import (
    DebugError,
    DebuggerState,
    DebugStop,
    DebugThread,
    IdeState,
    StackFrame,
    StopKind,
)
from cursus_tui.records.events import DebuggerChanged, SessionEvent
from cursus_tui.widgets.source_view import SourceView


class FakeStops:
    """The part of a ``DebuggerPort`` that is about stops, frames and the door for IDEs.

    Attributes:
        asked: Every request, in order.
        deep: How many frames of a recursion lie between the innermost and ``main``.
        threads_now: The threads of the step.
        waiting: Keep answers back until ``answer``.
        broken: What every request about frames fails with.
    """

    def __init__(self, desk: FakeDesk) -> None:
        self.state = DebuggerState()
        self.asked: list[tuple[Any, ...]] = []
        self.deep = 0
        self.threads_now: tuple[DebugThread, ...] = (DebugThread(1, "MainThread", True),)
        self.waiting = False
        self.broken = ""
        self._held: list[Callable[[], None]] = []
        self._desk = desk
        self._number = 0
        self._subscribers: list[Callable[[SessionEvent], None]] = []
        desk.debugger = self  # type: ignore[assignment]

    # --- the script of a test

    def stop(self, line: int, kind: StopKind = StopKind.STEP, *, step: str = "prepare", text: str = "") -> None:
        """The step stands still, as session and debugger tell."""
        self._number += 1
        stop = DebugStop(self._number, step, 1, kind, 1, self.script(step), line, text)
        self._desk.session.stands(stop)
        self.tell(replace(self.state, stop=stop, attached=True))

    def go_on(self) -> None:
        """It runs again."""
        self._desk.session.stands(None)
        self.tell(replace(self.state, stop=None))

    def tell(self, state: DebuggerState) -> None:
        """A newer snapshot."""
        self.state = state
        for subscriber in list(self._subscribers):
            subscriber(DebuggerChanged(state))

    def answer(self) -> None:
        """Answer what was kept back."""
        held, self._held = self._held, []
        for each in held:
            each()

    def script(self, step: str) -> Path:
        found = self._desk.pipeline.steps[step].script
        assert found is not None
        return found

    def all_frames(self, thread: int) -> tuple[StackFrame, ...]:
        stop = self.state.stop
        assert stop is not None
        base, file = stop.number * 10_000 + thread * 1_000, self.script(stop.step)
        if thread != 1:
            return (StackFrame(base + 1, "wait", Path("/lib/threading.py"), 320, False),)
        inner = [StackFrame(base + 1, "__getitem__", Path("/lib/pandas/core.py"), 3, False)]
        inner = inner if stop.kind is StopKind.EXCEPTION else []
        inner += [StackFrame(base + 2 + at, "again", file, 9, True) for at in range(self.deep)]
        return (
            *inner,
            StackFrame(base + 900, "main", file, stop.line or 1, True),
            StackFrame(base + 901, "<module>", file, 14, True),
        )

    # --- the port

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _later(self, name: str, make: Callable[[], Any], *arguments: Any) -> Future[Any]:
        self.asked.append((name, *arguments))
        future: Future[Any] = Future()

        def answer() -> None:
            if self.broken:
                future.set_exception(DebugError(self.broken))
            else:
                future.set_result(made)

        made = make()
        if self.waiting:
            self._held.append(answer)
        else:
            answer()
        return future

    def threads(self) -> Future[tuple[DebugThread, ...]]:
        return self._later("threads", lambda: self.threads_now)

    def frames(self, thread: int, first: int = 0, count: int = 40) -> Future[tuple[StackFrame, ...]]:
        return self._later("frames", lambda: self.all_frames(thread)[first : first + count], thread, first)

    def scopes(self, frame: int) -> Future[tuple[Any, ...]]:
        return self._later("scopes", lambda: (), frame)

    def evaluate(self, expression: str, frame: int, *, quiet: bool = False) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(DebugError("nothing is evaluated here"))
        return future

    def sample(self) -> Future[tuple[Any, ...]]:
        return self._later("sample", lambda: ())

    def open_ide(self, port: int | None = None) -> Future[IdeState]:
        found = IdeState(5678)
        if not self.broken:
            self.tell(replace(self.state, ide=found))
        return self._later("open_ide", lambda: found, port)

    def close_ide(self) -> Future[IdeState]:
        self.tell(replace(self.state, ide=IdeState(None)))
        return self._later("close_ide", lambda: IdeState(None))


# --- what the screen makes of it


async def stopped(driver: Driver, stops: FakeStops, line: int, kind: StopKind = StopKind.STEP, text: str = "") -> None:
    stops.stop(line, kind, text=text)
    await driver.settle()


def source(driver: Driver) -> SourceView:
    return driver.main.query_one(SourceView)


def kinds(driver: Driver, line: int) -> set[str]:
    """What marks a line of the source."""
    return {mark.kind for mark in source(driver).marks(line)}
