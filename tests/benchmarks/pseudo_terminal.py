"""A program in a pseudo-terminal: keys in, and what it paints, with the moment that each piece arrived."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pyte

COLUMNS, LINES = 120, 40


class PseudoTerminal:
    """Runs a program from the moment that it is made; ends it at the end of a ``with`` block.

    Args:
        command: The program and its arguments.
        home: Its home folder: what it keeps goes there, and no settings of whoever measures are read.
    """

    def __init__(self, command: list[str], home: Path) -> None:
        self._pieces: list[tuple[float, bytes]] = []
        self._fed = 0
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.update({f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "STATE", "CACHE")})
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> PseudoTerminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait()
        self._reader.join(5)
        os.close(self._master)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # Linux says EIO once the last program has closed the other end
                return
            self._pieces.append((time.monotonic(), data))

    def press(self, key: str) -> float:
        """Type something; returns the moment."""
        moment = time.monotonic()
        os.write(self._master, key.encode())
        return moment

    def written(self) -> int:
        """Bytes painted so far."""
        return sum(len(data) for _, data in self._pieces)

    def replay(self) -> Iterator[tuple[float, pyte.Screen]]:
        """The screen after each piece that was not looked at yet, and when that arrived. Slow: not while measuring."""
        while self._fed < len(self._pieces):
            moment, data = self._pieces[self._fed]
            self._fed += 1
            self._stream.feed(data)
            yield moment, self._screen

    def wait_for(self, reached: Callable[[list[str]], bool], seconds: float = 60) -> float:
        """Wait until the lines of the screen are as asked; returns the moment at which that piece arrived.

        Raises:
            TimeoutError: They never were.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            for moment, screen in self.replay():
                if reached(screen.display):
                    return moment
            time.sleep(0.01)
        raise TimeoutError("\n".join(self._screen.display))
