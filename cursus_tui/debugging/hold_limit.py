"""A failed step is held with its frames alive, but not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

from cursus_tui.debugging.hub import Hub
from cursus_tui.records.debug import DebugStop

HOLD_SECONDS = 1800.0
LOOK_SECONDS = 5.0
LOW_MEMORY = 0.05
"""Share of the memory below which a held step gives its own back."""


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


def memory_left(system: Path = Path("/")) -> float:
    """Share of the memory that can be had, of the machine or of the container, whichever is less; 1 where nobody says.

    Args:
        system: The top folder of the system.
    """
    return min([_of_machine(system), *_of_containers(system)])


def _of_machine(system: Path) -> float:
    try:
        lines = (system / "proc/meminfo").read_text("ascii").splitlines()
        sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
        return sizes["MemAvailable"] / sizes["MemTotal"]
    except (OSError, KeyError, ValueError, IndexError, ZeroDivisionError):
        return 1.0


def _of_containers(system: Path) -> Iterator[float]:
    """Of each control group (version 2) around this process that has a limit.

    Source: the kernel's documentation of cgroup-v2, "Memory Interface Files". Cached files can be had, too.
    """
    try:
        groups = (system / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    own = next((line.removeprefix("0::/") for line in groups if line.startswith("0::/")), None)
    top = system / "sys/fs/cgroup"
    for group in [] if own is None else [top / own, *(top / own).parents]:
        if group.is_relative_to(top):
            try:
                limit = int((group / "memory.max").read_text())
                stat = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
                used = int((group / "memory.current").read_text()) - int(stat["inactive_file"])
                yield (limit - used) / limit
            except (OSError, KeyError, ValueError, ZeroDivisionError):
                continue
