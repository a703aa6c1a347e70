"""What the data process answers: frozen records that cross its pipe as JSON. Every text in them is safe to paint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cursus_tui.records.errors import UserError

CELL_LIMIT = 200
"""Characters of a cell in a window; ``cell`` and ``record`` give more."""
FULL_CELL_LIMIT = 1 << 20
"""Characters of one cell that ``cell`` and ``record`` give at most."""
RECORD_LIMIT = 4 << 20
"""Characters of a whole record at most: beyond, cells are cut short and say so."""
WINDOW_CELLS = 8192
"""Cells in one window at most, which bounds its reply."""


class DataError(UserError):
    """A file could not be read as asked: says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a table."""

    name: str
    type: str
    """As the file says (Parquet), or as a sample looks (text): for display only."""
    numeric: bool = False
    """True where cells read better aligned to the right."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What is known of an opened file. Text files are counted in the background; newer ones follow."""

    view: int
    path: Path
    kind: str
    """``csv, tsv, parquet, json, jsonl, text`` for tables; ``pickle``, ``binary``, ... otherwise."""
    bytes: int
    columns: tuple[ColumnInfo, ...] = ()
    rows: int | None = None
    """Rows that can be asked for by now; None where it is not a table."""
    rows_exact: bool = True
    """False while there are more rows to be counted."""
    estimated_rows: int | None = None
    """A guess at the final count, while counting."""
    progress: float = 1.0
    """How much of the file has been counted, 0 to 1."""
    bad_rows: int = 0
    """Rows that do not fit the columns. They are shown all the same."""
    first_bad_row: int | None = None
    """From 0."""
    note: str = ""
    """How the file was read, and everything odd about it; parts are joined with ``; ``."""

    @property
    def is_table(self) -> bool:
        """Whether it has rows to ask for."""
        return self.rows is not None


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of cells."""

    first_row: int
    columns: tuple[int, ...]
    cells: tuple[tuple[str | None, ...], ...]
    """By row, then by column as asked. None is a null (or a field that a ragged row lacks), '' is empty."""
    bad_rows: tuple[int, ...] = ()
    """Which of these rows do not fit the columns."""


@dataclass(frozen=True, slots=True)
class FullCell:
    """One cell in full. ``text`` keeps line feeds and tabs; every other control is made visible."""

    name: str
    type: str
    text: str | None
    characters: int
    """In the file; more than the length of ``text`` where it was cut."""
    column: int | None = None
    """None for a field that a ragged row has beyond the columns."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row in full."""

    row: int
    cells: tuple[FullCell, ...]
    note: str = ""
    """Why it is a bad row, if it is."""


def to_json(value: TableInfo | Window | Record | FullCell) -> dict[str, Any]:
    """A result as plain JSON."""
    fields = asdict(value)
    if isinstance(value, TableInfo):
        fields["path"] = str(value.path)
    return fields


def table_info(fields: Mapping[str, Any]) -> TableInfo:
    """A TableInfo from its JSON."""
    columns = tuple(ColumnInfo(**column) for column in fields["columns"])
    return TableInfo(**{**fields, "path": Path(fields["path"]), "columns": columns})


def window(fields: Mapping[str, Any]) -> Window:
    """A Window from its JSON."""
    return Window(
        first_row=fields["first_row"],
        columns=tuple(fields["columns"]),
        cells=tuple(tuple(row) for row in fields["cells"]),
        bad_rows=tuple(fields["bad_rows"]),
    )


def record(fields: Mapping[str, Any]) -> Record:
    """A Record from its JSON."""
    return Record(fields["row"], tuple(FullCell(**cell) for cell in fields["cells"]), fields["note"])
