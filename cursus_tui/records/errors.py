"""The one exception for mistakes of the user's: every face shows it without a traceback and exits with 2."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """Bad input, with everything needed to mend it.

    Args:
        message: What is wrong, naming the field or step.
        file: The file it is in, if any.
        line: The line in it, from 1, if known.
        expected: What was expected instead.
        hint: What to do next.
    """

    def __init__(
        self,
        message: str,
        *,
        file: Path | None = None,
        line: int | None = None,
        expected: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        parts = [where + self.message]
        if self.expected:
            parts.append(f"expected: {self.expected}")
        if self.hint:
            parts.append(f"try: {self.hint}")
        return "\n  ".join(parts)
