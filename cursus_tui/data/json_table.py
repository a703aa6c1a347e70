"""JSON as a table: records of an array or of lines, columns of an object, or the fields of one object.

Numbers keep the digits that the file has. Keys that only a later record has become columns as soon as they are met;
a record that is no JSON, or no object where the others are, is shown as it is and counted as bad.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from cursus_tui.data import cells
from cursus_tui.data.csv_dialect import common_type
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.record_index import RecordIndex
from cursus_tui.data.results import ColumnInfo, DataError, FullCell, Record
from cursus_tui.data.tables import Cells, TableShape, count_note, joined

KEYS_BYTES = 256 << 20
"""A file up to this size is searched for further keys; of a larger one, the records that are looked at."""
_SAMPLE_RECORDS = 100
_VALUE = "value"
_NOT_JSON = ColumnInfo("(not JSON)", "text")


class Number(str):
    """A number as the file writes it."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)


def parse(text: str) -> Any:
    """A JSON text, its numbers as ``Number``.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def value_text(value: Any) -> str | None:
    """A value as a cell: texts as they are, null as None, lists and objects as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _compact(value)


def _compact(value: Any) -> str:
    """A list or object as JSON, numbers as they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=False)}: {_compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def type_of(value: Any) -> str | None:
    """What a value is, for the header; None for null."""
    if isinstance(value, Number):
        return "int" if value.lstrip("-").isdigit() else "float"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else None


class TextRecords(Protocol):
    """Numbered JSON texts."""

    file: FileBytes
    index: RecordIndex

    @property
    def progress(self) -> float:
        """How much is indexed."""

    @property
    def note(self) -> str:
        """What is odd."""

    def texts(self, first: int, count: int, job: Job) -> Iterator[str]:
        """Records by number."""

    def build(self, job: Job, changed: Callable[[], None]) -> None:
        """Index all."""


class _Columns:
    """Columns by key, in the order in which they are met. Grows; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._types: dict[str, set[str]] = {}
        self._listed: tuple[ColumnInfo, ...] = ()

    def meet(self, record: dict[str, Any]) -> bool:
        """Take in the keys and types of a record. Returns whether a key was new."""
        if all(key in self._types for key in record):
            return False
        with self._lock:
            new = [key for key in record if key not in self._types]
            for key in new:
                self._types[key] = set()
            for key in new:
                self._note_type(key, record[key])
        return bool(new)

    def learn(self, record: dict[str, Any]) -> None:
        """Take in the types of a record of the sample."""
        self.meet(record)
        with self._lock:
            for key, value in record.items():
                self._note_type(key, value)

    def _note_type(self, key: str, value: Any) -> None:
        kind = type_of(value)
        if kind:
            self._types[key].add(kind)

    def listed(self) -> tuple[ColumnInfo, ...]:
        """The columns by now."""
        with self._lock:
            kinds = [(key, common_type(types) if len(types) != 0 else "null") for key, types in self._types.items()]
        return tuple(ColumnInfo(key, kind, kind in ("int", "float")) for key, kind in kinds)

    def keys(self) -> tuple[str, ...]:
        """Their keys by now."""
        with self._lock:
            return tuple(self._types)


class JsonRecordsTable:
    """One record a row: JSON Lines, or the elements of an array.

    Args:
        source: The records' texts.
        job: The job that opens the file.
    """

    def __init__(self, source: TextRecords, job: Job) -> None:
        self._source = source
        self._columns = _Columns()
        self._bad = 0
        self._first_bad: int | None = None
        self._keys_complete = False
        for text in source.texts(0, _SAMPLE_RECORDS, job):
            fields = self._fields_of(text)
            if fields is not None:
                self._columns.learn(fields)

    def _fields_of(self, text: str) -> dict[str, Any] | None:
        """A record's fields by column; None where it is not JSON."""
        try:
            value = parse(text)
        except ValueError:
            return None
        if isinstance(value, dict):
            return value
        if isinstance(value, list):
            return {f"column {number}": item for number, item in enumerate(value, 1)}
        return {_VALUE: value}

    def shape(self) -> TableShape:
        """What is known by now."""
        index, progress = self._source.index, self._source.progress
        estimated = int(index.records / progress) if 0 < progress < 1 else None
        return TableShape(
            columns=self._columns.listed(),
            rows=index.records,
            rows_exact=index.complete,
            estimated_rows=estimated,
            progress=progress,
            bad_rows=self._bad,
            first_bad_row=self._first_bad,
            note=joined(
                self._source.note,
                count_note(self._bad, "record is not JSON", "records are not JSON"),
                "" if self._keys_complete or not index.complete else "columns of the records looked at so far",
            ),
        )

    def window(self, first_row: int, rows: int, columns: Sequence[int], job: Job) -> tuple[Cells, list[int]]:
        """Cells of known rows. A record that is not JSON stands in the first column as it is."""
        keys = self._columns.keys()
        wanted = [keys[column] if column < len(keys) else None for column in columns]
        found: Cells = []
        bad: list[int] = []
        for row, text in enumerate(self._source.texts(first_row, rows, job), first_row):
            fields = self._fields_of(text)
            if fields is None:
                bad.append(row)
                found.append([cells.short(text) if column == 0 else None for column in columns])
                continue
            self._columns.meet(fields)
            texts = (value_text(fields.get(key)) if key is not None else None for key in wanted)
            found.append([None if value is None else cells.short(value) for value in texts])
        return found, bad

    def _text(self, row: int, job: Job) -> str:
        text = next(self._source.texts(row, 1, job), None) if row >= 0 else None
        if text is None:
            raise DataError(f"has no row {row + 1:,}", file=self._source.file.path)
        return text

    def record(self, row: int, job: Job) -> Record:
        """One record in full."""
        text = self._text(row, job)
        fields = self._fields_of(text)
        if fields is None:
            return Record(row, cells.full_cells([(_NOT_JSON, None, text)]), "is not JSON")
        self._columns.meet(fields)
        listed = self._columns.listed()
        return Record(
            row,
            cells.full_cells(
                [(column, number, value_text(fields.get(column.name))) for number, column in enumerate(listed)]
            ),
        )

    def cell(self, row: int, column: int, job: Job) -> FullCell:
        """One cell in full."""
        text = self._text(row, job)
        fields = self._fields_of(text)
        listed = self._columns.listed()
        if fields is None:
            return cells.full_cell(_NOT_JSON, None, text)
        return cells.full_cell(listed[column], column, value_text(fields.get(listed[column].name)))

    def finish(self, job: Job, changed: Callable[[], None], *, only_count: bool = False) -> None:
        """Index the file; then, where it is not too large, look for keys and broken records in all of it."""
        self._source.build(job, changed)
        if only_count or self._source.file.size > KEYS_BYTES or self._keys_complete:
            return
        count, first, known = 0, None, self._source.index.records
        for row, text in enumerate(self._source.texts(0, known, job)):
            fields = self._fields_of(text)
            if fields is None:
                count, first = count + 1, row if first is None else first
            elif self._columns.meet(fields):
                changed()
        self._bad, self._first_bad, self._keys_complete = count, first, True
        changed()


class JsonDocumentTable:
    """A table made from one JSON document that fits in memory.

    Args:
        file: Where it came from.
        columns: Names, in order.
        rows: Parsed values.
        note: How the document was read.
    """

    def __init__(self, file: FileBytes, columns: Sequence[str], rows: list[list[Any]], note: str) -> None:
        self._file = file
        self._rows = rows
        self._note = note
        kinds: list[set[str]] = [set() for _ in columns]
        for row in rows[:_SAMPLE_RECORDS]:
            for seen, value in zip(kinds, row, strict=True):
                kind = type_of(value)
                if kind:
                    seen.add(kind)
        self._columns = tuple(
            ColumnInfo(name, kind, kind in ("int", "float"))
            for name, kind in zip(columns, (common_type(seen) if seen else "null" for seen in kinds), strict=True)
        )

    def shape(self) -> TableShape:
        """All of it is known."""
        return TableShape(self._columns, len(self._rows), note=joined(self._note, self._file.note))

    def window(self, first_row: int, rows: int, columns: Sequence[int], job: Job) -> tuple[Cells, list[int]]:
        """Cells."""
        found: Cells = []
        for row in self._rows[first_row : first_row + rows]:
            texts = [value_text(row[column]) for column in columns]
            found.append([None if text is None else cells.short(text) for text in texts])
        return found, []

    def _row(self, row: int) -> list[Any]:
        if not 0 <= row < len(self._rows):
            raise DataError(f"has no row {row + 1:,}", file=self._file.path)
        return self._rows[row]

    def record(self, row: int, job: Job) -> Record:
        """One row in full."""
        values = self._row(row)
        pairs = zip(self._columns, values, strict=True)
        return Record(
            row, cells.full_cells([(column, number, value_text(v)) for number, (column, v) in enumerate(pairs)])
        )

    def cell(self, row: int, column: int, job: Job) -> FullCell:
        """One cell in full."""
        return cells.full_cell(self._columns[column], column, value_text(self._row(row)[column]))

    def finish(self, job: Job, changed: Callable[[], None], *, only_count: bool = False) -> None:
        """Nothing is left to do."""
