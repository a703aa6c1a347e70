"""What can run, what is next, and why something cannot: pure functions over a pipeline and where its steps stand."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cursus_tui.execution.input_sources import Given, Missing, Wired, given_outputs, how_to_give, input_sources
from cursus_tui.records.pipeline import Binding, Pipeline, Step, StepKind
from cursus_tui.records.run import Attempt, StepState, StepStatus
from cursus_tui.storage.layout import AttemptFolder

LIVE = frozenset({StepStatus.IMPORTING, StepStatus.RUNNING, StepStatus.PAUSED})
"""A process of the step exists."""
DONE = frozenset({StepStatus.PASSED, StepStatus.REUSED})
"""Its outputs can be read."""
WITHOUT_OUTPUT = frozenset(
    {StepStatus.SKIPPED, StepStatus.NOT_LOCAL, StepStatus.MISSING_SCRIPT, StepStatus.MISSING_INPUT}
)
"""It will write nothing in this run, unless the user does something about it."""
RETRIED = frozenset({"worker lost", "disk full"})
"""Types of errors that say nothing about the script: ``continue`` runs such a step again."""


_STANDS = {
    StepStatus.PASSED: "has passed",
    StepStatus.FAILED: "has failed",
    StepStatus.WAITING: "has not run yet",
    StepStatus.MISSING_INPUT: "lacks an input",
    StepStatus.MISSING_SCRIPT: "has no script here",
    StepStatus.NOT_LOCAL: "does not run here",
}
"""Where ``is`` and the status would not make a sentence."""


@dataclass(frozen=True)
class Plan:
    """The order and the neighbours of a pipeline's steps.

    Attributes:
        pipeline: The pipeline.
        names: Its steps in topological order.
        index: Step -> its place in that order.
        before: Step -> the steps that an edge or a binding puts before it.
        after: The reverse.
        feeding: Step -> the bindings that feed it.
        held_back: Steps of a cycle, and those behind one.
    """

    pipeline: Pipeline
    names: tuple[str, ...] = field(init=False)
    index: Mapping[str, int] = field(init=False)
    before: Mapping[str, frozenset[str]] = field(init=False)
    after: Mapping[str, frozenset[str]] = field(init=False)
    feeding: Mapping[str, tuple[Binding, ...]] = field(init=False)
    held_back: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = self.pipeline.steps
        pairs = {pair for pair in self.pipeline.edges if pair[0] in names and pair[1] in names}
        feeding: dict[str, list[Binding]] = defaultdict(list)
        for binding in self.pipeline.bindings:
            feeding[binding.step].append(binding)
            if binding.source_step in names:
                pairs.add((binding.source_step, binding.step))
        before, after = defaultdict(set), defaultdict(set)
        for source, target in pairs:
            before[target].add(source)
            after[source].add(target)
        object.__setattr__(self, "names", tuple(names))
        object.__setattr__(self, "index", {name: index for index, name in enumerate(names)})
        object.__setattr__(self, "before", {name: frozenset(before[name]) for name in names})
        object.__setattr__(self, "after", {name: frozenset(after[name]) for name in names})
        object.__setattr__(self, "feeding", {name: tuple(feeding[name]) for name in names})
        object.__setattr__(self, "held_back", _held_back(self.before, self.after))

    def ancestors(self, step: str) -> frozenset[str]:
        """Every step that this one needs, directly or not."""
        return _closure(self.before, step)

    def descendants(self, step: str) -> frozenset[str]:
        """Every step that needs this one, directly or not."""
        return _closure(self.after, step)

    def in_order(self, steps: Iterable[str]) -> list[str]:
        """These steps in topological order."""
        return sorted({step for step in steps if step in self.index}, key=self.index.__getitem__)


def _held_back(before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]) -> frozenset[str]:
    waits = {name: len(needs) for name, needs in before.items()}
    free = [name for name, count in waits.items() if not count]
    for name in free:  # grows meanwhile
        for behind in after[name]:
            waits[behind] -= 1
            if not waits[behind]:
                free.append(behind)
    return frozenset(waits).difference(free)


def _closure(neighbours: Mapping[str, frozenset[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(neighbours[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(neighbours[name])
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a step stands that has no attempt of its own."""

    status: StepStatus
    note: str = ""


def standing(plan: Plan, name: str, states: Mapping[str, StepState], outputs: Mapping[str, Attempt]) -> Standing:
    """Where a step without an attempt stands.

    Args:
        plan: The plan.
        name: The step.
        states: Where the steps before it stand.
        outputs: Step -> its newest attempt whose outputs are valid.
    """
    step = plan.pipeline.steps[name]
    if given := given_outputs(step):
        return _given(step, given)
    if step.kind is StepKind.REMOTE:
        return Standing(StepStatus.NOT_LOCAL, step.why)
    if step.kind is StepKind.MISSING_SCRIPT:
        return Standing(StepStatus.MISSING_SCRIPT, step.why)
    if step.script is None:
        return Standing(StepStatus.MISSING_INPUT, step.why)
    return _by_inputs(plan, step, states, outputs)


def _given(step: Step, given: Mapping[str, os.PathLike[str]]) -> Standing:
    for channel, path in given.items():
        if not os.path.exists(path):
            return _missing_input(step, channel, f"was given as {os.fspath(path)}, which is absent")
    shown = ", ".join(f"{channel} is {os.fspath(path)}" for channel, path in given.items())
    return Standing(StepStatus.REUSED, f"not run: {shown}, as given")


def _by_inputs(plan: Plan, step: Step, states: Mapping[str, StepState], outputs: Mapping[str, Attempt]) -> Standing:
    waits: set[str] = set()
    for source in input_sources(plan.pipeline, step, plan.feeding[step.name]):
        match source:
            case Given(channel, path) if not os.path.exists(path):
                return _missing_input(step, channel, f"was given as {path}, which is absent")
            case Missing(channel, True, reason):
                return _missing_input(step, channel, reason)
            case Wired(channel, True, binding):
                before = states[binding.source_step]
                if before.status is StepStatus.MISSING_INPUT:
                    waits.add(binding.source_step)
                elif before.status in WITHOUT_OUTPUT:
                    return _missing_input(step, channel, f"comes from {binding.source_step}, which {now_is(before)}")
                elif before.status in DONE and not _has_output(plan, binding, outputs):
                    reason = f"comes from {binding.source_step}.{binding.source_output}, which nobody gave"
                    return _missing_input(step, channel, reason)
                elif before.status in DONE and not before.stale and not _is_there(binding, outputs):
                    reason = f"comes from {binding.source_step}.{binding.source_output}, whose folder is gone"
                    note = f"{channel} {reason}: run {binding.source_step} again"
                    return Standing(StepStatus.MISSING_INPUT, note)
    waits.update(name for name in plan.before[step.name] if not is_settled(states[name]))
    if waits:
        return Standing(StepStatus.WAITING, _waiting_note(plan, step.name, waits))
    return Standing(StepStatus.READY)


def _waiting_note(plan: Plan, name: str, waits: set[str]) -> str:
    note = "waits for " + ", ".join(plan.in_order(waits))
    if name not in plan.held_back:
        return note
    for each in plan.in_order(waits & plan.held_back):
        if name in plan.ancestors(each):
            return f"{note}; {each} waits for {name} in turn: remove an edge of this cycle from the DAG"
    return note


def _missing_input(step: Step, channel: str, reason: str) -> Standing:
    return Standing(StepStatus.MISSING_INPUT, f"{channel} {reason}; {how_to_give(step.name, channel)}")


def now_is(state: StepState) -> str:
    """Where a step stands, as the end of a sentence about it."""
    return _STANDS.get(state.status, f"is {state.word}")


def _has_output(plan: Plan, binding: Binding, outputs: Mapping[str, Attempt]) -> bool:
    given = given_outputs(plan.pipeline.steps[binding.source_step])
    return binding.source_output in given if given else binding.source_step in outputs


def _is_there(binding: Binding, outputs: Mapping[str, Attempt]) -> bool:
    """Whether what an attempt wrote still lies where it was written; what was given is looked at elsewhere."""
    attempt = outputs.get(binding.source_step)
    if attempt is None or attempt.status is not StepStatus.PASSED:
        return True
    return os.path.exists(AttemptFolder(attempt.folder).output(binding.source_output))


def is_settled(state: StepState) -> bool:
    """Whether the steps after this one may run: its outputs are up to date, or it will never have any."""
    return (state.status in DONE and not state.stale) or state.status in WITHOUT_OUTPUT


def is_due(plan: Plan, state: StepState, states: Mapping[str, StepState]) -> bool:
    """Whether ``continue`` would run this step now.

    A step that failed is not due again until something about it changed, or where its failure says nothing
    about it.
    """
    if state.status is StepStatus.READY:
        return True
    attempt = state.attempt
    if attempt is None or plan.pipeline.steps[state.step].script is None:
        return False
    lost = attempt.error is not None and attempt.error.type in RETRIED
    again = state.status is StepStatus.CANCELLED or (
        state.status in (StepStatus.PASSED, StepStatus.REUSED, StepStatus.FAILED) and (bool(state.stale) or lost)
    )
    return again and all(is_settled(states[name]) for name in plan.before[state.step])


def next_due(
    plan: Plan,
    states: Mapping[str, StepState],
    allowed: frozenset[str] | None = None,
    but: frozenset[str] = frozenset(),
) -> str | None:
    """The first step in topological order that ``continue`` would run.

    Args:
        plan: The plan.
        states: Where every step stands.
        allowed: Only these steps; None for all.
        but: Not these.
    """
    for name, state in states.items():
        if state.status is StepStatus.PASSED and state.stale is None:
            continue
        if (allowed is None or name in allowed) and name not in but and is_due(plan, state, states):
            return name
    return None


def trusting(
    plan: Plan, states: Mapping[str, StepState], outputs: Mapping[str, Attempt], trusted: Iterable[str]
) -> Mapping[str, StepState]:
    """Where steps would stand if what these wrote were up to date.

    Args:
        plan: The plan.
        states: Where every step stands, in topological order.
        outputs: Step -> its newest attempt whose outputs are valid.
        trusted: The steps.
    """
    out_of_date = {name for name in trusted if states[name].stale}
    if not out_of_date:
        return states
    found = {**states, **{name: replace(states[name], stale=None) for name in out_of_date}}
    for name, state in states.items():
        if state.attempt is None:
            found[name] = replace(state, status=standing(plan, name, found, outputs).status)
    return found


def needed_for(plan: Plan, step: str, states: Mapping[str, StepState]) -> frozenset[str]:
    """The steps before this one that must run, or run again, before it can."""
    return frozenset(name for name in plan.ancestors(step) if not is_settled(states[name]))
