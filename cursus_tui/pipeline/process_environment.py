"""What an operating system takes as an environment variable."""

from __future__ import annotations

import os


def impossible_variable(name: str, value: str) -> str | None:
    """Why no process can have this variable, as the end of a sentence; None where one can.

    POSIX forbids ``=`` and NUL in a name and NUL in a value; what no file system encoding has (a lone surrogate, as
    JSON can hold one) cannot be handed over either.
    """
    if not name:
        return "its name is empty"
    if "=" in name:
        return "its name has an equals sign"
    for what, text in (("name", name), ("value", value)):
        if "\0" in text:
            return f"its {what} has a NUL character"
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            return f"its {what} has half a character (a lone surrogate)"
    return None
