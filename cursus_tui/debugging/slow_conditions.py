"""A running step may be at the condition of a breakpoint, for ever: that is found out, said, and ended by a pause."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.readings import whole
from cursus_tui.debugging.step_link import StepLink
from cursus_tui.debugging.upstream import ANSWER_SECONDS
from cursus_tui.text import safe

LOOK_SECONDS = 2.0
LONG_SECONDS = 1.0
"""What takes longer is shown."""


class SlowConditions:
    """Looks now and then while a step runs that has conditions to compute. Belongs to the debug thread.

    Args:
        link: Knows whose debugger is attached.
        can_be: Whether there may be one now: the step does not stand, and there is such a breakpoint.
        changed: Told when what is to be shown is another.
        warn: Told a sentence that the user should read.
    """

    def __init__(
        self, link: StepLink, can_be: Callable[[], bool], changed: Callable[[], None], warn: Callable[[str], None]
    ) -> None:
        self.place = ""
        """``file:line`` of the breakpoint whose condition has been computed for long; empty where there is none."""
        self._link = link
        self._can_be = can_be
        self._changed = changed
        self._warn = warn

    async def watch(self, followed: Followed) -> None:
        """Look for as long as an attempt has its debugger."""
        said: set[str] = set()
        while self._link.serves(followed):
            await asyncio.sleep(LOOK_SECONDS)
            found = await _asked(followed, "condition") if self._can_be() else None
            # It may have been stopped, or have ended, while it was asked.
            place = _place_of(found) if self._can_be() and self._link.serves(followed) else ""
            if place != self.place:
                self.place = place
                self._changed()
            if place and place not in said:
                said.add(place)
                where = f"computes the condition of the breakpoint at {place}"
                self._warn(f"{followed.step} {where}: a pause stops it there")


async def end_condition(followed: Followed) -> bool:
    """Have a step stop at the breakpoint whose condition it computes; False where it computes none."""
    return await _asked(followed, "end_condition") is True


async def _asked(followed: Followed, operation: str) -> Any:
    if followed.process is None:
        return None
    try:
        return await within(ANSWER_SECONDS, asyncio.wrap_future(followed.process.request(operation)))
    except (RuntimeError, TimeoutError):
        # It ends, or does not listen.
        return None


def _place_of(found: Any) -> str:
    """Of an answer of the step, which may be anything."""
    if not isinstance(found, Mapping) or not isinstance(found.get("seconds"), int | float):
        return ""
    name = safe(Path(str(found.get("file") or "")).name, 60)
    return f"{name}:{whole(found.get('line'))}" if found["seconds"] >= LONG_SECONDS and name else ""
