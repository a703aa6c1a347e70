"""What a grid shows, as Protocols: whoever has rows and columns can fill it. Futures may end on any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Protocol


class GridColumn(Protocol):
    """A column's header."""

    @property
    def name(self) -> str:
        """Safe to paint."""

    @property
    def type(self) -> str:
        """In a word or two, safe to paint."""

    @property
    def numeric(self) -> bool:
        """Whether cells are aligned to the right."""


class GridWindow(Protocol):
    """A rectangle of cells."""

    @property
    def cells(self) -> Sequence[Sequence[str | None]]:
        """By row, then by column as asked: None is a null, '' is empty. May have fewer rows than asked."""

    @property
    def bad_rows(self) -> Sequence[int]:
        """Rows among these that do not fit the columns."""


class GridCell(Protocol):
    """One cell in full."""

    @property
    def name(self) -> str:
        """Of its column."""

    @property
    def type(self) -> str:
        """Of its column."""

    @property
    def text(self) -> str | None:
        """Line feeds and tabs are real, other controls visible; None is a null."""

    @property
    def characters(self) -> int:
        """More than ``text`` has where it was cut."""


class GridRecord(Protocol):
    """One row in full."""

    @property
    def row(self) -> int:
        """From 0."""

    @property
    def cells(self) -> Sequence[GridCell]:
        """By column; a row that does not fit may have more."""

    @property
    def note(self) -> str:
        """Why it is a bad row, if it is."""


class GridSource(Protocol):
    """A table of any size that may still be counted."""

    @property
    def columns(self) -> Sequence[GridColumn]:
        """By now: more may follow at the end."""

    @property
    def rows(self) -> int:
        """Rows that can be asked for by now."""

    @property
    def rows_exact(self) -> bool:
        """Whether there are no more."""

    @property
    def estimated_rows(self) -> int | None:
        """A guess at all rows, while they are counted."""

    @property
    def bad_rows(self) -> int:
        """Rows that do not fit the columns, so far."""

    @property
    def note(self) -> str:
        """What is odd about the table, safe to paint."""

    def window(self, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[GridWindow]:
        """Cells. The grid cancels a future whose cells it does not need any more."""

    def record(self, row: int) -> Future[GridRecord]:
        """One row in full."""

    def cell(self, row: int, column: int) -> Future[GridCell]:
        """One cell in full."""

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told, on any thread, when one of the properties changed. Returns what ends it."""
