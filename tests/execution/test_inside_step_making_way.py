"""A step that is stopped inside makes way: what runs instead, and with which values."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import eventually, failed, hang, write_everything
from stopped_step import passes, stopped_in_b, told

from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.debug import StopKind
from cursus_tui.records.events import Noticed, SessionChanged
from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.run import StepStatus


def test_rerun_at_a_stop_cancels_and_runs_again_without_a_pause_between(tmp_path: Path):
    made, _, _ = stopped_in_b(tmp_path)
    made.executor.behaviours["B"] = write_everything
    made.events.clear()
    made.run("rerun", "B")
    assert made.executor.started == ["A", "B", "B"], made.events
    assert [str(each.status) for each in made.session.attempts("B")] == ["cancelled", "passed"]
    assert made.stands == ("paused", "after step", "B")
    phases = [str(each.state.phase) for each in made.events if isinstance(each, SessionChanged)]
    assert phases[0] == "running"
    assert "paused" not in phases[:-1]
    made.close()


@pytest.mark.parametrize("kind", [StopKind.BREAKPOINT, StopKind.EXCEPTION])
def test_values_edited_at_a_stop_are_those_of_the_next_run(tmp_path: Path, kind: StopKind):
    made, debugger, step = stopped_in_b(tmp_path, kind)
    debugger.when_resumed = lambda how: step.result.set_result(failed())
    stood = made.stands
    made.edit("B", X="2")
    assert made.stands == stood
    assert "B goes on with the values that it has: run it again with these" in told(made)
    assert made.session.pipeline.environment["B"][0].value == "2"
    made.executor.behaviours["B"] = write_everything
    made.run("rerun", "B")
    assert made.executor.contexts["B"].environment["X"] == "2"
    assert made.executor.started == ["A", "B", "B"]
    assert made.session.state.steps["B"].stale is None
    made.close()


def test_a_step_that_passes_with_values_from_before_an_edit_is_stale(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    made.edit("B", X="2")
    debugger.when_resumed = lambda how: passes(step)
    made.run("let_go")
    state = made.session.state.steps["B"]
    assert state.status is StepStatus.PASSED
    assert "X" in str(state.stale)
    made.run("undo")
    assert made.session.state.steps["B"].stale is None
    made.close()


def test_what_a_stopped_step_reads_cannot_be_edited(tmp_path: Path):
    made, _, _ = stopped_in_b(tmp_path)
    script = tmp_path / "other.py"
    script.write_text("")
    with pytest.raises(IllegalCommand, match="B is stopped inside: end or cancel it before"):
        made.session.edit(Overrides(inputs={"B": {"data": script}})).result(5)
    assert made.session.pipeline.overrides == Overrides()
    made.close()


def test_rerun_over_a_held_failure_lets_it_fail_first(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path, StopKind.EXCEPTION)
    assert made.stands == ("paused", "failure", "B")
    debugger.when_resumed = lambda how: step.result.set_result(failed())
    made.executor.behaviours["B"] = write_everything
    made.run("rerun", "B")
    assert debugger.asked("resume") == [("resume", "continue")]
    assert not step.cancelled.is_set()
    assert [str(each.status) for each in made.session.attempts("B")] == ["failed", "passed"]
    made.close()


def test_of_a_held_failure_the_next_run_is_profiled(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path, StopKind.EXCEPTION)
    made.session.profile("B").result(5)
    assert not made.session._run.profilers, "all that is left of it is to end"
    assert made.session._run.profile_next == {"B"}
    debugger.when_resumed = lambda how: step.result.set_result(failed())
    made.close()


@pytest.mark.parametrize("step", ["A", "B"])
def test_stepping_into_a_step_over_a_held_failure_lets_that_fail_first(tmp_path: Path, step: str):
    made, debugger, held = stopped_in_b(tmp_path, StopKind.EXCEPTION)
    assert made.session.why_not("step_into", step) is None
    debugger.when_resumed = lambda how: held.result.set_result(failed())
    made.executor.behaviours[step] = hang
    made.session.step_into(step).result(5)
    eventually(lambda: debugger.asked("follow")[-1][1] == step and len(debugger.asked("follow")) == 3)
    assert debugger.asked("resume") == [("resume", "continue")]
    assert [order.entry for order in debugger.orders] == [False, False, True]
    assert str(made.session.attempts("B")[0].status) == "failed"
    made.close()


def test_stepping_into_another_step_cancels_the_one_that_is_stopped(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    assert made.session.why_not("step_into", "A") is None
    made.executor.behaviours["A"] = hang
    made.session.step_into("A").result(5)
    eventually(lambda: debugger.asked("follow")[-1][1] == "A")
    assert step.cancelled.is_set()
    assert [order.entry for order in debugger.orders] == [False, False, True]
    assert [str(each.status) for each in made.session.attempts("B")] == ["cancelled"]
    made.close()


def test_what_a_step_made_way_for_may_turn_out_impossible(tmp_path: Path):
    made, _, _ = stopped_in_b(tmp_path)
    made.run("rerun", "C")
    eventually(lambda: made.stands == ("paused", "after step", "B"))
    told = [each.message for each in made.events if isinstance(each, Noticed)]
    assert any("C cannot run" in each for each in told), told
    made.close()


def test_restart_at_a_stop_begins_a_new_run(tmp_path: Path):
    made, _, step = stopped_in_b(tmp_path)
    old = made.session.state.run_id
    made.run("restart")
    assert step.cancelled.is_set()
    assert made.session.state.run_id != old
    assert made.stands == ("idle", None, None)
    made.close()


def test_a_step_on_its_way_out_is_not_held_up_by_another_stop(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path, StopKind.EXCEPTION)
    made.session.rerun("B").result(5)
    debugger.stop(line=9)
    eventually(lambda: len(debugger.asked("resume")) == 2)
    assert made.stands == ("running", None, "B")
    made.executor.behaviours["B"] = write_everything
    step.result.set_result(failed())
    made.session.wait_settled(5)
    made.close()
