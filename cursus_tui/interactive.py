"""Debugging a pipeline from Python: in a notebook, in a script, in a test. The same session as the screen's.

with InteractiveDebugger("sample:fraud_training") as debugger:
    debugger.set_breakpoint("SklearnTraining", "len(features) > 3", line=68)
    debugger.run_to_breakpoint()
    print(debugger.evaluate("features").value)
    debugger.continue_execution()
"""

from __future__ import annotations

import operator
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from cursus_tui.data.first_rows import first_rows
from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.pipeline.overrides import merge, nearest
from cursus_tui.pipeline.parameters import parameters
from cursus_tui.records.debug import DebugError, DebugStop, LineBreakpoint, StackFrame, StopKind, Variable
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import Noticed, SessionEvent
from cursus_tui.records.interactive import InspectedData, InteractiveExecutionResult
from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Step
from cursus_tui.records.run import (
    Artifact,
    BreakpointWhen,
    PauseReason,
    SessionState,
    StepBreakpoint,
)
from cursus_tui.workbench import Workbench, open_pipeline

Answer = TypeVar("Answer")


class InteractiveDebugger:
    """A pipeline under the debugger, one command at a time. Each command blocks until the pipeline stands again.

    Breakpoints are kept in the workspace, as the screen's are. A run that is closed while a step is stopped or runs
    cancels that step.

    Args:
        path: What ``cursus-tui debug`` opens, too.
        options: Inputs, environment, interpreter and so on, as on the command line.
        limits: How steps are run. By default a failed step is held, so that its frames can be looked into.
        workspace: Where the run is kept, if not beside the pipeline.

    Attributes:
        session: Every command that there is; this class gives the ones for debugging.

    Raises:
        UserError: The pipeline cannot be opened or run, or another one owns the workspace.
    """

    session: Session

    def __init__(
        self,
        path: str | Path,
        *,
        options: OpenOptions | None = None,
        limits: RunOptions | None = None,
        workspace: str | Path | None = None,
    ) -> None:
        how = limits or RunOptions(hold_on_failure=True, command="InteractiveDebugger")
        folder = Path(workspace) if workspace is not None else None
        self._bench = Workbench(open_pipeline(str(path), options), how, folder, debugs=True)
        try:
            self._bench.require_owner()
            self.session = self._bench.start()
        except BaseException:
            self._bench.close()
            raise
        assert self._bench.debugger is not None
        self._debugger = self._bench.debugger
        self._notices: deque[str] = deque(maxlen=20)
        for source in (self.session, self._debugger):
            source.subscribe(self._heard)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session and release everything; what runs or is stopped is cancelled."""
        self._bench.close()

    def _heard(self, event: SessionEvent) -> None:
        if isinstance(event, Noticed) and event.severity != "info":
            self._notices.append(event.message)

    # Where it stands

    @property
    def result(self) -> InteractiveExecutionResult:
        """Where the pipeline stands now."""
        return self._result(self.session.state)

    def _result(self, state: SessionState) -> InteractiveExecutionResult:
        stop = self._debugger.state.stop
        if state.reason not in (PauseReason.INSIDE_STEP, PauseReason.FAILURE):
            stop = None
        at = state.steps.get(state.current) if state.current else None
        error = at.attempt.error if at is not None and at.attempt is not None else None
        return InteractiveExecutionResult(
            state.run_id, state.phase, state.reason, state.current, stop, error, state.steps, self._new_notices()
        )

    def _new_notices(self) -> tuple[str, ...]:
        """Taken one by one: the session's thread may add another meanwhile."""
        return tuple(self._notices.popleft() for _ in range(len(self._notices)))

    # Going on

    def run_to_breakpoint(self, timeout: float | None = None) -> InteractiveExecutionResult:
        """Run to the next breakpoint, the next failure, or the end.

        Args:
            timeout: Seconds; the pipeline goes on after them, and can be paused. None: wait as long as it takes.

        Returns:
            Where it stands then.

        Raises:
            UserError: Nothing can be run.
            TimeoutError: It took longer.
        """
        return self._moved(self.session.continue_(), timeout)

    continue_execution = run_to_breakpoint
    """The same, by the name that reads better once it stands somewhere."""

    def step_into(self, step: str | None = None, timeout: float | None = None) -> InteractiveExecutionResult:
        """Run a step to the first line of its ``main``; at a line, go into its calls.

        Args:
            step: By default the next one; where a step is stopped inside, that one is meant. Another one that is named
                takes its place: the stopped one is cancelled.
            timeout: As for ``run_to_breakpoint``.

        Returns:
            Where it stands then.

        Raises:
            UserError: There is no such step, or it cannot be run now.
            TimeoutError: It took longer.
        """
        return self._moved(self.session.step_into(step and self._step(step).name), timeout)

    def step_over(self, timeout: float | None = None) -> InteractiveExecutionResult:
        """Run the line at which it stands; before a step, run the step.

        Args:
            timeout: As for ``run_to_breakpoint``.

        Returns:
            Where it stands then.

        Raises:
            UserError: Nothing can be run.
            TimeoutError: It took longer.
        """
        return self._moved(self.session.step_over(), timeout)

    def step_out(self, timeout: float | None = None) -> InteractiveExecutionResult:
        """Run to the end of the function in which it stands.

        Args:
            timeout: As for ``run_to_breakpoint``.

        Returns:
            Where it stands then.

        Raises:
            UserError: No step is stopped inside, and none runs.
            TimeoutError: It took longer.
        """
        return self._moved(self.session.finish(), timeout)

    def pause(self, timeout: float | None = None) -> InteractiveExecutionResult:
        """Stop what runs at its next line.

        Args:
            timeout: Seconds to wait until it stands. None: as long as it takes.

        Returns:
            Where it stands then.

        Raises:
            UserError: Nothing runs.
            TimeoutError: It took longer, as in a long call that runs no Python.
        """
        return self._moved(self.session.pause(), timeout)

    def _moved(self, command: Future[SessionState], timeout: float | None) -> InteractiveExecutionResult:
        self._done(command)
        try:
            return self._result(self.session.wait_settled(timeout))
        except TimeoutError:
            now = self.session.state.current or "the pipeline"
            raise TimeoutError(f"{now} still runs after {timeout:g} s: wait(), or pause()") from None

    def wait(self, timeout: float | None = None) -> InteractiveExecutionResult:
        """Wait for what runs, after a timeout or an interrupted cell.

        Args:
            timeout: As for ``run_to_breakpoint``.

        Returns:
            Where it stands then; at once where nothing runs.

        Raises:
            TimeoutError: It took longer.
        """
        return self._result(self.session.wait_settled(timeout))

    # Breakpoints

    def set_breakpoint(self, step: str, condition: str | None = None, *, line: int | None = None) -> None:
        """Pause before a step; with a line, inside of it.

        Args:
            step: The step.
            condition: A Python expression in the frame of that line: stop only where it is true.
            line: Of the step's script, from 1.

        Raises:
            UserError: There is no such step or line; the condition cannot be read, or has no line.
        """
        known = self._step(step)
        if line is not None:
            stop = LineBreakpoint(_script(known), _whole(line, "line number", 1), condition=condition or "")
            self._done(self.session.set_line_breakpoint(stop))
            return
        if condition:
            raise UserError(
                f"a breakpoint before {step} has no condition: conditions on data are not supported yet",
                expected="a condition together with line=, evaluated in the script; or none",
                hint=f"set_breakpoint({step!r}, {condition!r}, line=N)",
            )
        self._done(self.session.set_breakpoint(StepBreakpoint(step, BreakpointWhen.BEFORE)))

    def remove_breakpoint(self, step: str, *, line: int | None = None) -> None:
        """Remove the breakpoint before a step, or on a line of its script; nothing happens where there is none.

        Args:
            step: The step.
            line: Of the step's script, from 1.

        Raises:
            UserError: There is no such step, it has no script, or the line is no whole number.
        """
        known = self._step(step)
        if line is not None:
            self._done(self.session.remove_line_breakpoint(_script(known), _whole(line, "line number", 1)))
        else:
            self._done(self.session.remove_breakpoint(step, BreakpointWhen.BEFORE))

    # Inside of a step

    def stack(self) -> tuple[StackFrame, ...]:
        """The frames of the stopped thread.

        Returns:
            Innermost first, with file, line and function.

        Raises:
            UserError: No step is stopped inside.
        """
        return self._asked(self._debugger.frames(self._stop().thread))

    def evaluate(self, expression: str, frame: int = 0) -> Variable:
        """Evaluate an expression where a step is stopped, or execute a statement there.

        Args:
            expression: Python.
            frame: Which one, from the innermost, 0.

        Returns:
            What came of it: ``value`` is its text in one line, empty for a statement.

        Raises:
            UserError: No step is stopped inside, there is no such frame, or the expression raised.
        """
        return self._asked(self._debugger.evaluate(expression, self._frame(frame)))

    def variables(self, frame: int = 0) -> dict[str, Variable]:
        """The locals of a frame.

        Args:
            frame: Which one, from the innermost, 0.

        Returns:
            Name -> variable, whose ``value`` is its text in one line.

        Raises:
            UserError: No step is stopped inside, or there is no such frame.
        """
        scopes = self._asked(self._debugger.scopes(self._frame(frame)))
        found = self._asked(self._debugger.variables(scopes[0].reference, 0, 10_000)) if scopes else ()
        return {each.name: each for each in found}

    def _frame(self, number: int) -> int:
        number = _whole(number, "number of a frame", 0)
        frames = self._asked(self._debugger.frames(self._stop().thread, 0, max(number, 0) + 1))
        if not 0 <= number < len(frames):
            raise UserError(f"there is no frame {number}", expected=f"0 (the innermost) to {len(self.stack()) - 1}")
        return frames[number].id

    def _stop(self) -> DebugStop:
        stop = self.result.stop
        if stop is None:
            hint = "set_breakpoint(step, line=N) and run_to_breakpoint(), or step_into(step)"
            raise UserError("no step is stopped inside", hint=hint)
        return stop

    # Data

    def inspect_data(self, what: str | None = None, rows: int = 10) -> tuple[InspectedData, ...]:
        """The first rows of tables.

        Args:
            what: A step: what it wrote and returned. Anything else is an expression, evaluated where a step is stopped,
                or looked up among the locals of a step that runs. None: before a step what it reads from others, inside
                of one its locals that are tables, after it what it wrote.
            rows: How many of each, as far as the data process gives them at once.

        Returns:
            One for each table or file, with its columns and its first rows as text.

        Raises:
            UserError: There is nothing of that kind.
        """
        rows = _whole(rows, "number of rows", 0)
        if what is not None and what not in self.session.pipeline.steps:
            return (self._live(what, rows),)
        now = self.result
        if what is None and now.stop is not None:
            tables = [name for name, each in self.variables().items() if each.kind]
            return tuple(self._live(name, rows) for name in tables)
        step = what or now.step or self.session.state.upcoming
        if step is None:
            raise UserError("nothing has run yet", hint="run_to_breakpoint(), or inspect_data(STEP)")
        if what is None and now.reason is PauseReason.BEFORE_STEP:
            return tuple(self._file(each, rows) for each in self._inputs(step))
        attempt = now.steps[step].attempt
        if attempt is None or not attempt.artifacts:
            raise UserError(f"{step} has written nothing yet", hint=f"step_into({step!r}), or run_to_breakpoint()")
        return tuple(self._file(each, rows) for each in attempt.artifacts)

    def _inputs(self, step: str) -> list[Artifact]:
        """What other steps wrote that this one reads."""
        found = []
        for binding in self.session.plan.feeding[step]:
            attempt = self.session.state.steps[binding.source_step].attempt
            written = attempt.artifacts if attempt is not None else ()
            found += [each for each in written if each.channel == binding.source_output]
        return list(dict.fromkeys(found))

    def _live(self, expression: str, rows: int) -> InspectedData:
        frame = self._frame(0) if self.result.stop is not None else None
        table = self._asked(self._debugger.live_table(expression, frame))
        read = first_rows(self._bench.data, expression, table.file, rows)
        sampled = "sampled while the step ran" if table.sampled else ""
        note = "; ".join(part for part in (sampled, table.note) if part)
        return InspectedData(
            expression, table.file, table.type, table.columns or read.columns, table.rows, read.head, note
        )

    def _file(self, artifact: Artifact, rows: int) -> InspectedData:
        return first_rows(self._bench.data, f"{artifact.step}/{artifact.channel}/{artifact.name}", artifact.path, rows)

    # Parameters

    def modify_parameters(self, step: str, **values: Any) -> InteractiveExecutionResult:
        """Give environment variables or arguments of a step other values, for this session.

        What that makes stale runs again: the step, if it ran, and what follows it.

        Args:
            step: The step.
            **values: Name -> value; ``job_type`` names the argument ``--job-type``, too. Booleans become ``true`` and
                ``false``, lists and mappings what Cursus makes of them.

        Returns:
            Where the pipeline stands; ``steps`` says what became stale.

        Raises:
            UserError: The step has no such parameter, or runs with it now.
        """
        self._step(step)
        pipeline = self.session.pipeline
        self._done(self.session.edit(merge(pipeline.overrides, parameters(pipeline, step, values))))
        return self.result

    # What may be refused

    def _step(self, name: str) -> Step:
        steps = self.session.pipeline.steps
        if name not in steps:
            close = nearest(name, steps)
            hint = f"did you mean {close}?" if close else "the steps are " + ", ".join(steps)
            raise UserError(f"there is no step {name!r}", hint=hint)
        return steps[name]

    def _done(self, command: Future[SessionState]) -> None:
        try:
            command.result()
        except IllegalCommand as refusal:
            raise UserError(str(refusal)) from None

    def _asked(self, answer: Future[Answer]) -> Answer:
        try:
            return answer.result()
        except DebugError as error:
            raise UserError(str(error)) from None
        except KeyboardInterrupt:
            # The evaluation would go on in the step, and hold up the next one.
            with suppress(DebugError):
                self._debugger.interrupt()
            raise


def _whole(number: int, what: str, first: int) -> int:
    """A whole number of any library; a notebook is not type checked."""
    try:
        return operator.index(number)
    except TypeError:
        raise UserError(f"{number!r} is no {what}", expected=f"a whole number, from {first}") from None


def _script(step: Step) -> Path:
    if step.script is None:
        raise UserError(f"{step.name} has no script here", hint=step.why)
    return step.script


__all__ = ["InspectedData", "InteractiveDebugger", "InteractiveExecutionResult", "StopKind"]
