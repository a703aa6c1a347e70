"""An open table as a grid wants it: columns, a growing count of rows, windows, records and cells."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from cursus_tui.data.results import ColumnInfo, FullCell, Record, TableInfo, Window

if TYPE_CHECKING:
    from cursus_tui.data.client import DataClient


class TableView:
    """One open view of a DataClient; made by ``DataClient.table``. Safe to use from any thread.

    Its attributes fit ``GridSource`` of ``widgets/data_grid.py``, which knows nothing of this room.
    """

    def __init__(self, client: DataClient) -> None:
        self._client = client
        self._info = TableInfo(-1, Path(), "", 0)
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def update(self, info: TableInfo) -> None:
        """Take in newer information. The answer to ``open`` may come after the first news."""
        with self._lock:
            if self._info.view == info.view and self._info.progress > info.progress:
                return
            self._info = info
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener()

    @property
    def info(self) -> TableInfo:
        """The newest that is known."""
        return self._info

    @property
    def is_table(self) -> bool:
        """Whether there is anything for a grid to show."""
        return self._info.is_table

    @property
    def columns(self) -> tuple[ColumnInfo, ...]:
        """By now: a JSON file may show more later, at the end."""
        return self._info.columns

    @property
    def rows(self) -> int:
        """Rows that can be asked for by now."""
        return self._info.rows or 0

    @property
    def rows_exact(self) -> bool:
        """Whether there are no more."""
        return self._info.rows_exact

    @property
    def estimated_rows(self) -> int | None:
        """A guess at all rows while they are counted."""
        return self._info.estimated_rows

    @property
    def bad_rows(self) -> int:
        """Rows that do not fit the columns, so far."""
        return self._info.bad_rows

    @property
    def note(self) -> str:
        """What is odd about the file."""
        return self._info.note

    def window(self, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[Window]:
        """Cells; cancel the future when they are not wanted any more."""
        return self._client.window(self._info.view, first_row, rows, columns)

    def record(self, row: int) -> Future[Record]:
        """One row in full."""
        return self._client.record(self._info.view, row)

    def cell(self, row: int, column: int) -> Future[FullCell]:
        """One cell in full."""
        return self._client.cell(self._info.view, row, column)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Be told when any of the above changed, on the client's thread. Returns what ends it."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def close(self) -> None:
        """Forget the table."""
        self._client.close_view(self._info.view)
