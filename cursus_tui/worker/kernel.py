"""Linux calls that Python has no name for. Each says whether it worked, and does nothing elsewhere."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PTRACER = 0x59616D61


def _libc() -> "ctypes.CDLL | None":
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


LIBC = _libc()


def become_subreaper() -> bool:
    """Let orphaned descendants become our children, so that they can be found, killed and reaped."""
    return LIBC is not None and LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def die_with_parent(parent: int) -> bool:
    """Get SIGKILL when the parent dies; ends at once where it is already dead."""
    done = LIBC is not None and LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) == 0
    if os.getppid() != parent:
        os._exit(70)
    return done


def allow_tracer(pid: int) -> bool:
    """Let a process that is no ancestor look into this one, where the kernel asks for that (Yama's mode 1)."""
    return LIBC is not None and LIBC.prctl(_PR_SET_PTRACER, pid, 0, 0, 0) == 0
