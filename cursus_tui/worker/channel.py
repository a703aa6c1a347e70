"""JSON lines over a socket: reading them in pieces, and sending a step's events whatever the script does."""

from __future__ import annotations

import json
import os
import selectors
import socket
import threading
import time
from typing import Any, Callable, Dict, List, Optional

Json = Dict[str, Any]
_to_json = json.dumps
"""Kept from before any script runs: some replace it."""
MAX_LINE_BYTES = 32 << 20
"""A longer line cannot be ours: it is thrown away."""


def encode(message: Json) -> bytes:
    """One line. ASCII only, so lone surrogates and odd encodings travel unharmed."""
    return (_to_json(message, default=repr, separators=(",", ":")) + "\n").encode("ascii", "backslashreplace")


RECEIVE_BYTES = 1 << 16
"""At a time. For a larger buffer the allocator asks the kernel, each time."""
OF_DESCENDANTS = frozenset(("blocked", "notice", "override"))
"""What a process that the step forked may report; the rest tells how far the step itself is."""


class LineReader:
    """Puts JSON lines together from whatever pieces arrive; lines that are no JSON objects are dropped."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> List[Json]:
        """The messages that these bytes complete, in order."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest = b""
        messages = []
        for line in lines:
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(message, dict):
                messages.append(message)
        return messages


class LineSocket:
    """A non-blocking socket that carries JSON lines both ways, in a selector's loop.

    Args:
        connection: Becomes non-blocking and belongs to this object from now on.
        selector: Registered with it until closed.
        received: Called with the messages of each read.
        closed: Called once, when the other end is gone.
    """

    def __init__(
        self,
        connection: socket.socket,
        selector: selectors.BaseSelector,
        received: Callable[[List[Json]], None],
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._selector = selector
        self._received = received
        self._closed = closed
        self._reader = LineReader()
        self._unsent = b""
        self.is_open = True
        selector.register(connection, selectors.EVENT_READ, self.ready)

    def send(self, line: bytes) -> None:
        """Send now what can be sent, and the rest when the other end reads."""
        if not self.is_open:
            return
        was_waiting = bool(self._unsent)
        data = self._unsent + line
        try:
            self._unsent = data[self._connection.send(data) :]
        except BlockingIOError:
            self._unsent = data
        except OSError:
            self.close()
            return
        if bool(self._unsent) != was_waiting:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
            self._selector.modify(self._connection, wanted, self.ready)

    def ready(self, mask: int) -> None:
        """Read or write, as the selector says."""
        if mask & selectors.EVENT_WRITE:
            self.send(b"")
        if not (mask & selectors.EVENT_READ and self.is_open):
            return
        try:
            data = self._connection.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._received(self._reader.feed(data))
        else:
            self.close()

    def close(self) -> None:
        """Close it; calling this again does nothing."""
        if self.is_open:
            self.is_open = False
            self._selector.unregister(self._connection)
            self._connection.close()
            self._closed()

    def fileno(self) -> int:
        """Its descriptor; -1 when it is closed."""
        return self._connection.fileno()


class EventSender:
    """Sends a step's events to its zygote, from any thread.

    A script may close any descriptor, so each send checks that the socket is still ours and otherwise appends to a
    file in the attempt's folder, which the zygote reads at the end.

    Args:
        descriptor: The step's end of its control socket.
        fallback: The file that takes events when the socket is gone.
    """

    def __init__(self, descriptor: int, fallback: str) -> None:
        self.descriptor = descriptor
        self._inode = os.fstat(descriptor).st_ino
        self._fallback = fallback
        self._lock = threading.Lock()
        self._held = b""
        self._is_step = True
        os.register_at_fork(after_in_child=self._renew)

    def send(self, event: str, **fields: Any) -> None:
        """Send one event, and those that were held back. Never raises."""
        if not (self._is_step or event in OF_DESCENDANTS):
            return
        line = encode(dict(fields, event=event, time=time.time()))
        with self._lock:
            lines, self._held = self._held + line, b""
            if not self._write(lines):
                append_line(self._fallback, lines)

    def hold(self, event: str, **fields: Any) -> None:
        """Send an event together with the next one, which must be about to come: fewer wake-ups all the way."""
        if not self._is_step:
            return
        line = encode(dict(fields, event=event, time=time.time()))
        with self._lock:
            self._held += line

    def _write(self, line: bytes) -> bool:
        try:
            if os.fstat(self.descriptor).st_ino != self._inode:
                return False
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError:
            return False
        return True

    def _renew(self) -> None:
        # A fork may have copied the lock while another thread held it, and what is held is the parent's to send. What
        # the script's child leaves by (an exception, the end of main) must not be taken for the step's own end.
        self._is_step = False
        self._lock = threading.Lock()
        self._held = b""


def append_line(path: str, line: bytes) -> None:
    """Append to a file that several processes may share; gives up silently, for there is nobody left to tell."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    try:
        os.write(descriptor, line)
    except OSError:
        pass
    finally:
        os.close(descriptor)


def read_lines(path: str) -> Optional[List[Json]]:
    """All messages of such a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return LineReader().feed(file.read(MAX_LINE_BYTES))
    except OSError:
        return None
