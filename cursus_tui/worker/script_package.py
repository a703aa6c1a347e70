"""Relative imports of a script that is run as a file: make it a member of its package, at little cost."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from types import ModuleType
from typing import Any, Callable, Optional, Sequence, Tuple

from .script_import import uses_relative_imports

SOURCE_FOLDER = "src"
"""The folder of a ``src`` layout is no package, though some put an ``__init__.py`` into it."""


def prepare_package(script: str, source: bytes, send: Callable[..., Any]) -> Optional[str]:
    """Make relative imports of a script work.

    The packages above the script, and others of the same project, are lazy: their modules can be imported, their
    ``__init__`` runs only when something is asked for that it defines. For these often pull in libraries that a
    single script never uses, and that need not be installed.

    Args:
        script: Absolute path.
        source: Its text.
        send: Told that this was done.

    Returns:
        The script's package; None where it uses no relative imports or lies in no package.
    """
    if not uses_relative_imports(source):
        return None
    root, package = package_of(script)
    if package is None:
        return None
    top = package.partition(".")[0]
    sys.meta_path.insert(0, _LazyPackages(root, top))
    detail = "relative imports reach its modules; an __init__ runs only where something in it is asked for"
    send("override", kind="package", name=top, detail=detail)
    return package


def package_of(script: str) -> Tuple[str, Optional[str]]:
    """The folder above the outermost package that holds a script, and the script's package in it."""
    folder = os.path.dirname(script)
    names = []
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.basename(folder) != SOURCE_FOLDER:
        folder, name = os.path.split(folder)
        names.append(name)
    return folder, ".".join(reversed(names)) or None


class _LazyPackages(importlib.abc.MetaPathFinder):
    """Finds the packages of one project and makes them lazy."""

    def __init__(self, root: str, top: str) -> None:
        self._root = root
        self._top = top

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname.partition(".")[0] != self._top:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path or [self._root])
        if spec is not None and spec.loader is not None and spec.submodule_search_locations is not None:
            spec.loader = _LazyLoader(spec.loader)
        return spec


class _LazyLoader(importlib.abc.Loader):
    """Leaves a package empty until something is asked for that is not one of its modules."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Optional[ModuleType]:
        module: Optional[ModuleType] = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        def missing(name: str) -> Any:
            if (name.startswith("__") and name != "__all__") or _is_submodule(module, name):
                raise AttributeError("module %r has no attribute %r" % (module.__name__, name))
            module.__dict__.pop("__getattr__", None)
            try:
                self._loader.exec_module(module)
            except Exception as error:
                module.__dict__["__getattr__"] = missing
                text = "%s.%s cannot be had, since %s/__init__.py fails here: %s: %s"
                path = os.path.dirname(module.__file__ or "")
                parts = (module.__name__, name, path, type(error).__name__, error)
                raise ImportError(text % parts, name=module.__name__) from error
            return getattr(module, name)

        module.__dict__["__getattr__"] = missing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _is_submodule(package: ModuleType, name: str) -> bool:
    return importlib.machinery.PathFinder.find_spec("%s.%s" % (package.__name__, name), package.__path__) is not None
