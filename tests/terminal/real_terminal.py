"""A real terminal: tmux, its keyboard and its screen, and a program in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

PROGRAM = str(Path(sys.executable).parent / "cursus-tui")
WATCHED = Path(__file__).with_name("watched.py")


class Terminal:
    """One tmux session of a given size; everything typed goes through its keyboard."""

    def __init__(self, command: list[str], width: int, height: int, home: Path, environment: dict[str, str]) -> None:
        self.name = f"cursus-tui-test-{uuid.uuid4().hex[:8]}"
        self.home = home
        self.height = height
        self.raw = home / f"{self.name}.raw"
        """Every byte that the program sends to its terminal."""
        self._sockets = tempfile.mkdtemp(prefix="cursus-tui-")
        self._told = home / f"{self.name}.told"
        self._told.mkdir()
        settings = {
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
            **environment,
        }
        assignments = [f"{name}={value}" for name, value in settings.items()]
        watched = [sys.executable, "-I", "-S", str(WATCHED), str(self._told), "env", "-i", *assignments, *command]
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-s", self.name, "-x", str(width), "-y", str(height),
            "-c", str(home), *watched, ";", "set-option", "status", "off",
        )  # fmt: skip
        self._tmux("resize-window", "-t", self.name, "-x", str(width), "-y", str(height))
        self._tmux("pipe-pane", "-t", self.name, f"cat > '{self.raw}'")
        self.keys("Enter")

    def _tmux(self, *arguments: str) -> str:
        # A server of its own: one that ends with the last test's session would take a new one with it.
        # Its socket is in a folder of its own, too: tmux leaves the socket behind when it ends.
        command = ["tmux", "-L", self.name, *arguments]
        environment = {**os.environ, "TMUX_TMPDIR": self._sockets}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout

    def keys(self, *names: str) -> None:
        """Press keys as fast as one types ahead, by tmux's names (``Enter``, ``Escape``, ``Down``) or as characters."""
        self._tmux("send-keys", "-t", self.name, *names)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-t", self.name, "-l", text)

    def bring(self, data: bytes) -> None:
        """Bytes as they are, as a line brings them."""
        brought = self.home / "brought"
        brought.write_bytes(data)
        self._tmux("load-buffer", str(brought), ";", "paste-buffer", "-r", "-t", self.name)

    def search(self, text: str) -> None:
        """Search in the pane that has the focus, as one who waits for what the screen asks."""
        self.keys("/")
        self.wait_for("search in")
        self.type(text)
        self.until(lambda: self._search_line().startswith(text))
        self.keys("Enter")
        self.until(lambda: not self._search_line().startswith(text))

    def _search_line(self) -> str:
        return self.screen().split("\n")[self.height - 3].strip()

    def fill(self, text: str) -> None:
        """Put a text in the place of the one that a dialog asks to change."""
        self.wait_for("enter takes it")
        self.keys("C-u")
        self.type(text)
        self.keys("Enter")

    def screen(self) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p", "-t", self.name)

    def printed(self) -> str:
        """What stands on the usual screen and has left it upwards, its lines as they were before they were wrapped."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", "-t", self.name)

    def wait_for(self, *texts: str, seconds: float = 60) -> str:
        """The screen, once it shows all of these."""
        self.until(lambda: _has(self.screen(), texts), seconds, f"{texts}")
        return self.screen()

    def until(self, condition: Callable[[], bool], seconds: float = 60, what: str = "it") -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"never saw {what} on:\n{self.screen()}")
            time.sleep(0.1)

    def wait_ended(self) -> int:
        """The exit code of the program, once it ended; minus the signal that killed it."""
        ended = self._told / "ended"
        self.until(ended.exists, what="the end")
        return int(ended.read_text())

    def fact(self, name: str) -> str:
        """What tmux knows of the terminal, such as ``alternate_on`` or ``pane_title``."""
        return self._tmux("display-message", "-p", "-t", self.name, f"#{{{name}}}").strip()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself."""
        os.kill(self.pid, number)

    @property
    def pid(self) -> int:
        """The program's process: ``env`` became it."""
        return int((self._told / "pid").read_text())

    @property
    def settings(self) -> tuple[str, str]:
        """What ``stty -a`` would tell of the terminal, before the program and after it."""
        return (self._told / "settings.before").read_text(), (self._told / "settings.after").read_text()

    @property
    def written(self) -> str:
        """Everything that the program sent to its terminal so far."""
        return self.raw.read_bytes().decode("utf-8", "surrogateescape") if self.raw.exists() else ""

    def close(self) -> None:
        """End the session, as a cut line does: the terminal is gone, and what runs in it gets a SIGHUP."""
        self._tmux("kill-server")
        shutil.rmtree(self._sockets, ignore_errors=True)


def _has(screen: str, texts: tuple[str, ...]) -> bool:
    return all(text in screen for text in texts)


def resumed(terminal: Callable[..., Terminal], project: Path) -> Terminal:
    """The program, started again on the run that it left."""
    screen = terminal("debug", str(project))
    screen.wait_for("Resume it", "enter chooses")
    screen.keys("Enter")
    return screen
