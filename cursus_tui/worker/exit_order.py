"""Leaving a forked child as an interpreter would: a naive exit hangs after loky, ``os._exit`` loses output."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import Callable, List, Optional


def lingering_threads() -> List[str]:
    """Names of non-daemon threads that the script left running: leaving waits for them."""
    current = threading.current_thread()
    return [thread.name for thread in threading.enumerate() if thread is not current and not thread.daemon]


def leave(code: int, last_word: Optional[Callable[[int], None]] = None) -> None:
    """Run what an interpreter runs at its end, then exit; the zygote bounds the time it takes.

    The order is the interpreter's: threads (with the hooks of ``concurrent.futures`` and loky), multiprocessing,
    ``atexit``, buffers.

    Args:
        code: The exit code.
        last_word: Called when nothing can happen any more but the exit itself. The kernel then takes milliseconds to
            free the memory of a process that shares a lot of it, and nobody needs to wait for that.
    """
    try:
        _quietly(threading._shutdown)  # type: ignore[attr-defined]  # what Python's own exit calls
        multiprocessing = sys.modules.get("multiprocessing.util")
        if multiprocessing is not None:
            _quietly(multiprocessing._exit_function)
        _quietly(atexit._run_exitfuncs)
    finally:
        flush_output()
        if last_word is not None:
            with contextlib.suppress(Exception):
                last_word(code & 0xFF)
        os._exit(code & 0xFF)


def flush_output() -> None:
    """Write out what stdout and stderr still hold, whatever the script made of them."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]  # None of it is caught, too
        except Exception:
            continue


def _quietly(function: Callable[[], object]) -> None:
    try:
        function()
    except BaseException:
        sys.excepthook(*sys.exc_info())
