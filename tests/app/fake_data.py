"""What stands for the data process in the screen's own tests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any


class FakeTable:
    """A table with three rows and two columns, as a grid wants it."""

    is_table = True
    note = ""
    rows = 3
    rows_exact = True
    estimated_rows = None
    bad_rows = 0

    def __init__(self) -> None:
        from cursus_tui.data.results import ColumnInfo

        self.columns = (ColumnInfo("id", "int", True), ColumnInfo("amount", "double", True))
        self.closed = False

    _cells = (("1", "2.5"), ("2", None), ("3", "7"))

    def window(self, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[Any]:
        from cursus_tui.data.results import Window

        cells = tuple(tuple(row[column] for column in columns) for row in self._cells[first_row : first_row + rows])
        return _done(Window(first_row, columns, cells))

    def record(self, row: int) -> Future[Any]:
        from cursus_tui.data.results import FullCell, Record

        cells = zip(self.columns, self._cells[row], strict=True)
        return _done(
            Record(row, tuple(FullCell(column.name, column.type, text, len(text or "")) for column, text in cells))
        )

    def cell(self, row: int, column: int) -> Future[Any]:
        from cursus_tui.data.results import FullCell

        text = self._cells[row][column]
        return _done(FullCell(self.columns[column].name, self.columns[column].type, text, len(text or ""), column))

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def close(self) -> None:
        self.closed = True


class FakeData:
    """Opens every ``.csv`` as the same table, anything else as bytes."""

    def __init__(self) -> None:
        self.tables: list[FakeTable] = []
        self.closed = False

    def table(self, path: Path) -> Future[Any]:
        table = FakeTable()
        table.is_table = path.suffix == ".csv"
        self.tables.append(table)
        return _done(table)

    def head_bytes(self, path: Path, count: int = 1024) -> Future[tuple[str, ...]]:
        return _done((f"00000000  {path.read_bytes()[:8].hex(' ')}",))

    def close(self) -> None:
        self.closed = True


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future
