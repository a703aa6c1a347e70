"""Conditions of breakpoints that are computed for long: the step does not go on meanwhile, and can be stopped there."""

from __future__ import annotations

import _thread
import functools
import importlib
import threading
import time
from types import FrameType
from typing import Any, Callable, Dict, Optional, Set, Tuple

from .evaluations import interrupt

_ident, _now = threading.get_ident, time.monotonic
Handle = Callable[[Any, Any, Any, FrameType], bool]


class Conditions:
    """Knows what is computed, and ends it by a ``KeyboardInterrupt`` in the very thread that computes."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._computing: Dict[int, Tuple[str, int, float]] = {}
        """Thread -> the line of the breakpoint, and since when."""
        self._ended: Set[int] = set()
        """Threads that were interrupted for it: any other interruption is the step's own."""

    def watch(self) -> None:
        """Know of every condition that pydevd has computed, from now on."""
        kind = importlib.import_module("pydevd").PyDB
        if not hasattr(kind.handle_breakpoint_condition, "__wrapped__"):
            kind.handle_breakpoint_condition = self._watched(kind.handle_breakpoint_condition)

    def longest(self) -> Optional[Dict[str, Any]]:
        """``{file, line, seconds}`` of the one that is computed for longest; None where none is."""
        with self._lock:
            found = min(self._computing.values(), key=lambda one: one[2], default=None)
        return None if found is None else {"file": found[0], "line": found[1], "seconds": _now() - found[2]}

    def end(self) -> bool:
        """Stop at the breakpoints whose conditions are computed now; False where there is none."""
        with self._lock:
            for thread in self._computing:
                self._ended.add(thread)
                interrupt(thread)
            return bool(self._computing)

    def _watched(self, handle: Handle) -> Handle:
        @functools.wraps(handle)
        def watched(debugger: Any, info: Any, breakpoint_: Any, frame: FrameType) -> bool:
            thread = _ident()
            self._computing[thread] = frame.f_code.co_filename, frame.f_lineno, _now()
            try:
                return handle(debugger, info, breakpoint_, frame)
            except KeyboardInterrupt:
                if thread not in self._ended:
                    # The step is cancelled.
                    raise
                why = "it took too long, and was interrupted"
            except BaseException as error:  # ``exit()``, say: pydevd takes care of no more than an Exception
                why = "%s: it ends nothing but the condition" % type(error).__name__
            finally:
                self._over(thread)
            _tell(debugger, str(breakpoint_.condition), why)
            return True

        return watched

    def _over(self, thread: int) -> None:
        """It is computed no more: an interruption that comes too late is caught here, or would cancel the step."""
        is_ended = False
        while True:
            try:
                with self._lock:
                    self._computing.pop(thread, None)
                    is_ended = is_ended or thread in self._ended
                    self._ended.discard(thread)
                for _ in range(3 if is_ended else 0):
                    # Whatever is on its way comes at a turn of a loop.
                    pass
                return
            except KeyboardInterrupt:
                if not is_ended and thread not in self._ended:
                    raise


def _tell(debugger: Any, condition: str, why: str) -> None:
    """Say it as pydevd says it of one that raises."""
    told = "Error while evaluating expression in conditional breakpoint: %s\n%s" % (condition, why)
    importlib.import_module("_pydevd_bundle.pydevd_api").PyDevdAPI().send_error_message(debugger, told)


FILE = _tell.__code__.co_filename
"""Between a condition and the code that it is asked in lies a frame of this file: it stands for the debugger's."""
