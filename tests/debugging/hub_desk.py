"""A hub with a debugger that does what the test says."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fake_pydevd import FakePydevd, Told

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.ports import DebugOrder
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.events import Noticed
from cursus_tui.records.run import Attempt, StepStatus

SCRIPT = Path("/project/script.py")
NONE: frozenset[Path] = frozenset()


class FakeProcess:
    """A step whose agent does what the test says."""

    pid = 4321

    def __init__(self) -> None:
        self.result: Future[Any] = Future()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self.later: dict[str, Future[Any]] = {}
        """Answers that the test gives when it likes."""

    def cancel(self, *, reason: str = "cancelled") -> None:
        raise AssertionError("the debugger cancels nothing")

    def clock(self, *, held: bool) -> None:
        raise AssertionError("the clock is the session's")

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        self.asked.append((operation, arguments))
        if operation in self.later:
            return self.later[operation]
        answer: Future[Any] = Future()
        try:
            answer.set_result(self.answers.get(operation, lambda _: None)(arguments))
        except RuntimeError as error:
            answer.set_exception(error)
        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


class Desk:
    """A debug session and one attempt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.debug = DebugSession(cache=folder / "cache")
        self.events: list[Any] = []
        self.debug.subscribe(self.events.append)
        self.told = Told()
        self.process = FakeProcess()
        self.order: DebugOrder | None = None

    def start(self, *lines: int, entry: bool = False, **options: Any) -> DebugOrder:
        """An attempt of the script, with these breakpoints of the terminal's."""
        self.debug.set_lines(tuple(LineBreakpoint(SCRIPT, line, **options) for line in lines))
        self.order = self.debug.order("train", SCRIPT, NONE, entry=entry, hold=True)
        return self.order

    def follow(self) -> None:
        assert self.order is not None
        attempt = Attempt("run", "train", 1, StepStatus.RUNNING, self.folder)
        self.debug.follow(self.order, attempt, self.process, self.told)

    def attached(self, *lines: int, **options: Any) -> FakePydevd:
        """An attempt whose debugger dialled in at its start."""
        step = FakePydevd(self.start(*lines, entry=not lines, **options))
        self.follow()
        assert step.configured.wait(5)
        until(lambda: self.debug.state.attached)
        return step

    def open(self) -> int:
        port = self.debug.open_ide(0).result(5).port
        assert port is not None
        return port

    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Noticed)]


def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)
