"""What debugging inside a step is: line breakpoints, stops, frames, values, the state of the debugger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class DebugError(Exception):
    """A request to the debugger failed; the text is a sentence for the user."""


class StopKind(StrEnum):
    """Why a thread of a step stands still."""

    ENTRY = "entry"
    """On the first line of ``main``."""
    BREAKPOINT = "breakpoint"
    STEP = "step"
    PAUSE = "pause"
    EXCEPTION = "exception"
    """On the line that raised what nobody caught; its frames are alive."""
    CALL = "breakpoint()"
    """The script itself called ``breakpoint()``."""


class Resume(StrEnum):
    """How a stopped step goes on; the values are requests of the Debug Adapter Protocol."""

    CONTINUE = "continue"
    OVER = "next"
    INTO = "stepIn"
    OUT = "stepOut"


@dataclass(frozen=True, slots=True)
class LineBreakpoint:
    """A breakpoint on a line of a script. One for each (path, line)."""

    path: Path
    line: int
    """From 1."""
    enabled: bool = True
    condition: str = ""
    """A Python expression; stops where it is true."""
    hits: str = ""
    """``5``, ``>= 5``, ``% 5``: which hits stop."""
    message: str = ""
    """A logpoint: what is printed instead of stopping, with ``{expressions}``."""
    text: str = ""
    """The stripped line as it was when it was set: how the line is found again after an edit."""


@dataclass(frozen=True, slots=True)
class DebugStop:
    """A step stands still inside."""

    number: int
    """From 1, in a session; everything asked about a stop is void once the step goes on."""
    step: str
    attempt: int
    kind: StopKind
    thread: int
    file: Path | None
    line: int | None
    text: str = ""
    """The exception, for ``EXCEPTION``."""


@dataclass(frozen=True, slots=True)
class DebugThread:
    """A thread of the step."""

    id: int
    name: str
    stopped: bool


@dataclass(frozen=True, slots=True)
class StackFrame:
    """A frame of a stopped thread."""

    id: int
    """Names it in requests until the step goes on."""
    name: str
    file: Path | None
    line: int
    user: bool
    """True for the script and its project; False for libraries."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Locals or globals of a frame."""

    name: str
    reference: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A name and its value, as text."""

    name: str
    value: str
    """One line, safe for a terminal."""
    type: str
    reference: int = 0
    """Names its children in requests; 0 where it has none."""
    expression: str = ""
    """What evaluates to it in its frame; empty where nothing does."""
    kind: str = ""
    """``table`` and ``model`` can be opened in the data pane; empty for the rest."""


@dataclass(frozen=True, slots=True)
class LiveTable:
    """Rows of a value of a step, as they are now."""

    expression: str
    type: str
    rows: int | None
    """Of the whole value."""
    columns: tuple[tuple[str, str], ...]
    """(name, type), in order."""
    bytes: int | None
    """Memory of the whole value, where it is cheap to tell."""
    file: Path
    """Parquet, or JSON Lines where the step has no pyarrow: rows ``first`` to ``first + 1000`` at most."""
    first: int
    sampled: bool
    """Taken while the step ran: rows may be of different moments."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class IdeState:
    """The door for IDEs."""

    port: int | None
    """On 127.0.0.1; None while it is closed."""
    clients: tuple[str, ...] = ()
    """Names that attached IDEs gave."""
    refused: str = ""
    """Why the newest peer was turned away; empty where none was."""


@dataclass(frozen=True, slots=True)
class DebuggerState:
    """A snapshot of the debugger."""

    stop: DebugStop | None = None
    attached: bool = False
    """Whether the running step has its debugger started."""
    ide: IdeState = IdeState(None)
    ide_breakpoints: tuple[LineBreakpoint, ...] = ()
    unverified: frozenset[tuple[Path, int]] = frozenset()
    """Lines on which the step's debugger found nothing to stop on."""
    computing: str = ""
    """An expression that the stopped step has computed for long; empty where it has not."""
    condition: str = ""
    """``file:line`` of the breakpoint whose condition the running step has computed for long; empty for none."""
