"""What the screen asks of those who own the run and the data, as Protocols: a test can stand in for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cursus_tui.records.opening import Saved
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import (
    Attempt,
    BreakpointWhen,
    Frame,
    LineageEdge,
    ResourceSample,
    RunRecord,
    SessionState,
    StepBreakpoint,
)
from cursus_tui.widgets.grid_source import GridSource

if TYPE_CHECKING:
    from cursus_tui.records.debug import (
        DebuggerState,
        DebugThread,
        IdeState,
        LineBreakpoint,
        LiveTable,
        Scope,
        StackFrame,
        Variable,
    )
    from cursus_tui.records.events import SessionEvent
    from cursus_tui.records.profile import Profile

Done = Future[SessionState]


class SessionPort(Protocol):
    """The session's commands and reads. Every command returns a future that is done when it took effect."""

    @property
    def state(self) -> SessionState:
        """The newest snapshot."""

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is resolved now."""

    @property
    def breakpoints(self) -> tuple[StepBreakpoint, ...]:
        """All breakpoints, enabled or not."""

    @property
    def line_breakpoints(self) -> tuple[LineBreakpoint, ...]:
        """All breakpoints on lines, enabled or not."""

    @property
    def watches(self) -> tuple[str, ...]:
        """The expressions that are evaluated at each stop."""

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call back on the session's thread; returns what ends it."""

    def why_not(self, command: str, step: str | None = None) -> str | None:
        """Why a command (a method's name) would be refused now."""

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        """Every attempt of a step in this run, oldest first."""

    def lineage(self, step: str) -> tuple[LineageEdge, ...]:
        """What fed the step's newest attempt."""

    def profiles(self) -> tuple[Profile, ...]:
        """The attempts of this run that were profiled."""

    def resources(self, attempt: Attempt) -> tuple[ResourceSample, ...]:
        """What an attempt used over time."""

    def profile(self, step: str) -> Done:
        """Profile a step until it ends: from now on where it runs, else its next attempt."""

    def continue_(self) -> Done:
        """Run to the next breakpoint, failure or the end, also from inside of a step."""

    def step_over(self, step: str | None = None) -> Done:
        """Run one step and pause before the next; at a stop, run one line."""

    def step_into(self, step: str | None = None) -> Done:
        """Run a step and stop in its ``main``; at a stop, go into what the line calls."""

    def run_to_line(self, path: Path, line: int) -> Done:
        """At a stop, run to a line; else run the step whose script it is of, and stop there."""

    def let_go(self) -> Done:
        """Let a stopped step go on, and pause once it has ended."""

    def finish(self) -> Done:
        """Pause after the running step; at a stop, run to the end of the function."""

    def run_to(self, step: str) -> Done:
        """Run what the step needs and pause before it."""

    def run_only(self, step: str) -> Done:
        """Run one step with whatever inputs exist."""

    def rerun(self, step: str) -> Done:
        """Run a step again; its followers become stale."""

    def run_from(self, step: str) -> Done:
        """Run a step and everything after it again."""

    def restart(self) -> Done:
        """Begin a new run."""

    def pause(self) -> Done:
        """Stop the running step on its line; where it cannot be debugged, pause before the next."""

    def pause_next(self) -> Done:
        """Pause before the step after the running one."""

    def skip(self, step: str) -> Done:
        """Go on without a step."""

    def cancel(self) -> Done:
        """Stop the running step."""

    def quit(self, *, keep_running: bool = False) -> Done:
        """End the session; a running step is left to be adopted with ``keep_running``."""

    def edit(self, overrides: Overrides) -> Done:
        """Resolve anew with these overrides."""

    def undo(self) -> Done:
        """Take the last edit back."""

    def set_breakpoint(self, breakpoint: StepBreakpoint) -> Done:
        """Set or change the breakpoint of a step and moment."""

    def remove_breakpoint(self, step: str, when: BreakpointWhen) -> Done:
        """Remove it."""

    def set_line_breakpoint(self, line: LineBreakpoint) -> Done:
        """Set a breakpoint on a line, or change the one that is there; also while its step runs."""

    def remove_line_breakpoint(self, path: Path, line: int) -> Done:
        """Remove it."""

    def set_watches(self, watches: tuple[str, ...]) -> Done:
        """Evaluate these expressions at each stop."""

    def script_changed(self, step: str) -> Done:
        """A step's script was edited: the step and its followers become stale."""


class DebuggerPort(Protocol):
    """The debugger, as the screen reads it. Futures fail with ``DebugError``, a sentence for the user."""

    @property
    def state(self) -> DebuggerState:
        """The newest snapshot."""

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call back on each ``DebuggerChanged`` and ``Noticed``, on the debugger's thread; returns how to stop that."""

    def threads(self) -> Future[tuple[DebugThread, ...]]:
        """Threads of the step."""

    def frames(self, thread: int, first: int = 0, count: int = 40) -> Future[tuple[StackFrame, ...]]:
        """Frames of a stopped thread, innermost first."""

    def scopes(self, frame: int) -> Future[tuple[Scope, ...]]:
        """Locals and globals of a frame."""

    def variables(self, reference: int, first: int = 0, count: int = 100) -> Future[tuple[Variable, ...]]:
        """Names and values in a scope, or children of a value."""

    def evaluate(self, expression: str, frame: int, *, quiet: bool = False) -> Future[Variable]:
        """Evaluate in a frame; ``quiet`` for a watch, which must not print. Statements are executed."""

    def interrupt(self) -> None:
        """End an evaluation that goes on: it fails with ``KeyboardInterrupt``, and the stop stays."""

    def set_variable(self, reference: int, name: str, value: str) -> Future[Variable]:
        """Give a variable another value, an expression of its frame."""

    def complete(self, text: str, column: int, frame: int) -> Future[tuple[str, ...]]:
        """What the text up to the column, from 0, could go on with: whole texts."""

    def live_table(self, expression: str, frame: int | None, first: int = 0) -> Future[LiveTable]:
        """Rows of a value; with no frame, of a local of the running step's main thread, as a sample."""

    def sample(self) -> Future[tuple[Frame, ...]]:
        """Where the running step's main thread is, without a debugger; outermost first."""

    def open_ide(self, port: int | None = None) -> Future[IdeState]:
        """Open the door for IDEs: at this port, else 5678 or the next that is free."""

    def close_ide(self) -> Future[IdeState]:
        """Close it; attached IDEs are let go."""


class TablePort(GridSource, Protocol):
    """An open file, as the grid wants it."""

    @property
    def is_table(self) -> bool:
        """Whether it has rows to show."""

    def close(self) -> None:
        """Forget it."""


class DataPort(Protocol):
    """The data client, as far as the screen uses it."""

    def table(self, path: Path) -> Future[Any]:
        """Open a file; the result is a ``TablePort``."""

    def head_bytes(self, path: Path, count: int = 1024) -> Future[tuple[str, ...]]:
        """The first bytes of any file, as lines of a hex dump."""

    def close(self) -> None:
        """End the data process."""


class WorkspacePort(Protocol):
    """Where runs are kept."""

    @property
    def read_only(self) -> str | None:
        """Who owns it, when it is not us."""


class DeskPort(Protocol):
    """An opened pipeline, before and after its session starts."""

    @property
    def pipeline(self) -> Pipeline:
        """As resolved when it was opened."""

    @property
    def workspace(self) -> WorkspacePort:
        """Where its runs are kept."""

    @property
    def data(self) -> DataPort:
        """Starts its process on first use."""

    @property
    def debugger(self) -> DebuggerPort | None:
        """Stops inside of steps, once the session was started; None where nothing can."""

    def check(self) -> Pipeline:
        """The pipeline with what its scripts' source tells. Blocks."""

    def unfinished(self) -> RunRecord | None:
        """The newest run of this pipeline that did not end, if there is one."""

    def start(self, run_id: str | None = None) -> SessionPort:
        """Open the workspace, start (or with an id: resume) a run and warm the interpreter. Blocks."""

    def save(self, overrides: Overrides) -> Saved:
        """Write the overrides into the pipeline's ``cursus-tui.yaml``, without secrets that are new to it."""

    def changed_files(self) -> tuple[Path, ...]:
        """Files that the pipeline was read from whose content is another one now; blocks."""

    def reload(self, changed: Iterable[Path]) -> bool:
        """Read the pipeline anew into the session; False where a step runs. Blocks, and raises ``UserError``."""

    def close(self, *, keep_running: bool = False) -> None:
        """Release everything; blocks."""
