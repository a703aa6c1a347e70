"""Everything the data process has open, and what its operations work on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cursus_tui.data.cells import safe_column, short
from cursus_tui.data.file_bytes import FileBytes, GzipBytes, open_bytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.kinds import sniff_kind
from cursus_tui.data.results import ColumnInfo, DataError, TableInfo, to_json
from cursus_tui.data.tables import NotATableError, Table, joined

if TYPE_CHECKING:
    from cursus_tui.data.parquet_table import Engine

_HEAD_BYTES = 1 << 16
_TELL_SECONDS = 0.1
_REMEMBERED_COUNTS = 4096


@dataclass(slots=True)
class OpenView:
    """A file that somebody looks at."""

    number: int
    path: Path
    kind: str
    bytes: int
    table: Table | None
    note: str
    """Why it is not a table, or what is odd about its name."""
    told: float = 0.0
    told_columns: tuple[ColumnInfo, ...] | None = field(default=None)

    def info(self) -> TableInfo:
        """What is known of it by now."""
        if self.table is None:
            return TableInfo(self.number, self.path, self.kind, self.bytes, note=short(self.note, 500))
        shape = self.table.shape()
        return TableInfo(
            view=self.number,
            path=self.path,
            kind=self.kind,
            bytes=self.bytes,
            columns=tuple(safe_column(column) for column in shape.columns),
            rows=shape.rows,
            rows_exact=shape.rows_exact,
            estimated_rows=shape.estimated_rows,
            progress=shape.progress,
            bad_rows=shape.bad_rows,
            first_bad_row=shape.first_bad_row,
            note=short(joined(self.note, shape.note), 500),
        )


class Desk:
    """Open tables by view number.

    Args:
        send: Takes a message for the client; safe to call from any thread.
        begin: Takes a job for the background lane.
        memory_limit: Bytes that DuckDB may use.
        temporary: Where DuckDB may spill.
    """

    def __init__(
        self,
        send: Callable[[dict[str, Any]], None],
        begin: Callable[[Job], None],
        memory_limit: int,
        temporary: Path | None,
    ) -> None:
        self._send = send
        self.begin = begin
        self._memory_limit = memory_limit
        self._temporary = temporary
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._views: dict[int, OpenView] = {}
        self._counts: dict[tuple[str, int, int, int], int | None] = {}

    def _duckdb(self) -> Engine:
        """The engine, imported and started when the first file needs it."""
        from cursus_tui.data.parquet_table import Engine

        with self._lock:
            if self._engine is None:
                self._engine = Engine(self._memory_limit, self._temporary)
            return self._engine

    def open(self, number: int, path: Path, job: Job) -> OpenView:
        """Open a file and show what its first bytes tell.

        Raises:
            DataError: It cannot be opened or read.
        """
        file = open_bytes(path)
        head = file.read(0, _HEAD_BYTES)
        kind = sniff_kind(path, head, compressed=isinstance(file, GzipBytes))
        note = ""
        table: Table | None = None
        try:
            kind, table = self._table(file, kind, job)
        except NotATableError as error:
            note = str(error)
        return OpenView(number, path, kind, file.size, table, note)

    def _table(self, file: FileBytes, kind: str, job: Job) -> tuple[str, Table | None]:
        if kind == "parquet" and not file.compressed:
            from cursus_tui.data.parquet_table import ParquetTable

            return kind, ParquetTable(file.path, self._duckdb(), job)
        if kind in ("csv", "tsv", "text"):
            from cursus_tui.data.csv_table import CsvTable

            return kind, CsvTable(file, kind)
        if kind in ("json", "jsonl"):
            from cursus_tui.data.json_open import open_json

            return open_json(file, kind, job)
        return kind, None

    def put(self, view: OpenView) -> None:
        """Keep an open view, to be asked for by number."""
        with self._lock:
            self._views[view.number] = view

    def close(self, number: int) -> None:
        """Forget a view; its file closes when nothing reads it any more."""
        with self._lock:
            self._views.pop(number, None)

    def table(self, number: int) -> tuple[OpenView, Table]:
        """An open view that is a table.

        Raises:
            DataError: There is none.
        """
        with self._lock:
            view = self._views.get(number)
        if view is None:
            raise DataError("the table is not open any more", hint="open it again")
        if view.table is None:
            raise DataError(f"is not a table but {view.kind}", file=view.path)
        return view, view.table

    def tell(self, view: OpenView, *, last: bool = False) -> None:
        """Send what is known of a view by now: a few times a second at most, and at the end."""
        now = time.monotonic()
        if not last and now - view.told < _TELL_SECONDS:
            return
        view.told = now
        fields = to_json(view.info())
        columns = view.info().columns
        if columns == view.told_columns:
            del fields["columns"]
        view.told_columns = columns
        self._send({"event": "info", "view": view.number, "info": fields})

    def count_rows(self, path: Path, job: Job) -> int | None:
        """Rows of a table file, read to its end where its format does not say; None where it is not a table."""
        try:
            status = path.stat()
        except OSError as error:
            raise DataError(f"cannot be opened: {error.strerror or error}", file=path) from error
        key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
        if key in self._counts:
            return self._counts[key]
        view = self.open(-1, path, job)
        rows: int | None = None
        if view.table is not None and view.kind != "text":
            view.table.finish(job, lambda: None, only_count=True)
            rows = view.table.shape().rows
        with self._lock:
            if len(self._counts) >= _REMEMBERED_COUNTS:
                self._counts.clear()
            self._counts[key] = rows
        return rows
