"""Breakpoints on lines of scripts: which there are, whether one makes sense, and where each is after an edit."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path

from cursus_tui.execution.code_lines import line_with_code
from cursus_tui.execution.logpoint import pieces
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.errors import UserError
from cursus_tui.storage.regular_file import open_regular, real_path

NEAR_LINES = 200
"""How far from its place a line is looked for after an edit."""
MOST_SOURCE_BYTES = 16 * 1024 * 1024
HITS = re.compile(r"\s*((==|>=|<=|>|<|%)?\s*0*[1-9][0-9]{0,8}|>=?\s*0+)\s*")
"""A count of hits; none that no hit can have."""

Place = tuple[str, int]


def place_of(path: Path, line: int) -> Place:
    """What tells breakpoints apart: a file is the same by each of its names."""
    return real_path(path), line


class LineBreakpointTable:
    """The breakpoints on lines of a pipeline; one for each line of a file."""

    def __init__(self, lines: Iterable[LineBreakpoint] = ()) -> None:
        self._table = {place_of(each.path, each.line): each for each in lines}

    @property
    def all(self) -> tuple[LineBreakpoint, ...]:
        """Every one, in the order they were set."""
        return tuple(self._table.values())

    def of(self, path: Path) -> tuple[LineBreakpoint, ...]:
        """Those of a file, from its first line to its last."""
        if not self._table:
            return ()
        real = real_path(path)
        return tuple(each for (file, _), each in sorted(self._table.items(), key=lambda item: item[0]) if file == real)

    def at(self, path: Path, line: int) -> LineBreakpoint | None:
        """The one on a line, if there is one."""
        return self._table.get(place_of(path, line))

    def set(self, line: LineBreakpoint) -> None:
        """Set one, or change the one on the same line."""
        self._table[place_of(line.path, line.line)] = line

    def remove(self, line: LineBreakpoint) -> None:
        """Remove one; nothing happens where there is none."""
        self._table.pop(place_of(line.path, line.line), None)

    def replace(self, before: Iterable[LineBreakpoint], after: Iterable[LineBreakpoint]) -> None:
        """Others in place of some."""
        for each in before:
            self.remove(each)
        for each in after:
            self.set(each)


def source_lines(path: Path) -> list[str]:
    """A script's lines as Python counts them; none where it cannot be read."""
    try:
        with TextIOWrapper(open_regular(path), encoding="utf-8", errors="replace") as file:
            return file.read(MOST_SOURCE_BYTES).split("\n")
    except OSError:
        return []


def checked(line: LineBreakpoint) -> LineBreakpoint:
    """A breakpoint that makes sense, on the next line with code, with the text of its line.

    Raises:
        UserError: There is no such line, or its condition, hit count or message cannot be read.
    """
    source = source_lines(line.path)
    if not source:
        raise UserError("a breakpoint needs a file that can be read", file=line.path)
    if not 1 <= line.line <= len(source):
        raise UserError(f"there is no line {line.line}", file=line.path, expected=f"a line from 1 to {len(source)}")
    if line.condition.strip():
        try:
            compile(line.condition.strip(), "<condition>", "eval")
        except (SyntaxError, ValueError) as error:
            problem = error.msg if isinstance(error, SyntaxError) else str(error)
            raise UserError(
                f"the condition {line.condition!r} is no Python expression: {problem}",
                file=line.path,
                line=line.line,
            ) from error
    try:
        pieces(line.message)
    except ValueError as error:
        raise UserError(
            str(error), file=line.path, line=line.line, expected="text, with {values} as {x:.2f}"
        ) from error
    if line.hits.strip() and not HITS.fullmatch(line.hits):
        raise UserError(
            f"the hit count {line.hits!r} cannot be read",
            file=line.path,
            line=line.line,
            expected="a number from 1, or one after == >= > <= < %",
        )
    at = line_with_code(source, line.line)
    return dataclasses.replace(
        line,
        path=Path(os.path.abspath(line.path)),
        line=at,
        condition=line.condition.strip(),
        hits=line.hits.strip(),
        text=(line.text if at == line.line else "") or source[at - 1].strip(),
    )


def moved(lines: Sequence[LineBreakpoint], source: Sequence[str]) -> tuple[LineBreakpoint, ...]:
    """Where the breakpoints of a file are now: each follows the text of its line.

    One whose text is not found near its place stays where it was. Where two come to the same line, the first one
    that was set there remains.

    Args:
        lines: Of the file, from its first line to its last.
        source: The file's lines as they are now.
    """
    texts = [each.strip() for each in source]
    taken: dict[int, LineBreakpoint] = {}
    for each in lines:
        line = _line_of(each, texts)
        taken.setdefault(line, each if line == each.line else dataclasses.replace(each, line=line))
    return tuple(taken[line] for line in sorted(taken))


def _line_of(each: LineBreakpoint, texts: Sequence[str]) -> int:
    return nearest(each.line, each.text, texts) or each.line


def nearest(line: int, text: str, texts: Sequence[str]) -> int | None:
    """The line with a text that is nearest to where it was; None where there is none near.

    Args:
        line: Where it was.
        text: The stripped text; an empty one is nowhere.
        texts: All lines of the file, stripped.
    """
    for distance in range(NEAR_LINES + 1) if text else ():
        for found in dict.fromkeys((line + distance, line - distance)):
            if 1 <= found <= len(texts) and texts[found - 1] == text:
                return found
    return None
