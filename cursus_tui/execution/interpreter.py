"""Which Python runs the scripts, why that one, and what it could import, without importing anything."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cursus_tui.pipeline.given_files import FOLDER, absolute, kind_of
from cursus_tui.records.errors import UserError

MINIMUM_VERSION = (3, 9)
"""The oldest Python that the worker's own code runs on."""

_TIMEOUT_SECONDS = 20.0
_ABSENT_SECONDS = 5.0
_MARK = "cursus-tui-probe:"
_PROBE = f"""
import json, sys
names = json.loads(sys.stdin.read())
sys.path[:] = [entry for entry in sys.path if entry]
found = {{}}
if sys.version_info >= (3, 4):
    import importlib.util
    for name in names:
        try:
            spec = importlib.util.find_spec(name)
            where = spec and (list(spec.submodule_search_locations or []) or [spec.origin or ''])[0]
        except BaseException:
            where = None
        found[name] = where
print({_MARK!r} + json.dumps([list(sys.version_info[:3]), found]))
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs the scripts."""

    python: Path
    """Absolute; a link of a virtual environment is kept as it is, since following it would leave the environment."""
    reason: str
    """Where the choice came from: ``--python``, ``$VIRTUAL_ENV``..."""
    version: tuple[int, int, int]
    passed_over: tuple[str, ...] = ()
    """Better-placed interpreters that do not work, and why."""

    @property
    def shown_version(self) -> str:
        """Such as ``3.11.7``."""
        return ".".join(map(str, self.version))


class ImportProbe:
    """Which modules an interpreter could import. Asks it in one short process for many, and remembers.

    What is there stays remembered; what is absent is asked again after a while, since the user may install it.
    """

    def __init__(self, python: Path) -> None:
        self.python = python
        self._known: dict[str, tuple[str | None, float]] = {}
        self._lock = threading.Lock()

    def prefetch(self, names: Iterable[str]) -> None:
        """Ask for all of these at once."""
        now = time.monotonic()
        with self._lock:
            unknown = sorted(name for name in set(names) if name.isidentifier() and self._is_old(name, now))
            if unknown:
                found = _ask(self.python, unknown)[1]
                self._known.update({name: (found.get(name), now) for name in unknown})

    def absent(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these top-level modules that could not be imported."""
        names = frozenset(names)
        self.prefetch(names)
        return frozenset(name for name in names if self._known.get(name, (None,))[0] is None)

    def location(self, name: str) -> str | None:
        """The folder of a package, or the file of a module; an empty text for a built-in one; None if it is absent."""
        self.prefetch((name,))
        return self._known.get(name, (None,))[0]

    def _is_old(self, name: str, now: float) -> bool:
        where, asked = self._known.get(name, (None, float("-inf")))
        return where is None and now - asked > _ABSENT_SECONDS


@lru_cache(maxsize=64)
def probe_of(python: Path) -> ImportProbe:
    """The probe of an interpreter; the same one each time."""
    return ImportProbe(python)


def choose_interpreter(
    flag: str | None,
    settings: Path | None,
    folders: Iterable[Path],
    environ: Mapping[str, str] | None = None,
) -> Interpreter:
    """The first that applies: ``--python``, the settings file, ``$VIRTUAL_ENV``, ``$CONDA_PREFIX``, ``.venv``, ours.

    Args:
        flag: A path or the name of a command.
        settings: What the settings file says.
        folders: Where a project's ``.venv`` is looked for, nearest first.
        environ: The environment, by default the process's.

    Raises:
        UserError: One that the user named does not exist, does not run, or is too old.
    """
    if flag is not None:
        return check_interpreter(_named(flag), "--python")
    if settings:
        return check_interpreter(settings, "settings file")
    passed_over: list[str] = []
    for python, reason in _candidates(folders, os.environ if environ is None else environ):
        try:
            found = check_interpreter(python, reason)
        except UserError as error:
            passed_over.append(f"{reason}: {error.message} ({python})")
            continue
        return Interpreter(found.python, reason, found.version, tuple(passed_over))
    return Interpreter(Path(sys.executable), "cursus-tui's own", sys.version_info[:3], tuple(passed_over))


def check_interpreter(python: Path, reason: str) -> Interpreter:
    """An interpreter that exists, runs and is new enough.

    Raises:
        UserError: It is not.
    """
    python = absolute(os.fspath(python))
    hint = f"name a Python of {'.'.join(map(str, MINIMUM_VERSION))} or later with --python"
    kind = kind_of(python, "the interpreter", "a Python executable")
    if not kind:
        raise UserError("there is no such interpreter", file=python, expected="a Python executable", hint=hint)
    if kind == FOLDER:
        inside = python / "bin" / "python"
        if not inside.exists():
            raise UserError("a folder is no interpreter", file=python, expected="a Python executable", hint=hint)
        python = inside
    if not os.access(python, os.X_OK):
        raise UserError("the interpreter is not executable", file=python, expected="a Python executable", hint=hint)
    version = _version(python, python.stat().st_mtime_ns)
    if version[:2] < MINIMUM_VERSION:
        raise UserError(
            f"the interpreter is Python {'.'.join(map(str, version))}",
            file=python,
            expected=f"Python {'.'.join(map(str, MINIMUM_VERSION))} or later",
            hint=hint,
        )
    return Interpreter(python, reason, version)


def version_of(python: Path) -> str:
    """Such as ``3.11.7``; empty where it cannot be told. Asked again when the file behind it changes."""
    try:
        return _shown_version(python, python.stat().st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=64)
def _shown_version(python: Path, modified: int) -> str:
    try:
        return ".".join(map(str, _version(python, modified)))
    except UserError:
        return ""


def _named(text: str) -> Path:
    if not text.strip():
        raise UserError("--python is empty", expected="a path or a command", hint="name one, or leave it out")
    found = None if os.sep in text else shutil.which(text)
    return Path(found or text)


def _candidates(folders: Iterable[Path], environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if prefix := environ.get(variable):
            yield Path(prefix) / "bin" / "python", f"${variable}"
    for folder in folders:
        for name in (".venv", "venv"):
            if (python := folder / name / "bin" / "python").exists():
                yield python, f"the project's {name}"


@lru_cache(maxsize=64)
def _version(python: Path, _modified: int) -> tuple[int, int, int]:
    return _ask(python, ())[0]


def _ask(python: Path, names: Iterable[str]) -> tuple[tuple[int, int, int], dict[str, str | None]]:
    """Version, and module -> where it is, None where it cannot be found."""
    out, err, exit_code = _run_probe(python, json.dumps(list(names)))
    answers = [line for line in out.splitlines() if line.startswith(_MARK)]
    try:
        version, found = json.loads(answers[-1][len(_MARK) :])
        return (int(version[0]), int(version[1]), int(version[2])), dict(found)
    except (IndexError, ValueError, TypeError):
        said = (err.strip() or out.strip()).splitlines()
        raise UserError(
            f"this is no working Python interpreter (exit {exit_code}{': ' + said[-1][:200] if said else ''})",
            file=python,
            expected="a Python executable",
            hint="look at what it prints for: -c 'print(1)'",
        ) from None


def _run_probe(python: Path, question: str) -> tuple[str, str, int]:
    """stdout, stderr and exit code; whatever it started is gone afterwards."""
    try:
        process = subprocess.Popen(
            [str(python), "-c", _PROBE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd="/",
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
    except OSError as error:
        raise UserError(f"the interpreter does not start: {error.strerror or error}", file=python) from None
    with process:
        try:
            out, err = process.communicate(question, timeout=_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise UserError(f"the interpreter did not answer within {_TIMEOUT_SECONDS:g} s", file=python) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return out, err, process.returncode
