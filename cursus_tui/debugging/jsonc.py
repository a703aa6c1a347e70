"""JSON with comments, as VS Code writes it: where in a text things stand, so that it can be changed in place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PIECES = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=(?:\s|//[^\n]*(?=\n|\Z)|/\*.*?\*/)*[}\]])|\ufeff', re.S
)
_SPACE = re.compile(r"\s*")

Span = tuple[int, int]


class BrokenJsonError(ValueError):
    """It is no JSON, not even with comments.

    Attributes:
        line: Where, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def plain(text: str) -> str:
    """The same text with blanks for comments and commas that nothing follows: every character keeps its place."""

    def blank(match: re.Match[str]) -> str:
        piece = match.group()
        return piece if piece.startswith('"') else re.sub(r"[^\n]", " ", piece)

    return _PIECES.sub(blank, text)


def members_of(text: str, start: int = 0) -> Iterator[tuple[str, Span]]:
    """(name, where its value stands) of each member of the object that stands there.

    Raises:
        BrokenJsonError: None stands there, or it is broken.
    """
    at = _expect(text, start, "{")
    while text[at : at + 1] != "}":
        name, at = _value(text, at)
        if not isinstance(name, str):
            raise _broken(text, at, "a name was expected")
        begin = _expect(text, at, ":")
        _, end = _value(text, begin)
        yield name, (begin, end)
        at = _next(text, end, "}")


def items_of(text: str, start: int) -> Iterator[tuple[Any, Span]]:
    """(item, where it stands) of each item of the array that stands there.

    Raises:
        BrokenJsonError: None stands there, or it is broken.
    """
    at = _expect(text, start, "[")
    while text[at : at + 1] != "]":
        item, end = _value(text, at)
        yield item, (at, end)
        at = _next(text, end, "]")


def _value(text: str, at: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError) as error:
        place = error.pos if isinstance(error, json.JSONDecodeError) else at
        raise _broken(text, place, str(getattr(error, "msg", "it is nested too deeply"))) from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _expect(text: str, at: int, sign: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != sign:
        raise _broken(text, at, f"{sign} was expected")
    return _skip(text, at + 1)


def _next(text: str, at: int, closing: str) -> int:
    at = _skip(text, at)
    return at if text[at : at + 1] == closing else _expect(text, at, ",")


def _broken(text: str, at: int, message: str) -> BrokenJsonError:
    return BrokenJsonError(message, text.count("\n", 0, at) + 1)
