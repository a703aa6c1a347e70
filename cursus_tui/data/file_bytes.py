"""Reading a file's content from any offset, plain or gzip, without ever holding all of it."""

from __future__ import annotations

import io
import os
import stat
import threading
import zlib
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cursus_tui.data.results import DataError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b\x08"
CHECKPOINT_BYTES = 8 << 20
"""Decompressed bytes between two places that a gzip file can be entered at: at most this much is read in vain."""
_STEP = 1 << 18


class ByteStream(Protocol):
    """Content from some offset on."""

    def read(self, size: int) -> bytes:
        """The next bytes: fewer than asked only at the end."""


class FileBytes:
    """A plain file, read by position. Safe to use from several threads.

    It closes when nobody holds it any more: closing it under a thread that still reads could hand that thread
    another file's descriptor.
    """

    compressed = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        try:
            # Opening a pipe would block until somebody writes to it.
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise DataError(f"cannot be opened: {error.strerror or error}", file=path) from error
        self._stat = os.fstat(self._fd)
        if not stat.S_ISREG(self._stat.st_mode):
            raise DataError("is not a regular file", file=path, expected="a file with data")

    @property
    def size(self) -> int:
        """Bytes on disk when it was opened."""
        return self._stat.st_size

    @property
    def note(self) -> str:
        """Anything odd that reading showed."""
        return ""

    def check_unchanged(self) -> None:
        """Refuse to read on when somebody wrote to the file: offsets found earlier mean nothing then.

        Raises:
            DataError: The file is not what it was when it was opened.
        """
        now = os.fstat(self._fd)
        if (now.st_size, now.st_mtime_ns) != (self._stat.st_size, self._stat.st_mtime_ns):
            raise DataError("changed while it was open", file=self.path, hint="open it again")

    def read_raw(self, offset: int, size: int) -> bytes:
        """Bytes as they are on disk; fewer only at the end."""
        try:
            found = os.pread(self._fd, size, offset)
            while len(found) < size and (part := os.pread(self._fd, size - len(found), offset + len(found))):
                found += part
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", file=self.path) from error
        return found

    def progress(self, offset: int) -> float:
        """How much of the file lies before this offset of its content, 0 to 1."""
        return min(1.0, offset / self.size) if self.size else 1.0

    def stream(self, offset: int) -> ByteStream:
        """Content from an offset on."""
        return _PlainStream(self, offset)

    def read(self, offset: int, size: int) -> bytes:
        """Content at an offset; fewer bytes than asked only at the end."""
        return self.stream(offset).read(size)

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)


class _PlainStream:
    def __init__(self, file: FileBytes, offset: int) -> None:
        self._file = file
        self._offset = offset

    def read(self, size: int) -> bytes:
        part = self._file.read_raw(self._offset, size)
        self._offset += len(part)
        return part


class GzipBytes(FileBytes):
    """A gzip file that can be entered every few megabytes, through copies of zlib's state kept on the way."""

    compressed = True

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._states = [_GzipState(0, 0, zlib.decompressobj(wbits=31))]
        self._oddity = ""

    @property
    def note(self) -> str:
        """Damage met so far."""
        return self._oddity

    def progress(self, offset: int) -> float:
        """How much of the compressed file was needed for the content before an offset, 0 to 1."""
        with self._lock:
            place = bisect_right([state.offset for state in self._states], offset) - 1
            return min(1.0, self._states[place].raw_offset / self.size) if self.size else 1.0

    def stream(self, offset: int) -> ByteStream:
        """Content from an offset on; entered at the last place before it."""
        with self._lock:
            place = bisect_right([state.offset for state in self._states], offset) - 1
            stream = _GzipStream(self, self._states[place].copy())
        stream.skip(offset)
        return stream

    def passed(self, state: _GzipState) -> None:
        """Keep a state as a place to enter at, when it is far enough from the last."""
        with self._lock:
            if state.offset - self._states[-1].offset >= CHECKPOINT_BYTES:
                self._states.append(state.copy())

    def damaged(self, oddity: str) -> None:
        """Remember what is wrong with the file: shown, as everything before the damage is."""
        self._oddity = oddity


class _GzipState:
    """Where decompression stands: offset in the content, offset on disk, zlib's state and what it has not eaten."""

    def __init__(self, offset: int, raw_offset: int, inflate: zlib._Decompress, tail: bytes = b"") -> None:
        self.offset = offset
        self.raw_offset = raw_offset
        self.inflate = inflate
        self.tail = tail
        self.ended = False

    def copy(self) -> _GzipState:
        return _GzipState(self.offset, self.raw_offset, self.inflate.copy(), self.tail)


class _GzipStream:
    def __init__(self, file: GzipBytes, state: _GzipState) -> None:
        self._file = file
        self._state = state
        self._left = b""

    def skip(self, offset: int) -> None:
        while self._state.offset < offset:
            piece = self._piece()
            if not piece:
                return
            self._left = piece[max(0, len(piece) - (self._state.offset - offset)) :]

    def read(self, size: int) -> bytes:
        parts = bytearray(self._left)
        while len(parts) < size and (piece := self._piece()):
            parts += piece
        self._left = bytes(parts[size:])
        return bytes(parts[:size])

    def _piece(self) -> bytes:
        """The next few hundred kilobytes of content, or nothing at the end or at damage."""
        state = self._state
        while not state.ended:
            if state.inflate.eof and not self._next_member():
                break
            if not state.tail:
                state.tail = self._file.read_raw(state.raw_offset, _STEP)
                state.raw_offset += len(state.tail)
                if not state.tail:
                    state.ended = True
                    self._file.damaged("the gzip file is cut off: its last rows may be missing")
                    break
            before = state.inflate.copy()
            try:
                piece = state.inflate.decompress(state.tail, _STEP)
            except zlib.error as error:
                piece = _salvaged(before, state.tail)
                state.ended = True
                state.offset += len(piece)
                self._file.damaged(f"the gzip file is damaged after {state.offset:,} bytes of content ({error})")
                return piece
            state.tail = state.inflate.unconsumed_tail
            state.offset += len(piece)
            if piece:
                if not state.inflate.eof:
                    self._file.passed(state)
                return piece
        return b""

    def _next_member(self) -> bool:
        state = self._state
        rest = state.inflate.unused_data
        if len(rest) < len(GZIP_MAGIC):
            more = self._file.read_raw(state.raw_offset, _STEP)
            state.raw_offset += len(more)
            rest += more
        if rest.startswith(GZIP_MAGIC):
            state.inflate, state.tail = zlib.decompressobj(wbits=31), rest
            return True
        state.ended = True
        if rest.strip(b"\0"):
            self._file.damaged("the gzip file has other bytes after its end, which are not shown")
        return False


def _salvaged(inflate: zlib._Decompress, tail: bytes) -> bytes:
    """What can be had of a piece that is damaged: zlib itself gives nothing of a call in which it fails."""
    parts = bytearray()
    step = 4096
    while step:
        before = inflate.copy()
        try:
            piece = inflate.decompress(tail, step)
        except zlib.error:
            inflate, step = before, step // 8
            continue
        if not piece:
            break
        parts += piece
        tail = inflate.unconsumed_tail
    return bytes(parts)


class _RawStream(io.RawIOBase):
    """A byte stream as Python's own raw stream, up to an end."""

    def __init__(self, stream: ByteStream, limit: int | None) -> None:
        self._stream = stream
        self._limit = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer)
        size = len(target) if self._limit is None else min(len(target), self._limit)
        part = self._stream.read(size)
        target[: len(part)] = part
        if self._limit is not None:
            self._limit -= len(part)
        return len(part)


def text_lines(file: FileBytes, offset: int, end: int | None, encoding: str) -> io.TextIOWrapper:
    """Lines of text from an offset on, with their line ends. A byte that is not text becomes a lone surrogate.

    Args:
        file: The file.
        offset: Of the first byte, which must begin a character.
        end: Offset to stop before, or None for the end of the file.
        encoding: Python's name for it.
    """
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    raw = _RawStream(file.stream(offset), None if end is None else end - offset)
    return io.TextIOWrapper(io.BufferedReader(raw, 1 << 16), encoding=encoding, errors=errors, newline="")


def open_bytes(path: Path) -> FileBytes:
    """A file's content, decompressed where its first bytes say gzip, whatever its name.

    Raises:
        DataError: It cannot be opened or is not a regular file.
    """
    file = FileBytes(path)
    return GzipBytes(path) if file.read_raw(0, len(GZIP_MAGIC)) == GZIP_MAGIC else file
