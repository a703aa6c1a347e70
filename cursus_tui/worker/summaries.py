"""One line about any value, cheaply, without ever raising, and without secrets.

Containers and objects are described from what they hold; of a value's own code only a ``__repr__`` is run, bounded.
"""

from __future__ import annotations

import array
import collections
import os
import pathlib
import re
import types
from itertools import islice
from typing import Any, Callable, Iterable, List, Optional, Tuple

from .bounded import TookTooLongError, defined_by, said_by
from .library_values import described
from .masking import MASK_TEXT, is_secret_item, without_pairs

MOST_ITEMS = 6
"""Of a longer container so many are shown; up to ``SHORT`` all of them."""
SHORT = 8
DEEPEST = 3
_PLAIN = (str, bytes, bytearray, int, float, complex, bool, type(None))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.BuiltinMethodType)
_VIEWS: Tuple[type, ...] = (type({}.keys()), type({}.values()), type({}.items()))
_MAPPINGS = (dict, type(os.environ), types.MappingProxyType, collections.ChainMap)
_SEQUENCES = (list, tuple, set, frozenset, collections.deque, array.array, *_VIEWS)
_BRACKETS = {tuple: "()", set: "{}", frozenset: "{}"}
_PATH = re.compile(r"/[^\s?&=]*/[^\s?&=]*\Z")
_LONGEST_PATH = 4096
_ELEMENT = 60
"""Characters of a part of something."""


def one_line(value: Any, limit: int = 160) -> str:
    """A summary such as ``DataFrame 1,000 x 12`` or ``[1, 2, 3]``.

    Args:
        value: Anything, however large or broken.
        limit: Characters at most.
    """
    return _line(value, limit, ())


def _line(value: Any, limit: int, above: Tuple[int, ...]) -> str:
    try:
        text = _describe(value, limit, above)
    except BaseException as error:  # a value's own code may raise anything, SystemExit included
        if isinstance(error, KeyboardInterrupt):
            raise
        why = "its repr %s" % error if isinstance(error, TookTooLongError) else type(error).__name__
        text = "<%s, not shown: %s>" % (type(value).__name__, why)
    text = " ".join(text.split("\n"))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _describe(value: Any, limit: int, above: Tuple[int, ...]) -> str:
    kind = type(value)
    if kind in _PLAIN:
        return _plain(value, limit)
    if isinstance(value, types.ModuleType):
        return "module %s" % value.__name__
    if issubclass(kind, _FUNCTIONS):
        return "function %s" % value.__qualname__
    if isinstance(value, type):
        return "class %s" % value.__qualname__
    if id(value) in above:
        return "…"
    inside = (*above, id(value))

    def part(each: Any) -> str:
        return _line(each, max(12, min(_ELEMENT, limit // 2)), inside)

    of_library = described(value, part, whole=not above)
    if of_library is not None:
        return of_library
    if issubclass(kind, _MAPPINGS):
        return _mapping(value, inside, part)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _fields(kind.__name__, _named_fields(value), part)
    if issubclass(kind, _SEQUENCES):
        return _sequence(value, inside, part)
    if issubclass(kind, BaseException):
        return "%s(%s)" % (kind.__name__, ", ".join(part(each) for each in value.args[:SHORT]))
    if issubclass(kind, pathlib.PurePath) and kind.__module__.partition(".")[0] == "pathlib":
        path = without_pairs(str(value))
        room = limit - len(kind.__name__) - 4
        return "%s(%r)" % (kind.__name__, path if len(path) <= room else _tail(path, room))
    own = fields_of(value)
    if own is not None:
        return _fields(kind.__name__, own if len(inside) <= DEEPEST else (), part)
    return " ".join(without_pairs(said_by(value, limit)).split())


def fields_of(value: Any) -> "List[Tuple[str, Any]] | None":
    """Names and values of an object that does not say itself how it reads; None where it does, or has none."""
    kind = type(value)
    method = defined_by(kind, "__repr__")
    if method is not object.__repr__ and method is not types.SimpleNamespace.__repr__:
        # What a dataclass writes has every secret in it, and all of a large value.
        made = getattr(getattr(method, "__wrapped__", None), "__code__", None)
        is_namespace = kind.__module__ == "argparse"
        if not is_namespace and (made is None or made.co_filename != "<string>"):
            return None
    return held_by(value) or None


def held_by(value: Any) -> List[Tuple[str, Any]]:
    """What an object holds in its dictionary and slots. No property is asked."""
    try:
        found = dict(object.__getattribute__(value, "__dict__"))
    except (AttributeError, TypeError):
        found = {}
    for each in type(value).__mro__:
        for name, member in vars(each).items():
            if isinstance(member, types.MemberDescriptorType) and name not in found and each is not type:
                try:
                    found[name] = member.__get__(value)
                except AttributeError:
                    continue
    return [(name, each) for name, each in found.items() if isinstance(name, str) and not name.startswith("__")]


def _tail(path: str, room: int) -> str:
    """The end of a path, which tells one from the next: where it begins is the same for all."""
    return "…" + path[1 - max(room, 8) :]


def _plain(value: Any, limit: int) -> str:
    if type(value) is str and limit < len(value) <= _LONGEST_PATH and _PATH.match(value):
        return "%r (%s long)" % (_tail(value, limit - 20), format(len(value), ","))
    if isinstance(value, (str, bytes, bytearray)) and len(value) > limit:
        return "%r… (%s long)" % (value[: max(8, limit - 30)], format(len(value), ","))
    # A huge int has a quadratic repr, and from Python 3.11 on one that raises.
    if isinstance(value, int) and value.bit_length() > 4000:
        return "int of %s bits" % format(value.bit_length(), ",")
    return repr(value)


def _named_fields(value: Any) -> Iterable[Tuple[Any, Any]]:
    return ((name, tuple.__getitem__(value, place)) for place, name in enumerate(type(value)._fields))


def _mapping(value: Any, inside: Tuple[int, ...], part: Callable[[Any], str]) -> str:
    kind = type(value)
    # The class of the script's may answer for its methods with anything: these are the interpreter's own.
    size = dict.__len__(value) if issubclass(kind, dict) else len(value)
    items = dict.items(value) if issubclass(kind, dict) else value.items()
    pairs = ["%s: %s" % (part(name), _item(name, each, part)) for name, each in _some(items, size, inside)]
    return _counted(kind, dict, size, "{%s}", pairs)


def _sequence(value: Any, inside: Tuple[int, ...], part: Callable[[Any], str]) -> str:
    kind = type(value)
    base = next((each for each in (list, tuple, set, frozenset) if issubclass(kind, each)), None)
    size = base.__len__(value) if base is not None else len(value)
    each_of = base.__iter__(value) if base is not None else iter(value)
    parts = [part(each) for each in _some(each_of, size, inside)]
    brackets = _BRACKETS.get(base or list, "[]")
    if base is tuple and size == 1:
        parts[0] += ","
    if base in (set, frozenset) and not size:
        return kind.__name__ + "()"
    return _counted(kind, base if base is not frozenset else None, size, brackets[0] + "%s" + brackets[1], parts)


def _some(items: Iterable[Any], size: int, inside: Tuple[int, ...]) -> List[Any]:
    if len(inside) > DEEPEST:
        return []
    return list(islice(items, size if size <= SHORT else MOST_ITEMS))


def _counted(kind: type, base: Optional[type], size: int, form: str, parts: List[str]) -> str:
    """``{'a': 1}``, ``Counter({'a': 1})``, ``list of 1,000: [0, 1, …]``."""
    shown = form % ", ".join([*parts, "…"] if len(parts) < size else parts)
    if size > SHORT:
        return "%s of %s: %s" % (kind.__name__, format(size, ","), shown)
    return shown if kind is base else "%s(%s)" % (kind.__name__, shown)


def _fields(name: str, fields: Iterable[Tuple[Any, Any]], part: Callable[[Any], str]) -> str:
    shown = ["%s=%s" % (name, _item(name, each, part)) for name, each in islice(fields, SHORT + 1)]
    return "%s(%s)" % (name, ", ".join([*shown[:SHORT], "…"] if len(shown) > SHORT or not shown else shown))


def _item(name: Any, value: Any, part: Callable[[Any], str]) -> str:
    return MASK_TEXT if is_secret_item(name, value) else part(value)
