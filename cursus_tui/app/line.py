"""The line to the terminal: what happens on it when it is cut, or brings what is no text."""

from __future__ import annotations

import os
import select
from collections.abc import Callable
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


def wait_until_cut(terminal: int) -> bool:
    """Block until nobody is at the other end any more. A SIGHUP may go to somebody else, a shell that started us.

    Args:
        terminal: Its file descriptor.

    Returns:
        Whether it was cut; False at once on a system that cannot tell.
    """
    watched = select.poll()
    watched.register(terminal, 0)  # a hang-up is told whether it is asked for or not
    while True:
        for _, happened in watched.poll():
            return bool(happened & (select.POLLHUP | select.POLLERR))


class LineDriver(LinuxDriver):
    """Textual's driver, which a cut line or a stray byte does not bring down."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        output: Any = _Output(self._file)
        self._file = output

    def _run_input_thread(self) -> None:
        while True:
            try:
                self.run_input_thread()
            except UnicodeDecodeError:
                continue  # a stray byte is not typed text; Textual would end the app
            except OSError:
                return  # nothing more can be typed, see wait_until_cut
            return


class _Output:
    """Takes what is painted even when nobody sees it: without its writing thread, Textual would wait for ever."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> None:
        self._unless_cut(lambda: self._file.write(text))

    def flush(self) -> None:
        self._unless_cut(self._file.flush)

    def fileno(self) -> int:
        return int(self._file.fileno())

    def isatty(self) -> bool:
        return bool(self._file.isatty())

    def _unless_cut(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError:
            # Also for what the file has kept: Python would fail over it at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._file.fileno())
