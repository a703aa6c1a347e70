"""Relative imports of a script that is run as a file: make it a member of its package, at little cost."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from types import ModuleType
from typing import Any, Callable, Optional, Sequence, Tuple

from .script_import import parse, read_source, uses_relative_imports


def prepare_package(script: str, send: Callable[..., Any]) -> Optional[str]:
    """Make relative imports of a script work.

    The packages above the script are imported as they are where they can be. Where one of their ``__init__`` files
    fails, for want of a library that this script may never use, the package stays light: its modules can be imported,
    what its ``__init__`` would have defined is missing.

    Args:
        script: Absolute path.
        send: Told of each package that stays light.

    Returns:
        The script's package; None where it uses no relative imports or lies in no package.
    """
    source = read_source(script)
    if b"from ." not in source.replace(b"\t", b" ") or not uses_relative_imports(parse(source, script)):
        return None
    root, package = package_of(script)
    if package is None:
        return None
    sys.meta_path.insert(0, _LightPackages(root, package.partition(".")[0], send))
    return package


def package_of(script: str) -> Tuple[str, Optional[str]]:
    """The folder above the outermost package that holds a script, and the script's package in it."""
    folder = os.path.dirname(script)
    names = []
    while os.path.isfile(os.path.join(folder, "__init__.py")):
        folder, name = os.path.split(folder)
        names.append(name)
    return folder, ".".join(reversed(names)) or None


class _LightPackages(importlib.abc.MetaPathFinder):
    """Finds the packages of one project; wraps their loaders so that a failing ``__init__`` is no end."""

    def __init__(self, root: str, top: str, send: Callable[..., Any]) -> None:
        self._root = root
        self._top = top
        self._send = send

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname.partition(".")[0] != self._top:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path or [self._root])
        if spec is None or spec.loader is None or spec.submodule_search_locations is None:
            return spec
        spec.loader = _TolerantLoader(spec.loader, self._send)
        return spec


class _TolerantLoader(importlib.abc.Loader):
    """Loads a package; keeps it, empty, where its ``__init__`` fails."""

    def __init__(self, loader: Any, send: Callable[..., Any]) -> None:
        self._loader = loader
        self._send = send

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Optional[ModuleType]:
        module: Optional[ModuleType] = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        given = dict(module.__dict__)
        try:
            self._loader.exec_module(module)
        except Exception as error:
            module.__dict__.clear()
            module.__dict__.update(given)
            detail = "its __init__ does not run here (%s: %s): only its modules are used" % (
                type(error).__name__,
                error,
            )
            self._send("override", kind="package", name=module.__name__, detail=detail)
