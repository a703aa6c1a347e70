"""Stand-ins for absent libraries, only where the user allows them: they import, and raise a clear error when used."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from types import ModuleType
from typing import Any, Callable, Dict, Iterable, Optional, Sequence


class StubUsedError(ImportError):
    """The script used something of a library that is absent here and only stubbed."""


class StubFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stubbed libraries, last of all: an installed library always wins.

    Args:
        libraries: Top-level names.
        send: Told once for each library that is really stubbed.
    """

    def __init__(self, libraries: Iterable[str], send: Callable[..., Any]) -> None:
        self._libraries = frozenset(libraries)
        self._send = send

    def find_spec(
        self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        """A spec for a stubbed name; None for any other."""
        if fullname.partition(".")[0] not in self._libraries:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty stub module."""
        if "." not in spec.name:
            self._send("override", kind="stub", name=spec.name, detail="absent here: a stub that raises when used")
        return _StubModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to execute."""


class _StubModule(ModuleType):
    __version__ = "0.0.0"
    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        value = _stub("%s.%s" % (self.__name__, name))
        setattr(self, name, value)
        return value


class _StubType(type):
    """A class that can be a base, an annotation, a decorator and an ``isinstance`` target, but has no instances."""

    _name: str

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _stub("%s.%s" % (cls._name, name))

    def __getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__

    def __call__(cls, *args: Any, **options: Any) -> Any:
        # A decorator at import: @torch.jit.script, or the one that @torch.no_grad() makes.
        if _in_class_or_module_body():
            return args[0] if len(args) == 1 and callable(args[0]) and not options else _keep_function
        raise StubUsedError(
            "%s is needed here, but %s is not installed: it is only stubbed" % (cls._name, _library(cls))
        )


def install_stubs(libraries: Sequence[str], send: Callable[..., Any]) -> None:
    """Stub these libraries where they are absent."""
    if libraries:
        sys.meta_path.append(StubFinder(libraries, send))


def _stub(name: str) -> Any:
    attributes: Dict[str, Any] = {"_name": name, "__module__": name.rpartition(".")[0]}
    return _StubType(name.rpartition(".")[2], (), attributes)


def _library(stub: _StubType) -> str:
    return stub._name.partition(".")[0]


def _keep_function(function: Any) -> Any:
    return function


def _in_class_or_module_body() -> bool:
    """Whether the caller's caller is the body of a module or class, which runs when it is imported."""
    code = sys._getframe(2).f_code
    return code.co_name == "<module>" or not code.co_flags & 0x2  # CO_NEWLOCALS: function bodies only
