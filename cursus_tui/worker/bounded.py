"""Code of a value's own, run while somebody only looks: bounded in time.

A ``__repr__`` that a class writes in Python may sleep, print, loop. It runs on a thread of its own, which is left when
it takes too long. Memory is not bounded: the only limit there is holds for the whole process, so that a step whose
threads go on would fail for want of memory because somebody looked at it.
"""

from __future__ import annotations

import _thread
import contextlib
import sys
import threading
import time
from types import FrameType, FunctionType
from typing import Any, Callable, Dict, Iterator, List, Tuple

SECONDS = 0.25
"""For one call, and for all calls of one type within ``WINDOW``."""
WINDOW = 2.0
_STANDARD = frozenset(getattr(sys, "stdlib_module_names", ()))
_start, _lock, _now = _thread.start_new_thread, _thread.allocate_lock, time.monotonic
_settrace = sys.settrace
_RAISES_FROM_OUTSIDE = sys.version_info >= (3, 12)
"""Before 3.12 all threads that are traced stand still until the one that was told to raise wakes up."""
_spent: Dict[type, Tuple[float, float]] = {}
"""Type -> when its window began, and what it took since; for ever where a call did not come back."""


class TookTooLongError(Exception):
    """It did not answer in time; the text is a sentence."""


def said_by(value: Any, limit: int) -> str:
    """A value's ``repr``, or a piece of it from its beginning.

    Raises:
        TookTooLongError: Its code, or that of other values of its type, takes too long.
        Exception: Whatever its code raises.
    """
    kind = type(value)
    method = defined_by(kind, "__repr__")
    if isinstance(method, FunctionType) and not is_standard(method):
        return str(bounded(kind, lambda: repr(value)[: 4 * limit]))
    return repr(value)


def defined_by(kind: type, name: str) -> Any:
    """What a class or its ancestors define, without asking the class."""
    return next((vars(each)[name] for each in kind.__mro__ if name in vars(each)), None)


def is_standard(function: FunctionType) -> bool:
    """Whether it comes with Python."""
    return str(function.__module__).partition(".")[0] in _STANDARD


def bounded(kind: type, call: Callable[[], Any]) -> Any:
    """What a call returns.

    Args:
        kind: The type whose code it is.
        call: Runs on another thread.

    Raises:
        TookTooLongError: It did not come back, or other calls of this type took too long.
        BaseException: Whatever it raises.
    """
    began = _now()
    since, spent = _spent.get(kind, (began, 0.0))
    if began - since > WINDOW:
        since, spent = began, 0.0
    if spent >= SECONDS:
        raise TookTooLongError("takes too long")
    given: List[Any] = []
    raised: List[BaseException] = []
    left: List[bool] = []
    done, gate = _lock(), _lock()
    done.acquire()

    def run() -> None:
        try:
            with _left_alone(), _ended_when(left):
                given.append(call())
        except BaseException as error:
            raised.append(error)
        with gate:
            done.release()

    ident = _start(run, ())
    came = done.acquire(timeout=SECONDS)
    if not came:
        with gate:
            came = done.acquire(blocking=False)
            if not came:
                left.append(True)
                _end(ident)
    _spent[kind] = (since, spent + _now() - began) if came else (float("inf"), SECONDS)
    if not came:
        raise TookTooLongError("takes longer than %g s" % SECONDS)
    if raised:
        raise raised[0]
    return given[0]


@contextlib.contextmanager
def _left_alone() -> Iterator[None]:
    """Where there is a debugger, it neither stops nor lists this thread."""
    if "pydevd" not in sys.modules:
        yield
        return
    vars(threading.current_thread()).update(pydev_do_not_trace=True, is_pydev_daemon_thread=True)
    try:
        yield
    finally:
        # Asking for it has listed it, and until Python 3.13 nothing takes it off the list.
        getattr(threading, "_active", {}).pop(_thread.get_ident(), None)


@contextlib.contextmanager
def _ended_when(left: List[bool]) -> Iterator[None]:
    """Raise at this thread's next line once it was left, so that a loop does not run on for ever."""
    if _RAISES_FROM_OUTSIDE:
        yield
        return

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if left:
            raise SystemExit
        return trace

    _settrace(trace)
    try:
        yield
    finally:
        _settrace(None)


def _end(ident: int) -> None:
    """The same, from outside."""
    if _RAISES_FROM_OUTSIDE:
        with contextlib.suppress(Exception):
            import ctypes

            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))
