"""Steps that still run though a resumed run does not go on with them: they are stopped, and how they ended is stored.

Somebody took such a step out of the pipeline while no session was there. What it had finished by then is kept, should
the step come back.
"""

from __future__ import annotations

from cursus_tui.execution import protection
from cursus_tui.execution.fingerprint import Parts
from cursus_tui.execution.plan import LIVE
from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.execution.run_control import RunControl
from cursus_tui.execution.step_attempt import Concluded
from cursus_tui.records.run import Attempt, StepError, StepStatus
from cursus_tui.storage.layout import AttemptFolder


def stop_departed(run: RunControl) -> None:
    """Stop what still runs of steps that the pipeline no longer has."""
    for attempt in run.store.read.attempts(run.at.run_id):
        if attempt.status in LIVE and attempt.step not in run.at.states:
            stop_left(run, attempt, "is no longer in the pipeline")


def stop_left(run: RunControl, attempt: Attempt, why: str) -> None:
    """Stop an attempt that another session left running, wait for its end beside the run, and store that.

    Args:
        run: The run that is being resumed.
        attempt: As it started.
        why: It is not taken over, as the rest of a sentence about the step.
    """
    parts = run.store.read.parts(attempt.run_id)[attempt.step, attempt.number]
    try:
        process = run.executor.adopt(attempt.folder, lambda event: None)
    except Exception as error:  # Whatever an executor cannot take over is lost, and said so.
        text = f"its process cannot be taken over: {type(error).__name__}: {error}"
        _ended(run, attempt, parts, why, ExecutionResult("failed", None, StepError("worker lost", text)))
        return
    run.when_ended(process, lambda result: _ended(run, attempt, parts, why, result))
    run.after_commit(process.cancel)


def _ended(run: RunControl, attempt: Attempt, parts: Parts, why: str, result: ExecutionResult) -> None:
    done = _concluded(run, attempt, parts, result)
    run.store.attempt_ended(done.attempt, done.parts, ())
    state = run.at.states.get(attempt.step) if run.at.run_id == attempt.run_id else None
    if state is not None and state.attempt is not None and state.attempt.number == attempt.number:
        run.record(done.attempt, done.parts)
    run.count(done.attempt)
    stopped = done.attempt.status is StepStatus.CANCELLED
    became = "its process was stopped" if stopped else f"by then, it had {done.attempt.status}"
    run.notice(f"{attempt.step} {why}: {became}", "warning" if stopped else "info")


def _concluded(run: RunControl, attempt: Attempt, parts: Parts, result: ExecutionResult) -> Concluded:
    protected = protection.load(AttemptFolder(attempt.folder))
    step = run.at.plan.pipeline.steps.get(attempt.step)
    if step is None:
        return run.attempts.conclude_departed(attempt, result, parts, protected)
    return run.attempts.conclude(step, attempt, result, parts, protected, ())
