"""A scripted session: does at once what it is told, with outcomes that the test chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from fake_attempts import begun, ended

from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.records.debug import DebugStop, LineBreakpoint, StopKind
from cursus_tui.records.events import (
    BreakpointsChanged,
    LineBreakpointsChanged,
    PipelineChanged,
    SessionChanged,
    SessionEvent,
    StepChanged,
    WatchesChanged,
)
from cursus_tui.records.pipeline import (
    Overrides,
    Pipeline,
    StepKind,
    Value,
)
from cursus_tui.records.profile import Profile
from cursus_tui.records.run import (
    Attempt,
    BreakpointWhen,
    LineageEdge,
    PauseReason,
    Phase,
    ResourceSample,
    SessionState,
    StepBreakpoint,
    StepState,
    StepStatus,
)


class FakeSession:
    """Does what a session does, at once, with scripted outcomes.

    Args:
        pipeline: The pipeline.
        folder: Where attempts leave their logs and files.
        failing: Step -> how many of its attempts fail before one passes.
        holding: Steps that go on running until ``release``.
    """

    def __init__(
        self, pipeline: Pipeline, folder: Path, *, failing: Mapping[str, int] | None = None, holding: Iterable[str] = ()
    ) -> None:
        self.pipeline = pipeline
        self._as_opened = pipeline.environment
        self.folder = folder
        self.failing = dict(failing or {})
        self.holding = set(holding)
        self.breakpoints: tuple[StepBreakpoint, ...] = ()
        self.line_breakpoints: tuple[LineBreakpoint, ...] = ()
        self.watches: tuple[str, ...] = ()
        self.profiled: tuple[Profile, ...] = ()
        self.stop: DebugStop | None = None
        self.given: list[tuple[Any, ...]] = []
        self.edits: list[Overrides] = [pipeline.overrides]
        self._subscribers: list[Callable[[SessionEvent], None]] = []
        self._goal: Callable[[str], bool] = lambda step: False
        steps = {name: StepState(name, self._first(name)) for name in pipeline.steps}
        self.state = SessionState("run-1", Phase.IDLE, None, None, steps)
        self._look()

    def _first(self, name: str) -> StepStatus:
        step = self.pipeline.steps[name]
        if step.kind is StepKind.REMOTE:
            return StepStatus.NOT_LOCAL
        if step.kind is StepKind.SOURCE:
            return StepStatus.REUSED if step.given else StepStatus.MISSING_INPUT
        return StepStatus.WAITING

    # --- reading

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def why_not(self, command: str, step: str | None = None) -> str | None:
        if self.stop is not None and command in ("pause", "pause_next"):
            return f"{self.state.current} is stopped inside already"
        if self.stop is not None and command in ("finish", "cancel", "step_over", "step_into", "continue_", "let_go"):
            return None
        if command == "let_go":
            return "no step is stopped inside"
        if command in ("pause", "pause_next", "finish", "cancel") and self.state.phase is not Phase.RUNNING:
            return "nothing is running"
        if command == "undo" and len(self.edits) < 2:
            return "there is no edit to undo"
        if command in ("step_over", "step_into", "continue_", "rerun") and self.state.phase is Phase.RUNNING:
            return f"{self.state.current} is running"
        if command in ("rerun", "run_only") and step and self.pipeline.steps[step].script is None:
            return self.pipeline.steps[step].why
        return None

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        attempt = self.state.steps[step].attempt
        return (attempt,) if attempt else ()

    def profiles(self) -> tuple[Profile, ...]:
        return self.profiled

    def resources(self, attempt: Attempt) -> tuple[ResourceSample, ...]:
        return ()

    def profile(self, step: str) -> Future[SessionState]:
        return self._do("profile", step)

    def lineage(self, step: str) -> tuple[LineageEdge, ...]:
        return ()

    # --- commands

    def _do(self, name: str, *arguments: Any, act: Callable[[], None] = lambda: None) -> Future[SessionState]:
        self.given.append((name, *arguments))
        done: Future[SessionState] = Future()
        reason = self.why_not(name, arguments[0] if arguments and isinstance(arguments[0], str) else None)
        if reason:
            done.set_exception(IllegalCommand(reason))
            return done
        act()
        done.set_result(self.state)
        return done

    def continue_(self) -> Future[SessionState]:
        if self.stop is not None:
            return self._do("continue_", act=lambda: self.stands(None))
        return self._do("continue_", act=lambda: self._go(lambda step: True))

    def step_over(self, step: str | None = None) -> Future[SessionState]:
        if self.stop is not None:
            return self._do("step_over")
        first = step or self.state.upcoming
        return self._do("step_over", act=lambda: self._go(lambda name: name == first, first))

    def step_into(self, step: str | None = None) -> Future[SessionState]:
        if self.stop is not None:
            return self._do("step_into", *([step] if step else []))
        first = step or self.state.upcoming
        return self._do("step_into", *([step] if step else []), act=lambda: self._go(lambda name: name == first, first))

    def run_to_line(self, path: Path, line: int) -> Future[SessionState]:
        return self._do("run_to_line", path, line)

    def let_go(self) -> Future[SessionState]:
        return self._do("let_go", act=lambda: self.stands(None))

    def pause_next(self) -> Future[SessionState]:
        return self._do("pause_next")

    def finish(self) -> Future[SessionState]:
        return self._do("finish")

    def run_to(self, step: str) -> Future[SessionState]:
        order = list(self.pipeline.steps)
        return self._do("run_to", step, act=lambda: self._go(lambda name: order.index(name) < order.index(step)))

    def run_only(self, step: str) -> Future[SessionState]:
        return self._do("run_only", step, act=lambda: self._go(lambda name: name == step, step))

    def rerun(self, step: str) -> Future[SessionState]:
        return self._do("rerun", step, act=lambda: self._go(lambda name: name == step, step))

    def run_from(self, step: str) -> Future[SessionState]:
        return self._do("run_from", step, act=lambda: self._go(lambda name: True, step))

    def restart(self) -> Future[SessionState]:
        return self._do("restart")

    def pause(self) -> Future[SessionState]:
        return self._do("pause")

    def skip(self, step: str) -> Future[SessionState]:
        return self._do("skip", step, act=lambda: self._set(step, StepStatus.SKIPPED))

    def cancel(self) -> Future[SessionState]:
        return self._do("cancel", act=lambda: self.release(StepStatus.CANCELLED))

    def quit(self, *, keep_running: bool = False) -> Future[SessionState]:
        return self._do("quit", keep_running)

    def edit(self, overrides: Overrides) -> Future[SessionState]:
        return self._do("edit", overrides, act=lambda: self._edited([*self.edits, overrides]))

    def undo(self) -> Future[SessionState]:
        return self._do("undo", act=lambda: self._edited(self.edits[:-1]))

    def set_breakpoint(self, breakpoint: StepBreakpoint) -> Future[SessionState]:
        key = (breakpoint.step, breakpoint.when)
        kept = tuple(point for point in self.breakpoints if (point.step, point.when) != key)
        return self._do("set_breakpoint", breakpoint, act=lambda: self._points((*kept, breakpoint)))

    def remove_breakpoint(self, step: str, when: BreakpointWhen) -> Future[SessionState]:
        kept = tuple(point for point in self.breakpoints if (point.step, point.when) != (step, when))
        return self._do("remove_breakpoint", step, when, act=lambda: self._points(kept))

    def set_line_breakpoint(self, line: LineBreakpoint) -> Future[SessionState]:
        kept = tuple(each for each in self.line_breakpoints if (each.path, each.line) != (line.path, line.line))
        return self._do("set_line_breakpoint", line, act=lambda: self._lines((*kept, line)))

    def remove_line_breakpoint(self, path: Path, line: int) -> Future[SessionState]:
        kept = tuple(each for each in self.line_breakpoints if (each.path, each.line) != (path, line))
        return self._do("remove_line_breakpoint", path, line, act=lambda: self._lines(kept))

    def set_watches(self, watches: tuple[str, ...]) -> Future[SessionState]:
        return self._do("set_watches", watches, act=lambda: self._watch(watches))

    def script_changed(self, step: str) -> Future[SessionState]:
        state = self.state.steps[step]
        return self._do("script_changed", step, act=lambda: self._put(replace(state, stale="its script was edited")))

    # --- the script

    def release(self, status: StepStatus = StepStatus.PASSED) -> None:
        """Let the step that is held end."""
        step = self.state.current
        assert step is not None
        self.holding.discard(step)
        self.stop = None
        self._end(step, status)
        failed = status is StepStatus.FAILED
        reason = PauseReason.FAILURE if failed else PauseReason.AFTER_STEP
        self._move(None if status is StepStatus.PASSED else reason)

    def stands(self, stop: DebugStop | None) -> None:
        """The step that is held stands still inside, or (None) goes on."""
        step, self.stop = self.state.current, stop
        assert step is not None
        self._set(step, StepStatus.RUNNING if stop is None else StepStatus.PAUSED)
        if stop is None:
            self._phase(Phase.RUNNING, None, step)
        else:
            failed = stop.kind is StopKind.EXCEPTION
            self._phase(Phase.PAUSED, PauseReason.FAILURE if failed else PauseReason.INSIDE_STEP, step)

    def note(self, text: str) -> None:
        """The step that execution stands at has something to say."""
        step, state = self.state.current, self.state
        assert step is not None
        self.state = replace(state, steps={**state.steps, step: replace(state.steps[step], note=text)})
        self.say(StepChanged(step, self.state))

    def say(self, event: SessionEvent) -> None:
        """Send any event."""
        for subscriber in list(self._subscribers):
            subscriber(event)

    def _lines(self, lines: tuple[LineBreakpoint, ...]) -> None:
        self.line_breakpoints = lines
        self.say(LineBreakpointsChanged(lines))

    def _watch(self, watches: tuple[str, ...]) -> None:
        self.watches = watches
        self.say(WatchesChanged(watches))

    def _points(self, points: tuple[StepBreakpoint, ...]) -> None:
        self.breakpoints = points
        self.say(BreakpointsChanged(points))

    def _edited(self, edits: list[Overrides]) -> None:
        self.edits = edits
        overrides = edits[-1]
        environment = dict(self._as_opened)
        for step, values in overrides.environment.items():
            environment[step] = tuple(
                Value(value.name, values[value.name], "edited", True) if value.name in values else value
                for value in environment[step]
            )
        steps = {
            name: replace(step, given=dict(overrides.inputs.get(name, step.given)))
            for name, step in self.pipeline.steps.items()
        }
        self.pipeline = replace(self.pipeline, overrides=overrides, environment=environment, steps=steps)
        for name, step in steps.items():
            if step.kind is StepKind.SOURCE and step.given:
                self.state = replace(self.state, steps={**self.state.steps, name: StepState(name, StepStatus.REUSED)})
        self._look()
        self.say(PipelineChanged(self.pipeline, self.state))

    def _due(self) -> str | None:
        for name, state in self.state.steps.items():
            if state.status is StepStatus.MISSING_INPUT:
                return None
            if state.status in (StepStatus.WAITING, StepStatus.CANCELLED):
                return name
        return None

    def _look(self) -> None:
        """What stepping would run now."""
        busy = self.state.phase is Phase.RUNNING or self.stop is not None
        self.state = replace(self.state, upcoming=None if busy else self._due())

    def _go(self, goal: Callable[[str], bool], first: str | None = None) -> None:
        self._goal = goal
        self._move(None, first, leaving=True)

    def _move(self, reason: PauseReason | None, first: str | None = None, *, leaving: bool = False) -> None:
        while reason is None:
            step = first or self._due()
            first = None
            if step is None:
                self._phase(Phase.FINISHED, None, None)
                return
            if not self._goal(step) or (not leaving and self._stops(step)):
                self._phase(Phase.PAUSED, PauseReason.BEFORE_STEP, step)
                return
            leaving = False
            self._begin(step)
            if step in self.holding:
                return
            fails = self.failing.get(step, 0) > 0
            self.failing[step] = self.failing.get(step, 0) - 1
            self._end(step, StepStatus.FAILED if fails else StepStatus.PASSED)
            if fails:
                reason = PauseReason.FAILURE
                self._phase(Phase.PAUSED, reason, step)
                return
        self._phase(Phase.PAUSED, reason, self.state.current)

    def _stops(self, step: str) -> bool:
        return any(
            point.step == step and point.enabled and point.when is BreakpointWhen.BEFORE for point in self.breakpoints
        )

    def _phase(self, phase: Phase, reason: PauseReason | None, current: str | None) -> None:
        self.state = replace(self.state, phase=phase, reason=reason, current=current)
        self._look()
        self.say(SessionChanged(self.state))

    def _set(self, step: str, status: StepStatus) -> None:
        self._put(replace(self.state.steps[step], status=status))

    def _put(self, state: StepState) -> None:
        self.state = replace(self.state, steps={**self.state.steps, state.step: state})
        self._look()
        self.say(StepChanged(state.step, self.state))

    def _begin(self, step: str) -> None:
        before = self.state.steps[step].attempt
        attempt = begun(self.folder, step, before.number + 1 if before else 1)
        self._phase(Phase.RUNNING, None, step)
        self._put(StepState(step, StepStatus.RUNNING, attempt))

    def _end(self, step: str, status: StepStatus) -> None:
        attempt = self.state.steps[step].attempt
        assert attempt is not None
        over = ended(attempt, self.pipeline.steps[step].script, status)
        self._put(StepState(step, status, over, rows=3 if over.artifacts else None))
