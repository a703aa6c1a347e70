"""The wish that a running step stops, and what is done where that takes long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.readings import rows_of, whole
from cursus_tui.debugging.slow_conditions import end_condition
from cursus_tui.debugging.step_link import StepLink
from cursus_tui.debugging.upstream import Upstream
from cursus_tui.records.debug import DebugError

SLOW_PAUSE_SECONDS = 1.0


class Pause:
    """At most one at a time. Belongs to the debug thread.

    Args:
        link: The line to the step's debugger.
        warn: Told a sentence that the user should read.
    """

    def __init__(self, link: StepLink, warn: Callable[[str], None]) -> None:
        self.wished = False
        """Asked for, and not stopped yet."""
        self.in_libraries = False
        """Their lines count, too: it is to be stepped out of them line by line."""
        self._link = link
        self._warn = warn
        self._number = 0

    async def ask(self, upstream: Upstream) -> None:
        """Have the step stop at its next line.

        Raises:
            DebugError: The debugger refused, or is gone.
        """
        self.wished = True
        threads = rows_of(await upstream.ask("threads", {}), "threads")
        await upstream.ask("pause", {"threadId": whole(threads[0].get("id")) if threads else 1})

    async def insist(self, upstream: Upstream, followed: Followed) -> None:
        """A library may run for hours without a line of the script's: then it stops in the library.

        So may the condition of a breakpoint: then it stops at the breakpoint. Inside of one long call that is not
        Python's there is no line at all.

        Raises:
            DebugError: The debugger refused, or is gone.
        """
        number = self._number
        await asyncio.sleep(SLOW_PAUSE_SECONDS)
        if not self._waits(number) or await end_condition(followed) or not self._waits(number):
            return
        self.in_libraries = True
        await self._link.send_whose_code()
        if self._waits(number):
            await self.ask(upstream)
        await asyncio.sleep(SLOW_PAUSE_SECONDS)
        if self._waits(number):
            self._warn(f"{followed.step} is inside of a long call: it stops at its next line of Python")

    def stopped(self) -> None:
        """It stands, wherever that is."""
        self.wished = False
        self._number += 1

    def lost(self) -> None:
        """The debugger is gone."""
        self.stopped()
        self.in_libraries = False

    async def put_back(self) -> None:
        """It stands in the script, or is about to go on for long: libraries count as they did before."""
        if not self.in_libraries:
            return
        self.in_libraries = False
        # It goes on all the same.
        with contextlib.suppress(DebugError):
            await self._link.send_whose_code()

    def _waits(self, number: int) -> bool:
        return self.wished and number == self._number
