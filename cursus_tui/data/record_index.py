"""A sparse index of where records begin in a text file, built in the background and usable while it grows."""

from __future__ import annotations

import codecs
import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cursus_tui.data.encodings import Encoding, fallback
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job

MARK_BYTES = 1 << 16
"""At most this much text (and one record) is read in vain to reach a record."""
BLOCK_BYTES = 1 << 19
_TELL_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a record begins."""

    record: int
    offset: int


class RecordIndex:
    """Marks and counts. One thread adds, any may read.

    Args:
        start: Offset of the first record.
        width: Fields that every record should have; None where they have none.
        keeps_blank: Whether an empty line is a record.
    """

    def __init__(self, start: int, *, width: int | None, keeps_blank: bool) -> None:
        self.width = width
        self.keeps_blank = keeps_blank
        self.records = 0
        """Records that are known to be whole."""
        self.end = start
        """Offset after the last of them."""
        self.bad_records = 0
        self.first_bad: int | None = None
        self.blank_lines = 0
        self.complete = False
        self.unquoted_from: Mark | None = None
        """From here on quotes mean nothing: one that is opened here is never closed."""
        self._numbers = array("q", [0])
        self._offsets = array("q", [start])
        self._lock = threading.Lock()

    def mark_before(self, record: int) -> Mark:
        """The last mark at or before a record."""
        with self._lock:
            place = bisect_right(self._numbers, record) - 1
            return Mark(self._numbers[place], self._offsets[place])

    def add_mark(self, record: int, offset: int) -> None:
        """Remember where a record begins; later than all before."""
        with self._lock:
            if record > self._numbers[-1]:
                self._numbers.append(record)
                self._offsets.append(offset)

    def knows(self, records: int, end: int) -> None:
        """The first page found this many whole records, before any indexing."""
        with self._lock:
            self.records, self.end = max(self.records, records), max(self.end, end)

    def found_bad(self, records: Sequence[int]) -> None:
        """Count records that do not have ``width`` fields, by number."""
        self.bad_records += len(records)
        if self.first_bad is None and len(records):
            self.first_bad = int(records[0])

    def restart(self) -> None:
        """Forget what the first page counted: the index is built from the start."""
        self.bad_records, self.first_bad, self.blank_lines = 0, None, 0


class IndexBuilder:
    """Reads a file once, from start to end, and fills its index.

    Args:
        file: The file.
        encoding: Its encoding.
        index: To be filled.
        delimiter: Between fields; None where records are lines.
        quoted: Whether quotes mean anything.
    """

    def __init__(
        self, file: FileBytes, encoding: Encoding, index: RecordIndex, *, delimiter: str | None, quoted: bool
    ) -> None:
        self._file = file
        self._encoding = encoding
        self._index = index
        self._delimiter = delimiter
        self._quoted = quoted
        self._records = 0
        self._next_mark = index.mark_before(0).offset + MARK_BYTES
        self.characters = CharacterCheck(encoding)

    def build(self, job: Job, changed: Callable[[], None]) -> None:
        """Fill the index; ``changed`` is called every so often and at the end.

        Raises:
            JobCancelledError: The table was closed.
            DataError: The file cannot be read.
        """
        index = self._index
        index.restart()
        start = index.mark_before(0).offset
        end = self._scan(job, start, quoted=self._quoted, changed=changed)
        if end is not None:
            # A quote that is never closed would swallow the rest of the file as one field.
            index.unquoted_from = Mark(self._records, end)
            self._scan(job, end, quoted=False, changed=changed)
        self.characters.finish()
        index.complete = True
        changed()

    def _scan(self, job: Job, start: int, *, quoted: bool, changed: Callable[[], None]) -> int | None:
        """Index from an offset on. Returns where the last record began if it ended within quotes."""
        from cursus_tui.data.record_scan import RecordScanner, skeleton

        scanner = RecordScanner(self._delimiter, quoted=quoted)
        unit, told, offset = self._encoding.unit, start, start
        for block in self._blocks(start):
            job.check()
            self.characters.feed(block)
            records = scanner.feed(skeleton(block, self._encoding))
            if len(records.ends):
                self._add(offset, records.ends * unit + offset, records.fields, records.blank)
            offset += len(block)
            if offset - told >= _TELL_BYTES:
                told = offset
                changed()
        if scanner.in_quotes:
            return offset - scanner.pending * unit
        fields = scanner.finish()
        if fields is not None:
            import numpy as np

            self._add(offset, np.array([offset]), np.array([fields]), np.array([False]))
        return None

    def _blocks(self, start: int) -> Iterator[bytes]:
        """The file in blocks of whole units that do not end in a carriage return, which may be half a line end."""
        unit = self._encoding.unit
        carriage_return = "\r".encode(self._encoding.name)
        stream = self._file.stream(start)
        held = b""
        while block := stream.read(BLOCK_BYTES):
            block = held + block if held else block
            keep = len(block) % unit
            if block[len(block) - keep - unit : len(block) - keep] == carriage_return:
                keep += unit
            held = block[len(block) - keep :]
            block = block[: len(block) - keep] if keep else block
            if block:
                yield block
        if len(held) >= unit:
            yield held[: len(held) // unit * unit]

    def _add(self, offset: int, starts: Any, fields: Any, blank: Any) -> None:
        """Take in the records that end in a block.

        Args:
            offset: Of the block.
            starts: Offsets after each record, which is where the next begins.
            fields: Of each.
            blank: Which are empty lines.
        """
        import numpy as np

        index = self._index
        counted = np.ones(len(starts), np.bool_) if index.keeps_blank else ~blank
        numbers = np.cumsum(counted) + self._records
        if index.width is not None:
            index.found_bad((numbers[np.flatnonzero((fields != index.width) & counted)] - 1).tolist())
        index.blank_lines += len(starts) - int(np.count_nonzero(counted))
        boundaries = np.arange(self._next_mark, int(starts[-1]) + 1, MARK_BYTES)
        for place in np.unique(np.searchsorted(starts, boundaries)).tolist():
            index.add_mark(int(numbers[place]), int(starts[place]))
            self._next_mark = int(starts[place]) + MARK_BYTES
        self._records = int(numbers[-1])
        index.knows(self._records, int(starts[-1]))


class CharacterCheck:
    """Looks at all bytes of a file on the way: are they what the sample promised?"""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        """What the file is by now: another than before where only a late byte showed that it is not UTF-8."""
        self.bad_bytes = 0
        self._certain = encoding.certain
        self._strict = codecs.getincrementaldecoder("utf-8")()
        self._checks = encoding.name == "utf-8"

    def feed(self, block: bytes) -> None:
        """The next block."""
        before = self._strict.getstate()
        if not self._checks or (block.isascii() and not before[0]):
            return
        try:
            self._strict.decode(block)
        except UnicodeDecodeError as error:
            if not self._certain and (before[0] + block)[: error.start].isascii():
                self.encoding, self._checks = fallback(before[0] + block), False
                return
            lenient = codecs.getincrementaldecoder("utf-8")("surrogateescape")
            lenient.setstate(before)
            self._count(lenient.decode(block))
            self._strict.setstate(lenient.getstate())
        self._certain = True

    def finish(self) -> None:
        """The file has ended: a character that has begun is not whole."""
        self.bad_bytes += len(self._strict.getstate()[0])

    def _count(self, text: str) -> None:
        self.bad_bytes += sum(1 for character in text if "\udc80" <= character <= "\udcff")
