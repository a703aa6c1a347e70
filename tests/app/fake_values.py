"""A step that stands still inside, its values those of this process: what the debugger would answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from cursus_tui.debugging.live_tables import kind_of, table_of
from cursus_tui.records.debug import (
    DebugError,
    DebuggerState,
    DebugStop,
    DebugThread,
    IdeState,
    LiveTable,
    Scope,
    StackFrame,
    StopKind,
    Variable,
)
from cursus_tui.records.events import DebuggerChanged, SessionEvent
from cursus_tui.records.run import Frame
from cursus_tui.worker.live import described


def done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
    return future


class FakeValues:
    """A ``DebuggerPort`` whose frames are dicts of names.

    Args:
        folder: Where rows are written.
        frames: Locals of each frame, innermost first; the frames' ids are 1, 2, ... for the first stop, and go on.
        script: The script that the frames are in.
    """

    def __init__(self, folder: Path, frames: list[dict[str, Any]], script: Path | None = None) -> None:
        self.folder = folder
        self.locals = frames
        self.script = script
        self.state = DebuggerState()
        self.asked: list[tuple[Any, ...]] = []
        self.held: list[Callable[[], None]] = []
        self.holding: frozenset[str] = frozenset()
        """Names of requests that are answered by ``release``."""
        self.interrupted = 0
        self.printed: tuple[Path, str] | None = None
        """A log, and what an evaluation prints to it."""
        self.running: tuple[Frame, ...] = ()
        self._subscribers: list[Callable[[SessionEvent], None]] = []
        self._numbers = itertools.count(1)
        self._files = itertools.count(1)
        self._references: dict[int, Any] = {}
        self._ids: dict[int, dict[str, Any]] = {}

    # --- the script of a test

    def stop(self, step: str, line: int = 8, kind: StopKind = StopKind.BREAKPOINT, text: str = "") -> None:
        """Stand still; what was asked about the stop before is void."""
        number = next(self._numbers)
        self._references.clear()
        self._ids = {number * 10 + place: names for place, names in enumerate(self.locals, 1)}
        found = DebugStop(number, step, 1, kind, 1, self.script, line, text)
        self._tell(replace(self.state, stop=found, attached=True))

    def go_on(self) -> None:
        """The step goes on."""
        self._tell(replace(self.state, stop=None))

    def release(self) -> None:
        """Answer what was held."""
        held, self.held = self.held, []
        for answer in held:
            answer()

    def _tell(self, state: DebuggerState) -> None:
        self.state = state
        for subscriber in list(self._subscribers):
            subscriber(DebuggerChanged(state))

    def _answer(self, name: str, make: Callable[[], Any], *arguments: Any) -> Future[Any]:
        self.asked.append((name, *arguments))
        future: Future[Any] = Future()

        def answer() -> None:
            try:
                future.set_result(make())
            except DebugError as problem:
                future.set_exception(problem)

        if name in self.holding:
            self.held.append(answer)
        else:
            answer()
        return future

    # --- the port

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def threads(self) -> Future[tuple[DebugThread, ...]]:
        return self._answer("threads", lambda: (DebugThread(1, "MainThread", True),))

    def frames(self, thread: int, first: int = 0, count: int = 40) -> Future[tuple[StackFrame, ...]]:
        stop = self.state.stop
        line = (stop.line if stop else None) or 1
        found = tuple(
            StackFrame(number, f"function_{place}" if place else "main", self.script, line, True)
            for place, number in enumerate(self._ids)
        )
        return self._answer("frames", lambda: found[first : first + count], thread, first)

    def scopes(self, frame: int) -> Future[tuple[Scope, ...]]:
        def make() -> tuple[Scope, ...]:
            names = self._frame(frame)
            return (
                Scope("Locals", self._reference(names)),
                Scope("Globals", self._reference({"__name__": "script", "LIMIT": 7})),
            )

        return self._answer("scopes", make, frame)

    def variables(self, reference: int, first: int = 0, count: int = 100) -> Future[tuple[Variable, ...]]:
        def make() -> tuple[Variable, ...]:
            if reference not in self._references:
                raise DebugError("the step went on")
            pairs = _inside(self._references[reference])
            return tuple(self._variable(name, value) for name, value in itertools.islice(pairs, first, first + count))

        return self._answer("variables", make, reference, first, count)

    def evaluate(self, expression: str, frame: int, *, quiet: bool = False) -> Future[Variable]:
        def make() -> Variable:
            names = self._frame(frame)
            if self.printed is not None and not quiet:
                log, text = self.printed
                with log.open("a") as stream:
                    stream.write(text)
            try:
                try:
                    code = compile(expression, "<console>", "eval")
                except SyntaxError:
                    exec(expression, {}, names)
                    return Variable(expression, "", "")
                return self._variable(expression, eval(code, {}, names))
            except Exception as problem:
                raise DebugError(f"{type(problem).__name__}: {problem}") from None

        return self._answer("evaluate", make, expression, frame, quiet)

    def interrupt(self) -> None:
        self.interrupted += 1

    def set_variable(self, reference: int, name: str, value: str) -> Future[Variable]:
        def make() -> Variable:
            names = self._references[reference]
            try:
                names[name] = eval(value, {}, names)
            except Exception as problem:
                raise DebugError(f"{type(problem).__name__}: {problem}") from None
            return self._variable(name, names[name])

        return self._answer("set_variable", make, reference, name, value)

    def complete(self, text: str, column: int, frame: int) -> Future[tuple[str, ...]]:
        names = self._frame(frame)
        start = len(text[:column].rstrip("abcdefghijklmnopqrstuvwxyz_"))
        head = text[start:column]
        found = tuple(text[:start] + name + text[column:] for name in names if name.startswith(head))
        return self._answer("complete", lambda: found, text, column, frame)

    def live_table(self, expression: str, frame: int | None, first: int = 0) -> Future[LiveTable]:
        def make() -> LiveTable:
            names = self._frame(frame) if frame is not None else self.locals[0]
            path = self.folder / str(next(self._files))
            told = described(eval(expression, {}, names), str(path), first, 1_000)
            return table_of(told, expression, path, first, sampled=frame is None)

        return self._answer("live_table", make, expression, frame, first)

    def sample(self) -> Future[tuple[Frame, ...]]:
        return self._answer("sample", lambda: self.running)

    def open_ide(self, port: int | None = None) -> Future[IdeState]:
        return done(IdeState(port or 5678))

    def close_ide(self) -> Future[IdeState]:
        return done(IdeState(None))

    # --- values

    def _frame(self, frame: int) -> dict[str, Any]:
        if frame not in self._ids:
            raise DebugError("the step went on")
        return self._ids[frame]

    def _reference(self, value: Any) -> int:
        number = 1_000 * len(self.asked) + len(self._references) + 1
        self._references[number] = value
        return number

    def _variable(self, name: str, value: Any) -> Variable:
        reference = self._reference(value) if isinstance(value, dict | list | tuple) or hasattr(value, "iloc") else 0
        kind = type(value).__name__
        text = f"{kind} {value.shape}" if hasattr(value, "shape") else repr(value)
        return Variable(name, text, kind, reference, name, kind_of(kind, reference))


def _inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return ((str(name), held) for name, held in value.items())
    if hasattr(value, "iloc"):
        return iter([("shape", value.shape)])
    return ((str(place), held) for place, held in enumerate(value))
