"""Runs a program in the foreground of a terminal, and writes into a folder how that began and ended.

    python watched.py FOLDER COMMAND...

A shell could not tell an exit code of 143 from a SIGTERM, and tmux now and then misses the end of a pane's process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path


def main(folder: Path, command: list[str]) -> None:
    """Wait for a line, run the command, then be a terminal in which nothing runs: what is typed shows."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT):
        # Not ignored, which the program would inherit.
        signal.signal(number, lambda *_: None)
    sys.stdin.readline()  # not before its output is recorded, so that not even the first bytes are missed
    _tell(folder / "settings.before", _settings())
    program = subprocess.Popen(command)
    _tell(folder / "pid", str(program.pid))
    ended = program.wait()
    _tell(folder / "settings.after", _settings())
    _tell(folder / "ended", str(ended))
    os.execvp("cat", ["cat"])


def _settings() -> str:
    """What ``stty -a`` prints, but for the size."""
    try:
        return repr(termios.tcgetattr(0))
    except termios.error as problem:
        return str(problem)


def _tell(file: Path, text: str) -> None:
    """Write a file that nobody ever sees half."""
    half = file.with_suffix(".half")
    half.write_text(text)
    half.replace(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
