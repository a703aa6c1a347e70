"""Leaving while a step is held on what it raised, and while one is profiled: what is known of it is kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fake_debugger import FakeDebugger
from scripted import Bench, ScriptedStep, bench, chain, eventually, failed, hang

from cursus_tui.execution import quitting
from cursus_tui.records.debug import StopKind
from cursus_tui.records.run import StepStatus


def held(tmp_path: Path) -> tuple[Bench, FakeDebugger, ScriptedStep]:
    """A session whose first step has failed, and is held."""
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B"), {"A": hang}, debugger=debugger)
    made.session.continue_().result(5)
    eventually(lambda: bool(debugger.asked("follow")))
    made.executor.steps["A"].tell("parked", type="KeyError")
    debugger.stop(StopKind.EXCEPTION)
    made.session.wait_settled(5)
    return made, debugger, made.executor.steps["A"]


def test_a_held_failure_is_stored_as_the_failure_that_it_is(tmp_path: Path):
    made, debugger, step = held(tmp_path)
    debugger.when_resumed = lambda how: step.result.set_result(failed())
    state = made.session.quit().result(5)
    assert debugger.asked("resume") == [("resume", "continue")]
    assert not step.cancelled.is_set()
    assert state.steps["A"].status is StepStatus.FAILED
    assert state.steps["A"].attempt is not None
    assert state.steps["A"].attempt.error is not None
    assert state.steps["A"].attempt.error.type == "KeyError"


def test_a_held_step_that_does_not_end_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quitting, "FAIL_SECONDS", 0.1)
    made, _, step = held(tmp_path)
    began = time.monotonic()
    made.session.quit().result(5)
    assert step.cancelled.is_set()
    assert time.monotonic() - began < 4
