"""Whatever a step, the terminal and an IDE do, in whatever order: afterwards the hub shows where the step stands."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from dap_client import IdeClient
from fake_pydevd import FakePydevd
from hub_desk import SCRIPT, Desk, until

from cursus_tui.execution.ports import WorkerEvent
from cursus_tui.records.debug import LineBreakpoint, Resume

ANSWERED = ("stackTrace", "continue", "next", "evaluate", "threads", "setBreakpoints")
REASONS = ("breakpoint", "step", "pause", "exception")


class Walk:
    """One step after the other, and everyone who has to do with them."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.chance = random.Random(seed)
        self.desk = desk
        self.step = desk.attached(7)
        self.answers = dict(self.step.answers)
        self.ide = IdeClient(desk.open())
        self.ide.attach()

    def line(self) -> int:
        return self.chance.randrange(1, 30)

    def move(self) -> None:
        """One of them does something."""
        step, debug, ide, chance = self.step, self.desk.debug, self.ide, self.chance
        worker = WorkerEvent(chance.choice(("parked", "entering", "breakpoint")), {"file": str(SCRIPT), "line": 4})
        lines = tuple(LineBreakpoint(SCRIPT, self.line()) for _ in range(chance.randrange(3)))
        order = self.desk.order
        assert order is not None
        moves: list[Callable[[], object]] = [
            lambda: step.stop(self.line(), chance.choice(REASONS)),
            lambda: step.stop(self.line(), chance.choice(REASONS)),
            lambda: step.event("continued", threadId=1),
            lambda: step.event("thread", reason=chance.choice(("started", "exited")), threadId=chance.randrange(4)),
            lambda: step.event(chance.choice(("exited", "module", "output")), output="text"),
            lambda: step.event("breakpoint", breakpoint={"id": 0, "verified": chance.random() < 0.5}),
            lambda: step.answers.update({chance.choice(ANSWERED): None}),
            lambda: step.answers.update(self.answers),
            lambda: debug.resume(chance.choice(tuple(Resume))),
            lambda: debug.suspend(),
            lambda: debug.run_to(SCRIPT, self.line()),
            lambda: debug.set_lines(lines),
            lambda: debug.evaluate("x", 3),
            lambda: debug.heard(order, worker),
            lambda: ide.post(chance.choice(("continue", "next", "stepIn", "pause")), threadId=1),
            lambda: ide.post("setBreakpoints", source={"path": str(SCRIPT)}, breakpoints=[{"line": self.line()}]),
            lambda: time.sleep(chance.choice((0, 0.01, 0.15))),
            lambda: self.next_step() if chance.random() < 0.3 else None,
            lambda: step.hang_up() if chance.random() < 0.1 else None,
        ]
        chance.choice(moves)()

    def next_step(self) -> None:
        """The attempt ends, and another one begins."""
        assert self.desk.order is not None
        self.desk.debug.ended(self.desk.order)
        self.step: FakePydevd = self.desk.attached(7)
        self.answers = dict(self.step.answers)


@pytest.mark.parametrize("seed", range(8))
def test_after_anything_the_newest_stop_is_shown(desk: Desk, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    walk = Walk(desk, seed)
    for _ in range(60):
        walk.move()
    walk.next_step()
    walk.step.stop(99)
    while (told := desk.told.next()) is None or told.line != 99:
        pass
    assert desk.debug.state.stop == told
    desk.debug.resume(Resume.CONTINUE)
    assert desk.told.next() is None
    until(lambda: desk.debug.state.stop is None)
    walk.ide.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
