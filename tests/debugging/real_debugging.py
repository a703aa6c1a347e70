"""A real step, run by the real executor, with the real debugger: without a session."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine_runner import context
from fake_pydevd import Told

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.ports import DebugOrder, ExecutionResult, StepProcess, WorkerEvent
from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume
from cursus_tui.records.events import Noticed
from cursus_tui.records.run import Attempt, StepStatus

FOR_DEBUGGER = {"entering", "breakpoint", "parked", "unparked", "debugger"}
SCRIPT = """\
import time


def helper(n):
    twice = n * 2
    return twice


def main(input_paths, output_paths, environ_vars, job_args):
    rows = [{"amount": 1.5, "name": "a"}, {"amount": 2.5, "name": "b"}]
    total = 0
    until = time.monotonic() + 30
    while time.monotonic() < until:
        total += helper(1)
        if total < 0:
            break
        time.sleep(0.001)
    return total


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
HELPER, FIRST, LOOP, IN_LOOP = 5, 10, 14, 15
"""Lines: in the helper, the first of main, of the loop, and the one after."""


class Desk:
    """An executor and a debugger; one attempt at a time."""

    def __init__(self, folder: Path, executor: LocalExecutor) -> None:
        self.folder = folder
        self.executor = executor
        self.debug = DebugSession()
        self.told = Told()
        self.events: list[Any] = []
        self.debug.subscribe(self.events.append)
        self.script = folder / "train.py"
        self.process: StepProcess | None = None
        self.order: DebugOrder | None = None
        self.attempts = 0
        self.heard: list[WorkerEvent] = []

    def start(self, source: str = SCRIPT, *, entry: bool = False, hold: bool = False, **fields: Any) -> None:
        """Start an attempt of the script."""
        self.script.write_text(source)
        self.attempts += 1
        order = self.order = self.debug.order("train", self.script, frozenset(), entry=entry, hold=hold)
        folder = self.folder / f"attempt-{self.attempts}"
        made = context(self.script, folder, debug=order, **fields)

        def listen(event: WorkerEvent) -> None:
            self.heard.append(event)
            if event.name in FOR_DEBUGGER:
                self.debug.heard(order, event)

        self.process = self.executor.start(made, listen)
        attempt = Attempt("run", "train", self.attempts, StepStatus.RUNNING, folder)
        self.debug.follow(order, attempt, self.process, self.told)

    def wait_for(self, name: str, seconds: float = 10) -> WorkerEvent:
        """An event of the step's."""
        until(lambda: any(event.name == name for event in self.heard), seconds)
        return next(event for event in self.heard if event.name == name)

    def lines(self, *lines: int | LineBreakpoint) -> None:
        """All breakpoints of the terminal's."""
        made = [one if isinstance(one, LineBreakpoint) else LineBreakpoint(self.script, one) for one in lines]
        self.debug.set_lines(tuple(made))

    def stopped(self, seconds: float = 20) -> DebugStop:
        """The next stop; whatever went on before."""
        end = time.monotonic() + seconds
        while (stop := self.told.next(max(0.01, end - time.monotonic()))) is None:
            pass
        assert isinstance(stop, DebugStop)
        return stop

    def result(self, seconds: float = 30) -> ExecutionResult:
        """How the attempt ended."""
        assert self.process is not None
        assert self.order is not None
        result = self.process.result.result(seconds)
        self.debug.ended(self.order)
        return result

    def value(self, expression: str, stop: DebugStop) -> str:
        """What an expression is, in the innermost frame."""
        frame = self.debug.frames(stop.thread).result(10)[0]
        return self.debug.evaluate(expression, frame.id, quiet=True).result(10).value

    def finish(self) -> ExecutionResult:
        """Let a stopped step run to its end."""
        self.lines()
        stop = self.debug.state.stop
        assert stop is not None
        frame = self.debug.frames(stop.thread).result(10)[0]
        self.debug.evaluate("exec('import time; time.monotonic = lambda: 1e18')", frame.id).result(10)
        self.debug.resume(Resume.CONTINUE)
        return self.result()

    def open(self) -> int:
        """The port for IDEs."""
        port = self.debug.open_ide(0).result(10).port
        assert port is not None
        return port

    def notices(self) -> list[str]:
        """What the user should read."""
        return [event.message for event in self.events if isinstance(event, Noticed)]

    def close(self) -> None:
        """End everything."""
        if self.process is not None and not self.process.result.done():
            self.process.cancel()
            self.process.result.result(30)
        self.debug.close()


def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


def warmed() -> LocalExecutor:
    """An executor whose interpreter has what the scripts import."""
    executor = LocalExecutor()
    executor.warm(Path(sys.executable), ("json",))
    return executor
