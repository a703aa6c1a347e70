"""A JSON array of any size as numbered elements: indexed as records are, never parsed as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from cursus_tui.data.encodings import Encoding
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job
from cursus_tui.data.record_index import BLOCK_BYTES, MARK_BYTES, RecordIndex
from cursus_tui.data.tables import joined

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_TELL_BYTES = 16 << 20


class ElementScanner:
    """Finds where the elements of the outermost array end, block by block.

    Args:
        depth: Brackets open before the first block: 0 at the start of the file, 1 between two elements.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._in_string = False
        self.closed = False
        """Whether the outermost array has ended."""

    def feed(self, block: bytes) -> list[int]:
        """Positions in the block of the commas that end an element, and of the bracket that ends the array.

        Args:
            block: One byte for each code unit. Must not end within an escape sequence.
        """
        import numpy as np

        if b"\\" in block:
            block = _ESCAPED.sub(b"..", block)
        units = np.frombuffer(block, np.uint8)
        marks = _marks()
        places = np.flatnonzero(marks[units])
        found = units[places]
        quotes = found == 0x22
        outside = ((np.cumsum(quotes) + self._in_string) & 1) == 0
        self._in_string = bool((int(np.count_nonzero(quotes)) + self._in_string) & 1)
        structural = outside & ~quotes
        places, found = places[structural], found[structural]
        steps = _steps()[found]
        depths = np.cumsum(steps) + self.depth
        if len(depths):
            self.depth = int(depths[-1])
        ended = np.flatnonzero((depths == 0) & (steps < 0))
        if len(ended):
            self.closed = True
            places, found, depths = places[: ended[0] + 1], found[: ended[0] + 1], depths[: ended[0] + 1]
        ends = places[((found == 0x2C) & (depths == 1)) | ((steps[: len(places)] < 0) & (depths == 0))]
        result: list[int] = ends.tolist()
        return result


def _marks() -> Any:
    import numpy as np

    table = np.zeros(256, np.bool_)
    table[list(b'"[]{},')] = True
    return table


def _steps() -> Any:
    import numpy as np

    table = np.zeros(256, np.int64)
    table[list(b"[{")] = 1
    table[list(b"]}")] = -1
    return table


class JsonArrayFile:
    """Elements of the array that a file holds.

    Args:
        file: The bytes.
        encoding: Its encoding.
        start: Offset after the array's opening bracket.
    """

    def __init__(self, file: FileBytes, encoding: Encoding, start: int) -> None:
        self.file = file
        self.encoding = encoding
        self.index = RecordIndex(start, width=None, keeps_blank=True)
        self._oddity = ""

    @property
    def progress(self) -> float:
        """How much of the file is indexed, 0 to 1."""
        return 1.0 if self.index.complete else self.file.progress(self.index.end)

    @property
    def note(self) -> str:
        """What is odd about the text."""
        return joined(self.encoding.note, self.file.note, self._oddity)

    def take_sample(self, size: int) -> None:
        """Index the elements that end within the first bytes, so that they can be shown at once."""
        count = 0
        end = self.index.end
        for text, end_offset in self._elements(self.index.end, end + size):
            if not text:
                break
            count, end = count + 1, end_offset
        self.index.knows(count, end)

    def build(self, job: Job, changed: Callable[[], None]) -> None:
        """Read all of the file once to index and count it; at once when that is done already."""
        index = self.index
        if index.complete:
            return
        start = index.mark_before(0).offset
        count, told, next_mark = 0, start, start + MARK_BYTES
        scanner = ElementScanner(1)
        for offset, block in self._blocks(start):
            job.check()
            for place in scanner.feed(self._one_byte_each(block)):
                end = offset + (place + 1) * self.encoding.unit
                count += 1
                if end >= next_mark:
                    index.add_mark(count, end)
                    next_mark = end + MARK_BYTES
            index.knows(count, offset + len(block))
            if offset - told >= _TELL_BYTES:
                told = offset
                changed()
            if scanner.closed:
                break
        if not scanner.closed:
            self._oddity = "the array is not closed: its last element may be missing"
        index.complete = True
        if count == 1 and not self._has_elements(start):
            index.records = 0
        changed()

    def _has_elements(self, start: int) -> bool:
        """Whether anything stands before the only end that was found: an empty array has one, too."""
        element, _ = next(self._elements(start, None), ("", 0))
        return bool(element)

    def texts(self, first: int, count: int, job: Job) -> Iterator[str]:
        """Elements by number, as many of them as are known."""
        self.file.check_unchanged()
        count = min(count, self.index.records - first)
        if count <= 0:
            return
        mark = self.index.mark_before(first)
        for number, (text, _) in enumerate(self._elements(mark.offset, None), mark.record):
            job.check()
            if number >= first + count:
                break
            if number >= first:
                yield text

    def _elements(self, start: int, stop: int | None) -> Iterator[tuple[str, int]]:
        """Elements from an offset on, each with the offset after it; those that end before ``stop``."""
        scanner = ElementScanner(1)
        unit, pending = self.encoding.unit, b""
        for offset, block in self._blocks(start, BLOCK_BYTES // 8):
            if stop is not None and offset >= stop:
                return
            begin = 0
            for place in scanner.feed(self._one_byte_each(block)):
                piece = pending + block[begin : place * unit]
                pending, begin = b"", (place + 1) * unit
                yield self._text(piece), offset + begin
            if scanner.closed:
                return
            pending += block[begin:]

    def _text(self, piece: bytes) -> str:
        errors = "surrogateescape" if self.encoding.unit == 1 else "replace"
        return piece.decode(self.encoding.name, errors).strip()

    def _one_byte_each(self, block: bytes) -> bytes:
        if self.encoding.unit == 1:
            return block
        from cursus_tui.data.record_scan import skeleton

        return skeleton(block, self.encoding).tobytes()

    def _blocks(self, start: int, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
        """The file from an offset on, in blocks that end neither within a unit nor within an escape sequence."""
        unit = self.encoding.unit
        backslash = "\\".encode(self.encoding.name)
        stream = self.file.stream(start)
        held, offset = b"", start
        while block := stream.read(size):
            block = held + block
            end = len(block) - len(block) % unit
            slashes = 0
            while end > unit * slashes and block[end - unit * (slashes + 1) : end - unit * slashes] == backslash:
                slashes += 1
            end -= unit * (slashes % 2)
            held = block[end:]
            yield offset, block[:end]
            offset += end
        if held:
            yield offset, held
