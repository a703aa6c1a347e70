"""Finding a text in a list of texts, and going from hit to hit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A place where the text was found: row from 0, first character and the one after the last."""

    row: int
    start: int
    end: int


def pattern_of(text: str) -> re.Pattern[str]:
    """A pattern for a literal text: letters match either case unless one of them is a capital."""
    return re.compile(re.escape(text), 0 if text != text.lower() else re.IGNORECASE)


class Hits:
    """The hits of one search, in order, and which of them is current."""

    def __init__(self, text: str = "", rows: Iterable[str] = ()) -> None:
        """Search rows for a literal text.

        Args:
            text: What to look for; an empty text finds nothing.
            rows: The texts to search.
        """
        self.text = text
        self.current = -1
        self.all: list[Hit] = []
        if text:
            pattern = pattern_of(text)
            self.all = [Hit(row, *hit.span()) for row, line in enumerate(rows) for hit in pattern.finditer(line)]

    def __len__(self) -> int:
        return len(self.all)

    @property
    def hit(self) -> Hit | None:
        """The current hit."""
        return self.all[self.current] if 0 <= self.current < len(self.all) else None

    def seek(self, row: int) -> Hit | None:
        """Make the first hit at or after a row current, or the very first one."""
        self.current = bisect_left(self.all, Hit(row, 0, 0)) % len(self.all) if self.all else -1
        return self.hit

    def step(self, by: int) -> Hit | None:
        """Go on by some hits, round the end."""
        if self.all:
            self.current = (self.current + by) % len(self.all)
        return self.hit

    def in_row(self, row: int) -> list[tuple[int, int, bool]]:
        """Start, end and "is current" of the hits of one row."""
        found = []
        index = bisect_left(self.all, Hit(row, 0, 0))
        while index < len(self.all) and self.all[index].row == row:
            found.append((self.all[index].start, self.all[index].end, index == self.current))
            index += 1
        return found
