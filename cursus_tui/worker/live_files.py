"""Rows as a file that the front's data process can open: Parquet where the step has pyarrow, else JSON lines."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import importlib
import importlib.util
import json
import math
import os
import sys
from typing import Any, List, NamedTuple, Tuple

from .summaries import one_line

MAX_TEXT_COLUMNS = 60
"""Of JSON lines, which take ten times as long."""
MAX_CELL = 4_000
"""Characters of a text."""
_PLAIN = (bool, int, float, decimal.Decimal, datetime.date, datetime.time, type(None))
_MISSING = frozenset(("NAType", "NaTType"))
_READABLE = frozenset(("Period", "Interval"))
"""Of pandas: their text says more than their ``repr``."""


class Column(NamedTuple):
    """A column of a slice."""

    name: str
    type: str
    values: Any
    """A list, or an array of numbers or dates."""


def write_rows(columns: List[Column], path: str) -> Tuple[str, str]:
    """Write columns of the same length under a temporary name, then give the file its name.

    Returns:
        The file, and what is to be said about it.

    Raises:
        OSError: It cannot be written.
    """
    stem = path[: -len(".parquet")] if path.endswith(".parquet") else path
    os.makedirs(os.path.dirname(stem), 0o700, exist_ok=True)
    pyarrow = _pyarrow() if columns else None
    file, note = stem + (".jsonl" if pyarrow is None else ".parquet"), ""
    try:
        if pyarrow is not None:
            _write_parquet(pyarrow, columns, file + ".part")
        else:
            _write_lines(columns[:MAX_TEXT_COLUMNS], file + ".part")
            if len(columns) > MAX_TEXT_COLUMNS:
                note = "the first %d of %d columns: there is no pyarrow" % (MAX_TEXT_COLUMNS, len(columns))
        os.replace(file + ".part", file)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(file + ".part")
    return file, note


def warm() -> None:
    """Import what is needed to write, where the library itself is imported already."""
    if "pyarrow" in sys.modules:
        _pyarrow()


def plain(value: Any) -> Any:
    """A cell as a value that every format takes: short texts as they are, everything odd as one line about it."""
    kind = type(value)
    if kind.__name__ in _MISSING:
        return None
    if isinstance(value, str):
        return str.__str__(value) if len(value) <= MAX_CELL else value[:MAX_CELL] + "…"
    if isinstance(value, int) and value.bit_length() > 63:
        return one_line(value)
    if isinstance(value, _PLAIN):
        return value
    if kind.__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        scalar = value.item()
        return scalar if isinstance(scalar, _PLAIN) else str(value)
    if isinstance(value, datetime.timedelta) or kind.__name__ in _READABLE:
        return str(value)
    return one_line(value, MAX_CELL)


def _pyarrow() -> Any:
    try:
        if "pyarrow" not in sys.modules and importlib.util.find_spec("pyarrow") is None:
            return None
        importlib.import_module("pyarrow.parquet")
    except Exception:
        return None
    return sys.modules.get("pyarrow")


def _write_parquet(pyarrow: Any, columns: List[Column], file: str) -> None:
    arrays = [_arrow(pyarrow, column.values) for column in columns]
    table = pyarrow.Table.from_arrays(arrays, names=[_sane(column.name) for column in columns])
    parquet = sys.modules["pyarrow.parquet"]
    parquet.write_table(table, file, compression="none", use_dictionary=False, write_statistics=False)


def _arrow(pyarrow: Any, values: Any) -> Any:
    """An array of a type that every reader of Parquet knows."""
    if isinstance(values, list):
        values = [plain(value) for value in values]
    try:
        made = pyarrow.array(values, from_pandas=True)
        types = pyarrow.types
        if types.is_float16(made.type):
            return made.cast(pyarrow.float32())
        if types.is_null(made.type):
            return made.cast(pyarrow.string())
        if not (types.is_nested(made.type) or types.is_duration(made.type) or types.is_dictionary(made.type)):
            return made
    except Exception:
        # Mixed values, odd dtypes: texts take them all.
        pass
    return pyarrow.array([None if plain(value) is None else _words(value) for value in values], pyarrow.string())


def _words(value: Any) -> str:
    value = plain(value)
    return _sane(value if isinstance(value, str) else str(value))


def _sane(text: str) -> str:
    """Without lone surrogates, which no file takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _write_lines(columns: List[Column], file: str) -> None:
    lists = {column.name: [_json(value) for value in column.values] for column in columns}
    count = max(map(len, lists.values()), default=0)
    with open(file, "w", encoding="ascii") as opened:
        for row in range(count):
            opened.write(json.dumps({name: values[row] for name, values in lists.items()}) + "\n")


def _json(value: Any) -> Any:
    value = plain(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return _words(value)
