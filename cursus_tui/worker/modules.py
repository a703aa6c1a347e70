"""What a step imported: files of its project and versions of libraries, for its fingerprint."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Tuple

_STANDARD = frozenset(getattr(sys, "stdlib_module_names", ())) | frozenset(sys.builtin_module_names)
_STANDARD_FOLDER = sysconfig.get_paths()["stdlib"] + os.sep


class ModuleRecord:
    """What was imported at one moment, and the versions of it.

    Args:
        names: Module names.
        versions: Library -> version, of those.
    """

    def __init__(self, names: FrozenSet[str], versions: Dict[str, str]) -> None:
        self._names = names
        self._versions = versions

    @classmethod
    def of_now(cls) -> "ModuleRecord":
        """The state of this process. Slow enough to be taken before a fork, not after it."""
        names = frozenset(sys.modules)
        return cls(names, _versions({name.partition(".")[0] for name in names}))

    def since(self, imported: Iterable[str], is_user: Callable[[str], bool]) -> Tuple[List[str], Dict[str, str]]:
        """What a step added.

        Args:
            imported: Top-level names that the script's source imports: they count though they were there before.
            is_user: Whether a file belongs to the project.

        Returns:
            Project files that were imported, and versions of the libraries that are in use.
        """
        new = [name for name in list(sys.modules) if name not in self._names]
        files = set()
        roots = set()
        for name in new:
            file = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(file, str) and is_user(file):
                files.add(file)
            else:
                roots.add(name.partition(".")[0])
        versions = _versions(roots)
        versions.update((name, self._versions[name]) for name in imported if name in self._versions)
        return sorted(files), versions


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
