"""What the running step prints, for IDEs whose launch configuration asks for it (``redirectOutput``)."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from cursus_tui.debugging.clients import Ide
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.regular_file import open_regular

LOOK_SECONDS = 0.2
MOST_BEHIND_BYTES = 1 << 20
"""Of what was printed faster than it is told, the end is told."""
MOST_AT_ONCE_BYTES = 1 << 18


class IdeOutput:
    """Follows the logs of one attempt at a time; the step itself is not touched. Belongs to the debug thread.

    Args:
        ides: Those that are attached.
        spawn: Has something done that takes its time.
    """

    def __init__(self, ides: Callable[[], Iterable[Ide]], spawn: Callable[[Coroutine[Any, Any, object]], None]) -> None:
        self._ides = ides
        self._spawn = spawn
        self._over: asyncio.Event | None = None

    def begin(self, folder: Path, *, from_start: bool) -> None:
        """An attempt runs; it is followed from where its logs stand, if an IDE wants that."""
        if self._over is None and any(ide.wants_output for ide in self._ides()):
            self._over = asyncio.Event()
            self._spawn(self._follow(_Logs(folder, from_start=from_start), self._over))

    def end(self) -> None:
        """It is over."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def pass_on(self, body: Mapping[str, Any], *, stands: bool) -> None:
        """The debugger tells of output: of a logpoint, or, while the step stands, of what a console printed.

        That is in the step's log, too.
        """
        for ide in self._ides():
            if not (stands and ide.wants_output):
                ide.event("output", body)

    async def _follow(self, logs: _Logs, over: asyncio.Event) -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), LOOK_SECONDS)
            self._tell(logs)
        while self._tell(logs):
            pass

    def _tell(self, logs: _Logs) -> bool:
        grown = list(logs.grown())
        for category, text in grown:
            for ide in self._ides():
                if ide.wants_output:
                    ide.event("output", {"category": category, "output": text})
        return bool(grown)


class _Logs:
    def __init__(self, folder: Path, *, from_start: bool) -> None:
        logs = AttemptFolder(folder)
        self._paths = {"stdout": logs.stdout, "stderr": logs.stderr}
        self._read = {
            name: 0 if from_start or not log.is_file() else log.stat().st_size for name, log in self._paths.items()
        }
        self._decoders = {name: codecs.getincrementaldecoder("utf-8")("replace") for name in self._paths}

    def grown(self) -> Iterable[tuple[str, str]]:
        """What was printed since: (category, text)."""
        for name, log in self._paths.items():
            with contextlib.suppress(OSError), open_regular(log) as file:
                if text := self._since(name, file):
                    yield name, text

    def _since(self, name: str, file: BinaryIO) -> str:
        size, note = os.fstat(file.fileno()).st_size, ""
        if size - self._read[name] > MOST_BEHIND_BYTES:
            left_out = size - self._read[name] - MOST_AT_ONCE_BYTES
            self._read[name] += left_out
            note = f"\n[{left_out >> 10} KB more are in the log of the step]\n"
        file.seek(self._read[name])
        portion = file.read(MOST_AT_ONCE_BYTES)
        self._read[name] += len(portion)
        return note + self._decoders[name].decode(portion)


def wants_output(arguments: Mapping[str, Any]) -> bool:
    """Whether an IDE's launch configuration asks for what the step prints."""
    options = arguments.get("debugOptions")
    return arguments.get("redirectOutput") is True or (isinstance(options, list) and "RedirectOutput" in options)
