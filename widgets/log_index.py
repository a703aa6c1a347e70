"""Any line of a file that grows, by its number: a sparse index in a few bytes a block. No screen."""

from __future__ import annotations

import errno
import os
import stat
from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.text import plain_line

BLOCK = 4 * 1024
"""Bytes between two entries of the index, to the end of the line."""
HEAD = 2 * 1024
"""Bytes that are read at least of a line longer than a block."""
_TAIL = 1024


class _OpenFile:
    """A descriptor that is closed when its last reader has let go of it, whichever thread that is."""

    def __init__(self, path: Path) -> None:
        # Opening a pipe would block, and reading it would never end.
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(self.number).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")

    def __del__(self) -> None:
        if "number" in self.__dict__:
            os.close(self.number)


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it is in the file.

    Attributes:
        data: Its bytes, without the newline; of a very long one only the first.
        size: How many bytes it has.
        offset: Where it begins in the file.
    """

    data: bytes
    size: int
    offset: int

    @property
    def cut(self) -> int:
        """Bytes that are missing."""
        return self.size - len(self.data)


class LogIndex:
    """Lines of a file, which may still be written.

    One thread at a time may call ``grow``; reading lines is safe from any thread meanwhile. A line ends at a
    newline byte; the last one counts even while it has none. A missing file is an empty one.
    """

    def __init__(self, path: Path) -> None:
        """Index nothing yet: call ``grow``.

        Args:
            path: The file.
        """
        self.path = path
        self._reset()

    def _reset(self) -> None:
        self._file: _OpenFile | None = None
        self._lines = array("Q", [0])
        self._offsets = array("Q", [0])
        self._newlines = 0
        self._published = (0, 0)
        self._newest_block: tuple[tuple[int, int], list[RawLine]] = ((0, 0), [])

    @property
    def line_count(self) -> int:
        """Lines found so far."""
        return self._published[0]

    @property
    def scanned(self) -> int:
        """Bytes indexed so far."""
        return self._published[1]

    def _read(self, offset: int, size: int) -> bytes:
        try:
            file = self._file = self._file or _OpenFile(self.path)
            return os.pread(file.number, size, offset)
        except OSError:
            return b""

    def backlog(self) -> int:
        """Bytes written but not indexed yet; negative when the file was cut short."""
        try:
            return os.stat(self.path).st_size - self.scanned
        except OSError:
            return -self.scanned

    def grow(self, limit: int) -> int:
        """Index at most so many more bytes; the number of bytes indexed.

        A file that became shorter was begun anew, and so is the index.
        """
        if self.backlog() < 0:
            self._reset()
        scanned = self.scanned
        chunk = self._read(scanned, limit)
        if not chunk:
            return 0
        place = 0
        while True:
            full = self._offsets[-1] + BLOCK - scanned
            end = chunk.find(b"\n", max(place, full - 1))
            if end < 0:
                self._newlines += chunk.count(b"\n", place)
                break
            self._newlines += chunk.count(b"\n", place, end + 1)
            place = end + 1
            # Offsets first: a block that a reader finds by its line has one.
            self._offsets.append(scanned + place)
            self._lines.append(self._newlines)
        self._published = (self._newlines + (not chunk.endswith(b"\n")), scanned + len(chunk))
        return len(chunk)

    # --- lines -------------------------------------------------------------------------------------

    def _block_of(self, line: int) -> int:
        return bisect_right(self._lines, line) - 1

    def _block_end(self, block: int) -> int:
        return self._offsets[block + 1] if block + 1 < len(self._lines) else self.scanned

    def lines(self, first: int, count: int) -> list[RawLine]:
        """Some lines from one on, as many as there are; at most 6 KiB are read for each."""
        found: list[RawLine] = []
        last = min(first + count, self.line_count)
        while first < last:
            block = self._block_of(first)
            begin = self._lines[block]
            wanted = self._block_lines(self._offsets[block], self._block_end(block))[first - begin : last - begin]
            if not wanted:
                break
            found.extend(wanted)
            first += len(wanted)
        return found

    def _block_lines(self, offset: int, end: int) -> list[RawLine]:
        place, lines = self._newest_block
        if place != (offset, end):
            lines = self._read_block(offset, end)
            self._newest_block = (offset, end), lines
        return lines

    def _read_block(self, offset: int, end: int) -> list[RawLine]:
        data = self._read(offset, min(end - offset, BLOCK + HEAD))
        lines = []
        for part in data.split(b"\n"):
            lines.append(RawLine(part, len(part), offset))
            offset += len(part) + 1
        last = lines.pop()
        if last.data:
            # Only the last line of a block can go beyond what was read of it.
            closed = self._read(end - 1, 1) == b"\n"
            lines.append(RawLine(last.data, end - closed - last.offset, last.offset))
        return lines

    def text(self, line: int, limit: int = 0) -> tuple[str, int]:
        """A line as plain safe text, as a terminal would leave it, and how many bytes are left out of it.

        Args:
            line: Its number, from 0.
            limit: Bytes of a very long line that are wanted, if more than the usual.
        """
        found = self.lines(line, 1)
        return self.plain(found[0], limit) if found else ("", 0)

    def plain(self, raw: RawLine, limit: int = 0) -> tuple[str, int]:
        """What ``text`` does, for a line that was read already."""
        data = raw.data
        if raw.cut and b"\r" in data:
            # A progress bar: what counts is its last state, which stands at its end.
            data = self._read(raw.offset + raw.size - _TAIL, _TAIL)
            return plain_line(data.decode("utf-8", "replace")), 0
        if raw.cut and limit > len(data):
            data = self._read(raw.offset, min(limit, raw.size))
        cut = raw.size - len(data)
        return plain_line(data.decode("utf-8", "ignore" if cut else "replace")), cut

    # --- for searching -----------------------------------------------------------------------------

    def stretch(self, line: int, size: int, *, forward: bool) -> tuple[int, int, int, int]:
        """Whole lines around a line, that line's block at their beginning (or at their end, looking upwards).

        Args:
            line: A line that there is.
            size: Bytes, about; at least a block is given.
            forward: Whether the stretch goes on downwards from the line, or upwards.

        Returns:
            The first line and the one after the last, the offset of the first byte and of the one after the last.
        """
        blocks = len(self._lines)
        first = last = self._block_of(line)
        if forward:
            last = max(first, min(blocks, bisect_right(self._offsets, self._offsets[first] + size)) - 1)
        else:
            first = min(last, bisect_left(self._offsets, self._offsets[last] - size))
        after = self._lines[last + 1] if last + 1 < blocks else self.line_count
        return self._lines[first], after, self._offsets[first], self._block_end(last)

    def read(self, offset: int, size: int) -> bytes:
        """Bytes of the file."""
        return self._read(offset, size)
