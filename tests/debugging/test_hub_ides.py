"""IDEs at the hub's door: several, dying, malformed, of others, and what they share with the terminal."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from dap_client import IdeClient, RefusedError
from hub_desk import SCRIPT, Desk, until

from cursus_tui.records.debug import DebugError, Resume


def test_an_ide_waits_for_a_step(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    answers = ide.attach({SCRIPT: [8]})
    assert answers[SCRIPT] == [{"id": 1, "line": 8, "verified": True, "source": {"path": str(SCRIPT)}}]
    assert ide.ask("threads") == {"threads": [{"id": 1, "name": "waiting for a step"}]}
    with pytest.raises(RefusedError, match="no step"):
        ide.ask("stackTrace", threadId=1)
    until(lambda: desk.debug.state.ide.clients == ("Test Code",))
    assert [one.line for one in desk.debug.state.ide_breakpoints] == [8]
    step = desk.attached()
    assert step.lines() == [8]
    assert ide.wait("thread") == {"reason": "started", "threadId": 1}
    ide.close()


def test_an_ide_that_comes_later_sees_the_stop(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    ide = IdeClient(desk.open())
    ide.attach()
    assert ide.wait("process")["name"] == "train"
    assert ide.wait("stopped")["threadId"] == 1
    assert ide.place(1) == ("main", 7)
    ide.close()


def test_a_step_by_either_is_seen_by_both(desk: Desk) -> None:
    step = desk.attached(7)
    first, second = (IdeClient(desk.open(), name) for name in ("one", "two"))
    first.attach()
    second.attach()
    step.stop(7)
    desk.told.next()
    for ide in (first, second):
        ide.wait("stopped")
    first.ask("next", threadId=1)
    assert second.wait("continued")["allThreadsContinued"]
    step.stop(8, "step")
    assert (desk.told.next().line, first.wait("stopped")["reason"], second.wait("stopped")["reason"]) == (
        8,
        "step",
        "step",
    )
    desk.debug.resume(Resume.INTO)
    first.wait("continued")
    second.wait("continued")
    step.wait_for("stepIn")
    first.close()
    second.close()


def test_breakpoints_are_united_and_go_with_their_client(desk: Desk) -> None:
    step = desk.attached(7, condition="x > 1")
    ide = IdeClient(desk.open())
    ide.attach({SCRIPT: [20, {"line": 7}]})
    assert step.lines() == [7, 20]
    told = step.wait_for("setBreakpoints", len([1 for name, _ in step.requests if name == "setBreakpoints"]))
    assert told["breakpoints"] == [{"line": 7}, {"line": 20}], "an unconditional stop wins"
    assert [one["line"] for one in ide.set_lines(SCRIPT, 20, 21)] == [20, 21]
    assert step.lines() == [7, 20, 21]
    ide.close()
    until(lambda: step.lines() == [7])
    assert desk.debug.state.ide_breakpoints == ()


def test_an_ide_that_dies_or_leaves_keeps_the_stop(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    stop = desk.told.next()
    for leave in ("disconnect", ""):
        ide = IdeClient(desk.open())
        ide.attach()
        ide.wait("stopped")
        if leave:
            ide.ask(leave, terminateDebuggee=True, restart=False)
            ide.wait("terminated")
            assert ide.closed.wait(5)
        ide.close()
    until(lambda: desk.debug.state.ide.clients == ())
    assert desk.debug.state.stop == stop
    assert {name for name, _ in step.requests}.isdisjoint({"disconnect", "terminate"})


def test_an_ide_stays_from_step_to_step(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.attach({SCRIPT: [7]})
    for _ in range(2):
        step = desk.attached()
        step.stop(7)
        ide.wait("stopped")
        assert desk.told.next().line == 7
        step.hang_up()
        assert ide.wait("continued")
        assert ide.wait("thread") == {"reason": "exited", "threadId": 1}
        assert desk.told.next() is None
        assert desk.order is not None
        desk.debug.ended(desk.order)
    assert not ide.closed.is_set()
    ide.close()


def test_filters_are_united(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    ide.ask("setExceptionBreakpoints", filters=["raised", "made up"])
    until(lambda: step.requests[-1] == ("setExceptionBreakpoints", {"filters": ["raised"]}))
    ide.ask("setExceptionBreakpoints", filters=["uncaught"])
    until(lambda: step.requests[-1] == ("setExceptionBreakpoints", {"filters": ["uncaught"]}))
    ide.close()
    until(lambda: step.requests[-1] == ("setExceptionBreakpoints", {"filters": []}))


def test_paths_are_mapped_both_ways(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    mappings = [{"localRoot": "/home/me/work", "remoteRoot": "/project"}]
    answers = ide.attach({Path("/home/me/work/script.py"): [8]}, pathMappings=mappings)
    assert answers[Path("/home/me/work/script.py")][0]["verified"]
    assert step.lines() == [7, 8]
    step.stop(8)
    ide.wait("stopped")
    assert ide.ask("stackTrace", threadId=1)["stackFrames"][0]["source"]["path"] == "/home/me/work/script.py"
    ide.close()


def test_malformed_requests_are_refused(desk: Desk) -> None:
    desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    for command, arguments in (
        ("setExceptionBreakpoints", {"filters": 3}),
        ("setBreakpoints", {}),
        ("setBreakpoints", {"source": {"path": 3}, "breakpoints": 7}),
        ("attach", {}),
    ):
        with pytest.raises(RefusedError):
            ide.ask(command, **arguments)
    assert ide.ask("threads")["threads"]
    ide.close()


def test_what_an_ide_may_not_do_is_unsupported(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    for command in ("debugpyAttach", "setPydevdSourceMap", "runInTerminal", "pydevdAuthorize", "evaluateMe"):
        with pytest.raises(RefusedError, match="not supported"):
            ide.ask(command)
    assert not ide.capabilities["supportTerminateDebuggee"]
    ide.close()


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"Content-Length: 1073741824\r\n\r\n{}",
        b"Content-Length: 99999999999999999999999999\r\n\r\n{}",
        b"Content-Length: 7\r\n\r\nnothing",
        b"Content-Length: 2\r\n\r\n[]",
        b"x" * 200_000,
        b"Content-Length: 60001\r\n\r\n" + b"[" * 60_001,
    ],
)
def test_junk_closes_the_connection_and_nothing_else(desk: Desk, junk: bytes) -> None:
    step = desk.attached(7)
    port = desk.open()
    with socket.create_connection(("127.0.0.1", port), 5) as peer:
        peer.settimeout(5)
        try:
            peer.sendall(junk)
            assert peer.recv(1) == b""
        except ConnectionError:
            pass
    step.stop(7)
    assert desk.told.next().line == 7


def test_a_web_page_is_no_ide(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    assert desk.told.next().line == 7
    wish = b'{"seq": 1, "type": "request", "command": "evaluate", "arguments": {"expression": "1", "frameId": 3}}'
    # What any page in a browser of the user's may send without being asked for leave: the header names a length, too.
    posted = b"POST / HTTP/1.1\r\nHost: 127.0.0.1:5678\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
    with socket.create_connection(("127.0.0.1", desk.open()), 5) as peer:
        peer.settimeout(5)
        peer.sendall(posted % (len(wish), wish))
        with contextlib.suppress(ConnectionError):
            assert peer.recv(1) == b""
    assert not [name for name, _ in step.requests if name == "evaluate"]


def test_an_ide_that_never_reads_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_tui.debugging.clients.MOST_UNSENT_BYTES", 1 << 16)
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    # Nobody reads what comes now: its thread is busy.
    ide.events.put = lambda *_: time.sleep(60)  # type: ignore[method-assign]
    for _ in range(400):
        step.event("output", category="stdout", output="x" * 50_000)
    until(lambda: desk.debug.state.ide.clients == (), 20)
    step.stop(7)
    assert desk.told.next(20).line == 7


def test_a_taken_port_is_passed_by_or_refused(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DebugError, match=f"port {port} cannot be opened"):
            desk.debug.open_ide(port).result(5)
    with socket.socket() as first:
        try:
            first.bind(("127.0.0.1", 5678))
            first.listen()
        except OSError:
            pass
        other = desk.debug.open_ide().result(5).port
        assert other is not None
        assert other != 5678
        assert desk.debug.open_ide().result(5).port == other


def test_the_door_opens_once_however_often_it_is_asked_for(desk: Desk) -> None:
    asked = [desk.debug.open_ide() for _ in range(5)]
    ports = {each.result(5).port for each in asked}
    assert len(ports) == 1
    assert desk.debug.close_ide().result(5).port is None
    for port in ports:
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", port), 1)


def test_the_door_closes(desk: Desk) -> None:
    port = desk.open()
    ide = IdeClient(port)
    ide.attach()
    assert desk.debug.close_ide().result(5).port is None
    ide.wait("terminated")
    assert ide.closed.wait(5)
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), 1)
    assert desk.open()
    ide.close()


def test_a_peer_of_another_user_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for owner, why in ((os.getuid() + 1, "another user"), (None, "cannot be told")):
        monkeypatch.setattr("cursus_tui.debugging.ide_server.owner_of", lambda *_, owner=owner: owner)
        ide = IdeClient(desk.open())
        assert ide.closed.wait(5)
        until(lambda why=why: why in desk.debug.state.ide.refused)
        assert desk.debug.state.ide.clients == ()
        ide.close()


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("bash") is None, reason="needs root, to be somebody else")
def test_somebody_else_really_is_refused(desk: Desk) -> None:
    connect = f"exec 3<>/dev/tcp/127.0.0.1/{desk.open()}; read -t 10 line <&3; echo $?"
    seen = subprocess.run(["bash", "-c", connect], user=65534, capture_output=True, text=True, cwd="/")
    assert seen.stdout == "1\n", "the connection was closed"
    until(lambda: desk.debug.state.ide.refused == "a peer of another user (uid 65534)")


def test_a_hundred_ides_come_and_go(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    stop = desk.told.next()
    port = desk.open()

    def visit(number: int) -> None:
        ide = IdeClient(port)
        ide.attach({SCRIPT: [8]})
        ide.wait("stopped")
        if number % 2:
            ide.ask("disconnect")
        ide.close()

    gc.collect()
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    begin = time.monotonic()
    for number in range(100):
        visit(number)
    assert time.monotonic() - begin < 10, "an IDE's requests wait for one another"
    gc.collect()
    until(lambda: len(os.listdir("/proc/self/fd")) <= before[0] and threading.active_count() <= before[1])
    assert desk.debug.state.ide.clients == ()
    assert desk.debug.state.stop == stop
