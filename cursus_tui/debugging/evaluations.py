"""What the stopped step computes for somebody, also when nobody waits for it any more, and how that is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from cursus_tui.debugging.by_hand import LOOKING
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.upstream import ANSWER_SECONDS, Upstream
from cursus_tui.execution.ports import StepProcess
from cursus_tui.records.debug import DebugError
from cursus_tui.text import safe

LONG_SECONDS = 1.0
"""What takes longer is shown."""
STUBBORN_SECONDS = 3.0
"""What was interrupted and goes on for longer does not listen."""
AGAIN_SECONDS = 0.2
LOOK_SECONDS = 0.25
"""How long a watch may still be computed once the step is to go on."""
LONGEST_TEXT = 80


class Evaluations:
    """Requests that run code of the user's in a thread that stands. Belongs to the debug thread.

    Args:
        changed: Told when what is to be shown of them may be another.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._asked: dict[asyncio.Future[Message], tuple[float, str]] = {}
        """Unanswered, oldest first: since when, and what."""
        self._left: set[asyncio.Future[Message]] = set()
        """Those that nobody waits for."""
        self._looks: set[asyncio.Future[Message]] = set()
        """Those that only show something of the stop, such as watches."""

    @property
    def computing(self) -> str:
        """What has been computed for long; empty where there is nothing such."""
        for posted, (since, what) in self._asked.items():
            if posted in self._left or posted.get_loop().time() - since >= LONG_SECONDS:
                return what
        return ""

    async def ask(self, upstream: Upstream, command: str, arguments: Mapping[str, Any]) -> Message:
        """Pass such a request on, and wait for the body of its answer.

        Raises:
            DebugError: It was refused, or not answered in time; or the step is still at what was left alone.
        """
        if self._left:
            busy = self._asked[next(iter(self._left))][1]
            raise DebugError(f"the step still computes {busy}: interrupt that first (esc in the console)")
        loop = asyncio.get_running_loop()
        posted = upstream.post(command, arguments)
        self._asked[posted] = loop.time(), _named(command, arguments)
        if command == "variables" or (command == "evaluate" and arguments.get("context") in LOOKING):
            self._looks.add(posted)
        posted.add_done_callback(self._answered)
        loop.call_later(LONG_SECONDS, self._changed)
        try:
            return await upstream.answer(command, posted)
        finally:
            if not posted.done():
                self._left.add(posted)
                self._changed()

    async def end(self, process: StepProcess) -> str:
        """Interrupt what is computed, which ends nothing else; returns why that goes on, empty where it does not."""
        asked = next(iter(self._asked), None)
        if asked is None:
            return ""
        until = asyncio.get_running_loop().time() + STUBBORN_SECONDS
        while not asked.done() and asyncio.get_running_loop().time() < until:
            # Again and again: where a look at a value is ended, the debugger tries to look in other ways.
            try:
                wish = asyncio.wrap_future(process.request("end_evaluation"))
                await within(ANSWER_SECONDS, wish)
            except (RuntimeError, TimeoutError) as error:
                return f"what is computed cannot be interrupted: {error or 'the step does not answer'}"
            await asyncio.wait({asked}, timeout=AGAIN_SECONDS)
        if asked.done():
            return ""
        what = self._asked[asked][1]
        return f"{what} is inside of a call that cannot be interrupted, and ends after it; or cancel the step"

    async def end_looks(self, process: StepProcess) -> None:
        """The step is to go on: what only shows something of the stop does not hold it up for long."""
        while (asked := next(iter(self._asked), None)) is not None and asked in self._looks:
            await asyncio.wait({asked}, timeout=LOOK_SECONDS)
            if not asked.done() and await self.end(process):
                return

    def _answered(self, posted: asyncio.Future[Message]) -> None:
        since, _ = self._asked.pop(posted)
        self._left.discard(posted)
        self._looks.discard(posted)
        if posted.get_loop().time() - since >= LONG_SECONDS:
            self._changed()


def _named(command: str, arguments: Mapping[str, Any]) -> str:
    match command:
        case "evaluate" | "setExpression":
            return safe(str(arguments.get("expression") or ""), LONGEST_TEXT)
        case "setVariable":
            return safe(str(arguments.get("value") or ""), LONGEST_TEXT)
        case _:
            return "how values look"
