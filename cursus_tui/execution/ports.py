"""What the session needs from others, as Protocols, and the records that cross those borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume
from cursus_tui.records.pipeline import Isolation
from cursus_tui.records.run import Attempt, BlockedAction, Call, Override, StepError


@dataclass(frozen=True, slots=True)
class DebugOrder:
    """How a step's debugger is to be started, if ever: part of its job."""

    socket: Path
    """A Unix socket of the front, which the step's debugger dials."""
    token: str
    """What each side shows the other."""
    lent: Path
    """A folder that holds ``debugpy`` and nothing else."""
    pycache: Path
    """Where the lent debugpy's compiled modules are kept."""
    at_start: bool
    """Connect before the script is imported: the script, or code it may import, has breakpoints."""
    entry: bool
    """Stop on the first line of ``main``."""
    hold: bool
    """Park on an exception, with its frames alive."""
    patience: float = 90.0
    """Seconds that the step stands and waits for the front at most, each time it needs it: for its hand-shake, before
    ``main``, at ``breakpoint()``, and parked. A front that runs has answered or given up long before, and one that has
    died is heard of at once: this is for one that is stopped (Ctrl+Z) or hangs, and the step then goes on without it.
    """


@dataclass(frozen=True, slots=True)
class ExecutionContext:
    """Everything one attempt needs in order to run. Built by the session, sent to a worker as one JSON job."""

    run_id: str
    step: str
    attempt: int
    folder: Path
    """The attempt's folder; exists, mode 0700. Layout: see ``storage/layout.py``."""
    script: Path
    python: Path
    isolation: Isolation
    contract_inputs: Mapping[str, str | None]
    """Logical name -> container path, to map what a ``__main__`` block builds."""
    contract_outputs: Mapping[str, str | None]
    input_paths: Mapping[str, Path]
    """Logical name -> local path, for every wired or given input."""
    output_paths: Mapping[str, Path]
    environment: Mapping[str, str]
    argv: tuple[str, ...]
    job_type: str | None
    python_paths: tuple[Path, ...] = ()
    project_root: Path | None = None
    stubs: tuple[str, ...] = ()
    as_shipped: bool = False
    """Add nothing: no logger, no names of the contract beside the script's."""
    allow_network: bool = False
    pack_outputs: bool = False
    """A Training step: pack ``model.tar.gz`` and ``output.tar.gz`` as SageMaker does."""
    timeout_seconds: float | None = None
    memory_limit_bytes: int | None = None
    debug: DebugOrder | None = None
    """None where nobody could debug the step."""


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """How one attempt ended, as its ``outcome.json`` says."""

    status: str
    """``passed``, ``failed`` or ``cancelled``."""
    exit_code: int | None
    """Of the process, negative for a signal; None when its worker was lost."""
    error: StepError | None = None
    call: Call | None = None
    import_seconds: float | None = None
    main_seconds: float | None = None
    peak_rss_bytes: int | None = None
    cpu_seconds: float | None = None
    started: float | None = None
    ended: float | None = None
    blocked: tuple[BlockedAction, ...] = ()
    overrides: tuple[Override, ...] = ()
    imported_files: tuple[Path, ...] = ()
    """Modules that the script imported and a user may edit: part of the fingerprint."""
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Imported distributions -> version."""
    returned: Mapping[str, Path] = field(default_factory=dict)
    """DataFrames that ``main`` returned -> the file each was kept in."""
    guard: str = ""
    """What kept it off the network: a key of ``records.run.GUARDS``; empty where its worker did not say."""
    orphans: tuple[str, ...] = ()
    """Processes that the step left behind and that were killed."""


@dataclass(frozen=True, slots=True)
class WorkerEvent:
    """Something a step's process reported while it ran; the docstring of ``cursus_tui.worker`` lists them all."""

    name: str
    fields: Mapping[str, Any]


class StepProcess(Protocol):
    """A running (or adopted) attempt."""

    @property
    def pid(self) -> int | None:
        """Process id of the step, once it is known."""

    @property
    def result(self) -> Future[ExecutionResult]:
        """Done exactly once, whatever happens to the process."""

    def cancel(self, *, reason: str = "cancelled") -> None:
        """Ask it to stop: INT, then TERM, then KILL to its process group. Returns at once."""

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        """Ask the agent inside the step (stack sample, peek at a frame, start the debugger)."""

    def clock(self, *, held: bool) -> None:
        """The time limit stands still while held: a step that stands inside uses none of it."""


class PipelineScriptExecutor(Protocol):
    """A back end that runs scripts: local fork by default."""

    def start(self, context: ExecutionContext, listener: Callable[[WorkerEvent], None]) -> StepProcess:
        """Start an attempt.

        Args:
            context: Everything that it needs.
            listener: Is told what the step reports, on the executor's own thread, and must return quickly.

        Returns:
            The attempt that runs; what goes wrong from now on is its result.

        Raises:
            UserError: The interpreter cannot be used.
        """

    def adopt(self, folder: Path, listener: Callable[[WorkerEvent], None]) -> StepProcess:
        """Take over an attempt that another front started: its result comes from the folder.

        Args:
            folder: The attempt's.
            listener: As for ``start``.

        Returns:
            The attempt, which may have ended already.
        """

    def warm(self, python: Path, modules: tuple[str, ...]) -> None:
        """Start an interpreter's zygote ahead of need. Returns at once.

        Args:
            python: The interpreter.
            modules: What to import there.
        """

    def lend(self, python: Path, folder: Path, pycache: Path) -> None:
        """Have the debugger in this folder at hand in an interpreter that was warmed. Returns at once."""

    def close(self, *, keep_running: bool = False) -> None:
        """Stop every zygote. With ``keep_running`` a running step goes on and can be adopted later."""


class DebugPort(Protocol):
    """The debugger, as the session uses it: called on the session's thread, returns at once."""

    def order(
        self, step: str, script: Path, scripts_of_others: frozenset[Path], *, entry: bool, hold: bool
    ) -> DebugOrder:
        """What an attempt that is about to start needs to know."""

    def follow(
        self, order: DebugOrder, attempt: Attempt, process: StepProcess, told: Callable[[DebugStop | None], None]
    ) -> None:
        """The attempt runs. ``told`` is called on the debugger's thread: a stop, or None when the step goes on."""

    def heard(self, order: DebugOrder, event: WorkerEvent) -> None:
        """The step is about to enter main, is parked on an exception, or called ``breakpoint()``."""

    def ended(self, order: DebugOrder) -> None:
        """The attempt is over."""

    def resume(self, how: Resume) -> None:
        """Let a stopped step go on; nothing happens where none is stopped."""

    def suspend(self) -> None:
        """Stop the running step on the line that it is at."""

    def run_to(self, path: Path, line: int) -> None:
        """Let a stopped step go on as far as a line; one that is about to start stops there, once."""

    def set_lines(self, lines: tuple[LineBreakpoint, ...]) -> None:
        """All breakpoints on lines that the session holds, enabled or not."""

    def close(self) -> None:
        """Let go of everything; a step goes on."""


class DataProbe(Protocol):
    """Counts rows without the front parsing anything."""

    def count_rows(self, path: Path) -> Future[int | None]:
        """Rows of a table file; None where it is not a table."""
