"""A session whose second step stands still inside."""

from __future__ import annotations

from pathlib import Path

from fake_debugger import FakeDebugger
from scripted import Bench, ScriptedStep, bench, chain, eventually, hang, write_everything

from cursus_tui.records.debug import StopKind
from cursus_tui.records.events import Noticed


def stopped_in_b(
    tmp_path: Path, kind: StopKind = StopKind.BREAKPOINT, **options: bool
) -> tuple[Bench, FakeDebugger, ScriptedStep]:
    """A session of A, B and C whose B stands still inside."""
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B", "C"), {"B": hang}, debugger=debugger, **options)
    made.session.continue_().result(5)
    eventually(lambda: bool(debugger.asked("follow")) and debugger.asked("follow")[-1][1] == "B")
    if kind is StopKind.EXCEPTION:
        made.executor.steps["B"].tell("parked", type="KeyError")
    debugger.stop(kind)
    made.session.wait_settled(5)
    made.session.wait_counted(5)
    return made, debugger, made.executor.steps["B"]


def passes(step: ScriptedStep) -> None:
    step.result.set_result(write_everything(step))


def told(made: Bench) -> list[str]:
    return [each.message for each in made.events if isinstance(each, Noticed)]
