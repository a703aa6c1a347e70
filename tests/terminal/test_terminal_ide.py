"""An IDE and the real screen on one step."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from small_project import write_project

from cursus_tui.samples.generate import generate

if TYPE_CHECKING:
    from real_terminal import Terminal


class Ide:
    """The least of an IDE: sends requests, and reads what it is sent until it finds what it wants."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream = self._socket.makefile("rwb")
        self._seq = 0

    def send(self, command: str, **arguments: Any) -> None:
        self._seq += 1
        message = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._stream.flush()

    def until(self, name: str) -> dict[str, Any]:
        """The next event or answer of this name."""
        while True:
            length = 0
            while line := self._stream.readline().strip():
                length = int(line.partition(b":")[2])
            assert length, f"the door closed before {name}"
            message = json.loads(self._stream.read(length))
            if name in (message.get("event"), message.get("command")):
                assert message.get("success", True), message
                return dict(message.get("body") or {})

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_an_ide_sees_the_stop_of_the_screen_and_steps_both(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    dag, port = generate(tmp_path / "chain", 2), free_port()
    screen = terminal("debug", str(dag), "--ide", str(port), width=80, height=24)
    screen.wait_for("nothing ran yet", f"127.0.0.1:{port}")
    ide = attached(port)
    screen.keys("s")
    thread = ide.until("stopped")["threadId"]
    screen.wait_for("stopped, line")
    ide.send("stackTrace", threadId=thread)
    first = ide.until("stackTrace")["stackFrames"][0]
    assert (first["name"], Path(first["source"]["path"])) == ("main", tmp_path / "chain" / "scripts" / "noop.py")
    ide.send("next", threadId=thread)
    ide.until("stopped")
    ide.send("stackTrace", threadId=thread)
    second = ide.until("stackTrace")["stackFrames"][0]
    assert second["line"] > first["line"]
    screen.wait_for(f"line {second['line']}")
    ide.close()
    screen.keys("c")
    screen.wait_for("finished: 2 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


def attached(port: int, lines: dict[Path, list[int]] | None = None) -> Ide:
    """An IDE that has come in, with breakpoints."""
    ide = Ide(port)
    ide.send("initialize", clientName="least IDE")
    ide.until("initialize")
    ide.send("attach", justMyCode=True)
    ide.until("initialized")
    for path, wanted in (lines or {}).items():
        ide.send("setBreakpoints", source={"path": str(path)}, breakpoints=[{"line": line} for line in wanted])
        ide.until("setBreakpoints")
    ide.send("configurationDone")
    ide.until("configurationDone")
    return ide


def place(ide: Ide, thread: int) -> tuple[str, int]:
    """Where it shows a thread: function and line."""
    ide.send("stackTrace", threadId=thread)
    frame = ide.until("stackTrace")["stackFrames"][0]
    return frame["name"], frame["line"]


def test_an_ide_that_comes_at_a_stop_sees_it_and_dies_without_it(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    project, port = write_project(tmp_path / "project", {"First": (), "Then": ("First",)}), free_port()
    screen = terminal("debug", str(project), "--ide", str(port))
    screen.wait_for("nothing ran yet", f"127.0.0.1:{port}")
    screen.keys("s")
    screen.wait_for("stopped, line 5")
    ide = attached(port)
    thread = ide.until("stopped")["threadId"]
    assert place(ide, thread) == ("main", 5)
    ide.send("next", threadId=thread)
    ide.until("stopped")
    screen.wait_for("stopped, line 6")
    screen.keys("n")
    thread = ide.until("stopped")["threadId"]
    assert place(ide, thread) == ("main", 7)
    ide.close()
    screen.until(lambda: "1 IDE" not in screen.screen())
    screen.wait_for("stopped, line 7")
    screen.keys("n")
    screen.until(lambda: "stopped, line 7" not in screen.screen())
    screen.keys("c")
    screen.wait_for("finished: 2 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


def test_an_ide_that_comes_between_two_steps_stops_the_next_on_its_breakpoint(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    project, port = write_project(tmp_path / "project", {"First": (), "Then": ("First",)}), free_port()
    screen = terminal("debug", str(project), "--ide", str(port))
    screen.wait_for("nothing ran yet", f"127.0.0.1:{port}")
    screen.keys("n")
    screen.wait_for("paused before Then")
    ide = attached(port, {project / "scripts" / "then.py": [6]})
    screen.keys("c")
    thread = ide.until("stopped")["threadId"]
    assert place(ide, thread) == ("main", 6)
    screen.wait_for("Then", "stopped, line 6")
    ide.send("disconnect")
    ide.until("disconnect")
    ide.close()
    screen.keys("8")
    screen.wait_for("no breakpoints")
    screen.wait_for("stopped, line 6")
    screen.keys("c")
    screen.wait_for("finished: 2 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


def test_a_port_in_use_ends_before_there_is_a_screen(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    dag = generate(tmp_path / "chain", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        screen = terminal("debug", str(dag), "--ide", str(port), width=80, height=24)
        assert screen.wait_ended() == 2
    assert f"port {port} cannot be opened" in screen.printed()
