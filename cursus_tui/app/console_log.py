"""What was typed on the console and what came of it, kept for the session. No screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cursus_tui.storage.regular_file import open_regular
from cursus_tui.text import plain_line

_MOST_LINES = 2_000
_MOST_BYTES = 64 * 1024
"""Of what an evaluation printed; all of it is in the log."""


@dataclass(slots=True)
class ConsoleLog:
    """Lines that were shown, as (text, tone), and what was typed, oldest first.

    Attributes:
        lines: What stands above the input.
        history: What was typed.
    """

    lines: list[tuple[str, str]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    _at: int = 0
    _draft: str = ""

    def typed(self, text: str) -> None:
        """Remember what was entered; the history is walked from its end again."""
        if not self.history or self.history[-1] != text:
            self.history.append(text)
        self._at, self._draft = len(self.history), ""

    def walk(self, by: int, now: str) -> str:
        """Go back (-1) or forth (1) in the history; ``now`` is what the input holds."""
        self._at = min(self._at, len(self.history))
        if self._at == len(self.history):
            self._draft = now
        self._at = max(0, min(len(self.history), self._at + by))
        return self._draft if self._at == len(self.history) else self.history[self._at]

    def add(self, text: str, tone: str = "plain") -> None:
        """Show some lines of anybody's text."""
        self.lines += [(plain_line(line, 4_000), tone) for line in text.splitlines()]
        del self.lines[:-_MOST_LINES]


class Printed:
    """What the step prints from now on, read from its logs: an evaluation prints there, too."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Begin at the end of the files; they need not exist."""
        self._read = {file: _size(file) for file in files}

    def news(self, *, whole: bool = False) -> str:
        """What was added since the last call, and not too much of it; a line that has no end only with ``whole``."""
        found = []
        for file, done in self._read.items():
            size = _size(file)
            if size <= done:
                continue
            try:
                with open_regular(file) as stream:
                    stream.seek(max(done, size - _MOST_BYTES))
                    data = stream.read(_MOST_BYTES)
            except OSError:
                continue
            end = len(data) if whole else data.rfind(b"\n") + 1
            self._read[file] = size - len(data) + end
            found.append(data[:end].decode("utf-8", "replace"))
        return "".join(found)


def error_of(text: str) -> str:
    """What went wrong with what was typed: without the frames that the step stands in, and the debugger's own."""
    _, typed, below = text.rpartition('  File "<string>", line ')
    told = below.partition("\n")[2] if typed else text
    return told.strip("\n") or "it ended without a word"


def completed(text: str, column: int, offers: Sequence[str]) -> str:
    """The text with as much more of it as all offers agree on; the text itself where they do not.

    Args:
        text: What the input holds.
        column: Where its cursor stands.
        offers: Whole texts that it could become.
    """
    tail = text[column:]
    heads = [offer.removesuffix(tail) for offer in offers if offer.endswith(tail)]
    shared = _shared(heads)
    return shared + tail if len(shared) > column or (heads and shared != text[:column]) else text


def _shared(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(texts, default=""), max(texts, default="")
    return first[
        : next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first))
    ]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
