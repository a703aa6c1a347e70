"""What the files that users bring should look like: every mistake in one becomes a ``UserError`` that says where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from cursus_tui.pipeline.shapes import read_shape
from cursus_tui.records.errors import UserError

if TYPE_CHECKING:
    from pydantic import ValidationError

YamlLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's C loader where it was built with one; nine times faster than the pure one."""

Shape = TypeVar("Shape")


def parse_yaml(text: str, file: Path, what: str) -> Any:
    """The value that a YAML text holds, read safely: no objects of any kind are made.

    Raises:
        UserError: It is not YAML; with its line.
    """
    try:
        return yaml.load(text, Loader=YamlLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or error.context or "it cannot be parsed"
        line = mark.line + 1 if mark else None
        raise UserError(
            f"is not valid YAML: {problem}", file=file, line=line, expected=what, hint="mend the YAML there"
        ) from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise UserError(f"is not usable YAML: {reason}", file=file, expected=what, hint="simplify the file") from error


def check(shape: type[Shape], value: Any, file: Path, what: str, text: str = "") -> Shape:
    """Validate what a file holds.

    Args:
        shape: What it should look like.
        value: What was read.
        file: Where it was read from.
        what: What it should be, for the message.
        text: The file's text, to find the line of a wrong field.

    Raises:
        UserError: Naming the first wrong field, its line, and what was expected there.
    """
    try:
        return read_shape(shape, value)
    except ValueError as error:
        from pydantic import ValidationError

        if not isinstance(error, ValidationError):
            raise
        raise _explained(error, file, what, text) from error


def _explained(error: ValidationError, file: Path, what: str, text: str) -> UserError:
    problems = error.errors(include_url=False)
    first = problems[0]
    path = tuple(part for part in first["loc"] if not (isinstance(part, str) and part.startswith("function-")))
    field = _dotted(path) or "the whole file"
    sentence = first["msg"].removeprefix("Value error, ")
    expected = what
    if first["type"] == "missing":
        message = f"{field} is missing"
    elif sentence.startswith("Input should be "):
        message, expected = f"{field} is {_shown(first['input'])}", sentence.removeprefix("Input should be ")
        if first["type"] == "dataclass_type":  # it names the class of ours
            expected = "a mapping of names to values"
    else:
        message = f"{field}: {sentence}"
    if len(problems) > 1:
        message += f" (and {len(problems) - 1} more)"
    hint = f"correct {field}; it should be {what}" if expected != what else f"correct {field}"
    return UserError(message, file=file, line=_line_of(text, path), expected=expected, hint=hint)


def _dotted(path: Sequence[str | int]) -> str:
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else str(part)
    return shown


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return type(value).__name__
    return text if len(text) <= 60 else f"{text[:57]}..."


def _line_of(text: str, path: Sequence[str | int]) -> int | None:
    """The line of a field, from 1. JSON is read as YAML, of which it is a part; only done on the way to an error."""
    try:
        node = yaml.compose(text, Loader=YamlLoader) if text else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    line = node.start_mark.line + 1 if node is not None else None
    for part in path:
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if key.value == str(part)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            child = node.value[part]
        if child is None:
            return line
        node, line = child, child.start_mark.line + 1
    return line
