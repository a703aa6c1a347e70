"""Doing something right after a module is imported, without importing it."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional, Sequence

Hook = Callable[[ModuleType], None]


class _AfterImport(importlib.abc.MetaPathFinder):
    """Finds the named modules like everyone else does, and wraps their loaders."""

    def __init__(self) -> None:
        self.hooks: Dict[str, List[Hook]] = {}

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if fullname not in self.hooks:
            return None
        for finder in sys.meta_path:
            spec = _find(finder, fullname, path, target) if finder is not self else None
            if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
                spec.loader = _HookedLoader(spec.loader, self.hooks[fullname])
                return spec
        return None


class _HookedLoader(importlib.abc.Loader):
    """Loads as the wrapped loader does, then calls the hooks; everything else is the wrapped loader's."""

    def __init__(self, loader: Any, hooks: List[Hook]) -> None:
        self._loader = loader
        self._hooks = hooks

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Optional[ModuleType]:
        module: Optional[ModuleType] = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        for hook in self._hooks:
            hook(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _find(
    finder: Any, name: str, path: Optional[Sequence[str]], target: Optional[ModuleType]
) -> Optional[importlib.machinery.ModuleSpec]:
    find_spec = getattr(finder, "find_spec", None)
    return find_spec(name, path, target) if find_spec is not None else None


_FINDER = _AfterImport()


def after_import(name: str, hook: Hook) -> None:
    """Call ``hook(module)`` once the module is imported: now, if it already is."""
    if name in sys.modules:
        hook(sys.modules[name])
        return
    _FINDER.hooks.setdefault(name, []).append(hook)
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
