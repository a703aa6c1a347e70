"""The log files of one program, taken in turn by turn. No screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.widgets.log_index import LogIndex

TURN = 256 * 1024
"""Bytes indexed at most in one turn of the screen; a longer backlog is left to a thread."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """A file of output, by the name it has on the screen."""

    name: str
    path: Path


class LogFiles:
    """Some log files and their indexes. One thread at a time may call ``turn`` or ``catch_up``."""

    def __init__(self, sources: tuple[LogSource, ...] = ()) -> None:
        """Read nothing yet.

        Args:
            sources: The files; they need not exist yet.
        """
        self.sources = sources
        self.indexes = tuple(LogIndex(source.path) for source in sources)

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def lengths(self) -> tuple[int, ...]:
        """Lines known of each file."""
        return tuple(index.line_count for index in self.indexes)

    @property
    def backlog(self) -> int:
        """Bytes of all files that are not indexed yet."""
        return sum(max(0, index.backlog()) for index in self.indexes)

    def turn(self) -> bool:
        """Index what was written since the last turn, within bounds; whether anything was."""
        before = [(index.line_count, index.scanned) for index in self.indexes]
        room = TURN
        for index in self.indexes:
            room -= index.grow(room)
            if room <= 0:
                break
        return before != [(index.line_count, index.scanned) for index in self.indexes]

    def catch_up(self, stopped: Callable[[], bool]) -> None:
        """Index all that is there, until told to stop."""
        for index in self.indexes:
            while not stopped() and index.grow(TURN):
                pass
