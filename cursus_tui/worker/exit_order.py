"""Leaving a forked child as an interpreter would: a naive exit hangs after loky, ``os._exit`` loses output."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import Callable, List


def lingering_threads() -> List[str]:
    """Names of non-daemon threads that the script left running: leaving waits for them."""
    current = threading.current_thread()
    return [thread.name for thread in threading.enumerate() if thread is not current and not thread.daemon]


def leave(code: int) -> None:
    """Run what an interpreter runs at its end, then exit; the zygote bounds the time it takes.

    The order is the interpreter's: threads (with the hooks of ``concurrent.futures`` and loky), multiprocessing,
    ``atexit``, buffers.
    """
    try:
        _quietly(threading._shutdown)  # type: ignore[attr-defined]
        multiprocessing = sys.modules.get("multiprocessing.util")
        if multiprocessing is not None:
            _quietly(multiprocessing._exit_function)
        _quietly(atexit._run_exitfuncs)
    finally:
        flush_output()
        os._exit(code & 0xFF)


def flush_output() -> None:
    """Write out what stdout and stderr still hold, whatever the script made of them."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()  # type: ignore[union-attr]
        except Exception:
            continue


def _quietly(function: Callable[[], object]) -> None:
    try:
        function()
    except BaseException:
        sys.excepthook(*sys.exc_info())
