"""Files that a step may have put there, or named: what is read of them is a file, and has an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 64 << 20
"""Of a file that is read at once; what a worker writes about an attempt has a thousandth of that."""


def open_regular(path: Path) -> BinaryIO:
    """Open a file to read it.

    Raises:
        OSError: It cannot be opened, its name is none that a file can have, or it is no file: a pipe would never end,
            and a terminal is the user's own.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except ValueError as error:
        raise OSError(errno.EINVAL, "no file can have this name") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(descriptor, "rb")


def read_regular(path: Path) -> bytes:
    """A file's content.

    Raises:
        OSError: As for ``open_regular``, or it is too large.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > MOST_BYTES:
            raise OSError(errno.EFBIG, "it is too large to be ours")
        return file.read()


def real_path(path: str | Path) -> str:
    """What tells files apart: the name that all names of a file share; a name that no file can have is its own."""
    try:
        return os.path.realpath(path)
    except ValueError:
        return os.fspath(path)
