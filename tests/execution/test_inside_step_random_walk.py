"""Random commands while steps stop inside at random: the session neither breaks nor hangs, and reaches its end."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_debugger import FakeDebugger
from scripted import Bench, ScriptedStep, bench, failed, hang, write_everything
from test_session_random_walk import NAMES, agree, diamond, random_command

from cursus_tui.execution.ports import DebugOrder, StepProcess
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume, StopKind
from cursus_tui.records.run import Attempt, Phase, SessionState


class Walker(FakeDebugger):
    """Steps that stop, go on, stop again, fail or pass as chance has it; some of it from another thread."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.calm = False
        self.step: ScriptedStep | None = None
        self.threads: list[threading.Thread] = []

    def follow(
        self, order: DebugOrder, attempt: Attempt, process: StepProcess, told: Callable[[DebugStop | None], None]
    ) -> None:
        super().follow(order, attempt, process, told)
        assert isinstance(process, ScriptedStep)
        self.step = process
        self.somehow(self.on)

    def resume(self, how: Resume) -> None:
        super().resume(how)
        self.somehow(self.on)

    def suspend(self) -> None:
        super().suspend()
        self.somehow(lambda: self.stop(StopKind.PAUSE))

    def run_to(self, path: Path, line: int) -> None:
        super().run_to(path, line)
        if self.step is not None and not self.step.result.done():
            self.somehow(self.on)

    def on(self) -> None:
        """The step goes on for a while."""
        step = self.step
        assert step is not None
        if self.chance.random() < 0.5:
            self.goes_on()
        if not self.calm and self.chance.random() < 0.5:
            self.stop(self.chance.choice(list(StopKind)), self.chance.randint(1, 9))
        elif not step.result.done():
            result = write_everything(step) if self.calm or self.chance.random() < 0.7 else failed()
            try:
                step.result.set_result(result)
            except Exception:  # It was cancelled meanwhile.
                assert step.result.done()

    def somehow(self, call: Callable[[], object]) -> None:
        if self.chance.random() < 0.3:
            thread = threading.Thread(target=call)
            self.threads.append(thread)
            thread.start()
        else:
            call()


def settle(made: Bench, debugger: Walker) -> SessionState:
    """Wait until the session and the steps' own threads have nothing more to say."""
    while True:
        made.session.wait_settled(5)
        threads, debugger.threads = debugger.threads, []
        if not threads:
            return made.session.state
        for thread in threads:
            thread.join(5)
        made.session.set_watches(made.session.watches).result(5)


def inside_command(made: Bench, chance: random.Random) -> None:
    session, step = made.session, chance.choice(NAMES)
    script = made.pipeline.layout.root / f"{step}.py"
    line = LineBreakpoint(script, 1, chance.random() < 0.8)
    choices: list[Callable[[], object]] = [
        lambda: session.step_into(chance.choice([None, step])),
        lambda: session.step_over(),
        lambda: session.continue_(),
        lambda: session.run_to_line(script, 1),
        lambda: session.let_go(),
        lambda: session.pause_next(),
        lambda: session.set_line_breakpoint(line),
        lambda: session.remove_line_breakpoint(script, 1),
        lambda: session.script_changed(step),
        lambda: session.set_watches((step,)),
    ]
    refusal = chance.choice(choices)().exception(5)  # type: ignore[attr-defined]
    assert refusal is None or (isinstance(refusal, IllegalCommand) and str(refusal))


@pytest.mark.parametrize("seed", range(16))
def test_whatever_stops_and_is_commanded_the_session_stays_sound(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    debugger = Walker(chance)
    made = bench(diamond(tmp_path), dict.fromkeys(NAMES, hang), debugger=debugger, hold_on_failure=True)
    for _ in range(60):
        (inside_command if chance.random() < 0.5 else random_command)(made, chance)
        state = settle(made, debugger)
        assert state.phase is not Phase.RUNNING
        stopped = [name for name, step in state.steps.items() if str(step.status) == "paused"]
        assert bool(stopped) == (made.session.why_not("let_go") is None)
        if stopped:
            assert stopped == [state.current]
            assert str(state.reason) in ("inside step", "failure")
        else:
            agree(made)
    debugger.calm = True
    if made.session.why_not("cancel") is None:
        made.run("cancel")
    settle(made, debugger)
    for point in made.session.breakpoints:
        made.run("remove_breakpoint", point.step, point.when)
    for name in made.session.plan.names:
        made.run("rerun", name)
        settle(made, debugger)
    assert {str(each.status) for each in made.session.state.steps.values()} <= {"passed", "reused"}
    agree(made)
    held = [step.held for step in made.executor.steps.values()]
    assert all(each == [True, False] * (len(each) // 2) + [True] * (len(each) % 2) for each in held)
    made.close()
    orders, ended = len(debugger.orders), len(debugger.asked("ended"))
    assert orders == ended
