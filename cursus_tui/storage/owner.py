"""Who owns a workspace: one front at a time, by a lock that the kernel drops with the process that holds it."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """The front that owns a workspace."""

    pid: int
    host: str
    user: str
    since: float
    """Unix time."""

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"process {self.pid} of {self.user} on {self.host}, since {since}"


UNKNOWN = Owner(0, "an unknown host", "an unknown user", 0.0)
"""Somebody holds the lock, but what they wrote cannot be read."""


HEIR_SECONDS = 2.0
"""What a front forks has its lock until it becomes another program, also when the front is killed meanwhile."""
LOOK_SECONDS = 0.02


class OwnerLock:
    """An exclusive ``flock`` on a file that says who holds it.

    The lock belongs to the open file: it ends with this process, however that dies, and is not inherited
    by the interpreters that we start.

    Args:
        path: The lock's file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> Owner | None:
        """Take the lock.

        Where its owner is dead, somebody whom it was starting has it for a moment yet, and is waited for.

        Returns:
            None when it is ours now, else the front that has it.

        Raises:
            OSError: The file cannot be opened, or its file system knows no locks.
        """
        until = time.monotonic() + HEIR_SECONDS
        while (other := self._try()) is not None and _is_dead(other) and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
        return other

    def _try(self) -> Owner | None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return read_owner(self._path)
        except OSError:
            os.close(descriptor)
            raise
        me = Owner(os.getpid(), socket.gethostname(), _user(), time.time())
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(me)).encode(), 0)
        self._descriptor = descriptor
        return None

    def release(self) -> None:
        """Give it back; nothing happens where it is not ours."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def read_owner(path: Path) -> Owner:
    """What the holder of a lock wrote about itself; ``UNKNOWN`` where that cannot be read."""
    try:
        fields = json.loads(path.read_bytes())
        return Owner(int(fields["pid"]), str(fields["host"]), str(fields["user"]), float(fields["since"]))
    except (OSError, ValueError, KeyError, TypeError):
        return UNKNOWN


def _is_dead(owner: Owner) -> bool:
    """Whether an owner on this host is no more; False where that cannot be told."""
    if owner.pid <= 0 or owner.host != socket.gethostname():
        return False
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
