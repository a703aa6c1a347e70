"""How an IDE counts lines and columns and names files, and how it is done here: from 1, and by paths. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from cursus_tui.debugging.dap import Message
from cursus_tui.debugging.path_mapping import PathMapping
from cursus_tui.records.debug import DebugError

LINES = frozenset({"line", "endLine"})
COLUMNS = frozenset({"column", "endColumn"})
NAMED = frozenset({"source", "module"})
"""What has a path of its own in a message."""
_DRIVE = re.compile(r"/?[A-Za-z]:[\\/]")


@dataclass(frozen=True, slots=True)
class Conventions:
    """An IDE's."""

    first_line: int = 1
    first_column: int = 1
    uris: bool = False
    """It names files so: ``file:///a/b.py``."""
    mapping: PathMapping = field(default_factory=PathMapping)

    def to_here(self, arguments: Message) -> Message:
        """What it sends, as it is meant here.

        Raises:
            DebugError: A URI that names no file.
        """
        # Some IDEs that name files by paths send a URI all the same.
        shift = {"line": 1 - self.first_line, "column": 1 - self.first_column}
        here: Message = _turned(arguments, shift, lambda path: self.mapping.to_here(_path_of(path)))
        return here

    def to_ide(self, body: Mapping[str, Any]) -> Message:
        """What it is sent, as it says that."""
        shift = {"line": self.first_line - 1, "column": self.first_column - 1}
        told: Message = _turned(dict(body), shift, self._named)
        return told

    def _named(self, path: str) -> str:
        path = self.mapping.to_ide(path)
        return _uri_of(path) if self.uris else path


def conventions_of(arguments: Mapping[str, Any]) -> Conventions:
    """What an IDE says of itself when it introduces itself.

    Raises:
        DebugError: It names files in a way of its own.
    """
    form = arguments.get("pathFormat", "path")
    if form not in ("path", "uri"):
        raise DebugError(f'files can be named by "path" or by "uri", not by "{form}"')
    return Conventions(
        int(arguments.get("linesStartAt1", True)), int(arguments.get("columnsStartAt1", True)), form == "uri"
    )


def _turned(value: Any, shift: Mapping[str, int], named: Callable[[str], str]) -> Any:
    """Any JSON with its lines and columns moved, and its files named otherwise."""
    if isinstance(value, list):
        return [_turned(one, shift, named) for one in value]
    if not isinstance(value, dict):
        return value
    turned = {}
    for key, one in value.items():
        if key in LINES:
            turned[key] = _moved(one, shift["line"])
        elif key in COLUMNS:
            turned[key] = _moved(one, shift["column"])
        elif key == "lines" and isinstance(one, list):
            turned[key] = [_moved(line, shift["line"]) for line in one]
        else:
            turned[key] = _turned(one, shift, named)
    for key in NAMED & turned.keys():
        turned[key] = _renamed(turned[key], named)
    if isinstance(turned.get("modules"), list):
        turned["modules"] = [_renamed(one, named) for one in turned["modules"]]
    return turned


def _moved(value: Any, by: int) -> Any:
    # A frame without a source has line 0 for anybody; and ``line`` is a flag where it says how a frame is written.
    return max(0, value + by) if isinstance(value, int) and not isinstance(value, bool) else value


def _renamed(value: Any, named: Callable[[str], str]) -> Any:
    path = value.get("path") if isinstance(value, dict) else None
    return {**value, "path": named(path)} if isinstance(path, str) else value


def _uri_of(path: str) -> str:
    """A file's URI; what is no file's full path, such as ``<string>``, stays as it is."""
    if _DRIVE.match(path):
        return "file:///" + quote(path.replace("\\", "/"))
    return "file://" + quote(path, errors="surrogateescape") if path.startswith("/") else path


def _path_of(name: str) -> str:
    """A file's path, of a file's URI or of the path itself."""
    if not name.startswith("file:"):
        return name
    try:
        parts = urlsplit(name)
        path = unquote(parts.path, errors="strict")
    except ValueError as error:
        raise DebugError(f"{name} names no file: {error}") from None
    if parts.netloc not in ("", "localhost") or not path or "\0" in path:
        raise DebugError(f"{name} names no file of this machine")
    # file:///C:/work is the C:\work of a launch configuration.
    return path.lstrip("/").replace("/", "\\") if _DRIVE.match(path) else path
