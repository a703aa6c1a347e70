"""Parquet as a table: windows by row number through DuckDB, which skips the row groups that a window does not touch."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from cursus_tui.data import cells
from cursus_tui.data.jobs import Job
from cursus_tui.data.results import CELL_LIMIT, FULL_CELL_LIMIT, RECORD_LIMIT, ColumnInfo, DataError, FullCell, Record
from cursus_tui.data.tables import Cells, TableShape

_NUMERIC = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT",
    "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip
_SHORT_NAMES = {
    "VARCHAR": "text", "BOOLEAN": "bool", "DOUBLE": "double", "FLOAT": "float", "TINYINT": "int8", "SMALLINT": "int16",
    "INTEGER": "int32", "BIGINT": "int64", "HUGEINT": "int128", "UTINYINT": "uint8", "USMALLINT": "uint16",
    "UINTEGER": "uint32", "UBIGINT": "uint64", "BLOB": "binary", "TIMESTAMP WITH TIME ZONE": "timestamptz",
}  # fmt: skip
_BINARY_SHOWN = 64
_RECORD_BATCH = 256


class Engine:
    """The process's one DuckDB, with limits and without the network.

    Args:
        memory_limit: What DuckDB may use, in bytes.
        temporary: Where it may spill.
    """

    def __init__(self, memory_limit: int, temporary: Path | None) -> None:
        self._memory_limit = memory_limit
        self._temporary = temporary
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection for one thread's use."""
        with self._lock:
            if self._connection is None:
                config: dict[str, Any] = {
                    "threads": min(4, os.cpu_count() or 1),
                    "memory_limit": f"{self._memory_limit >> 20}MiB",
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    # Left to itself DuckDB would spill into the folder that the user stands in.
                    "temp_directory": "" if self._temporary is None else str(self._temporary),
                }
                self._connection = duckdb.connect(config=config)
                self._connection.execute("SET TimeZone = 'UTC'")
            return self._connection.cursor()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


class ParquetTable:
    """A Parquet file.

    Args:
        path: The file.
        engine: The process's DuckDB.
        job: The job that opens it.
    """

    def __init__(self, path: Path, engine: Engine, job: Job) -> None:
        self.path = path
        self._engine = engine
        self._stamp = self._now()
        self._file = _literal(str(path).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]"))
        # DuckDB renames columns that differ in case only; the schema has the names as they are in the file.
        described = self._run(f"DESCRIBE SELECT * FROM read_parquet({self._file})", job)
        self._names = [str(row[0]) for row in described]
        self._types = [str(row[1]) for row in described]
        original = self._original_names(job)
        shown = original if len(original) == len(self._names) else self._names
        self._columns = tuple(
            ColumnInfo(
                name, _SHORT_NAMES.get(kind, kind.lower() if kind.isupper() else kind), kind.startswith(_NUMERIC)
            )
            for name, kind in zip(shown, self._types, strict=True)
        )
        self._rows = int(self._run(f"SELECT num_rows FROM parquet_file_metadata({self._file})", job)[0][0])

    def _now(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError as error:
            raise DataError(f"cannot be opened: {error.strerror or error}", file=self.path) from error
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _original_names(self, job: Job) -> list[str]:
        """Names of the outermost fields, as the file has them."""
        nodes = self._run(f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({self._file})", job)
        names: list[str] = []
        inner = 0
        for name, children in nodes[1:]:
            if inner == 0:
                names.append(str(name))
            else:
                inner -= 1
            inner += int(children)
        return names

    def _run(self, sql: str, job: Job) -> list[Any]:
        cursor = self._engine.cursor()
        try:
            with job.interruptible(cursor.interrupt):
                return cursor.execute(sql).fetchall()
        except duckdb.Error as error:
            reason = str(error).split("\n", 1)[0]
            raise DataError(f"cannot be read as Parquet: {cells.short(reason, 300)}", file=self.path) from error
        finally:
            cursor.close()

    def _check_unchanged(self) -> None:
        if self._now() != self._stamp:
            raise DataError("changed while it was open", file=self.path, hint="open it again")

    def _text(self, column: int, limit: int) -> str:
        """SQL for a column's first characters as text."""
        name, kind = _quoted(self._names[column]), self._types[column]
        if kind == "BLOB":
            shown = min(limit // 2, _BINARY_SHOWN if limit <= CELL_LIMIT else limit // 2)
            return f"octet_length({name}) || ' bytes: ' || lower(hex({name}[1:{shown}]))"
        if kind == "VARCHAR":
            return f"left({name}, {limit + 1})"
        return f"left(CAST({name} AS VARCHAR), {limit + 1})"

    def _select(self, expressions: Sequence[str], first_row: int, rows: int, job: Job) -> list[Any]:
        self._check_unchanged()
        listed = ", ".join(expressions) or "NULL"
        last = first_row + rows - 1
        sql = f"SELECT {listed} FROM read_parquet({self._file}, file_row_number=true) WHERE file_row_number "
        # DuckDB keeps the file's order (preserve_insertion_order): sorting would cost a tenth more.
        return self._run(sql + f"BETWEEN {first_row} AND {last}", job)

    def shape(self) -> TableShape:
        """All of it is in the file's footer."""
        return TableShape(self._columns, self._rows)

    def window(self, first_row: int, rows: int, columns: Sequence[int], job: Job) -> tuple[Cells, list[int]]:
        """Cells, formatted by DuckDB and made safe here."""
        rows = min(rows, self._rows - first_row)
        if rows <= 0 or first_row < 0:
            return [], []
        found = self._select([self._text(column, CELL_LIMIT) for column in columns], first_row, rows, job)
        return [[None if text is None else cells.short(text) for text in row[: len(columns)]] for row in found], []

    def _full(self, row: int, columns: Sequence[int], limit: int, job: Job) -> list[tuple[str | None, int]]:
        """Texts of one row's cells and how long they are in the file."""
        if not 0 <= row < self._rows:
            raise DataError(f"has no row {row + 1:,}", file=self.path)
        expressions: list[str] = []
        for column in columns:
            name, text = _quoted(self._names[column]), self._text(column, limit)
            length = f"length({name})" if self._types[column] == "VARCHAR" else f"length({text})"
            expressions += [text, length]
        (values,) = self._select(expressions, row, 1, job)
        return [(values[place], int(values[place + 1] or 0)) for place in range(0, 2 * len(columns), 2)]

    def record(self, row: int, job: Job) -> Record:
        """One row in full, a few hundred columns at a time."""
        limit = max(CELL_LIMIT, min(FULL_CELL_LIMIT, RECORD_LIMIT // max(1, len(self._columns))))
        found: list[FullCell] = []
        for start in range(0, len(self._columns), _RECORD_BATCH):
            part = range(start, min(start + _RECORD_BATCH, len(self._columns)))
            found += map(self._cell, part, self._full(row, part, limit, job), [limit] * len(part))
        return Record(row, tuple(found))

    def cell(self, row: int, column: int, job: Job) -> FullCell:
        """One cell in full."""
        (value,) = self._full(row, [column], FULL_CELL_LIMIT, job)
        return self._cell(column, value, FULL_CELL_LIMIT)

    def _cell(self, column: int, value: tuple[str | None, int], limit: int) -> FullCell:
        text, length = value
        return cells.full_cell(self._columns[column], column, text, limit, length)

    def finish(self, job: Job, changed: Callable[[], None], *, only_count: bool = False) -> None:
        """Nothing is left to do."""
