"""A real terminal: the real program in tmux, real keys in, the screen out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import missing

PROGRAM = str(Path(sys.executable).parent / "cursus-tui")


class Terminal:
    """One tmux session of a given size; everything typed goes through its keyboard."""

    def __init__(self, command: list[str], width: int, height: int, home: Path) -> None:
        self.name = f"cursus-tui-test-{uuid.uuid4().hex[:8]}"
        self.home = home
        environment = {
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PATH": os.environ["PATH"],
        }
        assignments = [f"{name}={value}" for name, value in environment.items()]
        self._tmux(
            "new-session", "-d", "-s", self.name, "-x", str(width), "-y", str(height),
            "-c", str(home), "env", "-i", *assignments, *command,
        )  # fmt: skip
        self._tmux("set-option", "-t", self.name, "remain-on-exit", "on")

    @staticmethod
    def _tmux(*arguments: str) -> str:
        done = subprocess.run(["tmux", "-L", "cursus-tui", *arguments], capture_output=True, text=True, check=False)
        return done.stdout

    def keys(self, *names: str) -> None:
        """Press keys, by tmux's names (``Enter``, ``Escape``, ``Down``) or as characters."""
        for name in names:
            self._tmux("send-keys", "-t", self.name, name)
            time.sleep(0.05)

    def type(self, text: str) -> None:
        """Type a text as it is."""
        self._tmux("send-keys", "-t", self.name, "-l", text)

    def screen(self) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p", "-t", self.name)

    def wait_for(self, *texts: str, seconds: float = 60) -> str:
        """The screen, once it shows all of these."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            screen = self.screen()
            if all(text in screen for text in texts):
                return screen
            time.sleep(0.1)
        raise AssertionError(f"never saw {texts} on:\n{self.screen()}")

    def close(self) -> None:
        """End the session and what runs in it."""
        self._tmux("kill-session", "-t", self.name)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the real program: ``terminal("debug", "sample:fraud_training", width=80, height=24)``."""
    if shutil.which("tmux") is None:
        missing("tmux")
    opened: list[Terminal] = []

    def start(*arguments: str, width: int = 80, height: int = 24) -> Terminal:
        opened.append(Terminal([PROGRAM, *arguments], width, height, tmp_path))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
