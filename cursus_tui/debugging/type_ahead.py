"""Keys typed while a step is on its way to its next line: they count there, as they do in pdb."""

from __future__ import annotations

import time

from cursus_tui.records.debug import DebugStop, Resume, StopKind

KEPT_SECONDS = 0.5
"""What was typed longer ago was meant for another place."""
MOST = 8


class TypeAhead:
    """The terminal's own: an IDE asks only where it has seen a stop."""

    def __init__(self) -> None:
        self._typed: list[tuple[float, Resume]] = []
        self._on_its_way = False

    def sent(self, how: Resume) -> None:
        """The terminal let the step go on: what is typed until it stops may be meant for there."""
        self._on_its_way = how is not Resume.CONTINUE

    def add(self, how: Resume) -> None:
        """Typed while it does not stand."""
        if self._on_its_way and how is not Resume.CONTINUE and len(self._typed) < MOST:
            self._typed.append((time.monotonic(), how))

    def at(self, stop: DebugStop) -> Resume | None:
        """What was typed for this stop; where it is no line that was stepped to, all of it is dropped."""
        fresh = [one for one in self._typed if time.monotonic() - one[0] <= KEPT_SECONDS]
        self.clear()
        if stop.kind is not StopKind.STEP or not fresh:
            return None
        self._typed = fresh[1:]
        return fresh[0][1]

    def clear(self) -> None:
        """Something else happened."""
        self._typed, self._on_its_way = [], False
