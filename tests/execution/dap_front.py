"""A front for tests of the worker: listens where a step's debugger dials, and speaks DAP with it."""

from __future__ import annotations

import itertools
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import debugpy

import cursus_tui.worker
from cursus_tui.execution.ports import DebugOrder

WORKER_FOLDER = Path(cursus_tui.worker.__file__).parent
TOKEN = "a token"
Json = dict[str, Any]


def lent_folder(folder: Path) -> Path:
    """A folder that holds ``debugpy`` and nothing else."""
    lent = folder / "lent"
    if not lent.exists():
        lent.mkdir()
        (lent / "debugpy").symlink_to(Path(debugpy.__file__).parent)
    return lent


class Dap:
    """One connection of a step's debugger."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.events: queue.Queue[Json] = queue.Queue()
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Json]] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def post(self, command: str, **arguments: Any) -> Future[Json]:
        """Send a request; its answer comes later."""
        number = next(self._numbers)
        answer = self._answers[number] = Future()
        request = {"seq": number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(request).encode()
        self.connection.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return answer

    def ask(self, command: str, **arguments: Any) -> Json:
        """Send a request and wait for its answer."""
        answer = self.post(command, **arguments).result(20)
        assert answer["success"], answer
        return answer.get("body") or {}

    def wait_for(self, name: str, seconds: float = 15) -> Json:
        """The body of the next event of this name."""
        until = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0.01, until - time.monotonic()))
            if event["event"] == name:
                return event.get("body") or {}

    def shake_hands(self, lines: Mapping[Path, Sequence[int | Json]], token: str = TOKEN) -> None:
        """All that a front says before a step goes on."""
        self.ask("pydevdAuthorize", debugServerAccessToken=token)
        self.ask("initialize", adapterID="debugpy", pathFormat="path", linesStartAt1=True, columnsStartAt1=True)
        rules = [{"path": f"{WORKER_FOLDER}/**", "include": False}]
        attached = self.post("attach", justMyCode=True, subProcess=False, redirectOutput=False, rules=rules)
        self.wait_for("initialized")
        for path, wanted in lines.items():
            self.break_at(path, *wanted)
        self.ask("setExceptionBreakpoints", filters=["uncaught"])
        self.ask("configurationDone")
        attached.result(20)

    def break_at(self, path: Path, *lines: int | Json) -> None:
        """All breakpoints of a file."""
        wanted = [line if isinstance(line, dict) else {"line": line} for line in lines]
        self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=wanted)

    def stopped(self, seconds: float = 15) -> tuple[int, str, str, int]:
        """Wait for a stop: thread, reason, function, line."""
        body = self.wait_for("stopped", seconds)
        top = self.frames(body["threadId"])[0]
        return body["threadId"], body["reason"], top["name"], top["line"]

    def frames(self, thread: int) -> list[Json]:
        """Frames of a stopped thread, innermost first."""
        frames: list[Json] = self.ask("stackTrace", threadId=thread)["stackFrames"]
        return frames

    def evaluate(self, expression: str, thread: int, context: str = "watch") -> str:
        """What an expression is in the innermost frame."""
        frame = self.frames(thread)[0]["id"]
        return str(self.ask("evaluate", expression=expression, frameId=frame, context=context)["result"])

    def close(self) -> None:
        """Let the step go."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        stream = self.connection.makefile("rb")
        while True:
            headers = list(iter(lambda: stream.readline().strip(), b""))
            if not headers:
                break
            message = json.loads(stream.read(int(headers[0].partition(b":")[2])))
            if message["type"] == "response":
                self._answers.pop(message["request_seq"]).set_result(message)
            elif message["type"] == "event":
                self.events.put(message)
        self.events.put({"event": "closed"})
        for answer in self._answers.values():
            answer.set_exception(EOFError("the step's debugger is gone"))


class DapFront:
    """Listens for the debugger of one step after the other."""

    def __init__(self, folder: Path) -> None:
        self.lent = lent_folder(folder)
        self.pycache = folder / "pycache"
        # Short, as a socket's path must be.
        self.path = Path(mkdtemp(prefix="front-")) / "s"
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(os.fspath(self.path))
        self._server.listen(4)
        self._server.settimeout(15)

    def order(
        self, *, at_start: bool = False, entry: bool = False, hold: bool = False, patience: float = 20
    ) -> DebugOrder:
        """What a step needs to know."""
        return DebugOrder(self.path, TOKEN, self.lent, self.pycache, at_start or entry, entry, hold, patience)

    def request(self) -> dict[str, str]:
        """Arguments of the agent's ``debug``."""
        return {
            "socket": str(self.path),
            "token": TOKEN,
            "lent": str(self.lent),
            "pycache": str(self.pycache),
        }

    def accept(self) -> Dap:
        """Wait until a step dials."""
        connection, _ = self._server.accept()
        return Dap(connection)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()
        self.path.unlink()
        self.path.parent.rmdir()
