"""What one IDE asks, and is answered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cursus_tui.debugging.arguments import OTHER_BREAKPOINTS, checked
from cursus_tui.debugging.breakpoints import line_of
from cursus_tui.debugging.clients import Ide
from cursus_tui.debugging.conventions import conventions_of
from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.handshake import CAPABILITIES, RESUMES
from cursus_tui.debugging.hub import Hub
from cursus_tui.debugging.ide_output import wants_output
from cursus_tui.debugging.ide_sources import text_of_source
from cursus_tui.debugging.path_mapping import mapping_of
from cursus_tui.records.debug import DebugError
from cursus_tui.text import safe

MOST_AT_ONCE = 50
"""Requests of one IDE that the step's debugger is at; it is taken for dead at a thousand."""
MOST_UNANSWERED = 1_000
HELD_SECONDS = 1.0
"""An IDE that resumes is told what happens no later than that, answered or not."""
LOG = logging.getLogger(__name__)
UNSUPPORTED = {
    "launch": 'cursus-tui starts the steps itself, use "request": "attach"',
    "restart": "run the step again in cursus-tui",
    "setDataBreakpoints": "breakpoints are set on lines",
    "setFunctionBreakpoints": "a function has none of its own, set one on its first line",
    "setInstructionBreakpoints": "breakpoints are set on lines",
    "terminate": "cancel the step in cursus-tui; disconnecting leaves it as it is",
}
"""What an IDE could do with another debugger, and what to do here."""


class Conversation:
    """Requests are served side by side, in the order of their arrival. Belongs to the debug thread.

    Args:
        hub: Answers them.
        ide: Who asks.
    """

    def __init__(self, hub: Hub, ide: Ide) -> None:
        self._hub = hub
        self._ide = ide
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    def take(self, message: Message) -> None:
        """Serve a request; anything else is passed by: we ask IDEs for nothing."""
        if message.get("type") != "request":
            return
        if len(self._tasks) >= MOST_UNANSWERED and message.get("command") != "disconnect":
            why = f"{MOST_UNANSWERED} requests are unanswered: the IDE asks for too much at once"
            self._ide.respond(message, error=why)
        else:
            task = asyncio.create_task(self._answer(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Nobody listens any more."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _answer(self, request: Message) -> None:
        command = str(request.get("command"))
        try:
            arguments = self._ide.conventions.to_here(checked(command, request.get("arguments")))
            self._in_order(command)
            match command:
                case "initialize":
                    self._ide.respond(request, self._initialized(arguments))
                case "attach":
                    self._attach(request, arguments)
                case "configurationDone":
                    self._ide.respond(request)
                    self._configured()
                case "disconnect":
                    self._ide.respond(request)
                    self._ide.tell("terminated", {})
                    self._ide.close()
                case "setExceptionBreakpoints":
                    await self._set_filters(arguments)
                    self._ide.respond(request)
                case _ if command in OTHER_BREAKPOINTS and not arguments.get("breakpoints"):
                    self._ide.respond(request, {"breakpoints": []})
                case _ if command in UNSUPPORTED:
                    raise DebugError(f"{command} is not supported: {UNSUPPORTED[command]}")
                case "setDebuggerProperty":
                    self._ide.respond(request)
                case "setBreakpoints":
                    self._ide.respond(request, await self._set_breakpoints(arguments))
                case "threads":
                    self._ide.respond(request, await self._threads())
                case "pause":
                    await self._hub.suspend()
                    self._ide.respond(request)
                case "stackTrace":
                    stack = await self._ask(command, arguments)
                    self._ide.respond(request, self._ide.sources.offered(stack, self._ide.conventions.mapping))
                case "source" if (path := self._ide.sources.path(arguments["sourceReference"])) is not None:
                    self._ide.respond(request, await asyncio.to_thread(text_of_source, path))
                case _ if command in RESUMES:
                    await self._resume(request, command, arguments)
                case _:
                    self._ide.respond(request, await self._ask(command, arguments))
                    self._invalidate(command, arguments)
        except DebugError as error:
            self._ide.respond(request, error=str(error))
        except Exception as error:
            # An IDE waits for each of its answers for ever.
            LOG.exception("a request of an IDE's failed")
            self._ide.respond(request, error=f"{command} failed: {error}")

    async def _ask(self, command: str, arguments: Message) -> Message:
        async with self._turns:
            return await self._hub.request(command, arguments)

    def _in_order(self, command: str) -> None:
        """Refuse what the protocol has at another time."""
        ide = self._ide
        if command == "disconnect":
            return
        if command == "initialize":
            why = "it is initialized already" if ide.is_initialized else ""
        elif not ide.is_initialized:
            why = "initialize first"
        elif command == "attach":
            why = "it is attached already" if ide.attach is not None else ""
        elif ide.attach is None and command != "launch":
            why = "attach first"
        else:
            why = "it is configured already" if command == "configurationDone" and ide.is_ready else ""
        if why:
            raise DebugError(why)

    def _initialized(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self._ide.conventions = conventions_of(arguments)
        self._ide.is_initialized = True
        name = arguments.get("clientName") or arguments.get("clientID")
        self._ide.name = safe(name, 60) if name else self._ide.name
        self._ide.sees_invalidated = arguments.get("supportsInvalidatedEvent", False)
        return CAPABILITIES

    def _attach(self, request: Message, arguments: Mapping[str, Any]) -> None:
        self._ide.attach = request
        self._ide.conventions = replace(self._ide.conventions, mapping=mapping_of(arguments))
        self._ide.just_my_code = arguments.get("justMyCode") is not False
        self._ide.wants_output = wants_output(arguments)
        self._hub.ides.append(self._ide)
        self._hub.lines_changed(set())
        self._ide.tell("initialized", {})

    def _configured(self) -> None:
        """The IDE is ready: tell it of the step, and of its stop, as if it had been there."""
        request, hub = self._ide.attach, self._hub
        assert request is not None
        self._ide.is_ready = True
        self._ide.respond(request)
        running = hub.running
        process = running.process if running is not None else None
        named = {"name": running.step if running is not None else "cursus-tui", "startMethod": "attach"}
        self._ide.event("process", named | ({"systemProcessId": process.pid} if process and process.pid else {}))
        for thread in hub.threads:
            self._ide.event("thread", {"reason": "started", "threadId": thread})
        if running is not None and running.attempt is not None:
            hub.output.begin(running.attempt.folder, from_start=False)
        hub.tell_breakpoints(self._ide)
        if hub.stops.halted is not None:
            self._ide.event("stopped", hub.stop_of(self._ide, hub.stops.halted))

    async def _set_filters(self, arguments: Mapping[str, Any]) -> None:
        options = arguments.get("filterOptions", ())
        wanted = {*arguments.get("filters", ()), *(one["filterId"] for one in options)}
        known = {str(one["filter"]) for one in CAPABILITIES["exceptionBreakpointFilters"]}
        self._ide.filters = tuple(sorted(wanted & known))
        # They are kept, whatever becomes of this step.
        with contextlib.suppress(DebugError):
            await self._hub.link.send_filters()

    async def _set_breakpoints(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        path = arguments["source"].get("path")
        if path is None:
            raise DebugError("breakpoints can be set in files only")
        wanted = arguments.get("breakpoints", [{"line": line} for line in arguments.get("lines", ())])
        key = self._ide.set_file(path, wanted)
        self._ide.breakpoints.keep(key, [line_of(one) for one in wanted])
        await self._hub.set_ide_lines(key)
        return {"breakpoints": [self._breakpoint(key, path, line_of(one)) for one in wanted]}

    def _breakpoint(self, key: str, path: str, line: int) -> Message:
        if not line:
            return {"line": line, "verified": False, "message": "there is no such line"}
        source = self._ide.sources.named(path)
        return self._ide.breakpoints.answered((key, line), source, self._hub.armed.answer_at((key, line)))

    async def _threads(self) -> Mapping[str, Any]:
        hub = self._hub
        if hub.link.is_attached:
            return await hub.request("threads", {})
        waiting = f"{hub.running.step} runs without a debugger" if hub.running is not None else "waiting for a step"
        return {"threads": [{"id": 1, "name": waiting}]}

    async def _resume(self, request: Message, command: str, arguments: Message) -> None:
        """Let the step go on; the answer comes before what follows from it, the next stop included."""
        ide = self._ide
        is_first = ide.hold()
        timer = asyncio.get_running_loop().call_later(HELD_SECONDS, ide.release)
        try:
            ide.respond(request, await self._hub.request(command, arguments))
        except DebugError as error:
            ide.respond(request, error=str(error))
        finally:
            timer.cancel()
            if is_first:
                ide.release()

    def _invalidate(self, command: str, arguments: Mapping[str, Any]) -> None:
        if command in ("setVariable", "setExpression") or arguments.get("context") == "repl":
            self._hub.values_changed(self._ide)
