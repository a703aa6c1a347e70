"""The parts of a value, one level: columns, elements, entries, attributes. No property is asked, and nothing is copied.

What a property gives may take gigabytes, or change the value: it is computed when it is unfolded itself.
"""

from __future__ import annotations

import array
import collections
import os
import types
from itertools import islice
from typing import Any, Callable, Iterator, List, Optional, Tuple

from .library_values import family
from .summaries import held_by, one_line

Part = Tuple[str, Any, Optional[str]]
"""Name, value, and what follows an expression of the whole to give it."""
MOST = 300
"""Parts of one value that are listed."""
_BARE = (type(None), int, float, complex, str, bytes, bytearray, types.BuiltinFunctionType, range)
_PAGED = (list, tuple)
"""Pydevd's own lists of them come in pages."""
_MAPPINGS = (dict, type(os.environ), types.MappingProxyType, collections.ChainMap)
_ITERABLE = (set, frozenset, collections.deque, array.array)


class Uncomputed:
    """A property that nobody has asked for."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: Any, name: str) -> None:
        self.owner = owner
        self.name = name

    def __repr__(self) -> str:
        return "a property, computed when it is opened"


class Rest:
    """Parts that are not listed."""

    __slots__ = ("text",)

    def __init__(self, count: int) -> None:
        self.text = "%s more: opened as a table it shows all" % format(count, ",")

    def __repr__(self) -> str:
        return self.text


def holds(kind: type) -> bool:
    """Whether values of a type have parts that are told here."""
    if issubclass(kind, _BARE) or kind in _PAGED or issubclass(kind, Rest):
        return False
    return not issubclass(kind, _PAGED) or bool(vars(kind))


def parts_of(value: Any) -> List[Part]:
    """The parts; what cannot be told is said in their place."""
    found: List[Part] = []
    try:
        for part in _reader(type(value))(value):
            found.append(part)
    except Exception as error:
        found.append(("not shown", one_line(error), None))
    return found


def _reader(kind: type) -> Callable[[Any], Iterator[Part]]:
    if issubclass(kind, Uncomputed):
        return _computed
    for ancestor in family(kind):
        known = _KNOWN.get(ancestor)
        if known is not None:
            return known
    if issubclass(kind, (type, types.ModuleType)):
        return _named
    if issubclass(kind, _MAPPINGS):
        return _entries
    if issubclass(kind, (*_ITERABLE, *_PAGED)):
        return _elements
    return _attributes


def _computed(value: Uncomputed) -> Iterator[Part]:
    yield value.name, getattr(value.owner, value.name), None


def _attributes(value: Any) -> Iterator[Part]:
    """What it holds, what its classes hold for it, and its properties."""
    held = dict(held_by(value))
    for name, each in sorted(held.items()):
        yield name, each, "." + name
    for each in type(value).__mro__:
        if each is object or each.__module__ == "builtins":
            continue
        for name, member in sorted(vars(each).items()):
            if name.startswith("_") or name in held:
                continue
            held[name] = member
            if isinstance(member, property) or type(member).__name__ == "cached_property":
                yield name, Uncomputed(value, name), "." + name
            elif not hasattr(type(member), "__get__"):
                yield name, member, "." + name


def _named(value: Any) -> Iterator[Part]:
    for name, each in sorted(vars(value).items(), key=lambda one: str(one[0])):
        if isinstance(name, str):
            yield name, each, "." + name


def _entries(value: Any) -> Iterator[Part]:
    # The class of the script's may answer for its methods with anything: these are the interpreter's own.
    is_dict = isinstance(value, dict)
    size = dict.__len__(value) if is_dict else len(value)
    for key, each in islice(dict.items(value) if is_dict else value.items(), MOST):
        name = repr(key) if isinstance(key, (str, int, float, bool)) else one_line(key)
        is_literal = type(key) in (str, int, bool, bytes, type(None))
        yield name, each, "[%r]" % (key,) if is_literal else None
    if size > MOST:
        yield "more", Rest(size - MOST), None
    yield from ((name, each, "." + name) for name, each in held_by(value) if is_dict)


def _elements(value: Any) -> Iterator[Part]:
    names = getattr(type(value), "_fields", None) if isinstance(value, tuple) else None
    if names:
        for place, name in enumerate(names):
            yield str(name), tuple.__getitem__(value, place), "." + str(name)
        return
    yield from _counted(iter(value), len(value), "" if isinstance(value, (set, frozenset)) else "[%d]")
    yield from ((name, each, "." + name) for name, each in held_by(value))


def _counted(elements: Iterator[Any], size: int, form: str) -> Iterator[Part]:
    width = len(str(max(0, min(size, MOST) - 1)))
    for place, each in enumerate(islice(elements, MOST)):
        yield str(place).zfill(width), each, form % place if form else None
    if size > MOST:
        yield "more", Rest(size - MOST), None


# -- libraries ---------------------------------------------------------------------------------------------------------


def _facts(value: Any, *names: str) -> Iterator[Part]:
    for name in names:
        yield name, getattr(value, name), "." + name


def _pandas_frame(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape", "index")
    names = value.columns
    for place, name in enumerate(islice(names, MOST)):
        plain = type(name) in (str, int) and names.is_unique
        part = "[%r]" % (name,) if plain else ".iloc[:, %d]" % place
        yield name if type(name) is str else one_line(name), value.iloc[:, place], part
    if len(names) > MOST:
        yield "more", Rest(len(names) - MOST), None


def _pandas_series(value: Any) -> Iterator[Part]:
    yield from _facts(value, "name", "dtype", "index")
    yield from _counted(iter(value.iloc[:MOST]), len(value), ".iloc[%d]")


def _array(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape", "dtype")
    if getattr(value, "ndim", 1):
        yield from _counted((value[place] for place in range(len(value))), len(value), "[%d]")


def _tensor(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape", "dtype", "device", "requires_grad")
    if value.is_leaf:
        yield from _facts(value, "grad")
    if value.ndim and str(value.layout) == "torch.strided":
        whole = value.detach()
        yield from _counted((whole[place] for place in range(len(whole))), len(whole), "[%d]")


def _sparse(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape", "dtype", "format", "nnz")
    yield from ((name, each, "." + name) for name, each in held_by(value) if not name.startswith("_"))


def _polars_frame(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape")
    columns = value.get_columns()
    yield from ((each.name, each, "[%r]" % each.name) for each in columns[:MOST])
    if len(columns) > MOST:
        yield "more", Rest(len(columns) - MOST), None


def _arrow_table(value: Any) -> Iterator[Part]:
    yield from _facts(value, "shape", "schema")
    names = value.schema.names
    yield from ((name, value.column(place), ".column(%d)" % place) for place, name in enumerate(names[:MOST]))
    if len(names) > MOST:
        yield "more", Rest(len(names) - MOST), None


def _arrow_array(value: Any) -> Iterator[Part]:
    yield from _facts(value, "type")
    yield from _counted((value[place] for place in range(len(value))), len(value), "[%d]")


def _module(value: Any) -> Iterator[Part]:
    held = dict(held_by(value))
    for group in ("_modules", "_parameters", "_buffers"):
        for name, each in (held.pop(group, None) or {}).items():
            yield name, each, "." + name if str(name).isidentifier() else "[%s]" % name
    yield from ((name, each, "." + name) for name, each in sorted(held.items()))


_KNOWN = {
    ("pandas", "DataFrame"): _pandas_frame,
    ("pandas", "Series"): _pandas_series,
    ("pandas", "Index"): _array,
    ("pandas", "ExtensionArray"): _array,
    ("numpy", "ndarray"): _array,
    ("scipy", "_spbase"): _sparse,
    ("scipy", "spmatrix"): _sparse,
    ("polars", "DataFrame"): _polars_frame,
    ("polars", "Series"): _array,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("pyarrow", "Array"): _arrow_array,
    ("torch", "Tensor"): _tensor,
    ("torch", "Module"): _module,
}
