"""An IDE that this project did not write: VS Code's own test client, in node."""

from __future__ import annotations

import itertools
import json
import queue
import shutil
import subprocess
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from dap_client import RefusedError
from fake_pydevd import Json

FOLDER = Path(__file__).parent / "ide_client"


def skip_without_node() -> None:
    """It is for machines that have it; the same scenarios are run with a client in Python everywhere."""
    if shutil.which("node") is None or not (FOLDER / "node_modules").is_dir():
        pytest.skip("needs node, and `npm install` in tests/debugging/ide_client")


class NodeIde:
    """The same to a test as :class:`dap_client.IdeClient`."""

    def __init__(self, port: int) -> None:
        self.events: queue.Queue[Json] = queue.Queue()
        self.closed = threading.Event()
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Json]] = {}
        self.process = subprocess.Popen(
            ["node", str(FOLDER / "client.js"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("connected", 30)

    def ask(self, command: str, **arguments: Any) -> Json:
        """Send a request and wait for the body of its response."""
        number = next(self._numbers)
        answer = self._answers[number] = Future()
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": number, "command": command, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        told = answer.result(20)
        if "error" in told:
            raise RefusedError(told["error"])
        body: Json = told["body"]
        return body

    def attach(self, lines: dict[Path, list[Any]] | None = None, **options: Any) -> Json:
        """The whole hand-shake; the answers to the breakpoints."""
        wanted = {str(path): [{"line": line} for line in rows] for path, rows in (lines or {}).items()}
        told = self.ask("attach", lines=wanted, options=options)
        return {Path(path): rows for path, rows in told["answers"].items()}

    def set_lines(self, path: Path, *lines: int) -> list[Json]:
        """Replace its breakpoints in a file."""
        wanted = [{"line": line} for line in lines]
        answered: list[Json] = self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=wanted)["breakpoints"]
        return answered

    def wait(self, name: str, seconds: float = 20) -> Json:
        """The next event of this name; others before it are dropped."""
        while True:
            event = self.events.get(timeout=seconds)
            if event["event"] == name:
                body: Json = event["body"]
                return body

    def place(self, thread: int) -> tuple[str, int]:
        """(function, line) of a thread's innermost frame."""
        top = self.ask("stackTrace", threadId=thread)["stackFrames"][0]
        return top["name"], top["line"]

    def close(self) -> None:
        """Die."""
        self.process.kill()
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            else:
                self.events.put(message)
        self.closed.set()
