"""An IDE in plain Python: a client of the Debug Adapter Protocol on a TCP connection."""

from __future__ import annotations

import contextlib
import itertools
import queue
import socket
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from fake_pydevd import Json, encode, read_message


class RefusedError(Exception):
    """The hub refused a request."""


class IdeClient:
    """Attaches as VS Code does: ``attach`` without waiting, breakpoints on ``initialized``, ``configurationDone``."""

    def __init__(self, port: int, name: str = "Test Code", says: Json | None = None) -> None:
        self.says = says or {}
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(None)
        self.name = name
        self.events: queue.Queue[Json] = queue.Queue()
        self.closed = threading.Event()
        self.answered: list[int] = []
        """The numbers of the requests that were answered, in the order of the answers."""
        self.heard: list[str] = []
        """Commands that were answered, and events, in the order of their arrival."""
        self._numbers = itertools.count(1)
        self._answers: dict[int, Future[Json]] = {}
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def post(self, command: str, **arguments: Any) -> Future[Json]:
        """Send a request; its response comes later."""
        return self.post_raw(command, arguments)

    def post_raw(self, command: Any, arguments: Any) -> Future[Json]:
        """The same with arguments that may be anything."""
        number = next(self._numbers)
        answer = self._answers[number] = Future()
        self.socket.sendall(encode({"seq": number, "type": "request", "command": command, "arguments": arguments}))
        return answer

    def ask(self, command: str, **arguments: Any) -> Json:
        """Send a request and wait for the body of its response."""
        response = self.post(command, **arguments).result(10)
        if not response["success"]:
            raise RefusedError(response["message"])
        return response.get("body") or {}

    def attach(self, lines: dict[Path, list[Any]] | None = None, **arguments: Any) -> Json:
        """The whole hand-shake; the answers to the breakpoints."""
        self.capabilities = self.ask(
            "initialize", adapterID="debugpy", clientID="test", clientName=self.name, **self.says
        )
        attached = self.post("attach", **arguments)
        self.wait("initialized")
        answers = {}
        for path, rows in (lines or {}).items():
            answers[path] = self.set_lines(path, *rows)
        self.ask("setExceptionBreakpoints", filters=["uncaught"])
        self.ask("configurationDone")
        assert attached.result(10)["success"]
        return answers

    def set_lines(self, path: Path, *lines: Any) -> list[Json]:
        """Replace its breakpoints in a file."""
        wanted = [one if isinstance(one, dict) else {"line": one} for one in lines]
        answered: list[Json] = self.ask("setBreakpoints", source={"path": str(path)}, breakpoints=wanted)["breakpoints"]
        return answered

    def wait(self, name: str, seconds: float = 10) -> Json:
        """The next event of this name; others before it are dropped."""
        while True:
            event = self.events.get(timeout=seconds)
            if event["event"] == name:
                body: Json = event.get("body") or {}
                return body

    def place(self, thread: int) -> tuple[str, int]:
        """(function, line) of a thread's innermost frame."""
        top = self.ask("stackTrace", threadId=thread)["stackFrames"][0]
        return top["name"], top["line"]

    def close(self) -> None:
        """Hang up without a word."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(5)

    def _read(self) -> None:
        stream = self.socket.makefile("rb")
        while (message := read_message(stream)) is not None:
            self.heard.append(message["command"] if message["type"] == "response" else message["event"])
            if message["type"] == "response":
                self.answered.append(message["request_seq"])
                self._answers.pop(message["request_seq"]).set_result(message)
            else:
                self.events.put(message)
        self.closed.set()
        stream.close()
