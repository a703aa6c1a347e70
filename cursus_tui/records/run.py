"""What running is: runs, attempts, artifacts, errors, breakpoints and the session's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class StepStatus(StrEnum):
    """Where a step stands in a run."""

    WAITING = "waiting"
    """Something upstream has not passed yet."""
    READY = "ready"
    IMPORTING = "importing"
    RUNNING = "running"
    PAUSED = "paused"
    """Held inside: on a line, or on its exception."""
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REUSED = "reused"
    """Not run: an earlier attempt's outputs, or data that the user gave, stand in."""
    SKIPPED = "skipped"
    NOT_LOCAL = "not local"
    MISSING_INPUT = "missing input"
    MISSING_SCRIPT = "missing script"


class Phase(StrEnum):
    """What the session as a whole is doing."""

    IDLE = "idle"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    ABORTED = "aborted"


class PauseReason(StrEnum):
    """Why the session is paused."""

    BEFORE_STEP = "before step"
    AFTER_STEP = "after step"
    INSIDE_STEP = "inside step"
    FAILURE = "failure"
    DISK_FULL = "disk full"


class BreakpointWhen(StrEnum):
    """At which moment of a step a breakpoint stops."""

    BEFORE = "before"
    AFTER = "after"
    ON_FAILURE = "on failure"


@dataclass(frozen=True, slots=True)
class StepBreakpoint:
    """A breakpoint on a step. One for each (step, when)."""

    step: str
    when: BreakpointWhen
    enabled: bool = True
    hit_count: int = 0
    """Stop from the n-th hit on in a session; 0 and 1 stop always."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a structured traceback."""

    file: str
    line: int
    function: str
    user: bool
    """True for the script and its project; False for libraries."""
    source: str = ""
    """The text of the line, as it was when it ran."""
    column: int | None = None
    end_column: int | None = None
    locals: Mapping[str, str] = field(default_factory=dict)
    """Name -> one-line summary (``DataFrame 1,000 x 12``), secrets masked."""


@dataclass(frozen=True, slots=True)
class StepError:
    """Why a step failed."""

    type: str
    """The exception's class, or ``exit``, ``signal``, ``timeout``, ``memory``, ``input changed``, ``worker lost``."""
    message: str
    file: str | None = None
    line: int | None = None
    frames: tuple[Frame, ...] = ()
    """Outermost first, of the last exception in the chain."""
    causes: tuple[StepError, ...] = ()
    """Earlier exceptions of the chain, nearest first."""
    hint: str = ""
    """What to look at next: the upstream step and file it was reading, the key to press."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a step wrote, or a DataFrame that its main returned."""

    step: str
    channel: str
    path: Path
    """Absolute. For a returned DataFrame: the file that it was kept in."""
    name: str
    """Relative to its channel's folder, as shown."""
    kind: str
    """``csv``, ``parquet``, ``json``, ``pickle``, ``tar.gz``, ``image``, ``text``, ``binary``, ``returned frame``..."""
    bytes: int
    rows: int | None = None
    """None where it is not a table or has not been counted."""
    modified_ns: int | None = None
    """When the file was last written, in nanoseconds of Unix time, as the step left it."""


@dataclass(frozen=True, slots=True)
class BlockedAction:
    """Something the guards refused."""

    kind: str
    """``pip`` or ``network``."""
    detail: str
    """The packages or the address asked for, and what is there instead."""


BY_HAND = "values"
"""The kind of override of an attempt whose values were set by hand."""


@dataclass(frozen=True, slots=True)
class Override:
    """A way in which a step was not run exactly as Cursus would have."""

    kind: str
    """``environment``, ``argument``, ``input``, ``wiring``, ``script``, ``call``, ``stub``, ``package``, ``values``."""
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class Call:
    """What ``main`` was called with."""

    how: str
    """``__main__ block`` or ``contract``."""
    input_paths: Mapping[str, str]
    output_paths: Mapping[str, str]
    environ_vars: Mapping[str, str]
    """``repr`` of each value, secrets masked."""
    job_args: Mapping[str, str]
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further parameters, such as a logger."""


@dataclass(frozen=True, slots=True)
class ResourceSample:
    """One reading of a step's process tree."""

    seconds: float
    """Since the step started."""
    rss_bytes: int
    cpu_percent: float
    threads: int
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a step in a run. Immutable: a change of status is a new record."""

    run_id: str
    step: str
    number: int
    """From 1, for each step of a run."""
    status: StepStatus
    folder: Path
    fingerprint: str = ""
    started: float | None = None
    """Unix time."""
    ended: float | None = None
    import_seconds: float | None = None
    main_seconds: float | None = None
    peak_rss_bytes: int | None = None
    cpu_seconds: float | None = None
    exit_code: int | None = None
    """Of the process; negative for a signal; None where it is not known."""
    error: StepError | None = None
    call: Call | None = None
    artifacts: tuple[Artifact, ...] = ()
    blocked: tuple[BlockedAction, ...] = ()
    overrides: tuple[Override, ...] = ()
    reused_from: tuple[str, int] | None = None
    """(run, attempt number) whose outputs stand in."""
    note: str = ""
    """Why it was reused, skipped or could not run."""
    guard: str = ""
    """What kept it off the network: a key of ``GUARDS``; empty where it is not known."""

    @property
    def by_hand(self) -> bool:
        """Whether values were set by hand while it was stopped: what it wrote is not what its script says."""
        return any(each.kind == BY_HAND for each in self.overrides)

    @property
    def word(self) -> str:
        """How it ended, in the word for users."""
        return StepState(self.step, self.status, self).word


GUARDS = {
    "namespace": "off, for everything that the script starts (a private network namespace)",
    "python": "off in Python, which C libraries, other programs and python -I get round "
    "(no network namespace can be had here)",
    "none": "allowed",
}
"""What keeps a step off the network, in words."""


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """Which attempt's which channel fed what."""

    run_id: str
    step: str
    attempt: int
    input: str
    source_step: str | None
    """None where the user gave the path."""
    source_attempt: int | None
    source_output: str | None
    path: Path


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of a pipeline."""

    run_id: str
    """Sortable: time of start, in UTC, and a short random tail."""
    pipeline: str
    dag_file: Path
    started: float
    ended: float | None
    phase: Phase
    command: str
    """How it was started, for the list of runs."""


@dataclass(frozen=True, slots=True)
class StepState:
    """What the screen shows of one step."""

    step: str
    status: StepStatus
    attempt: Attempt | None = None
    """The newest one."""
    stale: str | None = None
    """Why what it wrote is out of date, if it is."""
    rows: int | None = None
    """Rows over its table outputs, where counted."""
    note: str = ""

    @property
    def word(self) -> str:
        """Where it stands, in the word for users: data that they gave themselves is ``given``, not reused."""
        given = self.status is StepStatus.REUSED and (self.attempt is None or self.attempt.reused_from is None)
        return "given" if given else self.status.value


@dataclass(frozen=True, slots=True)
class SessionState:
    """A snapshot of the session; every event carries the newest."""

    run_id: str
    phase: Phase
    reason: PauseReason | None
    current: str | None
    """The step that runs, or that execution stands before, after or inside."""
    steps: Mapping[str, StepState]
    read_only: str | None = None
    """Who owns the workspace, when it is not us."""
    upcoming: str | None = None
    """The step that stepping would run; None while a step runs, and where none is ready."""
