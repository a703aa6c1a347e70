"""Where the running step stands: a stop is told when its place is known, and over when the step has really gone on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_tui.debugging.armed import Armed
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.debug_loop import NOT_DEBUGGED
from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.pause import Pause
from cursus_tui.debugging.readings import exception_text, frames_of, kind_of_stop, place_of, whole
from cursus_tui.debugging.step_link import StepLink
from cursus_tui.debugging.type_ahead import TypeAhead
from cursus_tui.records.debug import DebugError, DebugStop, Resume, StopKind

NOT_STOPPED = "it is not stopped"
QUIET_SECONDS = 0.1
"""A step that stops again by then has not gone on, for the session and the screen."""


@dataclass(frozen=True, slots=True)
class StopsEnd:
    """Who is told of stops, and of what follows them."""

    running: Callable[[], Followed | None]
    """The attempt that runs."""
    broadcast: Callable[[str, Mapping[str, Any]], None]
    """An event, for all IDEs."""
    changed: Callable[[], None]
    """The stop to show, or a breakpoint, is another."""
    held: Callable[[DebugStop], None]
    """It stands on an exception, which must not last for ever."""
    spawn: Callable[[Coroutine[Any, Any, None]], None]
    leaving: Callable[[], None]
    """It was told to go on."""


class Stops:
    """At most one at a time. Belongs to the debug thread.

    Args:
        armed: Knows what a stop at a place was wanted for.
        link: The line to the step's debugger.
        pause: Knows whether one was asked for.
        end: Told of stops.
    """

    def __init__(self, armed: Armed, link: StepLink, pause: Pause, end: StopsEnd) -> None:
        self.halted: Message | None = None
        """What the debugger said of the stop; None from the moment on that a resume is sent."""
        self.shown: DebugStop | None = None
        """What is known of it; kept for a moment after a resume, in which most steps stop again."""
        self._number = 0
        self._armed = armed
        self._link = link
        self._pause = pause
        self._ahead = TypeAhead()
        self._end = end

    def stopped(self, body: Message) -> None:
        """Its debugger says that it stands."""
        self._number += 1
        self.halted = body
        self._end.broadcast("stopped", body)
        self.look_again()

    def continued(self) -> None:
        """Its debugger says that it goes on."""
        if self.halted is not None:
            self._goes_on()

    def look_again(self) -> None:
        """Find out where it stands, where there is somebody to be told."""
        running = self._end.running()
        if self.halted is not None and running is not None:
            self._end.spawn(self._describe(running, self._number, self.halted))

    def lost(self) -> None:
        """Its debugger is gone."""
        self._pause.lost()
        self._ahead.clear()
        self.continued()
        self._settled(self._number)

    async def type(self, how: Resume) -> None:
        """Let it go on, for the terminal; on its way to the next line that is kept for there.

        Raises:
            DebugError: It cannot.
        """
        seen = self.shown is not None and self.shown.number == self._number
        if self.halted is not None and (seen or how is Resume.CONTINUE):
            await self._let_on(how, whole(self.halted.get("threadId", 1)))
        else:
            self._ahead.add(how)

    async def resume(self, command: str, arguments: Mapping[str, Any]) -> Message:
        """Let it go on, for a client.

        Raises:
            DebugError: It does not stand, or its debugger refused.
        """
        upstream = self._link.upstream
        if upstream is None:
            raise DebugError(NOT_DEBUGGED)
        if command == Resume.CONTINUE:
            await self._pause.put_back()
        if self.halted is None:
            raise DebugError(NOT_STOPPED)
        stood = self.halted, self.shown, self._number
        command = self._from_here(command)
        posted = upstream.post(command, arguments)
        self._end.leaving()
        # Forgotten at once: a second resume of a step that runs would never be answered.
        self._goes_on()
        try:
            return await upstream.answer(command, posted)
        except DebugError:
            if not upstream.is_open:
                # It went on, and was at its end before it could say so.
                return {"allThreadsContinued": True}
            if posted.done():
                self._still_stands(*stood)
            raise

    async def _let_on(self, how: Resume, thread: int) -> None:
        self._ahead.sent(how)
        await self.resume(how.value, {"threadId": thread})

    def _from_here(self, command: str) -> str:
        """The request that does what a resume says where the step stands.

        A pause may have come as a function returns. The debugger then waits for another line of that call, which never
        comes, and the step runs on: so the first step goes to the next line, wherever that is.
        """
        paused = self.shown is not None and self.shown.kind is StopKind.PAUSE
        return Resume.INTO.value if paused and command in (Resume.OVER.value, Resume.OUT.value) else command

    async def _describe(self, followed: Followed, number: int, body: Message) -> None:
        """Find out where it stands, then say so."""
        upstream, attempt, thread = self._link.upstream, followed.attempt, whole(body.get("threadId"))
        # Of stops that came together the newest counts: a step that forges them makes no more work than one.
        if upstream is None or attempt is None or number != self._number:
            return
        try:
            stack = await upstream.ask("stackTrace", {"threadId": thread, "startFrame": 0, "levels": 1})
        except DebugError:
            stack = {}
        if number != self._number or self.halted is not body:
            return
        path, line = place_of(stack)
        kind = kind_of_stop(
            body,
            once=self._armed.kind_at(path, line),
            known=self._armed.is_at(path, line),
            called=followed.in_breakpoint_call,
            paused=self._pause.wished,
        )
        file, text = Path(path) if path else None, exception_text(body)
        stop = DebugStop(number, followed.step, attempt.number, kind, thread, file, line or None, text)
        followed.in_breakpoint_call = False
        self._pause.stopped()
        if (how := self._ahead.at(stop)) is not None:
            await self._let_on(how, thread)
            return
        self.shown = stop
        self._end.changed()
        followed.tell(stop)
        if stop.kind is StopKind.EXCEPTION:
            self._end.held(stop)
        await self._link.sync(self._armed.clear_once())
        self._end.changed()
        if any(frame.user for frame in frames_of(stack)):
            await self._pause.put_back()

    def _goes_on(self) -> None:
        """A resume was sent, or seen: the stop is over for everyone."""
        halted, self.halted = self.halted or {}, None
        body = {"threadId": halted.get("threadId", 1), "allThreadsContinued": True}
        self._end.broadcast("continued", body)
        asyncio.get_running_loop().call_later(QUIET_SECONDS, self._settled, self._number)

    def _still_stands(self, halted: Message, stop: DebugStop | None, number: int) -> None:
        """A resume was refused: who was told that it goes on, or waits for that, is told again where it stands."""
        if self.halted is None and number == self._number:
            self.halted, self.shown = halted, stop
            self._end.broadcast("stopped", halted)
            self._end.changed()
            if stop is not None and (running := self._end.running()) is not None:
                running.tell(stop, again=True)

    def _settled(self, number: int) -> None:
        """No other stop followed at once: it really went on."""
        if self.halted is None and number == self._number:
            self.shown = None
            self._end.changed()
            if (running := self._end.running()) is not None:
                running.tell(None)
