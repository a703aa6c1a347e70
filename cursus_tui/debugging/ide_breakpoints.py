"""What an IDE knows its breakpoints by: the step's debugger numbers them anew whenever anybody's change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from cursus_tui.debugging.dap import Message

Place = tuple[str, int]
"""The key of a file, and the line that was asked for."""
Answer = Mapping[str, Any]
"""What the debugger made of a breakpoint: ``verified``, the ``line`` where it stops, a ``message``."""


class IdeBreakpoints:
    """One IDE's. Belongs to the debug thread."""

    def __init__(self) -> None:
        self._next = itertools.count(1)
        self._told: dict[Place, Message] = {}

    def answered(self, place: Place, source: Message, answer: Answer | None) -> Message:
        """A breakpoint as its IDE is told of it that has just set it.

        Args:
            place: Where it asked for one.
            source: What it calls the file.
            answer: The debugger's; None where there is none, or it has not said.
        """
        known = self._told.get(place)
        number = known["id"] if known else next(self._next)
        row = self._told[place] = _row(number, place, source, answer)
        return row

    def news(self, place: Place, source: Message, answer: Answer | None) -> Message | None:
        """The same for one that its IDE knows already; None where nothing has changed."""
        known = self._told.get(place)
        if known is None or answer is None:
            return None
        row = _row(known["id"], place, source, answer)
        if row == known:
            return None
        self._told[place] = row
        return row

    def keep(self, key: str, lines: Iterable[int]) -> None:
        """Forget those of a file that are on no line of these."""
        kept = set(lines)
        self._told = {place: row for place, row in self._told.items() if place[0] != key or place[1] in kept}

    def numbers(self, places: Iterable[Place]) -> list[int]:
        """What its IDE calls the breakpoints at these places; those of others have no number here."""
        return [self._told[place]["id"] for place in places if place in self._told]


def _row(number: int, place: Place, source: Message, answer: Answer | None) -> Message:
    return {"id": number, "line": place[1], "verified": True, **(answer or {}), "source": source}
