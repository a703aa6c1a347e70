"""A step's debugger that does what a test says: dials the hub's socket and answers from a table."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

from cursus_tui.execution.ports import DebugOrder

Json = dict[str, Any]


def read_message(stream: Any) -> Json | None:
    """One message of the protocol; None at the end."""
    length = 0
    try:
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(stream.read(length)) if line else None
    except (OSError, ValueError):
        return None


def encode(message: Json) -> bytes:
    """A message as it travels."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class FakePydevd:
    """Speaks the debugger's side.

    ``answers`` holds, by command, a body, a text (a refusal), None (never answered) or a function of the arguments
    that makes one of these.
    """

    def __init__(self, order: DebugOrder, *, token: str | None = None, dial: bool = True) -> None:
        self.token = token if token is not None else order.token
        self.order = order
        self.requests: list[tuple[str, Json]] = []
        self.seen: dict[str, int] = {}
        """Number of the last request of each name."""
        self.closed = threading.Event()
        self.configured = threading.Event()
        self.answers: dict[str, Any] = {
            "stackTrace": {"stackFrames": [self.frame(7)], "totalFrames": 1},
            "threads": {"threads": [{"id": 1, "name": "MainThread"}]},
            "setBreakpoints": self._set_breakpoints,
        }
        self._heard = threading.Condition()
        self._sending = threading.Lock()
        self._is_known = False
        self._socket = socket.socket(socket.AF_UNIX)
        if dial:
            self.dial()

    def dial(self) -> None:
        """Connect, and answer from now on."""
        self._socket.connect(str(self.order.socket))
        threading.Thread(target=self._serve, daemon=True).start()

    def frame(self, line: int, path: str = "/project/script.py") -> Json:
        """A frame of a stack."""
        return {"id": 3, "name": "main", "line": line, "column": 1, "source": {"path": path}}

    def event(self, name: str, **body: Any) -> None:
        """Send an event."""
        self._send({"type": "event", "event": name, "body": body})

    def stop(self, line: int = 7, reason: str = "breakpoint", path: str = "/project/script.py", **body: Any) -> None:
        """Stand still on a line."""
        self.answers["stackTrace"] = {"stackFrames": [self.frame(line, path)], "totalFrames": 1}
        self.event("stopped", reason=reason, threadId=1, allThreadsStopped=True, **body)

    def confirm(self, command: str) -> None:
        """Answer the last request of a name after all."""
        answer = {"type": "response", "request_seq": self.seen[command], "command": command}
        self._send({**answer, "success": True, "body": {}})

    def say_all(self, *messages: Json) -> None:
        """Send several messages at once."""
        with self._sending:
            self._socket.sendall(b"".join(encode({"seq": 0, **message}) for message in messages))

    def say(self, body: bytes) -> None:
        """Send anything, framed as a message is."""
        with self._sending:
            self._socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def hang_up(self) -> None:
        """The step is gone."""
        self._socket.close() if self._socket.fileno() < 0 else self._shut()

    def wait_for(self, command: str, count: int = 1, seconds: float = 5) -> Json:
        """Arguments of the n-th request of a name."""

        def found() -> list[Json]:
            return [arguments for name, arguments in self.requests if name == command]

        with self._heard:
            assert self._heard.wait_for(lambda: len(found()) >= count, seconds), (command, count, self.requests)
            return found()[count - 1]

    def lines(self, path: str = "/project/script.py") -> list[int]:
        """What it was told last to stop on in a file."""
        with self._heard:
            told = [a for name, a in self.requests if name == "setBreakpoints" and a["source"]["path"] == path]
        return [one["line"] for one in told[-1]["breakpoints"]] if told else []

    def _shut(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        stream = self._socket.makefile("rb")
        while (message := read_message(stream)) is not None:
            command, arguments = message["command"], message.get("arguments") or {}
            self.seen[command] = message["seq"]
            with self._heard:
                # First: who has the answer may look for what was asked.
                self.requests.append((command, arguments))
                self._heard.notify_all()
            self._answer(message, command, arguments)
        self.closed.set()

    def _answer(self, message: Json, command: str, arguments: Json) -> None:
        answer: Any = self.answers.get(command, {})
        if command == "pydevdAuthorize":
            self._is_known = arguments["debugServerAccessToken"] == self.token
            answer = {"clientAccessToken": self.token} if self._is_known else "Client not authenticated."
        elif not self._is_known:
            answer = "Client not authenticated."
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(arguments)
        if answer is None:
            return
        response = {"type": "response", "request_seq": message["seq"], "command": command}
        if isinstance(answer, str):
            self._send({**response, "success": False, "message": answer})
        else:
            self._send({**response, "success": True, "body": answer})
        if command == "attach" and self._is_known:
            self.event("initialized")
        if command == "configurationDone":
            self.event("thread", reason="started", threadId=1)
            self.configured.set()

    def _set_breakpoints(self, arguments: Json) -> Json:
        rows = enumerate(arguments["breakpoints"])
        return {"breakpoints": [{"id": number, "verified": True, "line": one["line"]} for number, one in rows]}

    def _send(self, message: Json) -> None:
        with self._sending:
            try:
                self._socket.sendall(encode({"seq": 0, **message}))
            except OSError:
                self.closed.set()


class Told:
    """What the session was told, in order."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Any] = queue.Queue()

    def __call__(self, stop: Any) -> None:
        self.queue.put(stop)

    def next(self, seconds: float = 10) -> Any:
        """The next stop, or None where it went on."""
        return self.queue.get(timeout=seconds)

    def is_quiet(self, seconds: float = 0.3) -> bool:
        """Whether nothing is told for a while."""
        try:
            self.queue.get(timeout=seconds)
        except queue.Empty:
            return True
        return False
