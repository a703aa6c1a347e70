"""What the debugger computes in threads that stand still: a value, a ``repr``; and how to end that, and only that."""

from __future__ import annotations

import _thread
import functools
import importlib
import signal
import threading
from typing import Any, Callable, Set

_ident, _handler_of, _send_to = threading.get_ident, signal.getsignal, signal.pthread_kill
_default_handler = signal.default_int_handler


class Evaluations:
    """Ends an evaluation by a ``KeyboardInterrupt`` in the very thread that evaluates, and never a moment too late.

    A signal to the process would hit the main thread whatever that does, and so cancel the step.
    """

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()
        self._computing: Set[int] = set()
        """Threads that do what the front asked for."""

    def watch(self) -> None:
        """Know of everything that pydevd has a thread compute, from now on."""
        command = importlib.import_module("_pydevd_bundle.pydevd_comm").InternalThreadCommand
        if not hasattr(command.do_it, "__wrapped__"):
            command.do_it = self._watched(command.do_it)

    def end(self) -> bool:
        """Interrupt whatever is computed; False where nothing is."""
        with self._lock:
            for thread in self._computing:
                interrupt(thread)
            return bool(self._computing)

    def _watched(self, do_it: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(do_it)
        def watched(command: Any, debugger: Any) -> None:
            thread, request = _ident(), next(iter(command.args or ()), None)
            self._computing.add(thread)
            try:
                do_it(command, debugger)
            except KeyboardInterrupt:
                # Where pydevd expects none it would never answer.
                _refuse(debugger, request, "KeyboardInterrupt")
            except Exception:
                raise
            except BaseException as error:  # the same: ``exit()``, typed into the console
                _refuse(debugger, request, "%s: it ends nothing but what was evaluated" % type(error).__name__)
            finally:
                self._over(thread)
                if command.thread_id != "*":
                    # It may go on now: otherwise it would look after that in a fifth of a second only.
                    debugger.get_internal_queue_and_event(command.thread_id)[1].set()

        return watched

    def _over(self, thread: int) -> None:
        """Nothing is computed any more: what was raised too late is caught here, or would end the step."""
        while True:
            try:
                with self._lock:
                    self._computing.discard(thread)
                for _ in range(3):
                    # Whatever is on its way comes at a turn of a loop.
                    pass
                return
            except KeyboardInterrupt:
                continue


def _refuse(debugger: Any, request: Any, why: str) -> None:
    if hasattr(request, "command") and hasattr(request, "seq"):
        made = importlib.import_module("_pydevd_bundle.pydevd_comm")
        answer = {"type": "response", "request_seq": request.seq, "command": request.command}
        answer.update(success=False, message=why, body={})
        debugger.writer.add_command(made.NetCommand(made.CMD_RETURN, 0, answer, is_json=True))


def interrupt(thread: int) -> None:
    """Have a thread raise ``KeyboardInterrupt``, and no other one."""
    if thread == threading.main_thread().ident and _handler_of(signal.SIGINT) is _default_handler:
        # Wakes it, too, where it sleeps or reads.
        _send_to(thread, signal.SIGINT)
    else:
        _raise_in(thread)


def _raise_in(thread: int) -> None:
    """Have a thread raise ``KeyboardInterrupt`` at its next line."""
    # To take back one that is yet to come (NULL) would leave Python 3.11 looking for it at every turn.
    ctypes = importlib.import_module("ctypes")
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt))
