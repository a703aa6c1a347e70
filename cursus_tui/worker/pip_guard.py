"""Refusing to install packages: the call succeeds and does nothing, so a script that installs at import goes on."""

from __future__ import annotations

import functools
import os
import re
import shlex
import sys
from types import ModuleType
from typing import Any, Callable, List, Optional, Sequence

from .import_hooks import after_import

Report = Callable[[str, str], None]
_INSTALLERS = re.compile(r"(pip|pip\d[\d.]*|conda|mamba|micromamba|easy_install|apt|apt-get|yum|dnf)\Z")
_PYTHON = re.compile(r"python[\d.]*w?\Z")
_CHANGES = ("install", "uninstall", "remove", "update", "upgrade")
_VALUED_OPTIONS = re.compile(
    r"(-r|--requirement|-i|--index-url|--extra-index-url|-c|--constraint|-t|--target|--prefix|--root|-f"
    r"|--find-links|--trusted-host|--timeout|--proxy|--cert|-n|--name|-p|--channel)\Z"
)
_SHELL_SEPARATORS = re.compile(r"&&|\|\||[;|&\n]")
_MARK = "_cursus_tui_guarded"


def install_request(command: object) -> Optional[str]:
    """The packages that a command would install, for people; None where it installs nothing.

    Args:
        command: A list of arguments, or a shell command line.
    """
    if isinstance(command, (str, bytes)):
        text = os.fsdecode(command)
        return next(filter(None, map(_request_of_words, map(_words, _SHELL_SEPARATORS.split(text)))), None)
    if isinstance(command, os.PathLike) or not isinstance(command, Sequence):
        return None
    words = [os.fsdecode(part) if isinstance(part, (str, bytes, os.PathLike)) else str(part) for part in command]
    name = os.path.basename(words[0]) if words else ""
    if name in ("sh", "bash", "dash", "zsh") and len(words) > 2 and words[1] in ("-c", "-lc", "-ec"):
        return install_request(words[2])
    return _request_of_words(words)


def install(report: Report) -> None:
    """Guard ``subprocess``, ``os.system``, ``os.exec*``, ``os.spawn*`` and pip's own entry points in this process."""
    after_import("subprocess", lambda module: _guard_popen(module, report))
    for name in ("pip", "pip._internal", "pip._internal.cli.main"):
        after_import(name, lambda module: _guard_pip_main(module, report))
    _replace(os, "system", lambda original: _guarded_system(original, report))
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp"):
        _replace(os, name, lambda original: _guarded_exec(original, report, replaces="exec" in original.__name__))


def installed_instead(packages: Sequence[str]) -> str:
    """What a request asked for and what is there instead: ``pandas==1.5.0 (here: 3.1.1), foo (not installed)``."""
    import importlib.metadata

    found = []
    for package in packages:
        name = re.split(r"[\s=<>!~\[;@]", package, maxsplit=1)[0]
        try:
            there = "here: %s" % importlib.metadata.version(name)
        except Exception:
            there = "not installed"
        found.append("%s (%s)" % (package, there) if name else package)
    return ", ".join(found)


def _words(text: str) -> List[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _request_of_words(words: List[str]) -> Optional[str]:
    words = list(words)
    while words and ("=" in words[0] or words[0] in ("sudo", "env", "exec", "nohup")):
        words.pop(0)
    if not words:
        return None
    program = os.path.basename(words[0])
    rest = words[1:]
    if _PYTHON.match(program):
        if "-m" not in rest or rest.index("-m") + 1 >= len(rest):
            return None
        program, rest = rest[rest.index("-m") + 1], rest[rest.index("-m") + 2 :]
    if program == "uv" and rest[:1] == ["pip"]:
        program, rest = "pip", rest[1:]
    if not _INSTALLERS.match(program):
        return None
    if program == "easy_install":
        rest = ["install", *rest]
    action = next((word for word in rest if not word.startswith("-")), None)
    if action not in _CHANGES:
        return None
    return _describe(rest[rest.index(action) + 1 :])


def _describe(arguments: List[str]) -> str:
    packages = []
    position = 0
    while position < len(arguments):
        word = arguments[position]
        position += 1
        if _VALUED_OPTIONS.match(word):
            if word in ("-r", "--requirement") and position < len(arguments):
                packages.append("-r %s" % arguments[position])
            position += 1
        elif not word.startswith("-"):
            packages.append(word)
    plain = [package for package in packages if not package.startswith("-r ")]
    listed = [package for package in packages if package.startswith("-r ")]
    return ", ".join(filter(None, [installed_instead(plain), *listed])) or "nothing named"


def _refused_command(request: str) -> List[str]:
    return ["/bin/sh", "-c", 'printf "%s\\n" "$0"', "[cursus-tui] packages are not installed: " + request]


def _replace(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    original = getattr(owner, name, None)
    if original is not None and not hasattr(original, _MARK):
        guarded = functools.wraps(original)(wrap(original))
        setattr(guarded, _MARK, True)
        setattr(owner, name, guarded)


def _guard_popen(subprocess: ModuleType, report: Report) -> None:
    def wrap(original: Callable[..., None]) -> Callable[..., None]:
        def start(self: Any, args: Any, *more: Any, **options: Any) -> None:
            request = install_request(args)
            if request is None:
                return original(self, args, *more, **options)
            report("pip", request)
            # executable is the third and shell the ninth positional parameter; positional use is rare but legal.
            kept = [None if index == 1 else False if index == 7 else value for index, value in enumerate(more)]
            options.pop("executable", None)
            options.pop("shell", None)
            return original(self, _refused_command(request), *kept, **options)

        return start

    _replace(subprocess.__dict__["Popen"], "__init__", wrap)


def _guarded_system(original: Callable[..., int], report: Report) -> Callable[..., int]:
    def system(command: Any) -> int:
        request = install_request(command)
        if request is None:
            return original(command)
        report("pip", request)
        return 0

    return system


def _guarded_exec(original: Callable[..., Any], report: Report, replaces: bool) -> Callable[..., Any]:
    def start(path: Any, argv: Any, *more: Any, **options: Any) -> Any:
        request = install_request(list(argv))
        if request is None:
            return original(path, argv, *more, **options)
        report("pip", request)
        if replaces:
            # The program that would have taken this process over would have ended well.
            os._exit(0)
        return original("/bin/true", ["true"], *more, **options)

    return start


def _guard_pip_main(module: ModuleType, report: Report) -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def main(args: Any = None) -> Any:
            words = list(args) if args is not None else sys.argv[1:]
            request = _request_of_words(["pip", *map(str, words)])
            if request is None:
                return original(args)
            report("pip", request)
            return 0

        return main

    _replace(module, "main", wrap)
