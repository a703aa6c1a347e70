"""A step's standard streams: its own pipes, an empty stdin, and text layers that take anything."""

from __future__ import annotations

import io
import os
import sys


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
