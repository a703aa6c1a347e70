"""Moving what a step prints from its pipe into a file, in bounded portions, up to a bounded size."""

from __future__ import annotations

import os
import selectors

CHUNK_BYTES = 1 << 16
CHUNKS_A_TURN = 4
"""256 KiB, then the others get their turn; meanwhile the full pipe slows the script."""


class LogDrain:
    """One output stream of a step.

    Args:
        pipe: The reading end; belongs to this object from now on.
        path: The log file; made here.
        limit: Bytes at most; the rest is counted and thrown away, and the log says so at its end.
        selector: Registered with it until the pipe closes.
    """

    def __init__(self, pipe: int, path: str, limit: int, selector: selectors.BaseSelector) -> None:
        self.bytes = 0
        """Size of the log file."""
        self.is_open = True
        self.write_error = ""
        self._pipe = pipe
        self._limit = limit
        self._dropped = 0
        self._selector = selector
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        os.set_blocking(pipe, False)
        selector.register(pipe, selectors.EVENT_READ, self.ready)

    def ready(self, mask: int = selectors.EVENT_READ) -> None:
        """Take what is there, but no more than a turn's share."""
        for _ in range(CHUNKS_A_TURN):
            try:
                chunk = os.read(self._pipe, CHUNK_BYTES)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if not chunk:
                self.close()
                return
            self._keep(chunk)
            if len(chunk) < CHUNK_BYTES // 2:
                return

    def close(self) -> None:
        """Stop reading, whoever still holds the other end."""
        if not self.is_open:
            return
        self.is_open = False
        self._selector.unregister(self._pipe)
        os.close(self._pipe)
        if self._dropped:
            why = self.write_error or "the log is limited to %s bytes" % format(self._limit, ",")
            self._write(b"\n[cursus-tui: %d more bytes are not kept: %s]\n" % (self._dropped, why.encode()))
        os.close(self._file)

    def descriptors(self) -> "tuple[int, ...]":
        """What a forked child must close."""
        return (self._pipe, self._file) if self.is_open else ()

    def _keep(self, chunk: bytes) -> None:
        room = self._limit - self.bytes
        kept = chunk[:room] if not self.write_error else b""
        self._dropped += len(chunk) - self._write(kept)

    def _write(self, data: bytes) -> int:
        written = 0
        try:
            while written < len(data):
                written += os.write(self._file, data[written:])
        except OSError as error:
            self.write_error = "writing failed: %s" % error.strerror
        self.bytes += written
        return written
