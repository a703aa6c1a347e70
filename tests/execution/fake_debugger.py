"""A debugger without a step: it keeps what it is told, and stops or lets go when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cursus_tui.execution.ports import DebugOrder, StepProcess, WorkerEvent
from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume, StopKind
from cursus_tui.records.run import Attempt


class FakeDebugger:
    """Implements ``DebugPort``; ``calls`` has everything that the session asked for, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.orders: list[DebugOrder] = []
        self.others: list[frozenset[Path]] = []
        self.lines: tuple[LineBreakpoint, ...] = ()
        self.broken: Exception | None = None
        self.when_resumed: Callable[[Resume], None] = lambda how: None
        self._told: Callable[[DebugStop | None], None] = lambda stop: None
        self._attempt: Attempt | None = None
        self._number = 0

    def order(
        self, step: str, script: Path, scripts_of_others: frozenset[Path], *, entry: bool, hold: bool
    ) -> DebugOrder:
        if self.broken is not None:
            raise self.broken
        at_start = entry or any(each.enabled and each.path not in scripts_of_others for each in self.lines)
        order = DebugOrder(Path("/s"), f"token-{step}", Path("/lent"), Path("/pyc"), at_start, entry, hold)
        self.orders.append(order)
        self.others.append(scripts_of_others)
        return order

    def follow(
        self, order: DebugOrder, attempt: Attempt, process: StepProcess, told: Callable[[DebugStop | None], None]
    ) -> None:
        self.calls.append(("follow", attempt.step, attempt.number))
        self._told, self._attempt = told, attempt

    def heard(self, order: DebugOrder, event: WorkerEvent) -> None:
        self.calls.append(("heard", order.token, event.name))

    def ended(self, order: DebugOrder) -> None:
        self.calls.append(("ended", order.token))

    def resume(self, how: Resume) -> None:
        self.calls.append(("resume", str(how)))
        self.when_resumed(how)

    def suspend(self) -> None:
        self.calls.append(("suspend",))

    def run_to(self, path: Path, line: int) -> None:
        self.calls.append(("run_to", path, line))

    def set_lines(self, lines: tuple[LineBreakpoint, ...]) -> None:
        self.lines = lines
        self.calls.append(("set_lines", *((each.path.name, each.line) for each in lines)))

    def close(self) -> None:
        self.calls.append(("close",))

    # What a test does with it

    def stop(self, kind: StopKind = StopKind.BREAKPOINT, line: int = 1) -> DebugStop:
        """The step stands still, as the debugger's own thread tells."""
        assert self._attempt is not None
        self._number += 1
        text = "KeyError: 'amount'" if kind is StopKind.EXCEPTION else ""
        stop = DebugStop(self._number, self._attempt.step, self._attempt.number, kind, 1, Path("/s.py"), line, text)
        self._told(stop)
        return stop

    def goes_on(self) -> None:
        """The step runs again."""
        self._told(None)

    def asked(self, name: str) -> list[tuple[Any, ...]]:
        """The calls of one name."""
        return [call for call in self.calls if call[0] == name]
