"""A run without a screen: over a session like every other face, from its first step to where it ends."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.session import Session
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import SessionEvent
from cursus_tui.records.run import Phase, SessionState, StepState, StepStatus

COUNTING_SECONDS = 60.0
"""How long the row counts of what was written are waited for after the last step."""
HARMLESS = frozenset({StepStatus.PASSED, StepStatus.REUSED, StepStatus.SKIPPED, StepStatus.NOT_LOCAL})
"""Statuses that let a run succeed: done, or nothing that could have been done here."""


@dataclass(frozen=True, slots=True)
class PipelineRunSummary:
    """How a run without a screen ended."""

    run_id: str
    phase: Phase
    steps: Mapping[str, StepState]
    """In topological order."""
    seconds: float
    """Wall time of the run, row counts not included."""
    asked: frozenset[str]
    """The steps that the command line asked for."""
    interrupted: bool = False
    """Whether Ctrl-C ended it."""

    @property
    def succeeded(self) -> bool:
        """Whether every step that was asked for is done, or could not have been done here."""
        return not self.interrupted and all(self.steps[name].status in HARMLESS for name in self.asked)


class PipelineExecutor:
    """Runs a pipeline headless.

    Args:
        session: A session that has not been started; the caller quits it.
        progress: Told of every event, on the session's thread.
    """

    def __init__(self, session: Session, progress: Callable[[SessionEvent], None] | None = None) -> None:
        self._session = session
        self._progress = progress

    def run(
        self, *, to: str | None = None, from_step: str | None = None, only: str | None = None
    ) -> PipelineRunSummary:
        """Run the pipeline, or the part that is asked for, to its end, its first failure, or Ctrl-C.

        Args:
            to: Run what this step needs, and the step itself.
            from_step: Run this step and what comes after it, on what earlier runs left of the steps before it.
            only: Run this step alone, on what earlier runs left.

        Raises:
            UserError: There are no steps, or a step does not exist or cannot be run.
        """
        if not self._session.pipeline.steps:
            file = self._session.pipeline.layout.dag_source or self._session.pipeline.layout.dag_file
            raise UserError("there is nothing to run: the pipeline has no steps", file=file)
        for name in (to, from_step, only):
            self._require(name)
        unsubscribe = self._session.subscribe(self._progress) if self._progress else lambda: None
        started = time.monotonic()
        try:
            interrupted = self._run(to, from_step, only)
            seconds = time.monotonic() - started
            state = self._counted()
        finally:
            unsubscribe()
        asked = self._asked(state, to, from_step, only)
        return PipelineRunSummary(state.run_id, state.phase, state.steps, seconds, asked, interrupted)

    def _run(self, to: str | None, from_step: str | None, only: str | None) -> bool:
        session = self._session
        try:
            self._accepted(session.start())
            session.wait_settled()
            if only is not None:
                self._accepted(session.run_only(only))
            elif from_step is not None:
                self._accepted(session.run_from(from_step, to))
            elif to is not None:
                self._accepted(session.run_through(to))
            else:
                self._accepted(session.continue_())
            session.wait_settled()
        except KeyboardInterrupt:
            self._stop()
            return True
        return False

    def _accepted(self, command: Future[SessionState]) -> None:
        try:
            command.result()
        except IllegalCommand as refusal:
            raise UserError(str(refusal)) from refusal

    def _stop(self) -> None:
        """Cancel what runs, and wait until that is stored."""
        session = self._session
        while session.state.phase is Phase.RUNNING:
            try:
                session.cancel().result()
            except IllegalCommand:
                return
            session.wait_settled()

    def _counted(self) -> SessionState:
        try:
            return self._session.wait_counted(COUNTING_SECONDS)
        except TimeoutError:
            return self._session.state

    def _require(self, step: str | None) -> None:
        steps = self._session.pipeline.steps
        if step is not None and step not in steps:
            close = difflib.get_close_matches(step, steps, n=1)
            hint = f"did you mean {close[0]}?" if close else "the steps are " + ", ".join(steps)
            raise UserError(f"there is no step {step!r}", hint=hint)

    def _asked(self, state: SessionState, to: str | None, from_step: str | None, only: str | None) -> frozenset[str]:
        plan = self._session.plan
        if only is not None:
            return frozenset({only})
        asked = frozenset(state.steps)
        if from_step is not None:
            asked &= plan.descendants(from_step) | {from_step}
        if to is not None:
            asked &= plan.ancestors(to) | {to}
        return asked
