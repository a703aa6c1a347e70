"""One snapshot of everything the panes show and the actions judge by. State goes down as this, facts come up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cursus_tui.records.debug import DebuggerState, DebugStop, DebugThread, LineBreakpoint, StackFrame, StopKind
from cursus_tui.records.pipeline import Finding, Pipeline, Step
from cursus_tui.records.profile import Profile
from cursus_tui.records.run import Attempt, PauseReason, Phase, SessionState, StepBreakpoint, StepState, StepStatus


def _opening(command: str, step: str | None) -> str | None:
    return "the run is still being opened"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is true right now, for one repaint or one key."""

    pipeline: Pipeline
    state: SessionState | None = None
    """None until the session has started."""
    step: str | None = None
    """The step that is selected on screen."""
    pane: str = "pipeline"
    """The id of the pane that has the focus."""
    breakpoints: tuple[StepBreakpoint, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Noticed before and while running."""
    checking: bool = False
    """The scripts are still being looked into: there may be more findings."""
    refusal: Callable[[str, str | None], str | None] = field(default=_opening, compare=False)
    """Why the session would refuse a command for a step; None when it would not."""
    table: bool = False
    """A table is open in the data pane."""
    edited: bool = False
    """There are edits that an undo can take back."""
    debuggable: bool = False
    """There is a debugger: steps can be stopped inside."""
    debugger: DebuggerState = field(default_factory=DebuggerState)
    """The newest snapshot whose frames are known: a stop and its frames come together."""
    thread: int | None = None
    """The thread whose frames these are."""
    threads: tuple[DebugThread, ...] = ()
    """Of the stopped step."""
    frames: tuple[StackFrame, ...] = ()
    """Of the thread looked at, innermost first, as far as they were asked for."""
    more_frames: bool = False
    """There are outer frames that were not asked for yet."""
    frame: int | None = None
    """The id of the frame that is looked at: what its requests name. None where no step is stopped inside."""
    line_breakpoints: tuple[LineBreakpoint, ...] = ()
    """Those of the terminal."""
    watches: tuple[str, ...] = ()
    profiles: Mapping[tuple[str, int], Profile] = field(default_factory=dict)
    """(step, number of the attempt) -> where it spent its time, of this run."""
    source_place: tuple[Path, int] | None = None
    """File and line under the cursor of the source pane, while that has the focus and an action is judged."""

    @property
    def selected(self) -> Step | None:
        """The selected step as the pipeline has it."""
        return self.pipeline.steps.get(self.step) if self.step else None

    @property
    def selected_state(self) -> StepState | None:
        """The selected step as the run has it."""
        return self.of(self.step)

    @property
    def attempt(self) -> Attempt | None:
        """The newest attempt of the selected step."""
        found = self.selected_state
        return found.attempt if found else None

    @property
    def profile(self) -> Profile | None:
        """Where the newest attempt of the selected step spent its time, if it was profiled."""
        attempt = self.attempt
        found = self.profiles.get((attempt.step, attempt.number)) if attempt and self.profiles else None
        return found if found and attempt and found.run_id == attempt.run_id else None

    @property
    def stop(self) -> DebugStop | None:
        """Where a step stands still inside; None where none does."""
        return self.debugger.stop

    @property
    def held(self) -> bool:
        """A step has failed, and stands still on its exception."""
        failed = self.state is not None and self.state.reason is PauseReason.FAILURE
        return failed and self.stop is not None and self.stop.kind is StopKind.EXCEPTION

    @property
    def step_beside_stop(self) -> str | None:
        """The selected step, where another one is stopped inside that has not failed and this one could be run."""
        other = self.stop is not None and not self.held and self.step != self.stop.step
        runs = other and self.selected is not None and self.selected.script is not None
        return self.step if runs else None

    @property
    def frame_in_view(self) -> StackFrame | None:
        """The frame that is looked at."""
        return next((frame for frame in self.frames if frame.id == self.frame), None)

    @property
    def running(self) -> bool:
        """Something is being run."""
        return self.state is not None and self.state.phase is Phase.RUNNING

    @property
    def stands_at(self) -> str | None:
        """The step that runs, or that execution stands before, after or inside; before anything ran, the first."""
        return (self.state.current or self.state.upcoming) if self.state else None

    def of(self, step: str | None) -> StepState | None:
        """The state of a step in the run, where there is one."""
        return self.state.steps.get(step) if self.state and step else None

    @property
    def failed_steps(self) -> tuple[str, ...]:
        """Steps whose newest attempt failed, or is held on what it raised; the one execution stands at first."""
        if self.state is None:
            return ()
        held = self.state.current if self.state.reason is PauseReason.FAILURE else None
        names = [n for n, found in self.state.steps.items() if found.status is StepStatus.FAILED or n == held]
        return tuple(sorted(names, key=lambda name: name != (self.state.current if self.state else None)))
