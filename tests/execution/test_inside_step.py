"""Stops inside of a step: what the session says of them, and what each command does there."""

from __future__ import annotations

from pathlib import Path

import pytest
from debugged import DEBUGGED
from fake_debugger import FakeDebugger
from scripted import bench, chain, eventually, failed, hang, write_everything
from stopped_step import passes, stopped_in_b

from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.debug import StopKind
from cursus_tui.records.events import Noticed


def test_a_stop_pauses_the_session_and_the_time_limit_until_the_step_goes_on(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    assert made.stands == ("paused", "inside step", "B")
    assert made.statuses == {"A": "passed", "B": "paused", "C": "waiting"}
    assert (made.session.state.upcoming, step.held) == (None, [True])
    debugger.goes_on()
    eventually(lambda: made.stands == ("running", None, "B"))
    assert (made.statuses["B"], step.held) == ("running", [True, False])
    passes(step)
    assert made.session.wait_settled(5).phase == "finished"
    assert [call for call in debugger.calls if call[0] == "ended"][1] == ("ended", "token-B")
    made.close()


@pytest.mark.parametrize(
    ("command", "how"),
    [("continue_", "continue"), ("step_over", "next"), ("step_into", "stepIn"), ("finish", "stepOut")],
)
def test_each_stepping_command_is_one_of_the_debugger_there(tmp_path: Path, command: str, how: str):
    made, debugger, step = stopped_in_b(tmp_path)
    getattr(made.session, command)().result(5)
    assert debugger.asked("resume") == [("resume", how)]
    passes(step)
    made.session.wait_settled(5)
    made.close()


def test_a_line_stepped_over_changes_no_phase_and_writes_nothing(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    debugger.when_resumed = lambda how: debugger.stop(StopKind.STEP, 2) and None
    made.events.clear()
    written = made.store.transactions
    for _ in range(3):
        made.run("step_over")
        assert made.stands == ("paused", "inside step", "B")
    assert (made.store.transactions, made.events, step.held) == (written, [], [True])
    made.close()


def test_who_waits_for_a_line_waits_for_its_end(tmp_path: Path):
    made, debugger, _ = stopped_in_b(tmp_path)
    made.session.step_over().result(5)
    with pytest.raises(TimeoutError):
        made.session.wait_settled(0.05)
    debugger.stop(StopKind.STEP, 2)
    assert made.session.wait_settled(5).reason == "inside step"
    made.close()


def test_commands_on_other_steps_wait_until_this_one_is_out_of_the_way(tmp_path: Path):
    made, _, _ = stopped_in_b(tmp_path)
    for command, step in (("step_over", "C"), ("run_to", "C"), ("run_through", "C")):
        assert made.session.why_not(command, step) == "B is stopped inside: continue, or cancel it, first"
    assert made.session.why_not("pause") == "B is stopped inside already"
    assert made.session.why_not("skip", "B") == "B is stopped inside: cancel it first"
    assert made.session.why_not("reload") == "B is stopped inside"
    for command in ("continue_", "finish", "cancel", "let_go", "restart"):
        assert made.session.why_not(command) is None
    assert made.session.why_not("rerun", "B") is None
    made.close()


def test_cancel_at_a_stop_cancels_and_pauses_after_it(tmp_path: Path):
    made, _, step = stopped_in_b(tmp_path)
    state = made.run("cancel")
    assert step.cancelled.is_set()
    assert (made.stands, state.steps["B"].status) == (("paused", "after step", "B"), "cancelled")
    made.close()


@pytest.mark.parametrize(("command", "stands"), [("continue_", "finished"), ("finish", "paused"), ("let_go", "paused")])
def test_continue_gives_up_what_the_step_was_run_for_and_the_others_keep_it(tmp_path: Path, command: str, stands: str):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B"), {"A": hang}, debugger=debugger)
    made.session.step_into().result(5)
    debugger.stop(StopKind.ENTRY)
    made.session.wait_settled(5)
    debugger.when_resumed = lambda how: passes(made.executor.steps["A"])
    made.run(command)
    assert made.stands[0] == stands
    made.close()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [("step_over", ()), ("step_into", ()), ("finish", ()), ("run_to_line", (Path("/lib/other.py"), 7))],
)
def test_who_steps_past_the_end_of_a_step_does_not_run_the_steps_after_it(
    tmp_path: Path, command: str, arguments: tuple[object, ...]
):
    made, debugger, step = stopped_in_b(tmp_path)
    getattr(made.session, command)(*arguments).result(5)
    debugger.goes_on()
    passes(step)
    made.session.wait_settled(5)
    assert (made.stands, made.statuses["C"]) == (("paused", "before step", "C"), "ready")
    made.run("continue_")
    assert made.stands[0] == "finished"
    made.close()


def test_a_line_that_was_stepped_to_is_no_reason_to_pause_later(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    made.session.step_over().result(5)
    debugger.stop(StopKind.STEP, 2)
    made.session.wait_settled(5)
    debugger.when_resumed = lambda how: passes(step)
    made.run("continue_")
    assert made.stands[0] == "finished"
    made.close()


def test_let_go_pauses_once_the_step_has_ended(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    debugger.when_resumed = lambda how: passes(step)
    made.run("let_go")
    assert (made.stands, made.statuses["C"]) == (("paused", "after step", "B"), "ready")
    made.close()


def test_a_held_failure_says_what_its_step_was_reading(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path, StopKind.EXCEPTION)
    note = made.session.state.steps["B"].note
    assert "A" in note.split()
    debugger.goes_on()
    eventually(lambda: made.stands == ("running", None, "B"))
    assert made.session.state.steps["B"].note == ""
    passes(step)
    made.close()


def test_an_exception_in_a_thread_of_the_script_is_no_failure_of_the_step(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A"), {"A": hang}, debugger=debugger)
    made.session.continue_().result(5)
    debugger.stop(StopKind.EXCEPTION)
    made.session.wait_settled(5)
    assert made.stands == ("paused", "inside step", "A")
    step = made.executor.steps["A"]
    made.executor.behaviours["A"] = write_everything
    made.run("rerun", "A")
    assert step.cancelled.is_set()
    assert [str(each.status) for each in made.session.attempts("A")] == ["cancelled", "passed"]
    made.close()


def test_a_step_killed_while_it_stands_still_ends_as_ever(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    step.result.set_result(failed("killed by SIGKILL", "9"))
    debugger.goes_on()
    eventually(lambda: made.statuses["B"] == "failed")
    assert made.stands == ("paused", "failure", "B")
    # What is told of it now is too late.
    debugger.stop()
    made.session.script_changed("A").result(5)
    assert (made.stands, made.statuses["B"]) == (("paused", "failure", "B"), "failed")
    made.close()


def test_a_step_that_ends_before_it_is_said_to_go_on_leaves_the_run_running(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    made.executor.behaviours["C"] = hang
    debugger.when_resumed = lambda how: passes(step)
    made.session.continue_().result(5)
    eventually(lambda: made.executor.started == ["A", "B", "C"])
    eventually(lambda: made.stands == ("running", None, "C"))
    with pytest.raises(TimeoutError):
        made.session.wait_settled(0.05)
    made.close()


def test_what_a_step_reported_before_it_stopped_does_not_unpause_it(tmp_path: Path):
    made, _, step = stopped_in_b(tmp_path)
    step.tell("called", how="main")
    made.session.script_changed("A").result(5)
    assert made.statuses["B"] == "paused"
    assert made.session.state.steps["B"].attempt.call.how == "main"
    made.close()


def test_a_pause_is_not_lost_where_the_step_ends_before_its_next_line(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B", "C"), {"A": hang, "B": hang}, debugger=debugger)
    made.session.continue_().result(5)
    made.session.pause().result(5)
    passes(made.executor.steps["A"])
    made.session.wait_settled(5)
    assert made.stands == ("paused", "before step", "B")
    # Where it did stop there is no second pause.
    made.session.continue_().result(5)
    made.session.pause().result(5)
    debugger.stop(StopKind.PAUSE)
    made.session.wait_settled(5)
    debugger.when_resumed = lambda how: passes(made.executor.steps["B"])
    made.run("continue_")
    assert made.stands[0] == "finished"
    made.close()


def test_pause_stops_on_the_line_and_pause_next_before_the_next_step(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B"), {"A": hang}, debugger=debugger)
    made.session.continue_().result(5)
    made.session.pause().result(5)
    assert debugger.asked("suspend") == [("suspend",)]
    made.session.pause_next().result(5)
    passes(made.executor.steps["A"])
    made.session.wait_settled(5)
    assert made.stands == ("paused", "before step", "B")
    made.close()


def test_events_for_the_debugger_reach_it(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    for name in ("entering", "breakpoint", "parked", "unparked", "debugger"):
        step.tell(name)
    made.session.script_changed("A").result(5)
    names = [call[2] for call in debugger.asked("heard")]
    assert names == ["entering", "breakpoint", "parked", "unparked", "debugger"]
    made.close()


def test_quitting_closes_the_debugger_and_a_step_that_is_kept_runs_on(tmp_path: Path):
    made, debugger, step = stopped_in_b(tmp_path)
    state = made.session.quit(keep_running=True).result(5)
    assert (state.phase, debugger.calls[-1], made.executor.closed) == ("running", ("close",), [True])
    assert not step.cancelled.is_set()
    made.store.workspace.close()


def test_a_debugger_that_cannot_start_leaves_the_run_as_it_is(tmp_path: Path):
    debugger = FakeDebugger()
    debugger.broken = OSError("no folder for the socket")
    made = bench(chain(tmp_path, "A"), debugger=debugger)
    made.run("continue_")
    assert made.stands[0] == "finished"
    assert made.executor.contexts["A"].debug is None
    assert any("A cannot be debugged" in each.message for each in made.events if isinstance(each, Noticed))
    made.close()


@pytest.mark.skipif(bool(DEBUGGED), reason="every session has a debugger")
def test_where_nothing_is_left_to_run_there_is_nothing_to_step_into(tmp_path: Path):
    made = bench(chain(tmp_path, "A"), debugger=FakeDebugger())
    assert made.session.why_not("step_into") is None
    made.run("continue_")
    assert made.session.why_not("step_into") == "no step is ready to run"
    assert made.session.why_not("step_over") == "no step is ready to run"
    with pytest.raises(IllegalCommand, match="no step is ready"):
        made.run("step_into")


def test_without_a_debugger_nothing_is_ordered_and_stepping_in_is_refused(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"))
    with pytest.raises(IllegalCommand, match="no debugger"):
        made.session.step_into("A").result(5)
    with pytest.raises(IllegalCommand, match="no debugger"):
        made.session.run_to_line(tmp_path / "A.py", 1).result(5)
    made.run("step_over")
    assert made.executor.contexts["A"].debug is None
    made.close()


def test_hold_is_asked_for_where_the_options_say_so(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B"), debugger=debugger, hold_on_failure=True)
    made.run("continue_")
    assert [(each.hold, each.entry, each.at_start) for each in debugger.orders] == [(True, False, False)] * 2
    assert debugger.others[0] == {tmp_path / "B.py"}
    assert made.executor.contexts["A"].debug == debugger.orders[0]
    made.close()


def test_step_into_runs_what_the_step_needs_first(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B", "C"), debugger=debugger, reuse=True)
    made.run("step_into", "B")
    assert (made.executor.started, made.stands) == (["A", "B"], ("paused", "before step", "C"))
    assert [each.entry for each in debugger.orders] == [False, True]
    # A new run that finds all of it up to date runs the step all the same: it is to be looked into.
    made.run("restart")
    made.run("step_into", "B")
    assert made.executor.started[2:] == ["B"]
    assert [each.entry for each in debugger.orders][2:] == [True]
    made.close()


def test_step_into_runs_one_step_and_asks_to_stop_in_main(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A", "B"), debugger=debugger)
    made.run("step_into")
    assert (made.executor.started, made.stands) == (["A"], ("paused", "before step", "B"))
    assert [each.entry for each in debugger.orders] == [True]
    # Also where the step is done, which stepping over refuses.
    made.run("step_into", "A")
    assert (made.executor.started, made.stands) == (["A", "A"], ("paused", "after step", "A"))
    made.run("continue_")
    assert [each.entry for each in debugger.orders] == [True, True, False]
    made.close()
