"""What an IDE's requests may hold, checked before any of it reaches the step's debugger. Pure.

The debugger ends at the first value of a type that it does not expect, and everybody's stop with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cursus_tui.debugging.dap import Message
from cursus_tui.records.debug import DebugError

Reader = Callable[[Any], Any]
"""The value as the debugger takes it, or :class:`_UnfitError`."""
OTHER_BREAKPOINTS = ("setFunctionBreakpoints", "setDataBreakpoints", "setInstructionBreakpoints")
"""Some IDEs say that they have none, though nothing of the kind is announced."""
MOST = 2**31 - 1
"""The protocol's whole numbers have 32 bits."""
MOST_WEIGHT = 1 << 20
"""Of all texts of a request, in characters; what else it holds counts for some."""
WEIGHT_OF_ONE = 16


class _UnfitError(Exception):
    """What a value should be."""


@dataclass(frozen=True, slots=True)
class _Needed:
    """Without it the request is none."""

    read: Reader


def checked(command: str, arguments: object) -> Message:
    """The arguments of a request that mean something here, each of the type that the protocol says.

    Args:
        command: What is asked for.
        arguments: Any JSON; most requests take none at all.

    Raises:
        DebugError: Which of them is missing, or of another type.
    """
    try:
        found = _fields(_REQUESTS.get(command, {}), arguments if arguments is not None else {})
        if _weight(found) > MOST_WEIGHT:
            raise _UnfitError("it is too long")
        return found
    except _UnfitError as error:
        raise DebugError(f"malformed {command} request: {error}") from None


def _fields(wanted: Mapping[str, Reader | _Needed], given: object) -> Message:
    if not isinstance(given, Mapping) and given != []:
        raise _UnfitError("its arguments must be an object")
    # An empty object is an empty list where a language has one kind of both: Lua, PHP.
    given = given if isinstance(given, Mapping) else {}
    found: Message = {}
    for name, field in wanted.items():
        value = given.get(name)
        if value is not None:
            read = field.read if isinstance(field, _Needed) else field
            try:
                found[name] = read(value)
            except _UnfitError as error:
                raise _UnfitError(f"{name} {error}") from None
        elif isinstance(field, _Needed):
            raise _UnfitError(f"{name} is missing")
    return found


def _weight(found: Message) -> int:
    total, rest = 0, [found]
    while rest:
        one: Any = rest.pop()
        total += WEIGHT_OF_ONE + (len(one) if isinstance(one, str) else 0)
        rest.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    return total


def _number(value: Any) -> int:
    # Some clients know no whole numbers: 3.0.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise _UnfitError("must be a whole number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _UnfitError("must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _UnfitError("is no Unicode text") from None
    return value


def _path(value: Any) -> str:
    path = _text(value)
    if not path or "\0" in path:
        raise _UnfitError("can be no file's")
    return path


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _UnfitError("must be true or false")
    return value


def _as_it_is(value: Any) -> Any:
    return value


def _object(**fields: Reader | _Needed) -> Reader:
    def read(value: Any) -> Message:
        if not isinstance(value, Mapping) and value != []:
            raise _UnfitError("must be an object")
        try:
            return _fields(fields, value)
        except _UnfitError as error:
            raise _UnfitError(f"is malformed: {error}") from None

    return read


def _list(read: Reader) -> Reader:
    def read_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise _UnfitError("must be a list")
        try:
            return [read(one) for one in value]
        except _UnfitError as error:
            raise _UnfitError(f"is malformed: one of them {error}") from None

    return read_all


_SOURCE = _object(path=_path, name=_text, sourceReference=_number)
_FORMAT = _object(hex=_flag)
_FRAMES = ("hex", "parameters", "parameterTypes", "parameterNames", "parameterValues", "line", "module", "includeAll")
_LINE = _object(line=_Needed(_number), column=_number, condition=_text, hitCondition=_text, logMessage=_text)
_THREAD: Mapping[str, Reader | _Needed] = {"threadId": _Needed(_number)}
_FRAME: Mapping[str, Reader | _Needed] = {"frameId": _Needed(_number)}

_REQUESTS: Mapping[str, Mapping[str, Reader | _Needed]] = {
    "initialize": {
        "clientID": _text,
        "clientName": _text,
        "linesStartAt1": _flag,
        "columnsStartAt1": _flag,
        "pathFormat": _text,
        "supportsInvalidatedEvent": _flag,
    },
    "attach": {
        # A launch configuration is the user's own text: what cannot be read in it is passed by.
        "debugOptions": _as_it_is,
        "justMyCode": _as_it_is,
        "localRoot": _as_it_is,
        "pathMappings": _as_it_is,
        "redirectOutput": _as_it_is,
        "remoteRoot": _as_it_is,
    },
    "setBreakpoints": {"source": _Needed(_SOURCE), "breakpoints": _list(_LINE), "lines": _list(_number)},
    "setExceptionBreakpoints": {
        "filters": _list(_text),
        "filterOptions": _list(_object(filterId=_Needed(_text))),
    },
    **{command: {"breakpoints": _list(_as_it_is)} for command in OTHER_BREAKPOINTS},
    "continue": _THREAD,
    "next": _THREAD,
    "stepIn": {**_THREAD, "targetId": _number},
    "stepOut": _THREAD,
    "goto": {**_THREAD, "targetId": _Needed(_number)},
    "gotoTargets": {
        "source": _Needed(_object(path=_Needed(_path), name=_text)),
        "line": _Needed(_number),
        "column": _number,
    },
    "stepInTargets": _FRAME,
    "stackTrace": {
        **_THREAD,
        "startFrame": _number,
        "levels": _number,
        "format": _object(**dict.fromkeys(_FRAMES, _flag)),
    },
    "scopes": _FRAME,
    "variables": {"variablesReference": _Needed(_number), "format": _FORMAT},
    "evaluate": {"expression": _Needed(_text), "frameId": _number, "context": _text, "format": _FORMAT},
    "setVariable": {
        "variablesReference": _Needed(_number),
        "name": _Needed(_text),
        "value": _Needed(_text),
        "format": _FORMAT,
    },
    "setExpression": {"frameId": _number, "expression": _Needed(_text), "value": _Needed(_text), "format": _FORMAT},
    "completions": {"frameId": _number, "text": _Needed(_text), "column": _Needed(_number), "line": _number},
    "exceptionInfo": _THREAD,
    "source": {"source": _SOURCE, "sourceReference": _Needed(_number)},
}
"""What is read of each; ``modules``, ``threads``, ``pause`` and all that have no row are asked for without anything."""
