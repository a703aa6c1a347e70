"""Rows of any value of a step, as it is now: a slice is taken first, and only the slice is converted.

Used where a debugger holds the step (``show``, evaluated in one of its frames) and as a sample of a running one. No
library is imported for it that the step does not have: what a value is, is asked of modules that are loaded already.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections import deque
from collections.abc import ItemsView, KeysView, Mapping, ValuesView
from itertools import islice
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .live_files import Column, plain, write_rows
from .masking import MASK, is_secret_item
from .model_facts import facts_of, is_model
from .no_rows import why_no_rows
from .summaries import one_line

MAX_COLUMNS = 500
MAX_CONVERTED_BYTES = 256 << 20
"""A sparse matrix that has no rows to slice is converted up to this size."""


class NotATableError(Exception):
    """A value has no rows; the text is a sentence."""


class Slice(NamedTuple):
    """Some rows of a value."""

    columns: List[Column]
    rows: Optional[int]
    """Of the whole value."""
    bytes: Optional[int]
    """Memory of the whole value, where it is cheap to tell."""
    note: str = ""


class Answer(str):
    """JSON whose ``repr``, which is what a debugger shows of a value, is the JSON itself."""

    def __repr__(self) -> str:
        return str(self)


def show(value: Any, path: str, first: int, rows: int) -> Answer:
    """Write rows of a value to a file.

    Args:
        value: Anything.
        path: The file, whose ending becomes what is written: ``.parquet``, or ``.jsonl`` where there is no pyarrow.
        first: Number of the first row.
        rows: How many.

    Returns:
        JSON of ``{file, type, kind, rows, columns, bytes, note}``, or of ``{error}``, a sentence.
    """
    return Answer(json.dumps(described(value, path, first, rows)))


def described(value: Any, path: str, first: int, rows: int) -> Dict[str, Any]:
    """The same as a dict; every failure is an answer."""
    kind = type(value)
    try:
        part = table_of(value, max(0, int(first)), max(0, int(rows)))
        file, note = write_rows(part.columns, path)
        return {
            "file": file,
            "type": "%s.%s" % (kind.__module__, kind.__qualname__) if kind.__module__ != "builtins" else kind.__name__,
            "kind": kind_of(value),
            "rows": part.rows,
            "columns": [[column.name, column.type] for column in part.columns],
            "bytes": part.bytes,
            "note": "; ".join(filter(None, (part.note, note))),
        }
    except NotATableError as error:
        return {"error": str(error)}
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a value's own code may raise anything, SystemExit included
        return {"error": "its rows cannot be read: %s: %s" % (kind.__name__, one_line(error, 300))}


def kind_of(value: Any) -> str:
    """``table``, ``model``, or nothing: how a value can be opened."""
    if is_model(value):
        return "model"
    return "table" if any(is_one(value) for is_one, _ in _READERS) else ""


def table_of(value: Any, first: int, rows: int) -> Slice:
    """Rows of a value.

    Raises:
        NotATableError: It has none.
    """
    if is_model(value):
        return _facts(value, first, rows)
    for is_one, read in _READERS:
        if is_one(value):
            return read(value, first, first + rows)
    raise NotATableError(why_no_rows(value))


def _facts(value: Any, first: int, rows: int) -> Slice:
    facts = facts_of(value)
    part = facts[first : first + rows]
    names = ("part", "name", "type", "value")
    columns = [Column(name, "str", [fact[i] for fact in part]) for i, name in enumerate(names)]
    return Slice(columns, len(facts), None)


# -- pandas ------------------------------------------------------------------------------------------------------------


def _frame(value: Any, first: int, end: int) -> Slice:
    part = value.iloc[first:end, :MAX_COLUMNS]
    columns = _index_columns(part.index)
    columns += [_pandas(name, part.iloc[:, place]) for place, name in enumerate(part.columns)]
    width = value.shape[1]
    size = int(value.memory_usage(index=True, deep=False).sum()) if width <= 10 * MAX_COLUMNS else None
    return Slice(_distinct(columns), len(value), size, _cut(width))


def _series(value: Any, first: int, end: int) -> Slice:
    part = value.iloc[first:end]
    columns = [*_index_columns(part.index), _pandas("value" if part.name is None else part.name, part)]
    return Slice(_distinct(columns), len(value), int(value.memory_usage(index=True, deep=False)))


def _index(value: Any, first: int, end: int) -> Slice:
    return Slice(_distinct(_levels(value[first:end])), len(value), None)


def _extension(value: Any, first: int, end: int) -> Slice:
    return Slice([_pandas("value", value[first:end])], len(value), int(value.nbytes))


def _index_columns(index: Any) -> List[Column]:
    """An index that says more than the numbers of the rows."""
    return [] if type(index).__name__ == "RangeIndex" and index.name is None and index.step == 1 else _levels(index)


def _levels(index: Any) -> List[Column]:
    levels = getattr(index, "nlevels", 1)
    found = [index.get_level_values(level) for level in range(levels)]
    return [
        _pandas(_name(level.name, "index" if levels == 1 else "index %d" % place), level)
        for place, level in enumerate(found)
    ]


def _pandas(name: Any, values: Any) -> Column:
    kind, is_numpy = getattr(values.dtype, "kind", "O"), type(values.dtype).__module__.startswith("numpy")
    keeps = kind == "M" or (kind in "biuf" and is_numpy)
    # Numbers and dates stay what they are; everything else goes by its Python values.
    data = values if keeps else values.tolist()
    return Column(_text(name), str(values.dtype), data)


# -- arrays ------------------------------------------------------------------------------------------------------------


def _ndarray(value: Any, first: int, end: int) -> Slice:
    note = ""
    shape = value.shape
    if type(value).__name__ == "matrix":
        # Its rows and columns are matrices, too.
        value = sys.modules["numpy"].asarray(value)
    if value.ndim == 0:
        value = value.reshape(1)
    elif value.ndim > 2:
        note = "of %s the first two axes, at 0 of the others" % _shape(shape)
        value = value[(slice(None), slice(None), *([0] * (value.ndim - 2)))]
    part = value[first:end]
    names = getattr(value.dtype, "names", None)
    if names and value.ndim == 1:
        columns = [_numpy(name, part[name]) for name in names[:MAX_COLUMNS]]
        return Slice(_distinct(columns), len(value), int(value.nbytes), _cut(len(names)))
    if value.ndim == 1:
        return Slice([_numpy("value", part)], len(value), int(value.nbytes), note)
    columns = [_numpy(str(place), part[:, place]) for place in range(min(value.shape[1], MAX_COLUMNS))]
    return Slice(columns, len(value), int(value.nbytes), "; ".join(filter(None, (note, _cut(value.shape[1])))))


def _numpy(name: str, values: Any) -> Column:
    if values.ndim > 1:
        return Column(name, "%s %s" % (values.dtype, _shape(values.shape[1:])), [plain(row) for row in values])
    # What is masked is nothing.
    keeps = values.dtype.kind in "biufM" and not hasattr(values, "mask")
    return Column(name, str(values.dtype), values if keeps else values.tolist())


def _sparse(value: Any, first: int, end: int) -> Slice:
    size = sum(
        int(part.nbytes)
        for part in (vars(value).get(name) for name in ("data", "indices", "indptr", "row", "col", "coords"))
        if hasattr(part, "nbytes")
    )
    if value.ndim != 2:
        raise NotATableError("a sparse array of %d dimensions has no rows to show" % value.ndim)
    sliced = value
    if value.format not in ("csr", "csc", "lil", "dok"):
        if size > MAX_CONVERTED_BYTES:
            raise NotATableError("a sparse matrix of this form (%s) has no rows until it is .tocsr()" % value.format)
        sliced = value.tocsr()
    part = sliced[first:end, :MAX_COLUMNS].toarray()
    columns = [_numpy(str(place), part[:, place]) for place in range(part.shape[1])]
    note = "sparse: %s values are set" % format(value.nnz, ",")
    return Slice(columns, value.shape[0], size or None, "; ".join(filter(None, (note, _cut(value.shape[1])))))


def _tensor(value: Any, first: int, end: int) -> Slice:
    if value.device.type == "meta":
        raise NotATableError("a tensor on meta has a shape, but no values")
    if str(value.layout) != "torch.strided":
        raise NotATableError("a tensor of this layout (%s) has no rows until it is .to_dense()" % value.layout)
    whole, size = value.detach(), int(value.numel() * value.element_size())
    total = int(value.shape[0]) if value.ndim else 1
    part = whole[first:end] if value.ndim else whole.reshape(1)
    if part.is_quantized:
        part = part.dequantize()
    part = part.resolve_conj().resolve_neg()
    if part.dtype.is_floating_point and part.element_size() < 4:
        part = part.float()
    shown = _ndarray(part.cpu().numpy(), 0, end - first)
    note = shown.note.replace(_shape(tuple(part.shape)), _shape(tuple(value.shape)))
    return Slice(shown.columns, total, size, note)


# -- tables of other libraries -----------------------------------------------------------------------------------------


def _arrow_table(value: Any, first: int, end: int) -> Slice:
    part = value.slice(first, end - first)
    schema = value.schema
    columns = [
        Column(schema.names[place], str(schema.types[place]), part.column(place).to_pylist())
        for place in range(min(len(schema.names), MAX_COLUMNS))
    ]
    return Slice(_distinct(columns), value.num_rows, int(value.nbytes), _cut(len(schema.names)))


def _arrow_array(value: Any, first: int, end: int) -> Slice:
    part = value.slice(first, end - first).to_pylist()
    return Slice([Column("value", str(value.type), part)], len(value), int(value.nbytes))


def _polars(value: Any, first: int, end: int) -> Slice:
    part = value.slice(first, end - first)
    series = part.get_columns()[:MAX_COLUMNS] if hasattr(part, "get_columns") else [part]
    columns = [Column(each.name or "value", str(each.dtype), each.to_list()) for each in series]
    return Slice(columns, len(value), int(value.estimated_size()), _cut(getattr(value, "width", 1)))


# -- Python's own ------------------------------------------------------------------------------------------------------


def _mapping(value: Any, first: int, end: int) -> Slice:
    items = list(islice(value.items(), first, end))
    return _named(items, len(value))


def _named(items: List[Tuple[Any, Any]], count: int) -> Slice:
    shown = [MASK if is_secret_item(key, each) else each for key, each in items]
    columns = [
        Column("key", "", [key for key, _ in items]),
        Column("type", "str", [type(each).__name__ for _, each in items]),
        Column("value", "", shown),
    ]
    return Slice(columns, count, None)


def _named_tuple(value: Any, first: int, end: int) -> Slice:
    return _named(list(zip(type(value)._fields, value))[first:end], len(value))  # noqa: B905 - Python 3.10


def _sequence(value: Any, first: int, end: int) -> Slice:
    items = list(value[first:end] if isinstance(value, (list, tuple, range, array)) else islice(value, first, end))
    return Slice(_items(items), len(value), None)


def _items(items: List[Any]) -> List[Column]:
    if items and all(isinstance(item, Mapping) for item in items):
        names: Dict[Any, None] = {}
        for item in items:
            names.update(dict.fromkeys(islice(item, MAX_COLUMNS)))
        chosen = list(names)[:MAX_COLUMNS]
        return _distinct([Column(_text(name), "", [item.get(name) for item in items]) for name in chosen])
    widths = {len(item) if isinstance(item, (list, tuple)) else -1 for item in items}
    if len(widths) == 1 and 0 < max(widths) <= MAX_COLUMNS:
        fields = getattr(type(items[0]), "_fields", None) or range(max(widths))
        return [Column(str(name), "", [item[place] for item in items]) for place, name in enumerate(fields)]
    kinds = [type(item).__name__ for item in items]
    if len(set(kinds)) > 1:
        return [Column("type", "str", kinds), Column("value", "", items)]
    return [Column("value", kinds[0] if kinds else "", items)]


# -- names -------------------------------------------------------------------------------------------------------------


def _name(name: Any, otherwise: str) -> Any:
    return otherwise if name is None else name


def _text(name: Any) -> str:
    return name if type(name) is str else one_line(name)


def _distinct(columns: Iterable[Column]) -> List[Column]:
    """Columns of the same name, told apart: no file has two."""
    seen: Dict[str, int] = {}
    found = []
    for column in columns:
        count = seen[column.name] = seen.get(column.name, 0) + 1
        name = column.name
        while count > 1 and (name == column.name or name in seen):
            name = "%s (%d)" % (column.name, count)
            count += 1
        seen.setdefault(name, 1)
        found.append(column._replace(name=name))
    return found


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(format(size, ",") for size in shape)


def _cut(width: int) -> str:
    return "" if width <= MAX_COLUMNS else "the first %d of %s columns" % (MAX_COLUMNS, format(width, ","))


def _is_a(module: str, *names: str) -> Callable[[Any], bool]:
    """Whether a value is of one of these classes of a library, which is not imported for that."""

    def is_one(value: Any) -> bool:
        loaded = sys.modules.get(module)
        kinds = tuple(kind for kind in (getattr(loaded, name, None) for name in names) if isinstance(kind, type))
        return bool(kinds) and isinstance(value, kinds)

    return is_one


def _is_sparse(value: Any) -> bool:
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(value))


_READERS: Tuple[Tuple[Callable[[Any], bool], Callable[[Any, int, int], Slice]], ...] = (
    (_is_a("pandas", "DataFrame"), _frame),
    (_is_a("pandas", "Series"), _series),
    (_is_a("pandas", "Index"), _index),
    (_is_a("pandas.api.extensions", "ExtensionArray"), _extension),
    (_is_a("numpy", "ndarray"), _ndarray),
    (_is_sparse, _sparse),
    (_is_a("pyarrow", "Table", "RecordBatch"), _arrow_table),
    (_is_a("pyarrow", "Array", "ChunkedArray"), _arrow_array),
    (_is_a("polars", "DataFrame", "Series"), _polars),
    (_is_a("torch", "Tensor"), _tensor),
    (lambda value: isinstance(value, Mapping), _mapping),
    (lambda value: isinstance(value, tuple) and hasattr(type(value), "_fields"), _named_tuple),
    (lambda value: isinstance(value, (KeysView, ValuesView, ItemsView)), _sequence),
    (lambda value: isinstance(value, (list, tuple, set, frozenset, range, array, deque)), _sequence),
)
