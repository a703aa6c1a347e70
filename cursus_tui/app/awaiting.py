"""Whether the user only waits for what was told to run: then, and only then, a stop takes the screen to its line."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from cursus_tui.records.debug import DebugStop, StopKind

STEPS_LINES = frozenset({"step-over", "step-into", "finish"})
"""Ids of the actions that end at a next line: typed faster than lines run, each waits for the stop before it."""
_AHEAD_SECONDS = 1.0
"""Who presses a key later has seen that the line takes long, and asks what is going on."""
_MOST_AHEAD = 20
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
        self._step: str | None = None
        self._since = 0.0
        self._ahead: deque[str] = deque()
        self._dropped: deque[str] = deque()

    @property
    def waits(self) -> bool:
        """Nothing was pressed since something was told to run."""
        return self._waits and not self._more_keys()

    def touched(self) -> None:
        """A key, or the mouse: whoever pressed it is at work where the focus is."""
        self._waits = False
        self._dropped, self._ahead = self._ahead, deque()

    def performs(self, action_id: str) -> None:
        """What the key did."""
        self._waits = action_id in LETS_RUN

    # --- lines stepped ahead

    def steps(self, action_id: str, stop: DebugStop | None) -> None:
        """A key is done at this stop: what is typed in the next second may be meant for the stop after it."""
        self._step = stop.step if stop is not None and action_id in STEPS_LINES else None
        self._since = time.monotonic()

    def keeps(self, action_id: str, running: str | None) -> bool:
        """Keep a key that comes while the line before still runs; False where it comes late, or means something else.

        Args:
            action_id: What it does.
            running: The step that runs; None where none does.
        """
        soon = time.monotonic() - self._since <= _AHEAD_SECONDS
        if action_id not in STEPS_LINES or running is None or running != self._step or not soon:
            return False
        self._ahead = deque([*self._dropped, action_id], _MOST_AHEAD)
        return True

    def next_at(self, stop: DebugStop) -> str | None:
        """The key that waited for this stop; one that anything else than the step made is looked at first."""
        if stop.kind is not StopKind.STEP or stop.step != self._step:
            self._ahead.clear()
        return self._ahead.popleft() if self._ahead else None
