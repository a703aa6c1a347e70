"""Turning values into text that is safe to paint. Nothing leaves the data process but through here."""

from __future__ import annotations

import re

from cursus_tui.data.results import CELL_LIMIT, FULL_CELL_LIMIT, RECORD_LIMIT, ColumnInfo, FullCell
from cursus_tui.text import safe

_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def _show_bad_bytes(text: str) -> str:
    """Bytes that were not text, kept as lone surrogates by the decoder, as ``<E9>``."""
    return _ESCAPED_BYTE.sub(lambda match: f"<{ord(match.group()) - 0xDC00:02X}>", text)


def short(text: str, limit: int = CELL_LIMIT) -> str:
    """A value for a window: one line, at most ``limit`` characters of it."""
    if text.isascii() and len(text) <= limit and text.isprintable():
        return text
    return safe(_show_bad_bytes(text[: limit + 1]), limit)


def full(text: str, limit: int = FULL_CELL_LIMIT) -> str:
    """A value to be read: line feeds and tabs stay, every other control is made visible."""
    if text.isascii() and len(text) <= limit and text.isprintable():
        return text
    text = _show_bad_bytes(text[:limit])
    return "\n".join("\t".join(safe(part) for part in line.split("\t")) for line in text.split("\n"))


def full_cell(
    column: ColumnInfo, number: int | None, text: str | None, limit: int = FULL_CELL_LIMIT, length: int | None = None
) -> FullCell:
    """A whole value with its column, all of it safe.

    Args:
        column: As the file has it.
        number: Its number; None for a field beyond the columns.
        text: The value, or as much of it as was read.
        limit: Characters of it to give.
        length: Characters of the whole value, where ``text`` is less.
    """
    safe_one = safe_column(column)
    if text is None:
        return FullCell(safe_one.name, safe_one.type, None, 0, number)
    return FullCell(safe_one.name, safe_one.type, full(text, limit), len(text) if length is None else length, number)


def full_cells(columns: list[tuple[ColumnInfo, int | None, str | None]]) -> tuple[FullCell, ...]:
    """The values of a record: each in full, as long as the whole stays within its limit."""
    total = sum(len(text) for _, _, text in columns if text)
    share = FULL_CELL_LIMIT if total <= RECORD_LIMIT else max(1, RECORD_LIMIT // max(1, len(columns)))
    return tuple(full_cell(column, number, text, share) for column, number, text in columns)


def safe_column(column: ColumnInfo) -> ColumnInfo:
    """A column whose name and type are safe to paint."""
    return ColumnInfo(short(column.name), short(column.type), column.numeric)
