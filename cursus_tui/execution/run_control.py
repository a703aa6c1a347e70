"""A run and its control flow: what starts, what ends, where execution pauses. Used on the session's thread only."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from cursus_tui.execution.breakpoints import BreakpointTable
from cursus_tui.execution.fingerprint import Parts
from cursus_tui.execution.line_breakpoints import LineBreakpointTable
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.plan import next_due, trusting
from cursus_tui.execution.ports import DataProbe, DebugPort, ExecutionResult, PipelineScriptExecutor, StepProcess
from cursus_tui.execution.position import Goal, Position
from cursus_tui.execution.reuse import borrowed_attempt
from cursus_tui.execution.row_counts import count_rows
from cursus_tui.execution.starting import begin
from cursus_tui.execution.step_attempt import AttemptMaker
from cursus_tui.execution.step_states import StepStates, given_attempt, given_steps, rows_of
from cursus_tui.records.events import FindingAdded, Noticed, SessionEvent
from cursus_tui.records.pipeline import Finding
from cursus_tui.records.run import (
    Artifact,
    Attempt,
    BreakpointWhen,
    LineageEdge,
    PauseReason,
    Phase,
    StepError,
    StepState,
    StepStatus,
)
from cursus_tui.storage.store import RunStore

if TYPE_CHECKING:
    from cursus_tui.execution.profiling import Profiler


class RunControl:
    """The run's owner of truth.

    Every method runs inside a store transaction that the session opened. What must not happen before that is
    committed (a process that starts, an event that is sent) goes through ``after_commit`` and ``say``.

    Args:
        at: Where the run stands.
        store: Where everything is written first.
        executor: Runs scripts.
        probe: Counts rows.
        attempts: Prepares and concludes attempts.
        breakpoints: Steps at which to stop.
        lines: Lines of scripts at which to stop.
        watches: Expressions that are evaluated at each stop.
        debugger: Stops on lines; None where nobody debugs.
        post: Puts a call in the session's queue; from any thread. The call's failure to be stored is retried.
    """

    def __init__(
        self,
        at: Position,
        *,
        store: RunStore,
        executor: PipelineScriptExecutor,
        probe: DataProbe,
        attempts: AttemptMaker,
        breakpoints: BreakpointTable,
        lines: LineBreakpointTable,
        watches: tuple[str, ...],
        debugger: DebugPort | None,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self.at = at
        self.store = store
        self.executor = executor
        self.attempts = attempts
        self.breakpoints = breakpoints
        self.lines = lines
        self.watches = watches
        self.debugger = debugger
        self.states = StepStates(attempts)
        self.effects: list[Callable[[], None]] = []
        self.outbox: list[SessionEvent] = []
        self.counting = 0
        self.profile_next: frozenset[str] = frozenset()
        self.profilers: set[Profiler] = set()
        self.quitting: Callable[[], None] | None = None
        self.post = post
        self._probe = probe

    @property
    def options(self) -> RunOptions:
        """The run's options."""
        return self.attempts.options

    @property
    def dag_file(self) -> Path:
        """What breakpoints and watches are kept for."""
        return self.at.plan.pipeline.layout.dag_file

    def forget_unsaid(self) -> None:
        """Drop what was to follow from something that was not stored."""
        self.effects.clear()
        self.outbox.clear()

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Do this once everything so far is stored."""
        self.effects.append(effect)

    def say(self, event: SessionEvent) -> None:
        """Send an event once everything so far is stored."""
        self.outbox.append(event)

    def notice(self, message: str, severity: str = "warning") -> None:
        """Tell the user something."""
        self.say(Noticed(severity, message))

    def refresh(self) -> None:
        """Look at every step anew: files on disk may have changed."""
        self.at = self.states.all(self.at)
        for step in list(given_steps(self.at)):
            attempt, parts = given_attempt(self.at, step, self.attempts)
            self.store.attempt_started(attempt, parts, ())
            self.record(attempt, parts)
            self.count(attempt)

    def record(self, attempt: Attempt, parts: Parts) -> None:
        """Take over an attempt that has ended (or never needed to run); the store has it already."""
        outputs = {**self.at.outputs}
        if attempt.status in (StepStatus.PASSED, StepStatus.REUSED):
            outputs[attempt.step] = attempt
        state = StepState(attempt.step, attempt.status, attempt, None, rows_of(attempt), attempt.note)
        self.at = self.at.but(outputs=outputs, parts={**self.at.parts, attempt.step: parts}).with_states(
            {attempt.step: state}
        )
        self.at = self.states.after(self.at, attempt.step)

    # Going on and stopping

    def go(self, goal: Goal) -> None:
        """Pursue a goal from where execution stands."""
        self.set_phase(Phase.RUNNING, None, self.at.current)
        self.at = self.at.but(goal=goal)
        self.advance(passing=goal.forced or self.at.current)

    def advance(self, passing: str | None = None) -> None:
        """Start the next step of the goal, or stop where it is reached.

        Args:
            passing: A step whose breakpoint before it has stopped us already.
        """
        while True:
            goal = self.at.goal
            name = goal.forced or next_due(self.at.plan, self._as_trusted(goal), goal.allowed, goal.ran)
            if name is None:
                return self.settle()
            if name != passing and self.breaks(name, BreakpointWhen.BEFORE):
                return self.pause(PauseReason.BEFORE_STEP, name)
            self.at = self.at.but(goal=dataclasses.replace(goal, forced=None, ran=goal.ran | {name}))
            if not begin(self, name, forced=goal.forced is not None):
                return None
            passing = None

    def _as_trusted(self, goal: Goal) -> Mapping[str, StepState]:
        """Where steps stand for a goal that takes what some of them wrote as it is, and what it ran on that."""
        return trusting(self.at.plan, self.at.states, self.at.outputs, goal.trusted | goal.ran if goal.trusted else ())

    def settle(self) -> None:
        """Nothing of the goal is left to run: stop before what comes next, or finish."""
        upcoming = self.at.goal.stop_before or next_due(self.at.plan, self.at.states)
        if upcoming is None:
            self.set_phase(Phase.FINISHED, None, None)
        else:
            self.pause(PauseReason.BEFORE_STEP, upcoming)

    def pause(self, reason: PauseReason, step: str | None) -> None:
        """Stand before, after or inside a step."""
        self.set_phase(Phase.PAUSED, reason, step)

    def set_phase(self, phase: Phase, reason: PauseReason | None, current: str | None) -> None:
        """Stand there; stored where the phase is another one."""
        if phase is not self.at.phase:
            over = phase in (Phase.FINISHED, Phase.ABORTED)
            self.store.set_phase(self.at.run_id, phase, time.time() if over else None)
        self.at = self.at.but(phase=phase, reason=reason, current=current)

    def leave(self) -> None:
        """End the session's run where it stands; it can be resumed, unless nothing ever ran in it."""
        if self.at.phase is not Phase.FINISHED:
            untouched = self.at.phase is Phase.IDLE
            self.set_phase(Phase.ABORTED, None, self.at.current)
            if untouched:
                self.store.remove_runs([self.at.run_id])

    def breaks(self, step: str, when: BreakpointWhen) -> bool:
        """Whether a breakpoint stops here; counts a hit."""
        return self.options.use_breakpoints and self.breakpoints.stops(step, when)

    def when_ended(self, process: StepProcess, then: Callable[[ExecutionResult], None]) -> None:
        """Do this with a process's result, on the session's thread and in a transaction of its own."""
        process.result.add_done_callback(lambda done: self.post(lambda: then(result_of(done))))

    def add_findings(self, attempt: int, findings: tuple[Finding, ...]) -> None:
        """Store what was noticed about an attempt, and say it."""
        if findings:
            self.store.add_findings(self.at.run_id, attempt, findings)
            for finding in findings:
                self.say(FindingAdded(finding))

    # Without a process

    def stand_in(self, attempt: Attempt, parts: Parts) -> None:
        """Record an earlier attempt's outputs in place of running a step."""
        inputs = self.states.inputs(self.at, attempt.step)
        lineage: tuple[LineageEdge, ...] = self.attempts.flow.create_data_lineage(attempt, inputs)
        self.store.attempt_started(attempt, parts, lineage)
        self.record(attempt, parts)

    def borrow(self, steps: list[str]) -> list[str]:
        """Use earlier runs' outputs, up to date or not, for steps that have none in this one.

        Returns:
            The steps for which there are none.
        """
        without: list[str] = []
        for name in steps:
            step = self.at.plan.pipeline.steps[name]
            if name in self.at.outputs or step.script is None:
                continue
            if (found := borrowed_attempt(self.store.read, self.states, self.at, step)) is None:
                without.append(name)
            else:
                self.stand_in(*found)
                self.notice(f"{name}: {found[0].note}", "info")
        return without

    # Row counts

    def count(self, attempt: Attempt) -> None:
        """Have the rows counted of what an attempt wrote, as far as they are not."""

        def counted(artifacts: tuple[Artifact, ...]) -> None:
            self.post(lambda: self._counted(attempt, artifacts))

        def start() -> None:
            if count_rows(self._probe, attempt.artifacts, counted):
                self.counting += 1

        self.after_commit(start)

    def _counted(self, attempt: Attempt, artifacts: tuple[Artifact, ...]) -> None:
        def finished() -> None:
            self.counting -= 1

        self.after_commit(finished)
        if self.at.run_id != attempt.run_id:
            return
        self.store.artifacts_counted(attempt, [each for each in artifacts if each.rows is not None])
        state = self.at.states.get(attempt.step)
        if state is None or state.attempt is None or state.attempt.number != attempt.number:
            return
        newest = dataclasses.replace(state.attempt, artifacts=artifacts)
        self.at = self.at.with_states({attempt.step: dataclasses.replace(state, attempt=newest, rows=rows_of(newest))})
        if attempt.step in self.at.outputs:
            self.at = self.at.but(outputs={**self.at.outputs, attempt.step: newest})


def result_of(done: Future[ExecutionResult]) -> ExecutionResult:
    """A process's result; a broken promise of the executor's is a lost worker."""
    try:
        return done.result()
    except BaseException as error:
        return ExecutionResult("failed", None, StepError("worker lost", f"{type(error).__name__}: {error}"))
