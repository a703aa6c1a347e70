"""What a breakpoint prints instead of stopping: a text with ``{values}`` in it, as in an f-string. Pure.

Source: Python's reference, "f-strings"; a value may have a conversion and a format, and ``{{`` is a brace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CONVERSIONS = {"r": "repr", "s": "str", "a": "ascii"}
_DEEPEST = 50
"""Colons of a value that are tried as the beginning of its format."""


@dataclass(frozen=True, slots=True)
class LogValue:
    """A value in the text.

    Attributes:
        expression: A Python expression.
        conversion: The name of a builtin, such as ``repr``; empty for none.
        format: As ``format`` takes it.
    """

    expression: str
    conversion: str = ""
    format: str = ""


def pieces(message: str) -> tuple[str | LogValue, ...]:
    """A message as texts and values.

    Raises:
        ValueError: What is wrong with it, as a sentence.
    """
    found: list[str | LogValue] = []
    text, place = "", 0
    while place < len(message):
        char = message[place]
        if char in "{}" and message[place : place + 2] == char * 2:
            text, place = text + char, place + 2
        elif char == "}":
            raise ValueError("a brace of the message is not opened: write }} for a brace")
        elif char == "{":
            value, place = _value(message, place + 1)
            found += [text, value] if text else [value]
            text = ""
        else:
            text, place = text + char, place + 1
    return (*found, text) if text else tuple(found)


def _value(message: str, start: int) -> tuple[LogValue, int]:
    """The value that begins behind a brace, and where the text goes on."""
    problem = "a brace of the message is not closed: write {{ for a brace"
    for end in _ends(message, start):
        inside = message[start:end]
        if not inside.strip():
            raise ValueError("{} in the message is empty")
        found = _read(inside)
        if found is not None:
            return found, end + 1
        problem = f"{{{inside}}} in the message is no Python expression"
    raise ValueError(problem)


def _ends(message: str, start: int) -> Iterator[int]:
    """Closing braces: the first that leaves an expression ends it, so that those of a dict or a text do not."""
    place = message.find("}", start)
    while place >= 0:
        yield place
        place = message.find("}", place + 1)


def _read(inside: str) -> LogValue | None:
    if _is_expression(inside):
        return LogValue(inside.strip())
    for cut in [place for place, char in enumerate(inside) if char in ":!"][:_DEEPEST]:
        rest = inside[cut:]
        conversion = ""
        if rest[0] == "!":
            conversion, rest = _CONVERSIONS.get(rest[1:2], ""), rest[2:]
            if not conversion or rest[:1] not in ("", ":"):
                continue
        if _is_expression(inside[:cut]) and "{" not in rest:
            return LogValue(inside[:cut].strip(), conversion, rest[1:])
    return None


def _is_expression(text: str) -> bool:
    try:
        compile(f"({text.strip()}\n)", "<message>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(text.strip())
