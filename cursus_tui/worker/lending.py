"""The debugger as it is lent by the front: imported from a folder of its own, so that nothing else of it is seen."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import sys
from typing import Iterator, List

from .modules import count_as_installed

BY_NAME = ("%s.live" % __package__, "%s.callers" % __package__)
"""What a stop's values, and a breakpoint in a library, are asked for by their names."""
_LEFT_BEHIND = ("execfile", "runfile")
"""What importing pydevd adds to the builtins."""
_ENVIRONMENT = {"PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYDEVD_USE_FRAME_EVAL": "NO"}
_module = importlib.import_module


class DebuggerUnusableError(Exception):
    """It cannot be started here; the text says why."""


def lend(folder: str, pycache: str) -> None:
    """Import the debugger that lies in a folder, and nothing else from there.

    Args:
        folder: Holds ``debugpy``.
        pycache: Where its compiled modules are kept: this worker writes none next to sources.

    Raises:
        DebuggerUnusableError: It cannot be imported, or the script has brought one of its own.
    """
    present = sys.modules.get("pydevd") or sys.modules.get("debugpy")
    if present is not None:
        if not str(getattr(present, "__file__", "")).startswith(folder + os.sep):
            raise DebuggerUnusableError("the script has imported a debugger of its own (%s)" % present.__name__)
        if "pydevd" in sys.modules:
            return
    count_as_installed(folder)
    with _nothing_left_behind(), _compiled_in(pycache):
        sys.path.insert(0, folder)
        try:
            _module("debugpy._vendored.force_pydevd")
            # It would import debugpy again when it starts, hook and all.
            _module("_pydevd_bundle.pydevd_defaults").PydevdCustomization.PREIMPORT = ""
            for name in BY_NAME:
                _module(name)
        except Exception as error:
            why = "%s: %s" % (type(error).__name__, error)
            raise DebuggerUnusableError("the debugger cannot be imported here: %s" % why) from error
        finally:
            with contextlib.suppress(ValueError):
                sys.path.remove(folder)
            # Pydevd does without it; a script that imports debugpy finds what its own environment has, or nothing.
            for name in [name for name in sys.modules if name.partition(".")[0] == "debugpy"]:
                del sys.modules[name]


@contextlib.contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """Undo what importing pydevd changes besides ``sys.modules``."""
    hook = sys.breakpointhook
    absent: List[str] = [name for name in _LEFT_BEHIND if not hasattr(builtins, name)]
    environment = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    try:
        yield
    finally:
        sys.breakpointhook = hook
        for name in absent:
            vars(builtins).pop(name, None)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _compiled_in(folder: str) -> Iterator[None]:
    before = sys.dont_write_bytecode, sys.pycache_prefix
    sys.dont_write_bytecode, sys.pycache_prefix = False, folder
    try:
        yield
    finally:
        sys.dont_write_bytecode, sys.pycache_prefix = before
