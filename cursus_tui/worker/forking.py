"""Forking a child with a control socket and two output pipes."""

from __future__ import annotations

import os
import socket
from typing import Callable, Dict, NamedTuple, Optional

from .processes import identity


class ChildEnds(NamedTuple):
    """What a child has of them: descriptors, and the pid of the zygote."""

    control: int
    output: int
    errors: int
    zygote: int


class ForkedChild(NamedTuple):
    """A child, and the zygote's ends."""

    pid: int
    identity: Dict[str, Optional[int]]
    control: socket.socket
    output: int
    errors: int

    def close(self) -> None:
        """Let go of it; a child that waits for a job ends when its control socket closes."""
        self.control.close()
        os.close(self.output)
        os.close(self.errors)


def fork_child(live: Callable[[ChildEnds], None]) -> ForkedChild:
    """Fork.

    Args:
        live: What the child does; it never comes back.

    Raises:
        OSError: When there are no more processes or descriptors.
    """
    zygote = os.getpid()
    ours, theirs = socket.socketpair()
    out_reader, out_writer = os.pipe()
    err_reader, err_writer = os.pipe()
    child = ForkedChild(0, {}, ours, out_reader, err_reader)
    try:
        pid = os.fork()
    except OSError:
        child.close()
        theirs.close()
        os.close(out_writer)
        os.close(err_writer)
        raise
    if pid == 0:
        try:
            child.close()
            live(ChildEnds(theirs.detach(), out_writer, err_writer, zygote))
        finally:
            os._exit(70)
    theirs.close()
    os.close(out_writer)
    os.close(err_writer)
    return child._replace(pid=pid, identity=identity(pid))
