"""The user's editor: which one, and how it is told a line."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from cursus_tui.records.errors import UserError

_PLUS = {
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "emacs",
    "emacsclient",
    "micro",
    "joe",
    "kak",
    "ne",
    "mcedit",
    "pico",
    "mg",
}
_COLON = {"hx", "helix", "subl", "zed"}
_GOTO = {"code", "code-insiders", "codium", "cursor"}
_FALLBACKS = ("nano", "vim", "vi")


def editor_command(file: Path, line: int, environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens a file at a line, and waits.

    Raises:
        UserError: No editor is set, or it is not there.
    """
    said = environment.get("VISUAL") or environment.get("EDITOR")
    if said:
        try:
            words = shlex.split(said)
        except ValueError as problem:
            raise UserError(f"EDITOR cannot be understood: {problem}", hint="set EDITOR to a command") from None
    else:
        found = next((name for name in _FALLBACKS if shutil.which(name)), None)
        words = [found] if found else []
    if not words or shutil.which(words[0]) is None:
        what = f"the editor {words[0]} was not found" if words else "no editor is set"
        raise UserError(what, hint="set EDITOR, such as EDITOR=nano, before starting cursus-tui")
    name = Path(words[0]).name
    if name in _PLUS:
        return [*words, f"+{line}", str(file)]
    if name in _COLON:
        return [*words, f"{file}:{line}"]
    if name in _GOTO:
        wait = [] if {"--wait", "-w"} & set(words) else ["--wait"]
        return [*words, *wait, "--goto", f"{file}:{line}"]
    return [*words, str(file)]
