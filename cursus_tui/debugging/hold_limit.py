"""A failed step is held with its frames alive, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cursus_tui.debugging.hub import Hub
from cursus_tui.records.debug import DebugStop

HOLD_SECONDS = 1800.0
LOOK_SECONDS = 5.0
LOW_MEMORY = 0.05
"""Share of the machine's memory below which a held step gives its own back."""


class HoldLimit:
    """Looks after a held step. Belongs to the debug thread.

    Args:
        hub: Knows when it was asked last.
        seconds: How long it is held without being asked anything.
        let_go: Lets it go on.
    """

    def __init__(self, hub: Hub, seconds: float, let_go: Callable[[], None]) -> None:
        self._hub = hub
        self._seconds = seconds
        self._let_go = let_go

    def begin(self, stop: DebugStop) -> None:
        """A step stands on its exception."""
        asyncio.get_running_loop().call_later(min(LOOK_SECONDS, self._seconds), self._look, stop)

    def _look(self, stop: DebugStop) -> None:
        if self._hub.state.stop != stop:
            return
        idle = asyncio.get_running_loop().time() - self._hub.asked
        if idle > self._seconds:
            why = f"nobody asked anything for {self._seconds / 60:.0f} minutes"
        elif memory_left() < LOW_MEMORY:
            why = "memory runs out"
        else:
            self.begin(stop)
            return
        self._hub.warn(f"{stop.step} is not held any longer, for {why}; its stack is kept")
        self._let_go()


def memory_left() -> float:
    """Share of the machine's memory that can be had; 1 where nobody says."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            sizes = {line.partition(":")[0]: int(line.split()[1]) for line in file}
        return sizes["MemAvailable"] / sizes["MemTotal"]
    except (OSError, KeyError, ValueError, IndexError, ZeroDivisionError):
        return 1.0
