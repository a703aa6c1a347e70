"""A run and its control flow: what starts, what ends, where execution pauses. Used on the session's thread only."""

from __future__ import annotations

import dataclasses
import errno
import shutil
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cursus_tui.execution.breakpoints import BreakpointTable
from cursus_tui.execution.fingerprint import Parts
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.plan import next_due
from cursus_tui.execution.ports import (
    DataProbe,
    ExecutionResult,
    PipelineScriptExecutor,
    StepProcess,
    WorkerEvent,
)
from cursus_tui.execution.position import Goal, LiveStep, Position
from cursus_tui.execution.reuse import borrowed_attempt, up_to_date_attempt
from cursus_tui.execution.room import why_no_room
from cursus_tui.execution.row_counts import count_rows
from cursus_tui.execution.step_attempt import AttemptMaker, Prepared
from cursus_tui.execution.step_states import StepStates, given_attempt, given_steps, rows_of
from cursus_tui.execution.worker_events import HEARD, apply_event
from cursus_tui.records.errors import UserError
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

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


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
        breakpoints: Where to stop.
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
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self.at = at
        self.store = store
        self.executor = executor
        self.attempts = attempts
        self.breakpoints = breakpoints
        self.states = StepStates(attempts)
        self.effects: list[Callable[[], None]] = []
        self.outbox: list[SessionEvent] = []
        self.counting = 0
        self.quitting: Callable[[], None] | None = None
        self._probe = probe
        self._post = post

    @property
    def options(self) -> RunOptions:
        """The run's options."""
        return self.attempts.options

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
        self._set_phase(Phase.RUNNING, None, self.at.current)
        self.at = self.at.but(goal=goal)
        self.advance(passing=goal.forced or self.at.current)

    def advance(self, passing: str | None = None) -> None:
        """Start the next step of the goal, or stop where it is reached.

        Args:
            passing: A step whose breakpoint before it has stopped us already.
        """
        while True:
            goal = self.at.goal
            name = goal.forced or next_due(self.at.plan, self.at.states, goal.allowed, goal.ran)
            if name is None:
                return self.settle()
            if name != passing and self._breaks(name, BreakpointWhen.BEFORE):
                return self.pause(PauseReason.BEFORE_STEP, name)
            self.at = self.at.but(goal=dataclasses.replace(goal, forced=None, ran=goal.ran | {name}))
            if not self._begin(name, forced=goal.forced is not None):
                return None
            passing = None

    def settle(self) -> None:
        """Nothing of the goal is left to run: stop before what comes next, or finish."""
        upcoming = self.at.goal.stop_before or next_due(self.at.plan, self.at.states)
        if upcoming is None:
            self._set_phase(Phase.FINISHED, None, None)
        else:
            self.pause(PauseReason.BEFORE_STEP, upcoming)

    def pause(self, reason: PauseReason, step: str | None) -> None:
        """Stand before, after or inside a step."""
        self._set_phase(Phase.PAUSED, reason, step)

    def _set_phase(self, phase: Phase, reason: PauseReason | None, current: str | None) -> None:
        if phase is not self.at.phase:
            over = phase in (Phase.FINISHED, Phase.ABORTED)
            self.store.set_phase(self.at.run_id, phase, time.time() if over else None)
        self.at = self.at.but(phase=phase, reason=reason, current=current)

    def leave(self) -> None:
        """End the session's run where it stands; it can be resumed, unless nothing ever ran in it."""
        if self.at.phase is not Phase.FINISHED:
            untouched = self.at.phase is Phase.IDLE
            self._set_phase(Phase.ABORTED, None, self.at.current)
            if untouched:
                self.store.remove_runs([self.at.run_id])

    def _breaks(self, step: str, when: BreakpointWhen) -> bool:
        return self.options.use_breakpoints and self.breakpoints.stops(step, when)

    # Starting

    def _begin(self, name: str, *, forced: bool) -> bool:
        """Start a step, or reuse what it would write.

        Returns:
            True when it is done already and the next may start.
        """
        step = self.at.plan.pipeline.steps[name]
        inputs = self.states.inputs(self.at, name)
        if not forced:
            reused = up_to_date_attempt(
                self.store.read, self.states, self.at, step, inputs, other_runs=self.options.reuse
            )
            if reused is not None:
                self.stand_in(*reused)
                return True
        if inputs.missing and not forced:
            self.notice(f"{name} was not started: " + "; ".join(inputs.missing), "error")
            if not self.options.keep_going:
                self.pause(PauseReason.BEFORE_STEP, name)
            return self.options.keep_going
        if refusal := why_no_room(self.store.workspace, self.options.minimum_free_bytes):
            why, reason = refusal
            self.notice(f"{name} was not started: {why}", "error")
            self.pause(reason, name)
            return False
        newest = self.at.states[name].attempt
        number = newest.number + 1 if newest else 1
        try:
            prepared = self.attempts.prepare(self.at.plan, self.at.run_id, step, number, inputs)
        except OSError as error:
            self._not_prepared(name, number, error)
            return False
        self._start(prepared, inputs.uses)
        return False

    def _not_prepared(self, name: str, number: int, error: OSError) -> None:
        shutil.rmtree(self.attempts.flow.folder(self.at.run_id, name, number).path, ignore_errors=True)
        self.notice(f"{name} was not started: {error}", "error")
        full = error.errno in FULL
        self.pause(PauseReason.DISK_FULL if full else PauseReason.BEFORE_STEP, name)

    def _start(self, prepared: Prepared, uses: tuple[Any, ...]) -> None:
        attempt = prepared.attempt
        self.store.attempt_started(attempt, prepared.parts, prepared.lineage)
        self._add_findings(attempt.number, prepared.findings)
        live = LiveStep(attempt, prepared.protected, uses)
        state = StepState(attempt.step, attempt.status, attempt)
        first = self.at.states[attempt.step].status is StepStatus.READY
        self.at = self.at.but(
            live=live, current=attempt.step, parts={**self.at.parts, attempt.step: prepared.parts}
        ).with_states({attempt.step: state})
        if not (first and self._followers_never_ran(attempt.step)):
            self.at = self.states.after(self.at, attempt.step)
        self.after_commit(lambda: self._launch(live, prepared))

    def _followers_never_ran(self, step: str) -> bool:
        """Then they wait for the step as before: nothing of theirs can become stale."""
        return all(self.at.states[name].attempt is None for name in self.at.plan.after[step])

    def _launch(self, live: LiveStep, prepared: Prepared) -> None:
        try:
            live.process = self.executor.start(prepared.context, self.listener(live))
        except Exception as error:  # A back end that cannot start is a failed step, never a dead session.
            told = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            result = ExecutionResult("failed", None, StepError("not started", told))
            self._post(lambda: self.ended(live, result))
            return
        self.watch(live)

    def listener(self, live: LiveStep) -> Callable[[WorkerEvent], None]:
        """What the executor calls with an attempt's events, on its own thread."""

        def heard(event: WorkerEvent) -> None:
            if event.name in HEARD:
                self._post(lambda: apply_event(self, live, event))

        return heard

    def watch(self, live: LiveStep) -> None:
        """Come back when a live step's process has ended."""
        if live.process is not None:
            self.when_ended(live.process, lambda result: self.ended(live, result))

    def when_ended(self, process: StepProcess, then: Callable[[ExecutionResult], None]) -> None:
        """Do this with a process's result, on the session's thread and in a transaction of its own."""
        process.result.add_done_callback(lambda done: self._post(lambda: then(result_of(done))))

    def take_over(self, live: LiveStep) -> None:
        """A step that another front started is ours now; the run pauses after it."""
        self.at = self.at.but(live=live, goal=Goal(pause=PauseReason.AFTER_STEP))
        self._set_phase(Phase.RUNNING, None, live.attempt.step)

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

    # Ending

    def ended(self, live: LiveStep, result: ExecutionResult) -> None:
        """A step's process has ended: store what became of it, then go on or stop."""
        if self.at.live is not live:
            return
        step = self.at.plan.pipeline.steps[live.attempt.step]
        if live.cancelled and result.status == "failed":
            result = dataclasses.replace(result, status="cancelled")
        done = self.attempts.conclude(step, live.attempt, result, self.at.parts[step.name], live.protected, live.uses)
        self.store.attempt_ended(done.attempt, done.parts, tuple(live.samples))
        self._add_findings(done.attempt.number, done.findings)
        self.at = self.at.but(live=None)
        self.record(done.attempt, done.parts)
        if self.quitting is not None:
            self.quitting()
        else:
            self._after_step(done.attempt, live.cancelled)
        # Once the next step is on its way: it need not wait for these.
        self.count(done.attempt)
        if done.used_up:
            self.after_commit(lambda: self.attempts.discard_copies(step, done.attempt, live.protected))

    def _after_step(self, attempt: Attempt, cancelled: bool) -> None:
        goal, step = self.at.goal, attempt.step
        asked = goal.pause is PauseReason.AFTER_STEP or goal.pause_after == step
        if cancelled or attempt.status is StepStatus.CANCELLED:
            # Also where it passed before it heard of that: whoever cancels does not want the next step to start.
            self.pause(PauseReason.AFTER_STEP, step)
        elif attempt.status is StepStatus.FAILED:
            self._after_failure(attempt)
        elif self._breaks(step, BreakpointWhen.AFTER) or asked:
            self.pause(PauseReason.AFTER_STEP, step)
        elif goal.pause is PauseReason.BEFORE_STEP:
            self.settle()
        else:
            self.advance()

    def _after_failure(self, attempt: Attempt) -> None:
        step, breaks = attempt.step, self._breaks(attempt.step, BreakpointWhen.ON_FAILURE)
        if is_disk_full(attempt.error):
            self.notice(f"{step} failed because the disk is full: free some space, then run it again", "error")
            self.pause(PauseReason.DISK_FULL, step)
        elif breaks or (self.options.stop_on_failure and not self.options.keep_going):
            self.pause(PauseReason.FAILURE, step)
        elif not self.options.keep_going:
            self._set_phase(Phase.FINISHED, None, step)
        elif self.at.goal.pause is not None or self.at.goal.pause_after == step:
            self.settle()
        else:
            self.advance()

    def _add_findings(self, attempt: int, findings: tuple[Finding, ...]) -> None:
        if findings:
            self.store.add_findings(self.at.run_id, attempt, findings)
            for finding in findings:
                self.say(FindingAdded(finding))

    # Row counts

    def count(self, attempt: Attempt) -> None:
        """Have the rows counted of what an attempt wrote, as far as they are not."""

        def counted(artifacts: tuple[Artifact, ...]) -> None:
            self._post(lambda: self._counted(attempt, artifacts))

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


def is_disk_full(error: StepError | None) -> bool:
    """Whether a step failed for want of disk space."""
    return error is not None and any(
        "[Errno 28]" in each.message or "No space left on device" in each.message for each in (error, *error.causes)
    )
