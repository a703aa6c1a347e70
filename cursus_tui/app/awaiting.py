"""Whether the user only waits for what was told to run: then, and only then, a stop takes the screen to its line."""

from __future__ import annotations

from collections.abc import Callable

LETS_RUN = frozenset(
    {
        "step-over",
        "step-into",
        "continue",
        "finish",
        "run-to",
        "pause",
        "rerun",
        "run-only",
        "run-from",
        "let-go",
    }
)
"""Ids of the actions after which somebody waits."""


class Awaiting:
    """What was pressed last.

    Args:
        more_keys: Whether keys were pressed that nobody has looked at yet.
    """

    def __init__(self, more_keys: Callable[[], bool]) -> None:
        self._more_keys = more_keys
        self._waits = True

    @property
    def waits(self) -> bool:
        """Nothing was pressed since something was told to run."""
        return self._waits and not self._more_keys()

    def touched(self) -> None:
        """A key, or the mouse: whoever pressed it is at work where the focus is."""
        self._waits = False

    def performs(self, action_id: str) -> None:
        """What the key did."""
        self._waits = action_id in LETS_RUN
