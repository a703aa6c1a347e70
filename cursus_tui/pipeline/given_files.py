"""Paths and files as the user names them: what is there, and the text of it, or one sentence that says why not."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from cursus_tui.pipeline.overrides import nearest
from cursus_tui.records.errors import UserError

MOST_BYTES = 64 << 20
"""Of a file that is read at once."""
FILE, FOLDER = "a file", "a folder"


def absolute(text: str, base: Path | None = None) -> Path:
    """A path as it was written, from a base or the current folder. ``~`` stays where the system knows no such user.

    Raises:
        UserError: The path is relative, and the current folder was removed.
    """
    try:
        return Path(os.path.abspath(os.path.join(base or "", os.path.expanduser(text))))
    except FileNotFoundError:
        hint = "go to a folder that exists, or give a whole path"
        raise UserError("the current folder is gone", expected="a folder to begin from", hint=hint) from None


def given_path(text: str, what: str, expected: str = "a path") -> Path:
    """A path that need not exist.

    Args:
        text: As the user wrote it.
        what: Where it was written, for the message: ``--config``.
        expected: What may be written there.

    Raises:
        UserError: It is empty, or the system cannot look there.
    """
    if not text.strip():
        raise UserError(f"{what}: the path is empty", expected=expected, hint="name it, or leave it out")
    path = absolute(text)
    kind_of(path, what, expected)
    return path


def kind_of(path: Path, what: str, expected: str) -> str:
    """``FILE``, ``FOLDER``, ``neither a file nor a folder``; empty where nothing is there.

    Raises:
        UserError: The system cannot look there: a name that is too long, a folder that may not be entered.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{what}: cannot look there: {reason}", file=path, expected=expected) from None
    return FILE if stat.S_ISREG(mode) else FOLDER if stat.S_ISDIR(mode) else "neither a file nor a folder"


def existing(path: Path, what: str, *kinds: str, expected: str = "") -> Path:
    """A path where there must be something that can be read.

    Args:
        path: Absolute.
        what: Where it was written, for the message.
        kinds: ``FILE``, ``FOLDER``, or both.
        expected: What it should hold.

    Raises:
        UserError: Nothing is there, another kind of thing, or one that may not be read.
    """
    nouns = " or ".join(kind.removeprefix("a ") for kind in kinds)
    expected = expected or f"a {nouns}"
    found = kind_of(path, what, expected)
    if not found:
        raise UserError(f"{what}: there is no such {nouns}", file=path, expected=expected, hint=near_miss(path))
    if found not in kinds:
        raise UserError(f"{what}: this is {found}", file=path, expected=expected)
    if not os.access(path, os.R_OK | (os.X_OK if found == FOLDER else 0)):
        hint = "check its permissions"
        raise UserError(
            f"{what}: you may not read this {found.removeprefix('a ')}", file=path, expected=expected, hint=hint
        )
    return path


def near_miss(path: Path) -> str:
    """What a mistyped path probably meant; empty where nothing is like it."""
    if not os.path.isdir(path.parent):
        return f"there is no folder {path.parent} either"
    try:
        close = nearest(path.name, os.listdir(path.parent))
    except OSError:
        return ""
    return str(path.parent / close) if close else ""


def read_text(file: Path, what: str, most: int = MOST_BYTES) -> str:
    """The text of a file, UTF-8 with or without a byte order mark.

    Args:
        file: The file to read.
        what: What it should be, for the message: ``a pipeline DAG``.
        most: How many bytes it may have.

    Raises:
        UserError: It cannot be read, has no end or is too large, or is not UTF-8 text.
    """
    hint = "check the path and its permissions"
    try:
        status = file.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # a pipe, a device
            raise UserError("cannot be read: it is not a regular file", file=file, expected=what, hint=hint)
        if status.st_size > most:
            message = f"is too large: {status.st_size >> 20} MB"
            raise UserError(message, file=file, expected=f"{what}, at most {most >> 20} MB", hint="give another file")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise UserError(message, file=file, expected=f"{what} in UTF-8", hint="save the file as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot be read: {reason}", file=file, expected=what, hint=hint) from error


def parse_json(text: str, file: Path, what: str) -> Any:
    """The value that a JSON text holds.

    Raises:
        UserError: It is not JSON; with its line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} at column {error.colno}"
        raise UserError(message, file=file, line=error.lineno, expected=what, hint="mend the JSON there") from error
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise UserError(f"is not usable JSON: {reason}", file=file, expected=what, hint="simplify the file") from error


def read_json(file: Path, what: str) -> Any:
    """The value that a JSON file holds.

    Raises:
        UserError: It cannot be read, is too large, no text, or no JSON; with the line.
    """
    return parse_json(read_text(file, what), file, what)
