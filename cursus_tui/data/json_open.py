"""Which of the shapes a JSON file has, and the table that fits it."""

from __future__ import annotations

import codecs
import json
from typing import Any

from cursus_tui.data.encodings import Encoding, sniff_encoding
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.json_array_file import JsonArrayFile
from cursus_tui.data.json_table import JsonDocumentTable, JsonRecordsTable, parse, type_of
from cursus_tui.data.record_file import RecordFile
from cursus_tui.data.tables import NotATableError, Table

DOCUMENT_BYTES = 64 << 20
"""A document that is neither an array nor lines is parsed as a whole up to this size."""
_SAMPLE_BYTES = 1 << 16


def open_json(file: FileBytes, kind: str, job: Job) -> tuple[str, Table]:
    """A JSON file as a table, and its kind (``json`` or ``jsonl``).

    Raises:
        NotATableError: It is not JSON, or too large to be parsed as a whole.
        DataError: It cannot be read.
    """
    head = file.read(0, _SAMPLE_BYTES)
    encoding = sniff_encoding(head)
    text = codecs.getincrementaldecoder(encoding.name)("replace").decode(head[encoding.start :])
    if kind == "jsonl" or _is_lines(text):
        lines = RecordFile(file, encoding, delimiter=None, width=None, keeps_blank=False)
        lines.take_line_sample(_SAMPLE_BYTES)
        return "jsonl", JsonRecordsTable(lines, job)
    begin = len(text) - len(text.lstrip())
    if text[begin : begin + 1] == "[":
        start = encoding.start + len(text[: begin + 1].encode(encoding.name))
        array = JsonArrayFile(file, encoding, start)
        array.take_sample(_SAMPLE_BYTES)
        return "json", JsonRecordsTable(array, job)
    return "json", _document(file, encoding)


def _is_lines(text: str) -> bool:
    """Whether the first line is a JSON record by itself and more follows."""
    first, _, rest = text.lstrip().partition("\n")
    if not rest.strip() or first[:1] not in ("{", "["):
        return False
    try:
        parse(first)
    except ValueError:
        return False
    return True


def _document(file: FileBytes, encoding: Encoding) -> JsonDocumentTable:
    content = file.read(encoding.start, DOCUMENT_BYTES + 1)
    if len(content) > DOCUMENT_BYTES:
        raise NotATableError(f"one JSON document of more than {DOCUMENT_BYTES >> 20} MB")
    errors = "surrogateescape" if encoding.unit == 1 else "replace"
    try:
        document = parse(content.decode(encoding.name, errors))
    except json.JSONDecodeError as error:
        raise NotATableError(f"not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except ValueError as error:
        raise NotATableError(f"not JSON: {error}") from error
    return _as_columns(file, document) or _as_fields(file, document)


def _as_columns(file: FileBytes, document: Any) -> JsonDocumentTable | None:
    """A table that pandas wrote, or any object of lists that are equally long."""
    if not isinstance(document, dict) or not document:
        return None
    names, rows = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(rows, list) and set(document) <= {"columns", "data", "index", "dtypes"}:
        if all(isinstance(row, list) and len(row) == len(names) for row in rows):
            return JsonDocumentTable(file, [str(name) for name in names], rows, "columns and data")
        return None
    values = list(document.values())
    if all(isinstance(value, dict) and value.keys() == values[0].keys() for value in values):
        keys = list(values[0])
        if keys and all(key.isdigit() for key in keys):
            return JsonDocumentTable(file, list(document), [[v[key] for v in values] for key in keys], "by column")
        return None
    if all(isinstance(value, list) and value and len(value) == len(values[0]) for value in values):
        return JsonDocumentTable(file, list(document), [list(row) for row in zip(*values, strict=True)], "by column")
    return None


def _as_fields(file: FileBytes, document: Any) -> JsonDocumentTable:
    """One object as its keys and values."""
    fields = document if isinstance(document, dict) else {"": document}
    rows = [[key, value, type_of(value) or "null"] for key, value in fields.items()]
    return JsonDocumentTable(file, ["key", "value", "type"], rows, "one object")
