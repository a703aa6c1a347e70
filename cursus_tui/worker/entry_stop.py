"""The first line that a step executes of its ``main``: where stepping into it stops."""

from __future__ import annotations

import dis
import functools
import inspect
from types import CodeType
from typing import Any, Callable, Dict, Optional

from .debugger import Debugger


class EntryStop:
    """Holds a step before its ``main``, once, until the front has set a breakpoint on the first line.

    Args:
        send: Reports an event.
        debugger: Connected before the script was imported; where that failed, the step just goes on.
    """

    def __init__(self, send: Callable[..., None], debugger: Debugger) -> None:
        self._send = send
        self._debugger = debugger
        self._is_over = False

    def before(self, entered: Any) -> None:
        """About to run this function, or this code of a script without a ``main``."""
        if self._is_over:
            return
        self._is_over = True
        place = first_line(entered)
        if place is None or not self._debugger.attached:
            return
        self._debugger.go.close()
        self._send("entering", **place)
        self._debugger.go.wait(self._debugger.patience)


def first_line(entered: Any) -> Optional[Dict[str, Any]]:
    """``{file, line}`` of the first line that is executed; None where there is no Python code."""
    code = entered if isinstance(entered, CodeType) else _code_of(entered)
    if code is None:
        return None
    lines = [line for _, line in dis.findlinestarts(code) if line is not None and line > 0]
    if not lines:
        return None
    # From Python 3.12 on the line of the def, or a decorator's, is listed, too.
    inside = [line for line in lines if line > code.co_firstlineno]
    return {"file": code.co_filename, "line": inside[0] if inside and entered is not code else lines[0]}


def _code_of(function: Any) -> Optional[CodeType]:
    while isinstance(function, functools.partial):
        function = function.func
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:
        return None
    if code is None:
        # An object that is called: a decorator's, say.
        call = vars(type(function)).get("__call__")
        code = getattr(call, "__code__", None)
    return code if isinstance(code, CodeType) else None
