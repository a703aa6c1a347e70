"""Finding where records end in megabytes of delimited text, with the same rules as Python's ``csv.reader``.

The work is done on bit masks, 64 bytes to a word, as simdjson does, with numpy in the place of vector instructions:
0.6 times the time that DuckDB takes to count the rows of the same file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cursus_tui.data.encodings import Encoding

Words = NDArray[np.uint64]
Positions = NDArray[np.int64]

LF, CR, QUOTE = 0x0A, 0x0D, 0x22
_ONE = np.uint64(1)
_TOP = np.uint64(63)
_PREFIX_SHIFTS = tuple(np.uint64(shift) for shift in (1, 2, 4, 8, 16, 32))


@dataclass(frozen=True, slots=True)
class Records:
    """The records that end within one block."""

    ends: Positions
    """Units from the block's start to the unit after each record's line end."""
    fields: Positions
    """Fields of each."""
    blank: NDArray[np.bool_]
    """Whether a record is an empty line."""


def skeleton(block: bytes, encoding: Encoding) -> NDArray[np.uint8]:
    """One byte for each code unit, so that positions in it are positions in the text: ASCII, or 0x80."""
    if encoding.unit == 1:
        return np.frombuffer(block, np.uint8)
    kind = f"{'<' if encoding.little else '>'}u{encoding.unit}"
    units = np.frombuffer(block, kind, len(block) // encoding.unit)
    return np.where(units < 0x80, units, 0x80).astype(np.uint8)


class RecordScanner:
    """Goes through a file's blocks in order and finds the ends of its records.

    Args:
        delimiter: Between fields, an ASCII character; None where lines have no fields.
        quoted: Whether quotes mean anything.
    """

    def __init__(self, delimiter: str | None, *, quoted: bool) -> None:
        self._delimiter = None if delimiter is None else ord(delimiter)
        self._quoted = quoted
        self.in_quotes = False
        """Whether the last block ended within a quoted field."""
        self._after_quote = False
        self._at_field_start = True
        self._delimiters = 0
        self._length = 0
        self._opens_field = re.compile(b'[\\n\\r%s]"' % re.escape((delimiter or "\n").encode()))
        self._to_closing = re.compile(b'[^"]*+(?:""[^"]*+)*+')

    @property
    def pending(self) -> int:
        """Units of the record that has begun and not ended."""
        return self._length

    def feed(self, units: NDArray[np.uint8]) -> Records:
        """The records that end in the next block.

        Args:
            units: From ``skeleton``. Must not end in a carriage return unless nothing follows.
        """
        if not len(units):
            return _NONE
        padded = units
        if len(units) % 64:
            padded = np.zeros(-(-len(units) // 64) * 64, np.uint8)
            padded[: len(units)] = units
        line_feeds, returns = _mask(padded, LF), _mask(padded, CR)
        delimiters = np.zeros_like(line_feeds) if self._delimiter is None else _mask(padded, self._delimiter)
        if self._quoted:
            inside = self._inside(units, padded, line_feeds | returns | delimiters)
            if inside is not None:
                outside = ~inside
                line_feeds, returns, delimiters = line_feeds & outside, returns & outside, delimiters & outside
        return self._cut(units, line_feeds, returns, delimiters)

    def _inside(self, units: NDArray[np.uint8], padded: NDArray[np.uint8], separators: Words) -> Words | None:
        """Which units lie in a quoted field (its opening quote included), or None where none does."""
        quotes = _mask(padded, QUOTE)
        if not quotes.any():
            if not self.in_quotes:
                self._remember_end(units, after_quote=False)
                return None
            return np.full_like(quotes, ~np.uint64(0))
        inside = _prefix_parity(quotes, self.in_quotes)
        closing = quotes & ~inside
        before_opening = _shift_up((separators & ~inside) | closing, self._at_field_start or self._after_quote)
        if (quotes & inside & ~before_opening).any():
            return self._inside_by_fields(units, len(padded))
        last = len(units) - 1
        self.in_quotes = bool(inside[last >> 6] >> np.uint64(last & 63) & _ONE)
        self._remember_end(units, after_quote=not self.in_quotes and bool(units[-1] == QUOTE))
        return inside

    def _inside_by_fields(self, units: NDArray[np.uint8], size: int) -> Words:
        """The same, field by field: for a block in which a quote stands within an unquoted field and means nothing."""
        block = units.tobytes()
        flags = np.zeros(size, np.bool_)
        position, opening = 0, -1
        if self.in_quotes:
            opening, position = 0, 0
        elif block[0] == QUOTE and (self._at_field_start or self._after_quote):
            opening, position = 0, 1
        after_quote = False
        while True:
            if opening < 0:
                match = self._opens_field.search(block, position)
                if not match:
                    break
                opening, position = match.end() - 1, match.end()
            closing = self._closing(block, position)
            after_quote = closing == len(block) - 1
            if closing >= len(block):
                flags[opening : len(block)] = True
                break
            flags[opening:closing] = True
            position, opening = closing + 1, -1
        self.in_quotes = opening >= 0
        self._remember_end(units, after_quote=after_quote)
        return np.packbits(flags, bitorder="little").view(np.uint64)

    def _closing(self, block: bytes, position: int) -> int:
        """Where the quote that ends a quoted field is; the block's length where it is not in it."""
        match = self._to_closing.match(block, position)
        return match.end() if match else len(block)

    def _remember_end(self, units: NDArray[np.uint8], *, after_quote: bool) -> None:
        self._after_quote = after_quote
        self._at_field_start = not self.in_quotes and units[-1] in (LF, CR, self._delimiter)

    def _cut(self, units: NDArray[np.uint8], line_feeds: Words, returns: Words, delimiters: Words) -> Records:
        """Records by the separators outside of quotes."""
        ends_mask = line_feeds
        if returns.any():
            ends_mask = line_feeds | (returns & ~_shift_down(line_feeds))
        ends = _positions(ends_mask)
        counts = np.cumsum(np.bitwise_count(delimiters), dtype=np.int64)
        total = int(counts[-1])
        if not len(ends):
            self._delimiters += total
            self._length += len(units)
            return _NONE
        words, bits = ends >> 6, (ends & 63).astype(np.uint64)
        before = counts[words] - np.bitwise_count(delimiters[words] >> bits)
        fields = np.diff(before, prepend=-self._delimiters) + 1
        lengths = np.diff(ends, prepend=-1 - self._length)
        blank = lengths == 1
        pairs = np.flatnonzero(lengths == 2)
        # A line of a carriage return and a line feed may have begun in the block before.
        pairs = pairs[(ends[pairs] > 0) & (units[ends[pairs] - 1] == CR) & (units[ends[pairs]] == LF)]
        blank[pairs] = True
        self._delimiters = total - int(before[-1])
        self._length = len(units) - int(ends[-1]) - 1
        return Records(ends + 1, fields, blank)

    def finish(self) -> int | None:
        """Fields of a last record without a line end; None where the file ended with one."""
        return self._delimiters + 1 if self._length else None


_NONE = Records(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))


def _mask(padded: NDArray[np.uint8], value: int) -> Words:
    return np.packbits(padded == value, bitorder="little").view(np.uint64)


def _positions(bits: Words) -> Positions:
    """Where the bits are; words without any, which are most where lines are long, are left out first."""
    words = np.flatnonzero(bits)
    flags = np.unpackbits(bits[words].view(np.uint8), bitorder="little").view(np.bool_)
    places = np.flatnonzero(flags)
    found: Positions = (words[places >> 6] << 6) + (places & 63)
    return found


def _prefix_parity(bits: Words, carry: bool) -> Words:
    """For every bit, the parity of the bits up to it, itself included: 1 from each opening quote to its closing one."""
    parity = bits.copy()
    for shift in _PREFIX_SHIFTS:
        parity ^= parity << shift
    odd = (np.cumsum(np.bitwise_count(bits), dtype=np.int64) + carry) & 1
    before = np.empty(len(bits), np.uint64)
    before[0] = carry
    before[1:] = odd[:-1]
    result: Words = parity ^ (np.uint64(0) - before)
    return result


def _shift_up(bits: Words, carry: bool) -> Words:
    """Every bit at the next position."""
    shifted = bits << _ONE
    shifted[1:] |= bits[:-1] >> _TOP
    shifted[0] |= np.uint64(carry)
    return shifted


def _shift_down(bits: Words) -> Words:
    """Every bit at the position before."""
    shifted = bits >> _ONE
    shifted[:-1] |= bits[1:] << _TOP
    return shifted
