"""Finding the next line of a log that shows a text, in steps between which it can be stopped. No screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from cursus_tui.text import plain_line
from cursus_tui.widgets.hits import pattern_of
from cursus_tui.widgets.log_index import LogIndex

STEP = 64 * 1024
"""Bytes searched before it is asked whether to stop: about a millisecond, for which nothing else runs."""
LONGEST = 1024 * 1024
"""Bytes of one line that are searched."""


def search_log(
    index: LogIndex, text: str, start: int, *, forward: bool = True, stopped: Callable[[], bool] = lambda: False
) -> int | None:
    """The nearest line, from one on, whose plain text holds a literal text; None where there is none.

    Args:
        index: The log.
        text: What to look for; either case is found unless a letter is a capital.
        start: First line to look at.
        forward: Look downwards, or upwards.
        stopped: Asked between steps; True gives up.
    """
    line = start
    while text and 0 <= line < index.line_count and not stopped():
        first, after, offset, end = index.stretch(line, STEP, forward=forward)
        data = index.read(offset, min(end - offset, STEP + LONGEST)).decode("utf-8", "replace")
        found = [number + first for number in _matching_lines(data, text)]
        found = [number for number in found if (start <= number if forward else number <= start)]
        if found:
            return found[0] if forward else found[-1]
        line = max(after, line + 1) if forward else first - 1
    return None


def _matching_lines(data: str, text: str) -> Iterator[int]:
    literal = pattern_of(text)
    # Escapes and backspaces may stand inside of what is looked for, so lines with any are looked at closely.
    candidate = re.compile(literal.pattern + "|[\x1b\x9b\b\r\t]", literal.flags)
    number, counted = 0, 0
    match = candidate.search(data)
    while match is not None:
        number += data.count("\n", counted, match.start())
        begin = data.rfind("\n", 0, match.start()) + 1
        counted = end = len(data) if (found := data.find("\n", match.start())) < 0 else found
        if literal.search(plain_line(data[begin:end])):
            yield number
        match = candidate.search(data, end)
