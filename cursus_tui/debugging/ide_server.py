"""The door for IDEs: one port on loopback, for processes of the same user only."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from typing import Any

from cursus_tui.debugging.breakpoints import line_of
from cursus_tui.debugging.clients import Ide
from cursus_tui.debugging.dap import BrokenProtocolError, Message, read_message
from cursus_tui.debugging.handshake import CAPABILITIES
from cursus_tui.debugging.hub import Hub
from cursus_tui.debugging.path_mapping import mapping_of, sources_moved
from cursus_tui.debugging.peers import owner_of
from cursus_tui.records.debug import DebugError, IdeState
from cursus_tui.text import safe

FIRST_PORT = 5678
"""What debugpy's documentation uses, and so what launch configurations have."""
PORTS_TRIED = 20
MOST_IDES = 16


class IdeServer:
    """Listens while it is wanted. Belongs to the debug thread."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._moving = asyncio.Lock()
        """Held while the door opens or closes: two that are asked for at once are one."""

    async def open(self, port: int | None) -> IdeState:
        """Listen, at this port or at the next that is free.

        Raises:
            DebugError: That port is taken.
        """
        async with self._moving:
            if self._server is None:
                listening = _listen(port)
                self._server = await asyncio.start_server(self._serve, sock=listening)
                self._hub.show_ide(IdeState(listening.getsockname()[1]))
        if port and port != self._hub.ide.port:
            raise DebugError(f"the door for IDEs is open at port {self._hub.ide.port}: close it first")
        return self._hub.state.ide

    async def close(self) -> IdeState:
        """Stop listening, and let attached IDEs go."""
        async with self._moving:
            if self._server is not None:
                self._server.close()
                self._server = None
        for ide in tuple(self._hub.ides):
            ide.event("terminated", {})
            self._hub.leave(ide)
        for writer in tuple(self._connections):
            writer.close()
        self._hub.show_ide(IdeState(None))
        return self._hub.state.ide

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        why = _refusal(writer) or ("there are too many IDEs" if len(self._connections) >= MOST_IDES else "")
        if why:
            self._hub.show_ide(IdeState(self._hub.ide.port, (), why))
            writer.close()
            return
        self._connections.add(writer)
        ide = Ide(writer=writer)
        talk = _Conversation(self._hub, ide)
        try:
            while (message := await read_message(reader)) is not None:
                talk.take(message)
        except asyncio.CancelledError:
            # The thread ends. This task is nobody's to await, and asyncio would report how it ended.
            return
        except BrokenProtocolError as error:
            self._hub.show_ide(IdeState(self._hub.ide.port, (), f"a peer spoke no debugger's language: {error}"))
        finally:
            self._connections.discard(writer)
            self._hub.leave(ide)
            talk.close()
            writer.close()


class _Conversation:
    """What one IDE asks, and is answered. Requests are served side by side, in the order of their arrival."""

    def __init__(self, hub: Hub, ide: Ide) -> None:
        self._hub = hub
        self._ide = ide
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, message: Message) -> None:
        """Serve a request; anything else is passed by: we ask IDEs for nothing."""
        if message.get("type") == "request":
            task = asyncio.create_task(self._answer(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Nobody listens any more."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _answer(self, request: Message) -> None:
        command, given = str(request.get("command")), request.get("arguments")
        arguments = sources_moved(given, self._ide.mapping.to_here) if isinstance(given, dict) else {}
        try:
            match command:
                case "initialize":
                    self._ide.respond(request, self._initialized(arguments))
                case "attach" | "launch":
                    self._attach(request, arguments)
                case "configurationDone":
                    self._ide.respond(request)
                    await self._configured()
                case "disconnect" | "terminate" | "restart":
                    self._ide.respond(request)
                    self._ide.event("terminated", {})
                    self._ide.close()
                case "setExceptionBreakpoints":
                    await self._set_filters(arguments)
                    self._ide.respond(request)
                case "setFunctionBreakpoints" | "setDataBreakpoints" | "setInstructionBreakpoints":
                    self._ide.respond(request, {"breakpoints": []})
                case "setDebuggerProperty":
                    self._ide.respond(request)
                case "setBreakpoints":
                    self._ide.respond(request, await self._set_breakpoints(arguments))
                case "threads":
                    self._ide.respond(request, await self._threads())
                case "pause":
                    await self._hub.suspend()
                    self._ide.respond(request)
                case _:
                    self._ide.respond(request, await self._hub.request(self._ide, command, arguments))
                    self._invalidate(command, arguments)
        except DebugError as error:
            self._ide.respond(request, error=str(error))
        except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
            self._ide.respond(request, error=f"malformed {command} request: {error}")

    def _initialized(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        name = arguments.get("clientName") or arguments.get("clientID")
        self._ide.name = safe(str(name), 60) if name else self._ide.name
        self._ide.sees_invalidated = bool(arguments.get("supportsInvalidatedEvent"))
        return CAPABILITIES

    def _attach(self, request: Message, arguments: Mapping[str, Any]) -> None:
        if self._ide.attach is not None:
            raise DebugError("it is attached already")
        self._ide.attach = request
        self._ide.mapping = mapping_of(arguments)
        self._ide.just_my_code = arguments.get("justMyCode") is not False
        self._ide.is_ready = True
        self._hub.ides.append(self._ide)
        self._hub.lines_changed(set())
        self._ide.event("initialized", {})

    async def _configured(self) -> None:
        """The IDE is ready: tell it of the step, and of its stop, as if it had been there."""
        request, hub = self._ide.attach, self._hub
        if request is None:
            return
        self._ide.respond(request)
        running = hub.running
        process = running.process if running is not None else None
        named = {"name": running.step if running is not None else "cursus-tui", "startMethod": "attach"}
        self._ide.event("process", named | ({"systemProcessId": process.pid} if process and process.pid else {}))
        for thread in hub.threads:
            self._ide.event("thread", {"reason": "started", "threadId": thread})
        if hub.stops.halted is not None:
            self._ide.event("stopped", hub.stops.halted)

    async def _set_filters(self, arguments: Mapping[str, Any]) -> None:
        named = [one for one in arguments.get("filters") or () if isinstance(one, str)]
        rows = [one for one in arguments.get("filterOptions") or () if isinstance(one, dict)]
        wanted = {*named, *(str(one.get("filterId")) for one in rows)}
        known = {str(one["filter"]) for one in CAPABILITIES["exceptionBreakpointFilters"]}
        self._ide.filters = tuple(sorted(wanted & known))
        await self._hub.link.send_filters()

    async def _set_breakpoints(self, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        source = arguments.get("source")
        path = source.get("path") if isinstance(source, dict) else None
        if not isinstance(path, str) or not path:
            raise DebugError("breakpoints can be set in files only")
        given = arguments.get("breakpoints")
        wanted = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        key = self._ide.set_file(path, wanted)
        answers = await self._hub.set_ide_lines(key)
        kept = {"verified": True}
        return {"breakpoints": [{"line": line_of(one)} | kept | dict(answers.get(line_of(one), {})) for one in wanted]}

    async def _threads(self) -> Mapping[str, Any]:
        hub = self._hub
        if hub.link.is_attached:
            return await hub.request(self._ide, "threads", {})
        waiting = f"{hub.running.step} runs without a debugger" if hub.running is not None else "waiting for a step"
        return {"threads": [{"id": 1, "name": waiting}]}

    def _invalidate(self, command: str, arguments: Mapping[str, Any]) -> None:
        if command in ("setVariable", "setExpression") or arguments.get("context") == "repl":
            self._hub.values_changed(self._ide)


def _refusal(writer: asyncio.StreamWriter) -> str:
    """Why a peer is not let in; empty where it is."""
    peer, own = writer.get_extra_info("peername"), writer.get_extra_info("sockname")
    owner = owner_of(peer, own) if peer and own else None
    if owner == os.getuid():
        return ""
    return "a peer whose user cannot be told" if owner is None else f"a peer of another user (uid {owner})"


def _listen(port: int | None) -> socket.socket:
    tried = [port] if port is not None else [*range(FIRST_PORT, FIRST_PORT + PORTS_TRIED), 0]
    for number in tried:
        # The protocol is named: asyncio sends without delay only where it is, and answers would wait for 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
            listening.listen(8)
        except (OSError, OverflowError) as error:
            listening.close()
            failure = error
            continue
        return listening
    raise DebugError(f"port {tried[0]} cannot be opened: {getattr(failure, 'strerror', None) or failure}")
