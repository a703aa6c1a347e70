"""Keys in their order: the next is looked at when what the one before it opened or closed is there.

Textual hands a key to whatever has the focus while the key before may still be on its way through the queues of
widgets: typed ahead, ``/train`` would run ``t`` and ``r``. Nothing here costs the first key any time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import ModalScreen

_ROUNDS = 3
"""A key, the message that it makes, and the message that this one makes, such as the one that moves the focus."""
_LONGEST_SECONDS = 0.5
"""Something that holds on to a queue for longer does not hold up keys: it may be waiting for one."""
_OPENING_SECONDS = 5.0
"""A question that is being opened waits for nothing, however slow the box is: its keys are kept for it."""
_LOOK_SECONDS = 0.005

Typed = events.Key | events.Paste


class KeyOrder:
    """What was typed and is not handed on yet.

    Args:
        app: Whose keys these are.
        hand_on: Gives a key to whatever has the focus.
    """

    def __init__(self, app: App[Any], hand_on: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._hand_on = hand_on
        self._waiting: deque[Typed] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a key is still being followed."""
        return self._task is not None

    @property
    def more(self) -> bool:
        """Whether keys wait for their turn."""
        return bool(self._waiting)

    async def take(self, event: Typed) -> None:
        """Hand a key on now, or once those before it have done what they do."""
        if self._task is not None:
            self._waiting.append(event)
            return
        await self._hand_on(event)
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        try:
            await self._settled()
            while self._waiting:
                await self._hand_on(self._waiting.popleft())
                await self._settled()
        finally:
            self._task = None

    async def _settled(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_SECONDS):
                for _ in range(_ROUNDS):
                    await self._round()
        with suppress(TimeoutError):
            async with asyncio.timeout(_OPENING_SECONDS):
                while self._is_opening():
                    await asyncio.sleep(_LOOK_SECONDS)

    async def _round(self) -> None:
        """Until every queue from the focused widget up to the app has handled what is in it now."""
        start: DOMNode = self._app.focused or self._app.screen
        for node in start.ancestors_with_self:
            await _drained(node)

    def _is_opening(self) -> bool:
        """A question is on the screen, and what in it takes keys does not have the focus yet."""
        screen = self._app.screen
        if not isinstance(screen, ModalScreen) or screen.focused is not None:
            return False
        return not screen.is_mounted or bool(screen.focus_chain)


async def _drained(pump: MessagePump) -> None:
    done = asyncio.Event()
    if pump.is_running and pump.call_later(done.set):
        await done.wait()
