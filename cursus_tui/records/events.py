"""What the session tells its subscribers. Frozen, named in the past tense; ``state`` is the newest snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from cursus_tui.records.debug import DebuggerState, LineBreakpoint
from cursus_tui.records.pipeline import Finding, Overrides, Pipeline
from cursus_tui.records.profile import Profile
from cursus_tui.records.run import ResourceSample, SessionState, StepBreakpoint


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The phase, the pause reason or the current step changed."""

    state: SessionState


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step's status, attempt, rows or staleness changed. Already stored when it is sent."""

    step: str
    state: SessionState


@dataclass(frozen=True, slots=True)
class OutputGrew:
    """A step printed. Sent at most 20 times a second; the text is in the attempt's log files."""

    step: str
    attempt: int
    stdout_bytes: int
    """Size of the whole stdout log so far."""
    stderr_bytes: int


@dataclass(frozen=True, slots=True)
class ResourcesSampled:
    """A reading of the running step's process tree."""

    step: str
    attempt: int
    sample: ResourceSample


@dataclass(frozen=True, slots=True)
class PipelineChanged:
    """Parameters, wiring or the pipeline's files were edited: it was resolved anew. Sent before its steps' changes."""

    pipeline: Pipeline
    state: SessionState
    given: Overrides | None = None
    """Where its files were read anew: what settings and flags decide now, without the session's edits."""


@dataclass(frozen=True, slots=True)
class BreakpointsChanged:
    """A breakpoint was set, removed, enabled or disabled."""

    breakpoints: tuple[StepBreakpoint, ...]


@dataclass(frozen=True, slots=True)
class LineBreakpointsChanged:
    """A breakpoint on a line was set, changed, moved with its line or removed."""

    lines: tuple[LineBreakpoint, ...]


@dataclass(frozen=True, slots=True)
class WatchesChanged:
    """Other expressions are watched."""

    watches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DebuggerChanged:
    """The step's debugger was started, stopped the step or let it go on; or an IDE came or went."""

    state: DebuggerState


@dataclass(frozen=True, slots=True)
class Profiled:
    """A step's attempt was profiled."""

    profile: Profile


@dataclass(frozen=True, slots=True)
class FindingAdded:
    """A check noticed something while running."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something the user should read: a restarted zygote, a refused command, an adopted step."""

    severity: str
    """``info``, ``warning`` or ``error``."""
    message: str


SessionEvent = (
    SessionChanged
    | StepChanged
    | OutputGrew
    | ResourcesSampled
    | PipelineChanged
    | BreakpointsChanged
    | LineBreakpointsChanged
    | WatchesChanged
    | DebuggerChanged
    | Profiled
    | FindingAdded
    | Noticed
)
