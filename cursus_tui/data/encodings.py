"""Which characters a text file's bytes are: its encoding, judged by a sample of its first bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", 4),
    (codecs.BOM_UTF32_BE, "utf-32-be", 4),
    (codecs.BOM_UTF8, "utf-8", 1),
    (codecs.BOM_UTF16_LE, "utf-16-le", 2),
    (codecs.BOM_UTF16_BE, "utf-16-be", 2),
)
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_TEXT_CONTROLS = frozenset(b"\t\n\r\f\x1b\b")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How bytes become characters."""

    name: str
    """Python's name for it."""
    unit: int
    """Bytes of one code unit: 1, 2 or 4."""
    start: int
    """Bytes of a byte order mark before the first character."""
    certain: bool
    """False where no byte so far tells: all of them are ASCII."""
    note: str
    """What a reader should know; empty for plain UTF-8."""

    @property
    def little(self) -> bool:
        """Whether units of several bytes come with the small end first."""
        return self.name.endswith("-le")


def fallback(sample: bytes) -> Encoding:
    """The encoding of bytes that are not UTF-8: Shift-JIS where it shows kana, else a western one."""
    try:
        text = codecs.getincrementaldecoder("cp932")().decode(sample)
        if len(_KANA.findall(text)) >= 2:
            return Encoding("cp932", 1, 0, True, "not UTF-8: read as Shift-JIS")
    except UnicodeDecodeError:
        pass
    if _UNDEFINED_IN_CP1252.search(sample):
        return Encoding("latin-1", 1, 0, True, "not UTF-8: read as latin-1")
    return Encoding("cp1252", 1, 0, True, "not UTF-8: read as cp1252 (latin-1)")


def sniff_encoding(sample: bytes) -> Encoding:
    """The encoding of a file that begins with these bytes.

    Args:
        sample: The first bytes of the content; it may end within a character.
    """
    for mark, name, unit in _BOMS:
        if sample.startswith(mark):
            return Encoding(name, unit, len(mark), True, "" if name == "utf-8" else name)
    wide = _utf16_without_mark(sample)
    if wide:
        return Encoding(wide, 2, 0, True, f"{wide} without a byte order mark")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError as error:
        # One bad byte late in text that is UTF-8 otherwise does not make the file western.
        if any(byte > 0x7F for byte in sample[: error.start]):
            return Encoding("utf-8", 1, 0, True, "")
        return fallback(sample)
    return Encoding("utf-8", 1, 0, not sample.isascii(), "")


def _utf16_without_mark(sample: bytes) -> str | None:
    head = sample[: len(sample) & ~1][:4096]
    if len(head) < 8:
        return None
    even, odd = head[::2], head[1::2]
    half = len(head) // 2
    if odd.count(0) > 0.6 * half and even.count(0) < 0.1 * half:
        return "utf-16-le"
    if even.count(0) > 0.6 * half and odd.count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def looks_like_text(sample: bytes) -> bool:
    """Whether bytes are rather text than anything else: hardly any control characters."""
    if not sample:
        return True
    encoding = sniff_encoding(sample)
    if encoding.unit > 1:
        return True
    strange = sum(1 for byte in sample[:8192] if byte < 0x20 and byte not in _TEXT_CONTROLS)
    return strange <= len(sample[:8192]) * 0.02
