"""How a step starts: reused, or refused, or its attempt stored and then handed to the executor."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cursus_tui.execution import inside_step, profiled_steps
from cursus_tui.execution.ending import ended
from cursus_tui.execution.ports import ExecutionResult, WorkerEvent
from cursus_tui.execution.position import Goal, LiveStep
from cursus_tui.execution.reuse import up_to_date_attempt
from cursus_tui.execution.room import why_no_room
from cursus_tui.execution.step_attempt import Prepared
from cursus_tui.execution.worker_events import HEARD, apply_event
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import PauseReason, Phase, StepError, StepState, StepStatus

if TYPE_CHECKING:
    from cursus_tui.execution.run_control import RunControl

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def begin(run: RunControl, name: str, *, forced: bool) -> bool:
    """Start a step, or reuse what it would write.

    Args:
        run: The run.
        name: The step.
        forced: Run it whether it is up to date or not, and on whatever inputs exist.

    Returns:
        True when it is done already and the next may start.
    """
    step = run.at.plan.pipeline.steps[name]
    inputs = run.states.inputs(run.at, name)
    if not forced and run.at.goal.inside != name:
        reused = up_to_date_attempt(run.store.read, run.states, run.at, step, inputs, other_runs=run.options.reuse)
        if reused is not None:
            run.stand_in(*reused)
            return True
    if inputs.missing and not forced:
        run.notice(f"{name} was not started: " + "; ".join(inputs.missing), "error")
        if not run.options.keep_going:
            run.pause(PauseReason.BEFORE_STEP, name)
        return run.options.keep_going
    if refusal := why_no_room(run.store.workspace, run.options.minimum_free_bytes):
        why, reason = refusal
        run.notice(f"{name} was not started: {why}", "error")
        run.pause(reason, name)
        return False
    newest = run.at.states[name].attempt
    number = newest.number + 1 if newest else 1
    try:
        prepared = run.attempts.prepare(run.at.plan, run.at.run_id, step, number, inputs)
    except OSError as error:
        _not_prepared(run, name, number, error)
        return False
    _start(run, prepared, inputs.uses)
    return False


def _not_prepared(run: RunControl, name: str, number: int, error: OSError) -> None:
    shutil.rmtree(run.attempts.flow.folder(run.at.run_id, name, number).path, ignore_errors=True)
    run.notice(f"{name} was not started: {error}", "error")
    full = error.errno in FULL
    run.pause(PauseReason.DISK_FULL if full else PauseReason.BEFORE_STEP, name)


def _start(run: RunControl, prepared: Prepared, uses: tuple[Any, ...]) -> None:
    attempt = prepared.attempt
    run.store.attempt_started(attempt, prepared.parts, prepared.lineage)
    run.add_findings(attempt.number, prepared.findings)
    live = LiveStep(attempt, prepared.protected, uses)
    state = StepState(attempt.step, attempt.status, attempt)
    first = run.at.states[attempt.step].status is StepStatus.READY
    run.at = run.at.but(
        live=live, current=attempt.step, parts={**run.at.parts, attempt.step: prepared.parts}
    ).with_states({attempt.step: state})
    if not (first and _followers_never_ran(run, attempt.step)):
        run.at = run.states.after(run.at, attempt.step)
    inside_step.lines_look_again(run, prepared.context.script)
    run.after_commit(lambda: _launch(run, live, prepared))


def _followers_never_ran(run: RunControl, step: str) -> bool:
    """Then they wait for the step as before: nothing of theirs can become stale."""
    return all(run.at.states[name].attempt is None for name in run.at.plan.after[step])


def _launch(run: RunControl, live: LiveStep, prepared: Prepared) -> None:
    context = inside_step.with_order(run, live, prepared.context)
    try:
        live.process = run.executor.start(context, listener(run, live))
    except Exception as error:  # A back end that cannot start is a failed step, never a dead session.
        told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        result = ExecutionResult("failed", None, StepError("not started", told))
        run.post(lambda: ended(run, live, result))
        return
    inside_step.follow(run, live)
    profiled_steps.launched(run, live)
    watch(run, live)


def listener(run: RunControl, live: LiveStep) -> Callable[[WorkerEvent], None]:
    """What the executor calls with an attempt's events, on its own thread."""

    def heard(event: WorkerEvent) -> None:
        if event.name in HEARD:
            run.post(lambda: apply_event(run, live, event))

    return heard


def watch(run: RunControl, live: LiveStep) -> None:
    """Come back when a live step's process has ended."""
    if live.process is not None:
        run.when_ended(live.process, lambda result: ended(run, live, result))


def take_over(run: RunControl, live: LiveStep) -> None:
    """A step that another front started is ours now; the run pauses after it."""
    run.at = run.at.but(live=live, goal=Goal(pause=PauseReason.AFTER_STEP))
    run.set_phase(Phase.RUNNING, None, live.attempt.step)
