"""How a delimited text file is written, judged by a sample of it: delimiter, header, types of its columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from cursus_tui.data.results import ColumnInfo

DELIMITERS = (",", "\t", ";", "|")

_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|infinity|nan)\Z",
    re.IGNORECASE,
)
_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9:]{2,6})?\Z"
)
_BOOLEANS = frozenset({"true", "false"})
_SAMPLE_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How records are split. The quote is always ``"``, doubled within a quoted field, as in RFC 4180."""

    delimiter: str | None
    """None for plain text: a record is a line."""
    has_header: bool
    columns: tuple[ColumnInfo, ...]

    @property
    def keeps_blank_lines(self) -> bool:
        """In one column a blank line is a row with an empty value; in more it is no row, as for pandas."""
        return len(self.columns) == 1


def split_records(text: str, delimiter: str) -> list[list[str]]:
    """Records of a text, blank lines as empty lists.

    Raises:
        csv.Error: A field is longer than the limit.
    """
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def sniff_delimiter(text: str, preferred: str, *, whole: bool) -> str:
    """The delimiter under which the records of a sample agree best on how many fields they have.

    Args:
        text: The first records.
        preferred: The one that the file's name promises; it wins unless it splits nothing, or splits badly.
        whole: Whether the last record is all there.
    """

    def agreement(delimiter: str) -> tuple[bool, float, bool]:
        lengths = [len(row) for row in split_records(text, delimiter)[:1000] if row]
        if not whole and len(lengths) > 1:
            lengths.pop()
        if not lengths:
            return False, 0.0, False
        width, count = Counter(lengths).most_common(1)[0]
        return max(width, lengths[0]) > 1, round(count / len(lengths), 2), delimiter == preferred

    preferred_splits = agreement(preferred)
    if preferred_splits[0] and preferred_splits[1] >= 0.9:
        return preferred
    best = max(DELIMITERS, key=agreement)
    return best if agreement(best)[0] else preferred


def value_type(value: str) -> str:
    """What one value looks like: ``int``, ``float``, ``bool``, ``date``, ``timestamp`` or ``text``."""
    if _INT.match(value):
        return "int"
    if _FLOAT.match(value) and not _LEADING_ZERO.match(value):
        return "float"
    if value.lower() in _BOOLEANS:
        return "bool"
    if _DATE.match(value):
        return "date"
    return "timestamp" if _TIMESTAMP.match(value) else "text"


def common_type(types: set[str]) -> str:
    """The type that holds all of these; empty values do not count."""
    if not types:
        return "text"
    if len(types) == 1:
        return next(iter(types))
    if types == {"int", "float"}:
        return "float"
    return "timestamp" if types == {"date", "timestamp"} else "text"


def _types(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The type of every column, by some of the rows."""
    seen: list[set[str]] = [set() for _ in range(width)]
    for row in rows[: max(5, min(100, _SAMPLE_CELLS // max(1, width)))]:
        for types, value in zip(seen, row, strict=False):
            if value:
                types.add(value_type(value))
    return [common_type(types) for types in seen]


def _first_row_is_data(first: Sequence[str], types: Sequence[str]) -> bool:
    """Whether the first record has values like those below it, where a header has names.

    pandas writes the numbers 0, 1, 2, ... as the header of a frame without names: that is a header.
    """
    typed = [
        (value, kind)
        for value, kind in zip(first, types, strict=False)
        if value and kind in ("int", "float", "date", "timestamp")
    ]
    values = [value for value, _ in typed]
    if not typed or values in ([str(start + n) for n in range(len(values))] for start in (0, 1)):
        return False
    return all(value_type(value) == kind or (value_type(value), kind) == ("int", "float") for value, kind in typed)


def _only_row_is_data(only: Sequence[str]) -> bool:
    """Whether a file of one record, such as a sample request, holds values: no column is called 25.0 or 2025-01-31."""
    return any(value_type(value) in ("float", "date", "timestamp") for value in only)


def describe(rows: Sequence[Sequence[str]], delimiter: str) -> Dialect:
    """Header and columns by the first records, blank ones left out.

    Args:
        rows: Records, the first first.
        delimiter: What split them.
    """
    if not rows:
        return Dialect(delimiter, False, ())
    first, rest = rows[0], rows[1:]
    types = _types(rest, len(first))
    has_header = not (_first_row_is_data(first, types) if rest else _only_row_is_data(first))
    if has_header:
        names = list(first)
    else:
        width = Counter(len(row) for row in rows).most_common(1)[0][0]
        names, types = [f"column {number + 1}" for number in range(width)], _types(rows, width)
    return Dialect(
        delimiter,
        has_header,
        tuple(ColumnInfo(name, kind, kind in ("int", "float")) for name, kind in zip(names, types, strict=True)),
    )
