"""What the server's operations ask of a file, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cursus_tui.data.jobs import Job
from cursus_tui.data.results import ColumnInfo, FullCell, Record

Cells = list[list[str | None]]


@dataclass(frozen=True, slots=True)
class TableShape:
    """What a table knows of itself at a moment; the fields mean what those of ``TableInfo`` do."""

    columns: tuple[ColumnInfo, ...]
    rows: int
    rows_exact: bool = True
    estimated_rows: int | None = None
    progress: float = 1.0
    bad_rows: int = 0
    first_bad_row: int | None = None
    note: str = ""


class Table(Protocol):
    """A file as rows and columns. Called from several threads; the cells it gives are safe to paint."""

    def shape(self) -> TableShape:
        """What is known by now. Names and types need not be safe to paint."""

    def window(self, first_row: int, rows: int, columns: Sequence[int], job: Job) -> tuple[Cells, list[int]]:
        """Cells, and which of these rows are bad. Fewer rows than asked where there are no more, or not yet.

        Raises:
            DataError: The file cannot be read so.
        """

    def record(self, row: int, job: Job) -> Record:
        """One row in full.

        Raises:
            DataError: There is no such row, or it cannot be read.
        """

    def cell(self, row: int, column: int, job: Job) -> FullCell:
        """One cell in full.

        Raises:
            DataError: There is no such cell, or it cannot be read.
        """

    def finish(self, job: Job, changed: Callable[[], None], *, only_count: bool = False) -> None:
        """Do the slow rest (count, index), calling ``changed`` as the shape changes. Returns at once when it is done.

        Args:
            job: The work it is part of.
            changed: Called on the same thread.
            only_count: Whether nothing but the number of rows is wanted.

        Raises:
            DataError: The file cannot be read.
        """


def count_note(count: int, singular: str, plural: str) -> str:
    """``1 blank line skipped``, ``1,200 blank lines skipped``, or nothing for none."""
    return "" if not count else f"{count:,} {singular if count == 1 else plural}"


def joined(*notes: str) -> str:
    """Notes as one."""
    return "; ".join(note for note in notes if note)


class NotATableError(Exception):
    """The file is of a table's kind, but cannot be shown as one: the message says why."""
