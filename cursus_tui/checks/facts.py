"""What the checks know of one Python file: plain records, filled from its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement."""

    module: str
    """Dotted; empty for ``from . import x``."""
    level: int
    """Leading dots of a relative import."""
    names: tuple[str, ...]
    """What ``from`` takes out of the module."""
    line: int
    lazy: bool
    """Inside a function."""
    guarded: bool
    """Its failure is caught, or it serves type checkers only."""
    used: bool
    """Reached at import or from ``main``, as far as names tell."""


@dataclass(frozen=True, slots=True)
class ParserArgument:
    """One ``add_argument`` of the script's own command line."""

    flags: tuple[str, ...]
    choices: tuple[str, ...] | None
    required: bool
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of ``main``."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Something at a line."""

    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A key that ``main`` takes from one of its dicts."""

    key: str
    line: int
    needed: bool
    """With ``[]``; else with ``get``."""


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """What the checks need to know of one Python file."""

    file: Path
    imports: tuple[Import, ...] = ()
    main: tuple[Parameter, ...] | None = None
    """Parameters of ``main``; None where there is none."""
    main_line: int = 1
    arguments: tuple[ParserArgument, ...] = ()
    strict_arguments: bool = False
    """True where ``parse_args`` ends the script on an unknown flag."""
    block_inputs: Mapping[str, str | None] | None = None
    """Key -> container path of the ``input_paths`` that the ``__main__`` block builds; None where not a plain dict."""
    block_outputs: Mapping[str, str | None] | None = None
    input_reads: tuple[KeyRead, ...] = ()
    """Keys that ``main`` takes from its first parameter."""
    output_reads: tuple[KeyRead, ...] = ()
    pip_at_import: Place | None = None
    aws_at_import: Place | None = None
    aws_when_run: Place | None = None
    switches: Mapping[str, str] = field(default_factory=dict)
    """Environment variables read at import -> their default, where both are literals."""
    container_paths: tuple[Place, ...] = ()
    """``/opt/ml`` paths used outside the ``__main__`` block when it runs."""
    error: str | None = None
    """Why it could not be parsed."""
    error_line: int | None = None
