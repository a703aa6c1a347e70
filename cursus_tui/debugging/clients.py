"""Who debugs: the terminal, and IDEs. Each with breakpoints of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cursus_tui.debugging.breakpoints import SourceBreakpoint, line_of
from cursus_tui.debugging.conventions import Conventions
from cursus_tui.debugging.dap import Message, encode
from cursus_tui.debugging.ide_breakpoints import IdeBreakpoints
from cursus_tui.debugging.ide_sources import IdeSources
from cursus_tui.storage.regular_file import real_path

MOST_UNSENT_BYTES = 8 << 20
"""An IDE that does not read is let go."""
GESTURES = frozenset({"continue", "goto", "next", "pause", "setBreakpoints", "stepIn", "stepOut"})
"""What somebody asked for with a key: an IDE shows why it failed. A hover over no variable fails, too."""


@dataclass(frozen=True, slots=True)
class FileLines:
    """A client's breakpoints in one file."""

    path: str
    """As the client gave it first."""
    lines: tuple[SourceBreakpoint, ...]


@dataclass(eq=False, slots=True)
class Client:
    """What the hub knows of a client; the terminal is one that needs no more."""

    name: str = "terminal"
    files: dict[str, FileLines] = field(default_factory=dict)
    """By the file's real path."""
    filters: tuple[str, ...] = ()
    """Exceptions to stop on."""
    just_my_code: bool = True

    def set_file(self, path: str, lines: Iterable[SourceBreakpoint]) -> str:
        """Replace its breakpoints in a file; returns the file's key."""
        key = real_path(path)
        held = self.files.pop(key, None)
        kept = tuple(one for one in lines if line_of(one))
        if kept:
            self.files[key] = FileLines(held.path if held else path, kept)
        return key


@dataclass(eq=False, slots=True)
class Ide(Client):
    """An IDE on a loopback connection. Belongs to the debug thread."""

    name: str = "an IDE"
    writer: asyncio.StreamWriter | None = None
    conventions: Conventions = field(default_factory=Conventions)
    breakpoints: IdeBreakpoints = field(default_factory=IdeBreakpoints)
    sources: IdeSources = field(default_factory=IdeSources)
    is_initialized: bool = False
    attach: Message | None = None
    """Its ``attach`` request, answered after ``configurationDone``, as debugpy does."""
    is_ready: bool = False
    """Its configuration is done: it is told of events."""
    sees_invalidated: bool = False
    wants_output: bool = False
    _longest: int = 0
    """Bytes of the longest message since all was sent."""
    _held: list[tuple[str, Mapping[str, Any]]] | None = None
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def event(self, name: str, body: Mapping[str, Any]) -> None:
        """Tell it, once it is ready for that."""
        if self._held is not None:
            self._held.append((name, body))
        elif self.is_ready:
            self.tell(name, body)

    def hold(self) -> bool:
        """Keep events back; False where that is so already."""
        is_first = self._held is None
        self._held = self._held or []
        return is_first

    def release(self) -> None:
        """Tell it what was kept back."""
        held, self._held = self._held or [], None
        for name, body in held:
            self.event(name, body)

    def tell(self, name: str, body: Mapping[str, Any]) -> None:
        """Tell it of an event of the protocol's own."""
        self._send({"type": "event", "event": name, "body": self.conventions.to_ide(body)})

    def respond(self, request: Message, body: Mapping[str, Any] | None = None, error: str = "") -> None:
        """Answer one of its requests."""
        number, command = request.get("seq"), str(request.get("command"))
        response: Message = {
            "type": "response",
            "request_seq": number if isinstance(number, int) else 0,
            "command": command,
            "success": not error,
            "body": self.conventions.to_ide(body or {}),
        }
        if error:
            shown = {"error": {"id": 1, "format": _escaped(error), "showUser": True}}
            response |= {"message": error, "body": shown if command in GESTURES else {}}
        self._send(response)

    def close(self) -> None:
        """Let it go."""
        if self.writer is not None:
            self.writer.close()

    def _send(self, message: Message) -> None:
        writer = self.writer
        if writer is None or writer.is_closing():
            return
        encoded, unsent = encode({"seq": next(self.numbers), **message}), writer.transport.get_write_buffer_size()
        # One that reads may still be at a long text that it asked for.
        self._longest = max(self._longest if unsent else 0, len(encoded))
        writer.write(encoded)
        if unsent > MOST_UNSENT_BYTES + self._longest:
            writer.transport.abort()


def _escaped(text: str) -> str:
    # ``format`` has its own use for braces.
    return text.replace("{", "(").replace("}", ")")
