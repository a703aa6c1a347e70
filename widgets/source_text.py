"""A script's lines and the roles of their characters, found out a slice at a time: no screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pygments.lexer import Lexer  # type: ignore[import-untyped,unused-ignore]
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename  # type: ignore[import-untyped,unused-ignore]
from pygments.token import Token, _TokenType  # type: ignore[import-untyped,unused-ignore]
from pygments.util import ClassNotFound  # type: ignore[import-untyped,unused-ignore]
from rich.cells import cell_len

from cursus_tui.text import safe

TAB = 4
"""Cells to a tab stop."""
LONGEST = 4_000
"""Characters of a line that are shown; of a longer one the rest is cut."""

Run = tuple[int, int, str]
"""First character, the one after the last, and the role of what is between."""

_ROLES: dict[_TokenType, str] = {
    Token.Comment: "comment",
    Token.Keyword: "keyword",
    Token.Keyword.Constant: "constant",
    Token.Operator.Word: "keyword",
    Token.Literal.String: "string",
    Token.Literal.Number: "number",
    Token.Name.Builtin: "builtin",
    Token.Name.Builtin.Pseudo: "builtin",
    Token.Name.Function: "definition",
    Token.Name.Class: "definition",
    Token.Name.Decorator: "decorator",
    Token.Name.Exception: "builtin",
    Token.Error: "error",
}
ROLES = frozenset(_ROLES.values())
"""Names of the roles that are coloured; all else has the role ``""``."""

_LINE_END = re.compile("\r\n|\r|\n")


def _role(token: _TokenType) -> str:
    kind: _TokenType | None = token
    while kind is not None:
        if kind in _ROLES:
            return _ROLES[kind]
        kind = kind.parent
    return ""


def _lexer(path: str, language: str | None) -> Lexer | None:
    try:
        return get_lexer_by_name(language) if language else get_lexer_for_filename(path)
    except ClassNotFound:
        return None


class SourceText:
    """Lines of a source file; ``read_on`` finds out the roles of more of them.

    Lexing goes from the top, since a string may span lines; so it is done in slices that a screen can
    afford between two key presses.
    """

    def __init__(self, path: str = "", source: str = "", language: str | None = None) -> None:
        """Split the source into lines; nothing is lexed yet.

        Args:
            path: Its name tells the language.
            source: The text, whatever its line ends.
            language: A Pygments name, instead of what the path says.
        """
        self.lines = _LINE_END.split(source)
        if len(self.lines) > 1 and not self.lines[-1]:
            self.lines.pop()
        self.runs: list[list[Run]] = []
        lexer = _lexer(path, language)
        self._known = 0
        self._rest: Iterator[tuple[str, int, int]] | None = None
        if lexer is not None and source:
            self._rest = self._pieces(lexer, "\n".join(self.lines))

    @property
    def finished(self) -> bool:
        """True when no role is left to find out."""
        return self._rest is None

    def read_on(self, lines: int) -> range:
        """Find out the roles of about so many more lines; the lines that are known now and were not before."""
        first = self._known
        wanted = first + lines + 1
        while self._rest is not None and len(self.runs) < wanted:
            piece = next(self._rest, None)
            if piece is None:
                self._rest = None
            else:
                self._add(*piece)
        # The last line may get more runs, so it counts as unknown until the next.
        self._known = len(self.runs) if self._rest is None else max(0, len(self.runs) - 1)
        return range(first, self._known)

    def _pieces(self, lexer: Lexer, text: str) -> Iterator[tuple[str, int, int]]:
        """Role, line and length of each piece; a piece never goes over a line end."""
        line = 0
        for _, token, value in lexer.get_tokens_unprocessed(text):
            role = _role(token)
            for index, part in enumerate(value.split("\n")):
                line += index > 0
                if part or index:
                    yield role, line, len(part)

    def _add(self, role: str, line: int, length: int) -> None:
        while len(self.runs) <= line:
            self.runs.append([])
        runs = self.runs[line]
        start = runs[-1][1] if runs else 0
        if length:
            runs.append((start, start + length, role))

    def pieces(self, row: int, cuts: list[int]) -> Iterator[tuple[int, str, str]]:
        """One line in pieces of one role each.

        Args:
            row: The line, from 0.
            cuts: Characters where a piece has to begin, too.

        Yields:
            First character, role, and safe text with its tabs expanded.
        """
        line = self.lines[row][:LONGEST]
        runs = self.runs[row] if row < len(self.runs) else []
        bounds = sorted(
            {
                0,
                len(line),
                *(cut for cut in cuts if 0 <= cut <= len(line)),
                *(run[0] for run in runs if run[0] < len(line)),
            }
        )
        column, run = 0, 0
        for start, end in pairwise(bounds):
            while run < len(runs) and runs[run][1] <= start:
                run += 1
            role = runs[run][2] if run < len(runs) and runs[run][0] <= start else ""
            text = shown(line[start:end], column)
            column += cell_len(text)
            yield start, role, text

    def cells(self, row: int) -> int:
        """Cells that a line takes."""
        line = self.lines[row][:LONGEST]
        return len(line) if line.isascii() and line.isprintable() else cell_len(shown(line, 0))


def shown(text: str, column: int) -> str:
    """Text as it is shown from this cell column on: tabs expanded, everything else made safe."""
    if "\t" not in text:
        return safe(text)
    parts: list[str] = []
    for index, part in enumerate(text.split("\t")):
        if index:
            gap = TAB - column % TAB
            parts.append(" " * gap)
            column += gap
        made = safe(part)
        parts.append(made)
        column += cell_len(made)
    return "".join(parts)
