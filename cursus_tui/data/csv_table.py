"""Delimited text as a table: the first page from the first bytes, any other through the record index.

An empty field is an empty text, whether it is quoted or not: delimited text has no nulls. None stands for a field
that a ragged row lacks. Blank lines are rows only where there is one column; elsewhere they are counted and named.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cursus_tui.data import cells
from cursus_tui.data.csv_dialect import Dialect, describe, sniff_delimiter, split_records
from cursus_tui.data.encodings import Encoding, sniff_encoding
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.record_file import RecordFile
from cursus_tui.data.results import CELL_LIMIT, ColumnInfo, DataError, FullCell, Record
from cursus_tui.data.tables import Cells, TableShape, joined

SAMPLE_BYTES = 1 << 16
_SAMPLE_MAX = 16 << 20
_DELIMITER_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_BEYOND = ColumnInfo("(beyond the columns)", "text")
_LINE = ColumnInfo("line", "text")


@dataclass(frozen=True, slots=True)
class _Sample:
    """What the first bytes of a file tell."""

    dialect: Dialect
    records: int
    """Whole records in it, as the index will count them."""
    bytes: int
    bad: tuple[int, ...]
    """Records that do not fit the columns."""
    blank_lines: int
    is_all: bool
    """True where this is the whole file and nothing in it needs a second look."""


def _take_sample(file: FileBytes, encoding: Encoding, preferred: str) -> _Sample:
    """Read enough of a file to tell how it is written: 64 KB, or more where records are longer."""
    size = SAMPLE_BYTES
    while True:
        content = file.read(encoding.start, size)
        at_end = len(content) < size
        text = codecs.getincrementaldecoder(encoding.name)("replace").decode(content)
        delimiter = sniff_delimiter(text, preferred, whole=at_end)
        records = split_records(text, delimiter)
        if not at_end:
            records = records[:-1]
        if at_end or len(records) >= 2 or size >= _SAMPLE_MAX:
            break
        size *= 4
    seen = records
    if len(records) <= 1 and text.count('"') % 2:
        # A quote that is never closed has swallowed the header: the lines as they are tell more of the columns.
        seen = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE))
    dialect = describe([record for record in seen if record], delimiter)
    kept = [record for record in records if record or dialect.keeps_blank_lines]
    width = len(dialect.columns)
    return _Sample(
        dialect,
        records=len(kept),
        bytes=len(content),
        bad=tuple(number for number, record in enumerate(kept) if max(1, len(record)) != width),
        blank_lines=len(records) - len(kept),
        is_all=at_end and '"' not in text and "\ufffd" not in text,
    )


class CsvTable:
    """Delimited text, or plain text as one column of lines.

    Args:
        file: The bytes.
        kind: ``csv``, ``tsv`` or ``text``.
    """

    def __init__(self, file: FileBytes, kind: str) -> None:
        encoding = sniff_encoding(file.read(0, SAMPLE_BYTES))
        if kind == "text":
            self._dialect = Dialect(None, False, (_LINE,))
            self._source = RecordFile(file, encoding, delimiter=None, width=None, keeps_blank=True)
            self._source.take_line_sample(SAMPLE_BYTES)
            return
        preferred = "\t" if kind == "tsv" else ","
        sample = _take_sample(file, encoding, preferred)
        self._dialect = dialect = sample.dialect
        self._source = RecordFile(
            file,
            encoding,
            delimiter=dialect.delimiter,
            width=len(dialect.columns),
            keeps_blank=dialect.keeps_blank_lines,
        )
        index = self._source.index
        index.knows(sample.records, encoding.start + sample.bytes)
        index.found_bad(sample.bad)
        index.blank_lines = sample.blank_lines
        index.complete = sample.is_all
        self._preferred = preferred

    @property
    def _first(self) -> int:
        """Number of the record that row 0 is."""
        return int(self._dialect.has_header)

    def shape(self) -> TableShape:
        """What is known by now."""
        index, dialect = self._source.index, self._dialect
        first_bad = index.first_bad
        estimated = self._source.estimated_records
        return TableShape(
            columns=dialect.columns,
            rows=max(0, index.records - self._first),
            rows_exact=index.complete,
            estimated_rows=None if estimated is None else max(0, estimated - self._first),
            progress=self._source.progress,
            bad_rows=index.bad_records,
            first_bad_row=None if first_bad is None else max(0, first_bad - self._first),
            note=self._note(),
        )

    def _note(self) -> str:
        dialect = self._dialect
        if dialect.delimiter is None:
            return self._source.note
        if not dialect.columns:
            return joined("empty file", self._source.note)
        unusual = len(dialect.columns) > 1 and dialect.delimiter != self._preferred
        return joined(
            f"fields are split at each {_DELIMITER_NAMES[dialect.delimiter]}" if unusual else "",
            "" if dialect.has_header else "no header: the first line looks like data",
            self._source.note,
            self._bad_note(),
        )

    def _bad_note(self) -> str:
        index = self._source.index
        if index.first_bad is None:
            return ""
        first = max(0, index.first_bad - self._first) + 1
        return f"bad rows do not have {len(self._dialect.columns):,} fields, the first is {first:,}"

    def window(self, first_row: int, rows: int, columns: Sequence[int], job: Job) -> tuple[Cells, list[int]]:
        """Cells of known rows; a field that a row lacks is None."""
        width = len(self._dialect.columns) if self._dialect.delimiter is not None else None
        found: Cells = []
        bad: list[int] = []
        for row, fields in enumerate(self._source.records(first_row + self._first, rows, job), first_row):
            has = len(fields)
            found.append([cells.short(fields[c], CELL_LIMIT) if c < has else None for c in columns])
            if width is not None and has != width:
                bad.append(row)
        return found, bad

    def _fields(self, row: int, job: Job) -> list[str]:
        fields = next(self._source.records(row + self._first, 1, job), None) if row >= 0 else None
        if fields is None:
            raise DataError(f"has no row {row + 1:,}", file=self._source.file.path)
        return fields

    def record(self, row: int, job: Job) -> Record:
        """One row in full, with the fields it has beyond the columns."""
        fields, columns = self._fields(row, job), self._dialect.columns
        lacking: list[str | None] = [None] * max(0, len(columns) - len(fields))
        listed: list[tuple[ColumnInfo, int | None, str | None]] = [
            (column, number, text)
            for number, (column, text) in enumerate(zip(columns, [*fields, *lacking], strict=False))
        ]
        listed += [(_BEYOND, None, text) for text in fields[len(columns) :]]
        note = "" if len(fields) == len(columns) else f"has {len(fields):,} fields where {len(columns):,} are expected"
        return Record(row, cells.full_cells(listed), note)

    def cell(self, row: int, column: int, job: Job) -> FullCell:
        """One cell in full."""
        fields = self._fields(row, job)
        text = fields[column] if column < len(fields) else None
        return cells.full_cell(self._dialect.columns[column], column, text)

    def finish(self, job: Job, changed: Callable[[], None], *, only_count: bool = False) -> None:
        """Index the file."""
        self._source.build(job, changed)
