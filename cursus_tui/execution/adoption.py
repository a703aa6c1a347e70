"""Taking up a run that another process left: what finished is kept, what runs is taken over, what was lost is said."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from cursus_tui.execution import protection
from cursus_tui.execution.departed import stop_departed, stop_left
from cursus_tui.execution.fingerprint import Parts
from cursus_tui.execution.plan import LIVE, Plan, next_due
from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.execution.position import LiveStep, Position
from cursus_tui.execution.run_control import RunControl
from cursus_tui.execution.starting import listener, take_over, watch
from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.run import Attempt, PauseReason, Phase, StepError, StepState, StepStatus
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.reader import StoreReader
from cursus_tui.storage.rows import unmasked_overrides

VALID = (StepStatus.PASSED, StepStatus.REUSED)


def stored_position(store: StoreReader, run_id: str, plan: Plan, edits: tuple[Overrides, ...]) -> Position:
    """Where a stored run stands; attempts that were running still say so.

    Args:
        store: The run store.
        run_id: The run.
        plan: The plan of the pipeline as it is now.
        edits: The decisions in force, one set for each edit.
    """
    record = store.run(run_id)
    all_parts = store.parts(run_id)
    states: dict[str, StepState] = {name: StepState(name, StepStatus.WAITING) for name in plan.names}
    outputs: dict[str, Attempt] = {}
    parts: dict[str, Parts] = {}
    for attempt in sorted(store.attempts(run_id), key=lambda each: each.number):
        if attempt.step not in states:
            continue
        states[attempt.step] = StepState(attempt.step, attempt.status, attempt)
        parts[attempt.step] = all_parts[attempt.step, attempt.number]
        if attempt.status in VALID:
            outputs[attempt.step] = attempt
        elif attempt.status is StepStatus.SKIPPED:
            outputs.pop(attempt.step, None)
    phase = record.phase if record is not None else Phase.IDLE
    return Position(run_id, plan, edits, phase=phase, states=states, parts=parts, outputs=outputs)


def edits_of(store: StoreReader, run_id: str, given: Overrides) -> tuple[Overrides, ...]:
    """The decisions of a stored run on top of those given now: what was edited on screen wins."""
    return rebased(given, [unmasked_overrides(each, given) for each in store.edits(run_id)])


def rebased(given: Overrides, edits: Sequence[Overrides]) -> tuple[Overrides, ...]:
    """Edits made on top of other decisions, the first of them, on top of these instead."""
    return (given, *(_with_changes(given, edits[0], each) for each in edits[1:]))


def _with_changes(base: Overrides, first: Overrides, last: Overrides) -> Overrides:
    """``base`` with everything that differs from ``first`` in ``last``."""
    changes: dict[str, Any] = {}
    for each in fields(Overrides):
        old, new, mine = getattr(first, each.name), getattr(last, each.name), getattr(base, each.name)
        if old != new:
            changes[each.name] = _changed(mine, old, new) if isinstance(new, Mapping) else new
    return dataclasses.replace(base, **changes)


def _changed(mine: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = {key: value for key, value in mine.items() if key in new or key not in old}
    for key, value in new.items():
        before = old.get(key)
        if key in old and value == before:
            continue
        if isinstance(value, Mapping):
            merged[key] = _changed(merged.get(key) or {}, before or {}, value)
        else:
            merged[key] = value
    return merged


def resume(run: RunControl) -> None:
    """Take over what ran when the former front died, then stand before what comes next."""
    if run.at.phase is not Phase.FINISHED:
        # Whatever its last session was doing, this one has yet to begin.
        run.at = dataclasses.replace(run.at, phase=Phase.IDLE)
    for attempt in run.at.outputs.values():
        run.count(attempt)
    stop_departed(run)
    left = [state.attempt for state in run.at.states.values() if state.status in LIVE and state.attempt is not None]
    left.sort(key=lambda attempt: attempt.started or 0.0, reverse=True)
    for attempt in left[1:]:
        # It had left the pipeline for a while, and is back before it was stopped.
        stop_left(run, attempt, f"is not taken over, for {left[0].step} is")
    if not left:
        stand(run)
        return
    attempt = left[0]
    live = LiveStep(
        attempt, protection.load(AttemptFolder(attempt.folder)), run.states.inputs(run.at, attempt.step).uses
    )
    try:
        live.process = run.executor.adopt(attempt.folder, listener(run, live))
    except Exception as error:  # Whatever an executor cannot take over is lost, and said so.
        _lost(run, attempt, f"{type(error).__name__}: {error}")
        stand(run)
        return
    take_over(run, live)
    run.refresh()
    run.notice(f"{attempt.step}: taken over from a session that ended while it ran", "info")
    run.after_commit(lambda: watch(run, live))


def stand(run: RunControl) -> None:
    """Stand where a resumed run can go on."""
    run.refresh()
    if run.at.phase is Phase.FINISHED and next_due(run.at.plan, run.at.states) is None:
        return
    upcoming = next_due(run.at.plan, run.at.states)
    failed = _failed_last(run)
    if failed is not None and failed != upcoming:
        run.pause(PauseReason.FAILURE, failed)
    else:
        run.pause(PauseReason.BEFORE_STEP, upcoming)


def _failed_last(run: RunControl) -> str | None:
    """The step whose failure the run was left at, if nothing was run or changed since."""
    tried = [state for state in run.at.states.values() if state.attempt is not None]
    newest = max(tried, key=lambda state: (state.attempt.started or 0.0) if state.attempt else 0.0, default=None)
    if newest is None or newest.status is not StepStatus.FAILED or newest.stale is not None:
        return None
    return newest.step


def _lost(run: RunControl, attempt: Attempt, why: str) -> None:
    result = ExecutionResult("failed", None, StepError("worker lost", f"its process cannot be taken over: {why}"))
    step = run.at.plan.pipeline.steps[attempt.step]
    done = run.attempts.conclude(step, attempt, result, run.at.parts[attempt.step], {}, ())
    run.store.attempt_ended(done.attempt, done.parts, ())
    run.record(done.attempt, done.parts)
