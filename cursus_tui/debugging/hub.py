"""Between the step's debugger, the terminal and IDEs: one stop, seen by all, and stepped by either."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from cursus_tui.debugging.armed import Armed, of_ides
from cursus_tui.debugging.breakpoints import line_of
from cursus_tui.debugging.by_hand import remember, sets_values
from cursus_tui.debugging.clients import Client, Ide
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.debug_loop import NOT_DEBUGGED
from cursus_tui.debugging.evaluations import Evaluations
from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.handshake import PASSED_ON, RESUMES
from cursus_tui.debugging.ide_output import IdeOutput
from cursus_tui.debugging.known_threads import KnownThreads
from cursus_tui.debugging.pause import Pause
from cursus_tui.debugging.readings import condition_failure, whole
from cursus_tui.debugging.slow_conditions import SlowConditions
from cursus_tui.debugging.step_link import LinkEnd, StepLink
from cursus_tui.debugging.stops import NOT_STOPPED, Stops, StopsEnd
from cursus_tui.debugging.upstream import SLOW
from cursus_tui.execution.ports import StepProcess, WorkerEvent
from cursus_tui.records.debug import DebugError, DebuggerState, DebugStop, IdeState, LineBreakpoint, Resume, StopKind
from cursus_tui.records.events import DebuggerChanged, Noticed, SessionEvent
from cursus_tui.records.profile import is_library
from cursus_tui.records.run import Attempt
from cursus_tui.text import safe

LOG = logging.getLogger(__name__)
FAILURE_SECONDS = 1.0
"""Conditions that fail are told of no more often."""
EVENTS = frozenset({"invalidated", "loadedSource", "module"})
"""Events that IDEs get as they come."""


class Hub:
    """What clients ask for, and are told. Everything here happens on the debug thread, once there is one.

    Args:
        say: Told of every change of the state, and of what the user should read.
        held: Told of each stop on an exception, which must not last for ever.
    """

    def __init__(self, say: Callable[[SessionEvent], None], held: Callable[[DebugStop], None]) -> None:
        self.state = DebuggerState()
        self.terminal = Client()
        self.ides: list[Ide] = []
        self.ide = IdeState(None)
        self.armed = Armed(lambda: (self.terminal, *self.ides))
        self.running: Followed | None = None
        self.threads = KnownThreads()
        self.output = IdeOutput(lambda: tuple(self.ides), self._spawn)
        self.asked = 0.0
        """When a client asked for something last, on the loop's clock."""
        self._failed = -FAILURE_SECONDS
        """When a condition's failure was told last."""
        self._say = say
        self._evaluations = Evaluations(self._publish)
        self._tasks: set[asyncio.Task[object]] = set()
        self.link = StepLink(
            self.armed,
            LinkEnd(
                heard=self._debugger_said,
                lost=self._debugger_lost,
                attached=self._attached,
                warn=self.warn,
                filters=self._filters,
                just_my_code=self._just_my_code,
                spawn=self._spawn,
            ),
        )
        self._pause = Pause(self.link, self.warn)
        self._conditions = SlowConditions(self.link, self._may_compute, self._publish, self.warn)
        end = StopsEnd(lambda: self.running, self.broadcast, self._publish, held, self._spawn, self._leaving)
        self.stops = Stops(self.armed, self.link, self._pause, end)

    # --- attempts, as the session tells of them

    def expect(self, followed: Followed) -> None:
        """An attempt is about to start."""
        self.link.expect(followed)

    def follow(
        self, followed: Followed, attempt: Attempt, process: StepProcess, told: Callable[[DebugStop | None], None]
    ) -> None:
        """It runs."""
        followed.attempt, followed.process, followed.told = attempt, process, told
        self.running = followed
        self.output.begin(attempt.folder, from_start=True)
        self.stops.look_again()

    def ended(self, followed: Followed) -> None:
        """It is over."""
        self.link.forget(followed)
        if self.running is followed:
            self.running = None
            self.output.end()
        if not self.link.expects:
            self.armed.clear_once()

    def heard(self, followed: Followed, event: WorkerEvent) -> None:
        """What its process reported, where that concerns the debugger."""
        match event.name:
            case "entering":
                self._spawn(self._entering(followed, event.fields))
            case "breakpoint":
                self._spawn(self._answer_wait(followed, "go", called=True))
            case "parked":
                followed.parked = True
                self._spawn(self._answer_wait(followed, "release"))
            case "unparked":
                followed.parked = False
            case "debugger" if not event.fields.get("attached", True):
                self.link.give_up(followed, str(event.fields.get("error") or "its debugger did not start"))

    # --- what the step's debugger says

    def _debugger_said(self, name: str, body: Message) -> None:
        if name == "stopped":
            self.asked = asyncio.get_running_loop().time()
            self.threads.stopped(body)
            self.stops.stopped(body)
        elif name == "continued":
            self.stops.continued()
        elif name == "thread":
            self.threads.heard(body)
            self.broadcast(name, body)
        elif name in EVENTS:
            self.broadcast(name, body)
        elif name == "output":
            self._printed(body)
            self.output.pass_on(body, stands=self.stops.halted is not None)
        elif name == "breakpoint":
            self.armed.changed(body)
            self._armed_anew()

    def _attached(self, followed: Followed) -> None:
        self._armed_anew()
        self._spawn(self._conditions.watch(followed))

    def _may_compute(self) -> bool:
        return self.stops.halted is None and self.armed.has_conditions

    def _debugger_lost(self) -> None:
        self.stops.lost()
        for thread in self.threads:
            self.broadcast("thread", {"reason": "exited", "threadId": thread})
        self.threads.clear()

    def _filters(self) -> set[str]:
        # A parked step stops on its exception only where uncaught ones are wanted. Before that they would be the
        # ends of the script's own threads, SystemExit included: stopped for those who ask for it.
        is_parked = self.running is not None and self.running.parked
        return ({"uncaught"} if is_parked else set[str]()).union(*(ide.filters for ide in self.ides))

    def _just_my_code(self) -> bool:
        # A breakpoint in a library would never stop.
        in_library = any(map(is_library, self.armed.files()))
        return not (in_library or self._pause.in_libraries) and all(
            client.just_my_code for client in (self.terminal, *self.ides)
        )

    # --- stops

    async def _entering(self, followed: Followed, fields: Mapping[str, Any]) -> None:
        """It waits before its ``main``: set the breakpoint there."""
        path, line = str(fields.get("file") or ""), whole(fields.get("line"))
        try:
            if followed.order.entry and path and line:
                await self.link.attach(followed)
                await self._sync({self.armed.add_once(path, line, StopKind.ENTRY)})
        except DebugError as error:
            self.link.give_up(followed, str(error))
        finally:
            self._request(followed, "go")

    async def _answer_wait(self, followed: Followed, operation: str, *, called: bool = False) -> None:
        """It waits for its debugger: start that, and let it stop; without one it goes on all the same."""
        try:
            await self.link.attach(followed)
            followed.in_breakpoint_call = called
            if followed.parked:
                await self.link.send_filters()
        except DebugError as error:
            self.link.give_up(followed, str(error))
        finally:
            self._request(followed, operation)

    def _request(self, followed: Followed, operation: str) -> None:
        if followed.process is not None:
            followed.process.request(operation)

    def _printed(self, body: Message) -> None:
        now = asyncio.get_running_loop().time()
        if (failure := condition_failure(body)) and now - self._failed >= FAILURE_SECONDS:
            self._failed = now
            self.warn(failure)

    # --- what clients ask for

    async def request(self, command: str, arguments: Mapping[str, Any]) -> Message:
        """Pass a request on to the step's debugger, and its answer back.

        Raises:
            DebugError: Why not.
        """
        self.asked = asyncio.get_running_loop().time()
        if command not in PASSED_ON:
            raise DebugError(f"{command} is not supported")
        upstream = self.link.upstream
        if upstream is None:
            raise DebugError(NOT_DEBUGGED)
        self.threads.check(arguments)
        if command in RESUMES:
            return await self.stops.resume(command, arguments)
        if command == "exceptionInfo" and self.stops.halted is None:
            # Of a step that runs the debugger would never answer.
            raise DebugError(NOT_STOPPED)
        if command in SLOW:
            answer = await self._evaluations.ask(upstream, command, arguments)
        else:
            answer = await upstream.ask(command, arguments)
        if sets_values(command, arguments):
            self._set_by_hand()
        return answer

    def _set_by_hand(self) -> None:
        attempt = self.running.attempt if self.running is not None else None
        try:
            if attempt is not None:
                remember(attempt.folder)
        except OSError as error:
            self.warn(f"it cannot be remembered that values were set by hand: {error}")

    async def resume(self, how: Resume) -> None:
        """Let the stopped step go on, for the terminal; on its way to the next line that is kept for there.

        Raises:
            DebugError: It cannot.
        """
        self.asked = asyncio.get_running_loop().time()
        await self.stops.type(how)

    async def suspend(self) -> None:
        """Stop the running step at its next line.

        Raises:
            DebugError: None runs.
        """
        if self.running is None:
            raise DebugError("no step runs")
        attached = await self.link.attach_or_say(self.running)
        if attached and self.stops.halted is None and not self._pause.wished and self.link.upstream is not None:
            await self._pause.ask(self.link.upstream)
            self._spawn(self._pause.insist(self.link.upstream, self.running))

    async def run_to(self, path: str, line: int) -> None:
        """Stop on a line, once; a stopped step goes on."""
        stood = self.stops.halted
        key = self.armed.add_once(path, line, StopKind.STEP)
        if self.running is None:
            return
        if self.link.serves(self.running):
            await self._sync({key})
        else:
            # The hand-shake tells of it. Told once more, the debugger has no breakpoint of the file for a moment in
            # which the step, let go by then, may come to the line.
            self.link.note({key})
            if not await self.link.attach_or_say(self.running):
                return
        # One that was not stopped may be by now, on this very line.
        if stood is not None and self.stops.halted is stood:
            await self.request("continue", {"threadId": stood.get("threadId", 1)})

    def _leaving(self) -> None:
        process = self.running.process if self.running is not None else None
        if process is not None:
            self._spawn(self._evaluations.end_looks(process))

    async def interrupt(self) -> None:
        """End an evaluation that goes on, whoever asked for it; never anything else.

        Raises:
            DebugError: It goes on all the same.
        """
        process = self.running.process if self.running is not None and self.link.is_attached else None
        if process is not None and (why := await self._evaluations.end(process)):
            raise DebugError(why)

    def set_lines(self, lines: tuple[LineBreakpoint, ...]) -> None:
        """Replace the terminal's breakpoints."""
        if changed := self.armed.set_terminal(self.terminal, lines):
            self.lines_changed(changed)

    async def set_ide_lines(self, key: str) -> None:
        """An IDE's breakpoints in a file changed; where there is a debugger, it has answered then."""
        upstream = self.link.upstream
        if upstream is None or not self.link.is_attached:
            self.lines_changed({key})
            return
        # It is kept, whatever becomes of this step.
        with contextlib.suppress(DebugError):
            await self.link.send_whose_code()
            await self.armed.sync_or_note(upstream, key)
        self._armed_anew()

    def values_changed(self, by: Client) -> None:
        """A client changed variables: others that show them look anew."""
        for ide in self.ides:
            if ide is not by and ide.sees_invalidated:
                ide.event("invalidated", {"areas": ["variables"]})

    def lines_changed(self, keys: set[str]) -> None:
        """Breakpoints of these files changed: tell the step's debugger, and start it for the first one."""
        if self.link.is_attached:
            self._spawn(self._sync(keys))
        else:
            self.link.note(keys)
            if self.running is not None and keys & (self.armed.files() - self.running.others):
                self._spawn(self.link.attach_or_say(self.running))
        self._publish()

    async def _sync(self, keys: set[str]) -> None:
        await self.link.sync(keys)
        self._armed_anew()

    def _armed_anew(self) -> None:
        """The step's debugger has said what became of breakpoints: whoever set them is told what is new."""
        for ide in self.ides:
            self.tell_breakpoints(ide)
        self._publish()

    def tell_breakpoints(self, ide: Ide) -> None:
        """Tell an IDE what became of its breakpoints since it was told last."""
        places = [
            (key, line_of(one), ide.sources.named(held.path)) for key, held in ide.files.items() for one in held.lines
        ]
        for key, line, source in places if ide.is_ready else ():
            if (row := ide.breakpoints.news((key, line), source, self.armed.answer_at((key, line)))) is not None:
                ide.event("breakpoint", {"reason": "changed", "breakpoint": row})

    def leave(self, ide: Ide) -> None:
        """An IDE is gone, and its breakpoints with it; a stop stays."""
        if ide in self.ides:
            self.ides.remove(ide)
            self.lines_changed(set(ide.files))
            if ide.filters:
                self._spawn(self.link.send_filters())
            self._publish()

    # --- telling

    def broadcast(self, name: str, body: Mapping[str, Any]) -> None:
        """Tell all IDEs."""
        for ide in tuple(self.ides):
            ide.event(name, self.stop_of(ide, body) if name == "stopped" else body)

    def stop_of(self, ide: Ide, body: Mapping[str, Any]) -> Message:
        """A stop as an IDE is told of it: at breakpoints of its own, by its own numbers."""
        hit = ide.breakpoints.numbers(self.armed.places_of(body.get("hitBreakpointIds")))
        rest = {name: value for name, value in body.items() if name != "hitBreakpointIds"}
        return {**rest, "hitBreakpointIds": hit} if hit else rest

    def warn(self, text: str) -> None:
        """Say something that the user should read."""
        self._say(Noticed("warning", text))

    def show_ide(self, ide: IdeState) -> None:
        """The door for IDEs changed."""
        self.ide = ide
        self._publish()

    def _publish(self) -> None:
        ide = IdeState(self.ide.port, tuple(safe(one.name, 60) for one in self.ides), self.ide.refused)
        state = DebuggerState(
            self.stops.shown,
            self.link.is_attached,
            ide,
            of_ides(self.ides),
            self.armed.unverified(self.terminal),
            self._evaluations.computing,
            "" if self.stops.halted is not None else self._conditions.place,
        )
        if state != self.state:
            self.state = state
            self._say(DebuggerChanged(state))

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        try:
            task = asyncio.get_running_loop().create_task(work)
        except RuntimeError:
            # The debug thread could not be started, which was said: nothing can be done.
            work.close()
            return
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, DebugError):
            LOG.error("the debugger's hub failed", exc_info=error)
