"""The line to the debugger of the step that runs: who may dial in, the hand-shake, and starting it late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from cursus_tui.debugging.armed import Armed
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.handshake import attach_options, authorise, introduce, is_own
from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.upstream import Upstream
from cursus_tui.records.debug import DebugError

HANDSHAKE_SECONDS = 20.0
"""For each part of it: to dial in, and to take up the breakpoints. A step that stands waits for longer than for all of
them (``DebugOrder.patience``): so it is this side that gives up, and lets the step go on at once.
"""
LONG_CALL_SECONDS = 5.0
"""A step that has not heard a wish by then hears it after its call; it is waited for, but told. To import the debugger
where it was not lent before takes up to two.
"""


@dataclass(frozen=True, slots=True)
class LinkEnd:
    """Who is told what happens on the line."""

    heard: Callable[[str, Message], None]
    """An event."""
    lost: Callable[[], None]
    """The connection is gone."""
    attached: Callable[[Followed], None]
    """The debugger of an attempt is there."""
    warn: Callable[[str], None]
    """A sentence that the user should read."""
    filters: Callable[[], set[str]]
    """The exceptions to stop on."""
    just_my_code: Callable[[], bool]
    spawn: Callable[[Coroutine[Any, Any, None]], None]


class StepLink:
    """At most one debugger at a time. Belongs to the debug thread.

    Args:
        armed: The breakpoints to send.
        end: Told of events.
    """

    def __init__(self, armed: Armed, end: LinkEnd) -> None:
        self.upstream: Upstream | None = None
        self.is_attached = False
        """Connected, with all breakpoints in force."""
        self._owner: Followed | None = None
        self._just_my_code = True
        self._armed = armed
        self._end = end
        self._initialized = asyncio.Event()
        self._expected: dict[str, Followed] = {}
        self._late: set[str] = set()
        """Files whose breakpoints changed during the hand-shake."""

    def expect(self, followed: Followed) -> None:
        """An attempt may dial in from now on."""
        self._expected[followed.order.token] = followed

    def forget(self, followed: Followed) -> None:
        """An attempt is over."""
        self._expected.pop(followed.order.token, None)
        followed.failure = followed.failure or "the step has ended"
        followed.arrived.set()
        if self._owner is followed:
            self.close()

    @property
    def expects(self) -> bool:
        """Whether an attempt runs, or is about to."""
        return bool(self._expected)

    def serves(self, followed: Followed) -> bool:
        """Whether it is this attempt that has its debugger attached."""
        return self.is_attached and self._owner is followed

    def close(self) -> None:
        """Let the step go; it runs on."""
        if self.upstream is not None:
            self.upstream.close()

    async def dialled(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A process dialled our Unix socket."""
        upstream = Upstream(reader, writer, self._heard, self._lost)
        if not is_own(writer):
            upstream.close()
            return
        self._end.spawn(upstream.pump())
        followed: Followed | None = None
        try:
            followed = await within(HANDSHAKE_SECONDS, authorise(upstream, tuple(reversed(self._expected.values()))))
            if self.upstream is not None and self._owner is followed:
                upstream.close()
                return
            # The last attempt's process may take its time to exit, while the next one starts.
            self.close()
            self._owner = followed
            await within(HANDSHAKE_SECONDS, self._take_up(upstream))
        except asyncio.CancelledError:
            # The thread ends. This task is nobody's to await, and asyncio would report how it ended.
            upstream.close()
            return
        except (DebugError, TimeoutError) as error:
            upstream.close()
            if followed is not None:
                self.give_up(followed, str(error) or "its debugger fell silent")
            return
        followed.failure = ""
        followed.arrived.set()
        self.is_attached = True
        self._end.attached(followed)

    async def _take_up(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self._initialized.clear()
        self._late.clear()
        self._just_my_code = self._end.just_my_code()
        attached = await introduce(upstream, self._initialized, just_my_code=self._just_my_code)
        await self._armed.sync_all(upstream)
        await self.send_filters()
        # A condition that raises would be passed by in silence.
        loud: Message = {"skipSuspendOnBreakpointException": [], "skipPrintBreakpointException": []}
        await upstream.ask("setDebuggerProperty", loud)
        await self._tell_late(upstream)
        await upstream.ask("configurationDone", {})
        await upstream.answer("attach", attached)
        await self._tell_late(upstream)

    async def _tell_late(self, upstream: Upstream) -> None:
        while self._late:
            await self._armed.sync_or_note(upstream, self._late.pop())

    async def attach(self, followed: Followed) -> None:
        """Have the debugger of a running step started, unless it is.

        Raises:
            DebugError: That cannot be.
        """
        if self.serves(followed):
            return
        if followed.attaching is None or followed.attaching.done():
            followed.attaching = asyncio.create_task(self._attach(followed))
            # Whoever waits for it may be gone by then.
            followed.attaching.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(followed.attaching)

    async def _attach(self, followed: Followed) -> None:
        order, process = followed.order, followed.process
        # A step that connects at its start is on its way, until it has arrived or failed.
        if process is not None and not (order.at_start and not followed.arrived.is_set()):
            followed.arrived.clear()
            places = {"socket": order.socket, "lent": order.lent, "pycache": order.pycache}
            wish = process.request("debug", token=order.token, **{name: str(path) for name, path in places.items()})
            heard = asyncio.wrap_future(wish)
            if not (await asyncio.wait({heard}, timeout=LONG_CALL_SECONDS))[0]:
                why = "as inside of a long call that is not Python's"
                self._end.warn(
                    f"{followed.step} does not listen, {why}: it can be debugged from its next line of Python"
                )
            try:
                await heard
            except RuntimeError as error:
                raise DebugError(str(error)) from error
        try:
            await within(HANDSHAKE_SECONDS, followed.arrived.wait())
        except TimeoutError:
            raise DebugError("its debugger did not dial in") from None
        if not self.serves(followed):
            raise DebugError(followed.failure or "its debugger has let go")

    async def attach_or_say(self, followed: Followed) -> bool:
        """The same for a wish of the user's: where it cannot be, say so, each time."""
        knew = followed.warned
        try:
            await self.attach(followed)
        except DebugError as error:
            if knew:
                self._end.warn(f"{followed.step} cannot be debugged: {error}")
            self.give_up(followed, str(error))
        return self.is_attached

    async def send_filters(self) -> None:
        """Tell the debugger on which exceptions anyone wants to stop."""
        if self.upstream is not None:
            await self.upstream.ask("setExceptionBreakpoints", {"filters": sorted(self._end.filters())})

    async def send_whose_code(self) -> None:
        """Tell the debugger whether libraries count, if that has changed: their breakpoints would never stop."""
        wanted = self._end.just_my_code()
        if self.upstream is not None and self.is_attached and wanted != self._just_my_code:
            self._just_my_code = wanted
            await self.upstream.ask("attach", attach_options(just_my_code=wanted))

    def note(self, keys: set[str]) -> None:
        """The breakpoints of these files changed, where nobody waits for what the debugger says of them."""
        if self.upstream is not None and not self.is_attached:
            self._late |= keys

    async def sync(self, keys: set[str]) -> None:
        """Tell the debugger the breakpoints of these files; one that it refuses stays unverified."""
        await self.send_whose_code()
        for key in keys:
            if self.upstream is not None:
                await self._armed.sync_or_note(self.upstream, key)

    def give_up(self, followed: Followed, why: str) -> None:
        """An attempt cannot be debugged: it runs on without."""
        followed.failure = why
        followed.arrived.set()
        if not followed.warned and self._expected.get(followed.order.token) is followed:
            followed.warned = True
            self._end.warn(f"{followed.step} cannot be debugged: {why}")

    def _heard(self, upstream: Upstream, name: str, body: Message) -> None:
        if upstream is not self.upstream:
            return
        if name == "initialized":
            self._initialized.set()
        else:
            self._end.heard(name, body)

    def _lost(self, upstream: Upstream) -> None:
        if upstream is self.upstream:
            self.upstream, self._owner, self.is_attached = None, None, False
            self._initialized.set()
            self._armed.forget_answers()
            self._end.lost()
