"""The last line that a step printed, for the status line: a bounded read of the end of its logs."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.regular_file import open_regular
from cursus_tui.text import plain_line

_BYTES = 4096


def last_line(folder: Path) -> str:
    """The last line with something in it, of whichever log was written last; empty where nothing was printed."""
    logs = AttemptFolder(folder)
    newest = sorted((log for log in (logs.stdout, logs.stderr) if _written(log)), key=_written, reverse=True)
    return next((line for log in newest if (line := _end_of(log))), "")


def _written(log: Path) -> float:
    try:
        found = log.stat()
    except OSError:
        return 0.0
    return found.st_mtime if found.st_size else 0.0


def _end_of(log: Path) -> str:
    try:
        with open_regular(log) as stream:
            stream.seek(max(0, os.fstat(stream.fileno()).st_size - _BYTES))
            text = stream.read(_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return ""
    shown = (plain_line(line).strip() for line in reversed(text.split("\n")))
    return next((line for line in shown if line), "")
