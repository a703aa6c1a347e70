"""Refusing to install packages: the call succeeds and does nothing, so a script that installs at import goes on."""

from __future__ import annotations

import os
import re
import shlex
import sys
from types import ModuleType
from typing import Any, Callable, List, Optional, Sequence, Tuple

from .import_hooks import after_import
from .put_guard import put_guard

Report = Callable[[str, str], None]
_INSTALLERS = re.compile(r"(pip|pip\d[\d.]*|conda|mamba|micromamba|easy_install|apt|apt-get|yum|dnf)\Z")
_PYTHON = re.compile(r"python[\d.]*w?\Z")
_CHANGES = ("install", "uninstall", "remove", "update", "upgrade")
_VALUED_OPTIONS = re.compile(
    r"(-r|--requirement|-i|--index-url|--extra-index-url|-c|--constraint|-t|--target|--prefix|--root|-f"
    r"|--find-links|--trusted-host|--timeout|--proxy|--cert|-n|--name|-p|--channel)\Z"
)
_SHELL_SEPARATORS = re.compile(r"&&|\|\||[;|&\n()`]")
_BEFORE_A_COMMAND = frozenset(
    ["sudo", "env", "exec", "nohup", "command", "time", "xargs", "then", "do", "else", "{", "!"]
)
_MODULE = re.compile(r"-[bBdEhiIOPqsSuv]*m(.*)\Z")
"""Python's ``-m``, alone or at the end of other flags, its module attached or not."""


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
    # Behind whichever entry point a version of pip has.
    after_import("pip._internal.cli.base_command", lambda module: _guard_pip_command(module, report))
    put_guard(os, "system", lambda original: _guarded_system(original, report))
    for name in ("execv", "execve", "posix_spawn", "posix_spawnp"):
        put_guard(os, name, lambda original: _guarded_exec(original, report, replaces="exec" in original.__name__))


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
    while words and ("=" in words[0] or words[0] in _BEFORE_A_COMMAND):
        # Options of env and the like stand between it and its command.
        has_options = words.pop(0) in ("env", "sudo", "xargs")
        while has_options and words and words[0].startswith("-"):
            words.pop(0)
    if not words:
        return None
    program = os.path.basename(words[0])
    rest = words[1:]
    if _PYTHON.match(program):
        program, rest = _module_of(rest)
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


def _module_of(arguments: List[str]) -> Tuple[str, List[str]]:
    """The module that a Python is told to run, and its arguments; an empty name where it runs something else."""
    position = 0
    while position < len(arguments) and arguments[position].startswith("-") and arguments[position] != "-c":
        match = _MODULE.match(arguments[position])
        position += 1
        if match is not None:
            words = [match.group(1), *arguments[position:]] if match.group(1) else arguments[position:]
            return (words[0], words[1:]) if words else ("", [])
        if arguments[position - 1] in ("-W", "-X"):
            position += 1
    return "", []


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


def _guard_popen(subprocess: ModuleType, report: Report) -> None:
    def wrap(original: Callable[..., None]) -> Callable[..., None]:
        def start(self: Any, args: Any, *more: Any, **options: Any) -> None:
            # executable is the third and shell the ninth positional parameter; positional use is rare but legal.
            executable = options.get("executable", more[1] if len(more) > 1 else None)
            shell = options.get("shell", more[7] if len(more) > 7 else False)
            request = _request_of_popen(args, executable, shell)
            if request is None:
                return original(self, args, *more, **options)
            report("pip", request)
            kept = [None if index == 1 else False if index == 7 else value for index, value in enumerate(more)]
            options.pop("executable", None)
            options.pop("shell", None)
            return original(self, _refused_command(request), *kept, **options)

        return start

    put_guard(subprocess.__dict__["Popen"], "__init__", wrap)


def _request_of_popen(args: Any, executable: Any, shell: Any) -> Optional[str]:
    if isinstance(args, (list, tuple)) and args:
        if shell:
            return install_request(args[0])
        if executable is not None:
            return install_request([executable, *args[1:]]) or install_request(args)
    return install_request(args)


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


def _guard_pip_command(module: ModuleType, report: Report) -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def main(self: Any, args: Any) -> Any:
            request = _request_of_words(["pip", str(self.name), *map(str, args)])
            if request is None:
                return original(self, args)
            report("pip", request)
            sys.stdout.write("[cursus-tui] packages are not installed: %s\n" % request)
            return 0

        return main

    put_guard(module.__dict__["Command"], "main", wrap)


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

    put_guard(module, "main", wrap)
