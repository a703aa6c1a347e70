"""Paths as an IDE on another machine knows them, and as they are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cursus_tui.storage.regular_file import real_path


@dataclass(frozen=True, slots=True)
class PathMapping:
    """Pairs of folders: (in the IDE, here)."""

    pairs: tuple[tuple[str, str], ...] = ()
    real: tuple[tuple[str, str], ...] = ()
    """The same where the folder here has another name, without links: a script may be run by either."""

    @property
    def leads_elsewhere(self) -> bool:
        """Whether the IDE has the files at another place, and so perhaps not all of them."""
        return any(ide != here for ide, here in self.pairs)

    def has(self, path: str) -> bool:
        """Whether the IDE has a file of here, too."""
        return any(_is_below(name, here) for name in _names(path) for _, here in (*self.pairs, *self.real))

    def to_here(self, path: str) -> str:
        """A path of the IDE's as it is here."""
        return _moved(path, self.pairs)

    def to_ide(self, path: str) -> str:
        """A path of here as the IDE knows it."""
        folders = [(here, ide) for ide, here in (*self.pairs, *self.real)]
        moved = (_moved(name, folders) for name in _names(path) if any(_is_below(name, here) for here, _ in folders))
        return next(moved, path)


def mapping_of(arguments: Mapping[str, Any]) -> PathMapping:
    """What an IDE's launch configuration says: ``pathMappings``, or ``localRoot`` and ``remoteRoot``."""
    given = arguments.get("pathMappings")
    rows = list(given) if isinstance(given, list) else []
    rows.append(arguments)
    pairs = []
    for row in rows:
        ide, here = (row.get("localRoot"), row.get("remoteRoot")) if isinstance(row, Mapping) else (None, None)
        if isinstance(ide, str) and isinstance(here, str) and ide and here and here != ".":
            pairs.append((_trimmed(ide), _trimmed(here)))
    return PathMapping(tuple(pairs), tuple((ide, real_path(here)) for ide, here in pairs if real_path(here) != here))


def _names(path: str) -> tuple[str, ...]:
    return (path, real_path(path)) if path.startswith("/") else (path,)


def _trimmed(folder: str) -> str:
    return folder.rstrip("/\\") or folder


def _moved(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    for prefix, other in sorted(pairs, key=lambda pair: -len(pair[0])):
        if _is_below(path, prefix):
            return _joined(other, path[len(prefix) :])
    return path


def _is_below(path: str, prefix: str) -> bool:
    rest = path[len(prefix) :]
    return _same(path[: len(prefix)], prefix) and (not rest or rest[0] in "/\\" or prefix.endswith(("/", "\\")))


def _same(start: str, prefix: str) -> bool:
    if not _is_windows(prefix):
        return start == prefix
    # Neither the case nor the kind of slash tells two files apart there, and IDEs are not of one mind about either.
    return start.replace("/", "\\").lower() == prefix.replace("/", "\\").lower()


def _is_windows(folder: str) -> bool:
    return "\\" in folder or (len(folder) > 1 and folder[1] == ":")


def _joined(folder: str, rest: str) -> str:
    # A Windows IDE has the folder with backslashes; here there are none.
    rest = rest.replace("/", "\\") if _is_windows(folder) else rest.replace("\\", "/")
    return folder.rstrip("/\\") + rest if rest else folder
