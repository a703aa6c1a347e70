"""One line about any value, cheaply, without ever raising and without running much of the value's own code."""

from __future__ import annotations

import reprlib
import types
from typing import Any

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = 8
_PLAIN = (str, bytes, int, float, complex, bool, type(None))


def one_line(value: Any, limit: int = 160) -> str:
    """A summary such as ``DataFrame 1,000 x 12`` or ``[1, 2, 3]``.

    Args:
        value: Anything, however large or broken.
        limit: Characters at most.
    """
    try:
        text = _describe(value, limit)
    except BaseException as error:  # a value's own code may raise anything, SystemExit included
        if isinstance(error, KeyboardInterrupt):
            raise
        text = "<%s, not shown: %s>" % (type(value).__name__, type(error).__name__)
    text = " ".join(text.split("\n"))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _describe(value: Any, limit: int) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return _plain(value, limit)
    if isinstance(value, types.ModuleType):
        return "module %s" % value.__name__
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
        return "function %s" % value.__qualname__
    if isinstance(value, type):
        return "class %s" % value.__qualname__
    shape = _shape(value)
    if shape is not None:
        return "%s %s%s" % (kind.__name__, shape, _columns(value))
    if isinstance(value, (list, tuple, set, frozenset, dict)):
        return _SHORT.repr(value) if len(value) <= 8 else "%s of %s" % (kind.__name__, format(len(value), ","))
    return _SHORT.repr(value)


def _plain(value: Any, limit: int) -> str:
    if isinstance(value, (str, bytes)) and len(value) > limit:
        return "%r… (%s long)" % (value[: limit - 30], format(len(value), ","))
    # A huge int has a quadratic repr, and from Python 3.11 on one that raises.
    if isinstance(value, int) and value.bit_length() > 4000:
        return "int of %s bits" % format(value.bit_length(), ",")
    return repr(value)


def _shape(value: Any) -> "str | None":
    shape = getattr(type(value), "shape", None) and value.shape
    if not isinstance(shape, tuple) or not all(isinstance(size, int) for size in shape):
        return None
    return " x ".join(format(size, ",") for size in shape) or "scalar"


def _columns(value: Any) -> str:
    columns = getattr(value, "columns", None)
    if columns is not None and getattr(type(value), "dtypes", None) is not None:
        names = [str(name) for name in columns[:6]]
        return " [%s%s]" % (", ".join(names), ", …" if len(columns) > 6 else "")
    dtype = getattr(value, "dtype", None)
    return " %s" % dtype if dtype is not None else ""
