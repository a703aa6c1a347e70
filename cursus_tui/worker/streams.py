"""A step's standard streams: its own pipes, an empty stdin, and text layers that take anything; descriptors of ours."""

from __future__ import annotations

import fcntl
import io
import os
import resource
import sys

HIGH_DESCRIPTOR = 5000
"""Scripts close low descriptors, often all below their soft limit (1,024): sockets of ours stay above."""
ROOM = 16
"""For as many of them."""


def redirect(output: int, errors: int) -> None:
    """Make these pipes the process's stdout and stderr. Its stdin is at its end already: the zygote's is."""
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.close(output)
    os.close(errors)


def open_streams() -> None:
    """Make Python's streams anew. Done by the zygote, once: they go by number, whatever is behind it in each child."""
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_file(0, "r")), encoding="utf-8")
    sys.stdout = _text(1)
    sys.stderr = _text(2)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def _file(descriptor: int, mode: str) -> io.FileIO:
    return io.FileIO(descriptor, mode, closefd=False)


def _text(descriptor: int) -> io.TextIOWrapper:
    # Line by line: what a script printed before it crashed must be there.
    buffer = io.BufferedWriter(_file(descriptor, "w"), 1 << 16)
    return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def move_high(descriptor: int) -> int:
    """Move a descriptor out of the reach of scripts that close all the low ones."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = HIGH_DESCRIPTOR if hard == resource.RLIM_INFINITY else max(0, min(HIGH_DESCRIPTOR, hard - ROOM))
    try:
        if wanted + ROOM > soft:
            # An open descriptor may stay above the soft limit; only its making needs the higher one.
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted + ROOM, hard))
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, wanted)
    except (OSError, ValueError):
        return descriptor
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    os.close(descriptor)
    return moved
