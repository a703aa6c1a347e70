"""What a step imported: files that somebody may edit and versions of libraries, for its fingerprint."""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from typing import Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([A-Za-z_]\w*)|import[ \t]+([A-Za-z_][^#;\n]*))", re.MULTILINE)
_STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) | frozenset(sys.builtin_module_names)
_STANDARD_FOLDER = sysconfig.get_paths()["stdlib"] + os.sep
_nobodys = tuple(
    folder + os.sep
    for folder in {
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib")),
        os.path.dirname(os.__file__),
        os.path.dirname(os.path.abspath(__file__)),
    }
)
"""Folders of the standard library, and this worker's own."""


NEVER = frozenset(("torch", "torchvision", "tensorflow", "jax", "pyspark", "ray", "cupy", "debugpy"))
"""These start threads or devices when they are imported, which do not survive a fork."""


class Used(NamedTuple):
    """What a step uses."""

    files: List[str]
    """What was imported of those that the user may edit."""
    libraries: Dict[str, str]
    """Versions of the libraries that the script and those files name: not of what these pull in, which depends on
    what was imported before."""
    parts: List[str]
    """Modules that were imported only now, of packages that had been imported before: in order. None where something
    was imported that does not survive a fork."""


class ModuleRecord:
    """What was imported at one moment, and the versions of it.

    Args:
        names: Module names.
        versions: Library -> version, of those.
        last: The newest of them.
        own: Files among them that the user may edit -> how they were: an installed library imports them.
    """

    def __init__(
        self, names: FrozenSet[str], versions: Dict[str, str], last: str, own: Dict[str, Optional[Tuple[int, int]]]
    ) -> None:
        self._names = names
        self._versions = versions
        self._last = last
        self._own = own

    @classmethod
    def of_now(cls, before: "Optional[ModuleRecord]" = None) -> "ModuleRecord":
        """The state of this process. Slow enough to be taken before a fork, not after it.

        Args:
            before: An earlier one; packages that were there then are not looked up again.
        """
        names = frozenset(sys.modules)
        known = before._names if before is not None else frozenset[str]()
        versions = dict(before._versions) if before is not None else {}
        versions.update(_versions({name.partition(".")[0] for name in names - known}))
        files = (getattr(sys.modules[name], "__dict__", {}).get("__file__") for name in names - known)
        own = {file: _stamp(file) for file in files if isinstance(file, str) and not is_installed(file)}
        if before is not None:
            own.update(before._own)
        return cls(names, versions, next(reversed(sys.modules)), own)

    def is_outdated(self) -> bool:
        """Whether the user edited what was imported: only a fresh interpreter has it as it is now."""
        return any(_stamp(file) != before for file, before in self._own.items())

    def since(self, script: str, source: bytes, is_own: Callable[[str], bool]) -> Used:
        """What a step uses.

        Args:
            script: The script, which is not among the files.
            source: Its text.
            is_own: Whether a file is one that the user may edit.

        Returns:
            What it imported, as far as that can be told by what is new.
        """
        new = self._imported_since()
        found = (getattr(sys.modules.get(name), "__file__", None) for name in new)
        imported = {file for file in found if isinstance(file, str) and file != script and is_own(file)}
        files = sorted(imported.union(self._own))
        named = imported_names(source)
        for file in files:
            named |= imported_names(_text_of(file))
        versions = {name: self._versions[name] for name in named if name in self._versions}
        versions.update(_versions(named.intersection(new)))
        return Used(files, dict(sorted(versions.items())), self._parts(new))

    def _parts(self, new: List[str]) -> List[str]:
        roots = {name: name.partition(".")[0] for name in reversed(new)}
        if not NEVER.isdisjoint(roots.values()):
            # Any of the others may be what brought it in.
            return []
        return [name for name, root in roots.items() if name != root and root in self._names]

    def _imported_since(self) -> List[str]:
        new: List[str] = []
        # New ones are at the end. Looking at all of them would copy the memory that they share with the zygote.
        for name in reversed(list(sys.modules) if self._last not in sys.modules else sys.modules):
            if name == self._last:
                break
            if name not in self._names:
                new.append(name)
        return new


def _stamp(file: str) -> Optional[Tuple[int, int]]:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def is_installed(file: str) -> bool:
    """Whether a module's file came with Python or an installed library: its version says when it changes.

    What an editable install or ``PYTHONPATH`` brings is neither, wherever it lies.
    """
    return file.startswith(_nobodys) or "site-packages" in file or "dist-packages" in file


def count_as_installed(folder: str) -> None:
    """Take what is below a folder for a library's from now on: what we lend to a step is no part of it."""
    global _nobodys
    _nobodys = (*_nobodys, folder.rstrip(os.sep) + os.sep)


def imported_names(source: bytes) -> Set[str]:
    """Top-level names of everything that a source imports, wherever in it."""
    found: Set[str] = set()
    for from_one, several in _IMPORT.findall(source.decode("utf-8", "replace")):
        names = [from_one] if from_one else several.split(",")
        found.update(name.partition(" as ")[0].partition(".")[0].strip() for name in names)
    return found


def _text_of(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return opened.read()
    except OSError:
        return b""


def _versions(roots: Iterable[str]) -> Dict[str, str]:
    found = {}
    for root in roots:
        if root in _STANDARD or root.startswith("_"):
            continue
        version = _version(root)
        if version is not None:
            found[root] = version
    return found


def _version(root: str) -> Optional[str]:
    module = sys.modules.get(root)
    file = getattr(module, "__file__", None)
    if module is None or (isinstance(file, str) and file.startswith(_STANDARD_FOLDER) and "site-packages" not in file):
        return None
    version = module.__dict__.get("__version__")
    if isinstance(version, str):
        return version
    import importlib.metadata

    try:
        return importlib.metadata.version(root)
    except Exception:
        return None
