"""Files that an IDE on another machine cannot open: it asks for their text by a number."""

from __future__ import annotations

import io
import itertools
import tokenize
from pathlib import Path, PurePosixPath
from typing import Any

from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.path_mapping import PathMapping
from cursus_tui.records.debug import DebugError
from cursus_tui.storage.regular_file import read_regular

FIRST = 1 << 30
"""The debugger counts its own from 1."""
MOST = 100_000


class IdeSources:
    """Those that one IDE was told of; no other file is read for it. Belongs to the debug thread."""

    def __init__(self) -> None:
        self._next = itertools.count(FIRST)
        self._numbers: dict[str, int] = {}

    def offered(self, stack: Message, mapping: PathMapping) -> Message:
        """A stack whose files can all be seen, also those in no folder that the IDE has, too."""
        frames = stack.get("stackFrames")
        if not mapping.leads_elsewhere or not isinstance(frames, list):
            return stack
        return {**stack, "stackFrames": [self._frame(one, mapping) for one in frames]}

    def named(self, path: str) -> Message:
        """A file as its IDE was told of it: one that it shows by its text stays there."""
        return {"path": path} | ({"sourceReference": self._numbers[path]} if path in self._numbers else {})

    def path(self, number: int) -> Path | None:
        """The file of a number; None where it is the debugger's, or nobody's."""
        return next((Path(path) for path, known in self._numbers.items() if known == number), None)

    def _frame(self, frame: Any, mapping: PathMapping) -> Any:
        source = frame.get("source") if isinstance(frame, dict) else None
        if not isinstance(source, dict) or source.get("sourceReference"):
            return frame
        path = source.get("path")
        if not isinstance(path, str) or not path.startswith("/") or mapping.has(path):
            return frame
        if path not in self._numbers:
            if len(self._numbers) >= MOST:
                return frame
            self._numbers[path] = next(self._next)
        return {**frame, "source": {"name": PurePosixPath(path).name, **source, "sourceReference": self._numbers[path]}}


def text_of_source(path: Path) -> Message:
    """The body of the answer to a ``source`` request.

    Raises:
        DebugError: The file cannot be read.
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise DebugError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    except SyntaxError:
        encoding = "utf-8"
    return {"content": content.decode(encoding, "replace"), "mimeType": "text/x-python"}
