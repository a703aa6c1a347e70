"""Where a run stands: one immutable record, replaced as a whole, and the phases it may go through."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cursus_tui.execution.data_flow import InputUse
from cursus_tui.execution.fingerprint import Parts
from cursus_tui.execution.plan import Plan, is_due, next_due
from cursus_tui.execution.ports import DebugOrder, StepProcess
from cursus_tui.execution.protection import ProtectedInput
from cursus_tui.records.debug import DebugStop, StopKind
from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.run import Attempt, PauseReason, Phase, ResourceSample, SessionState, StepState

TRANSITIONS: Mapping[Phase, frozenset[Phase]] = {
    Phase.IDLE: frozenset({Phase.RUNNING, Phase.PAUSED, Phase.FINISHED, Phase.ABORTED}),
    Phase.RUNNING: frozenset({Phase.RUNNING, Phase.PAUSED, Phase.FINISHED, Phase.ABORTED}),
    Phase.PAUSED: frozenset({Phase.RUNNING, Phase.PAUSED, Phase.FINISHED, Phase.IDLE, Phase.ABORTED}),
    Phase.FINISHED: frozenset({Phase.RUNNING, Phase.PAUSED, Phase.FINISHED, Phase.IDLE, Phase.ABORTED}),
    Phase.ABORTED: frozenset(),
}
"""Phase -> the phases that may follow it."""


class IllegalTransitionError(Exception):
    """A defect of ours: the session tried to go where it cannot go."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a command asked for: which steps may run, and where to stop."""

    allowed: frozenset[str] | None = None
    """Only these; None for every step."""
    forced: str | None = None
    """Run this one first, whether it is due or not."""
    trusted: frozenset[str] = frozenset()
    """Steps whose outputs are good enough for it, out of date or not."""
    stop_before: str | None = None
    """Pause before this step once nothing else of ``allowed`` is due."""
    pause_after: str | None = None
    """Pause after this step."""
    ran: frozenset[str] = frozenset()
    """What ran for it: a step that is out of date as soon as it ended (edited meanwhile) must not run for ever."""
    pause: PauseReason | None = None
    """Asked while a step runs: pause after it, or before the next."""
    stopping: bool = False
    """The running step is to stop on a line: pause before the next one where it ends before it does."""
    inside: str | None = None
    """The step that is to be stopped inside; those that it needs are only run."""
    entry: bool = False
    """Stop it on the first line of its ``main``."""
    line: tuple[Path, int] | None = None
    """Stop it there, once."""
    then: Callable[[], None] | None = None
    """What to do once the live step has made way for it, instead of pausing."""


@dataclass(slots=True)
class LiveStep:
    """The attempt that runs now, and what was heard of it: the one record that changes in place."""

    attempt: Attempt
    protected: Mapping[str, ProtectedInput]
    uses: tuple[InputUse, ...] = ()
    """What feeds it."""
    process: StepProcess | None = None
    order: DebugOrder | None = None
    """How it can be debugged; None where it cannot."""
    samples: list[ResourceSample] = field(default_factory=list)
    every: int = 1
    """Keep one reading of so many: doubled whenever the series grows too long."""
    skipped: int = 0
    kept_until: float = 0.0
    """Seconds into the step up to which the series is stored."""
    cancelled: bool = False
    parked: bool = False
    """It has failed, and is held with its frames: all that is left of it is to end."""
    moved: dict[tuple[str, int], int] = field(default_factory=dict)
    """Where a breakpoint is after an edit -> its line in what the attempt runs, which is older."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands. Nothing in it is ever changed in place but the live step."""

    run_id: str
    plan: Plan
    edits: tuple[Overrides, ...]
    """The decisions that the run began with, then one set for each edit."""
    phase: Phase = Phase.IDLE
    reason: PauseReason | None = None
    current: str | None = None
    states: Mapping[str, StepState] = field(default_factory=dict)
    parts: Mapping[str, Parts] = field(default_factory=dict)
    """Step -> the parts of its newest attempt's fingerprint."""
    outputs: Mapping[str, Attempt] = field(default_factory=dict)
    """Step -> its newest attempt whose outputs are valid."""
    goal: Goal = Goal()
    live: LiveStep | None = None
    stop: DebugStop | None = None
    """Where the live step stands still inside; None while it runs."""
    going: bool = False
    """It was told to go on from there, and has neither stopped again nor said that it runs."""
    read_only: str | None = None

    @property
    def runs(self) -> bool:
        """Whether a step runs, and is not stopped inside."""
        return self.live is not None and self.stop is None

    @property
    def held(self) -> bool:
        """Whether a step has failed, and stands still on its exception."""
        live, stop = self.live, self.stop
        return live is not None and live.parked and stop is not None and stop.kind is StopKind.EXCEPTION

    def snapshot(self) -> SessionState:
        """What subscribers see."""
        busy = self.read_only or self.live is not None or self.phase is Phase.RUNNING
        upcoming = None if busy else self.upcoming()
        return SessionState(
            self.run_id, self.phase, self.reason, self.current, self.states, self.read_only, upcoming=upcoming
        )

    def upcoming(self) -> str | None:
        """The step that stepping runs: the one that execution stands before, else the first that is due."""
        before = self.states.get(self.current) if self.current and self.reason is PauseReason.BEFORE_STEP else None
        if before is not None and is_due(self.plan, before, self.states):
            return before.step
        return next_due(self.plan, self.states)

    def but(self, **changes: Any) -> Position:
        """The same position with some fields replaced.

        Raises:
            IllegalTransitionError: The new phase may not follow the old one.
        """
        phase = changes.get("phase", self.phase)
        if phase is not self.phase and phase not in TRANSITIONS[self.phase]:
            raise IllegalTransitionError(f"{self.phase} -> {phase}")
        return dataclasses.replace(self, **changes)

    def with_states(self, changed: Mapping[str, StepState]) -> Position:
        """The same position with some steps standing elsewhere."""
        return dataclasses.replace(self, states={**self.states, **changed}) if changed else self
