"""How a step ends: what became of it is stored, then the run goes on or stops."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from cursus_tui.execution import inside_step
from cursus_tui.execution.outcome import NOT_BEGUN
from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.execution.position import LiveStep
from cursus_tui.records.run import Attempt, BreakpointWhen, PauseReason, Phase, StepError, StepStatus

if TYPE_CHECKING:
    from cursus_tui.execution.run_control import RunControl


def ended(run: RunControl, live: LiveStep, result: ExecutionResult) -> None:
    """A step's process has ended: store what became of it, then go on or stop."""
    inside_step.over(run, live)
    if run.at.live is not live:
        return
    step = run.at.plan.pipeline.steps[live.attempt.step]
    if live.cancelled and result.status == "failed":
        result = dataclasses.replace(result, status="cancelled")
    done = run.attempts.conclude(step, live.attempt, result, run.at.parts[step.name], live.protected, live.uses)
    run.store.attempt_ended(done.attempt, done.parts, tuple(live.samples))
    run.add_findings(done.attempt.number, done.findings)
    if run.at.stop is not None:
        # It went on and ended before the debugger said so.
        run.set_phase(Phase.RUNNING, None, step.name)
    run.at = run.at.but(live=None, stop=None, going=False)
    run.record(done.attempt, done.parts)
    if run.quitting is not None:
        run.quitting()
    elif run.at.goal.then is not None:
        # What it made way for comes next; until then the run counts as running.
        run.set_phase(Phase.RUNNING, None, step.name)
        run.after_commit(run.at.goal.then)
    else:
        _after_step(run, done.attempt, live.cancelled)
    # Once the next step is on its way: it need not wait for these.
    run.count(done.attempt)
    if done.used_up:
        run.after_commit(lambda: run.attempts.discard_copies(step, done.attempt, live.protected))


def _after_step(run: RunControl, attempt: Attempt, cancelled: bool) -> None:
    goal, step = run.at.goal, attempt.step
    asked = goal.pause is PauseReason.AFTER_STEP or goal.pause_after == step
    if not cancelled and attempt.error is not None and attempt.error.type == NOT_BEGUN:
        run.notice(f"{step} was not run: {attempt.error.message}", "info")
        run.pause(PauseReason.BEFORE_STEP, step)
    elif cancelled or attempt.status is StepStatus.CANCELLED:
        # Also where it passed before it heard of that: whoever cancels does not want the next step to start.
        run.pause(PauseReason.AFTER_STEP, step)
    elif attempt.status is StepStatus.FAILED:
        _after_failure(run, attempt)
    elif run.breaks(step, BreakpointWhen.AFTER) or asked:
        run.pause(PauseReason.AFTER_STEP, step)
    elif goal.pause is PauseReason.BEFORE_STEP or goal.stopping:
        run.settle()
    else:
        run.advance()


def _after_failure(run: RunControl, attempt: Attempt) -> None:
    step, breaks = attempt.step, run.breaks(attempt.step, BreakpointWhen.ON_FAILURE)
    if is_disk_full(attempt.error):
        run.notice(f"{step} failed because the disk is full: free some space, then run it again", "error")
        run.pause(PauseReason.DISK_FULL, step)
    elif breaks or (run.options.stop_on_failure and not run.options.keep_going):
        run.pause(PauseReason.FAILURE, step)
    elif not run.options.keep_going:
        run.set_phase(Phase.FINISHED, None, step)
    elif run.at.goal.pause is not None or run.at.goal.stopping or run.at.goal.pause_after == step:
        run.settle()
    else:
        run.advance()


def is_disk_full(error: StepError | None) -> bool:
    """Whether a step failed for want of disk space."""
    return error is not None and any(
        "[Errno 28]" in each.message or "No space left on device" in each.message for each in (error, *error.causes)
    )
