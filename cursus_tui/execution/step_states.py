"""Where steps stand after something changed: their status, and whether what they wrote is still up to date."""

from __future__ import annotations

import dataclasses
import heapq
import time
from collections.abc import Iterable, Mapping

from cursus_tui.execution.artifacts import RETURNED, list_artifacts
from cursus_tui.execution.data_flow import InputUse, StepInputs
from cursus_tui.execution.fingerprint import Parts, current_parts, difference, digest, input_parts, missing_output
from cursus_tui.execution.input_sources import given_outputs
from cursus_tui.execution.plan import DONE, LIVE, Plan, now_is, standing
from cursus_tui.execution.position import Position
from cursus_tui.execution.step_attempt import AttemptMaker
from cursus_tui.records.pipeline import Step
from cursus_tui.records.run import Attempt, StepState, StepStatus

JUDGED = DONE | {StepStatus.FAILED, StepStatus.CANCELLED}
"""Statuses of attempts that can be out of date."""


class StepStates:
    """Works out where steps stand. Looks at files, changes nothing.

    Args:
        attempts: Knows what a step depends on.
    """

    def __init__(self, attempts: AttemptMaker) -> None:
        self._attempts = attempts

    def all(self, at: Position) -> Position:
        """Every step looked at anew: scripts, modules and given data on disk may have changed."""
        # All of them before the first is looked at: in a cycle a step comes before one that it needs.
        states = {name: at.states.get(name) or StepState(name, StepStatus.WAITING) for name in at.plan.pipeline.steps}
        for name, old in states.items():
            states[name] = self._state(at, old, states)
        return dataclasses.replace(at, states=states)

    def after(self, at: Position, step: str) -> Position:
        """A step was run, skipped or reused: it and every step that this matters to are looked at anew."""
        order, names = at.plan.index, at.plan.names
        states = dict(at.states)
        waiting, queued = [order[step]], {step}
        while waiting:
            name = names[heapq.heappop(waiting)]
            new = self._state(at, states[name], states)
            if new is states[name] and name != step:
                continue
            states[name] = new
            for follower in at.plan.after[name] - queued:
                queued.add(follower)
                heapq.heappush(waiting, order[follower])
        return dataclasses.replace(at, states=states)

    def inputs(self, at: Position, step: str) -> StepInputs:
        """What a step would read now."""
        return self._attempts.flow.setup_step_inputs(at.plan, step, at.outputs)

    def _state(self, at: Position, old: StepState, states: Mapping[str, StepState]) -> StepState:
        if at.live is not None and at.live.attempt.step == old.step:
            return old
        attempt = old.attempt
        if attempt is None:
            stands = standing(at.plan, old.step, states, at.outputs)
            new = StepState(old.step, stands.status, note=stands.note)
        else:
            stale = self._stale(at, old.step, attempt, states) if attempt.status in JUDGED else None
            new = StepState(old.step, attempt.status, attempt, stale, rows_of(attempt), attempt.note)
        return old if new == old else new

    def _stale(self, at: Position, name: str, attempt: Attempt, states: Mapping[str, StepState]) -> str | None:
        step, before = at.plan.pipeline.steps[name], at.parts.get(name)
        if before is None:
            return None
        inputs = self.inputs(at, name)
        if reason := difference(before, self.parts_now(at.plan, step, inputs, before)):
            return reason
        if attempt.status in DONE and step.script is not None and (why := missing_output(attempt)):
            return why
        for use in inputs.uses:
            source = states.get(use.source_step or "")
            if source is None:
                continue
            if source.status in LIVE:
                return f"{source.step} is running again"
            if source.stale:
                return f"input data of {source.step} is out of date"
            if source.status not in DONE and use.source is not None:
                return _since(source)
        return None

    def parts_now(self, plan: Plan, step: Step, inputs: StepInputs, before: Parts) -> dict[str, str]:
        """What an earlier attempt's parts would be now."""
        if step.script is None:
            return given_parts(step)
        own = self._attempts.parts_now(plan, step, inputs)
        python = step.python or self._attempts.options.python
        return current_parts(own, {}, before, self._attempts.digests, python)


def _since(source: StepState) -> str:
    """What became of a step since another one read what it wrote."""
    if source.status in (StepStatus.FAILED, StepStatus.CANCELLED):
        how = "failed" if source.status is StepStatus.FAILED else "was cancelled"
        return f"{source.step} was run again and {how}"
    return f"{source.step} {now_is(source)}"


def rows_of(attempt: Attempt) -> int | None:
    """Rows over the tables that an attempt wrote; None where nothing was counted.

    What ``main`` returned is left out: most scripts return what they also wrote.
    """
    counted = [each.rows for each in attempt.artifacts if each.rows is not None and each.channel != RETURNED]
    return sum(counted) if counted else None


def given_parts(step: Step) -> dict[str, str]:
    """The fingerprint of a step for which the user gave data."""
    return input_parts(InputUse(channel, path.absolute()) for channel, path in given_outputs(step).items())


def given_attempt(at: Position, step: Step, attempts: AttemptMaker) -> tuple[Attempt, Parts]:
    """An attempt that was never run: the user's data stand in for it."""
    newest = at.states[step.name].attempt
    number = newest.number + 1 if newest else 1
    now, parts = time.time(), given_parts(step)
    outputs = {channel: path.absolute() for channel, path in given_outputs(step).items()}
    attempt = Attempt(
        run_id=at.run_id,
        step=step.name,
        number=number,
        status=StepStatus.REUSED,
        folder=attempts.flow.folder(at.run_id, step.name, number).path,
        fingerprint=digest(parts),
        started=now,
        ended=now,
        artifacts=list_artifacts(step.name, outputs, {})[0],
        note=at.states[step.name].note,
    )
    return attempt, parts


def given_steps(at: Position) -> Iterable[Step]:
    """Steps for which the user gave data that no attempt records yet, or that has changed since."""
    for name, step in at.plan.pipeline.steps.items():
        state = at.states[name]
        given = state.status is StepStatus.REUSED and step.script is None and given_outputs(step)
        if given and (state.attempt is None or state.stale):
            yield step
