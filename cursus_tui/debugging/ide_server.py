"""The door for IDEs: one port on loopback, for processes of the same user only."""

from __future__ import annotations

import asyncio
import os
import socket

from cursus_tui.debugging.clients import Ide
from cursus_tui.debugging.conversation import Conversation
from cursus_tui.debugging.dap import BrokenProtocolError, read_message
from cursus_tui.debugging.hub import Hub
from cursus_tui.debugging.peers import owner_of
from cursus_tui.records.debug import DebugError, IdeState

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
        talk = Conversation(self._hub, ide)
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
