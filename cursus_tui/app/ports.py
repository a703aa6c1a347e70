"""What the screen asks of those who own the run and the data, as Protocols: a test can stand in for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cursus_tui.records.opening import Saved
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import Attempt, BreakpointWhen, LineageEdge, RunRecord, SessionState, StepBreakpoint
from cursus_tui.widgets.grid_source import GridSource

if TYPE_CHECKING:
    from cursus_tui.records.events import SessionEvent

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

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call back on the session's thread; returns what ends it."""

    def why_not(self, command: str, step: str | None = None) -> str | None:
        """Why a command (a method's name) would be refused now."""

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        """Every attempt of a step in this run, oldest first."""

    def lineage(self, step: str) -> tuple[LineageEdge, ...]:
        """What fed the step's newest attempt."""

    def continue_(self) -> Done:
        """Run to the next breakpoint, failure or the end."""

    def step_over(self, step: str | None = None) -> Done:
        """Run one step and pause before the next."""

    def finish(self) -> Done:
        """Pause after the running step."""

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
        """Pause before the next step."""

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

    def script_changed(self, step: str) -> Done:
        """A step's script was edited: the step and its followers become stale."""


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
