"""What can stand in the gutter of a source view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MarkKind = Literal[
    "breakpoint", "condition", "logpoint", "disabled", "unverified", "current", "failure", "frame", "hot"
]
"""The first five are breakpoints; ``unverified`` cannot stop there; ``frame`` is a line of an outer frame."""

BREAKPOINT_GLYPHS: dict[MarkKind, str] = {
    "breakpoint": "●",
    "condition": "◆",
    "logpoint": "◇",
    "disabled": "○",
    "unverified": "?",
}
PLACE_GLYPHS: dict[MarkKind, tuple[str, str]] = {
    "failure": ("✗", "bad"),
    "current": ("▶", "active"),
    "frame": ("▷", "accent"),
}
"""Where execution stands or stood: glyph and tone."""


@dataclass(frozen=True, slots=True)
class SourceMark:
    """A mark on a line.

    Attributes:
        line: The line's number, as shown.
        kind: What it says.
        columns: Characters concerned, from 0, the end not included; they are underlined. None for all.
        note: A few words shown behind the line.
    """

    line: int
    kind: MarkKind
    columns: tuple[int, int] | None = None
    note: str = ""
