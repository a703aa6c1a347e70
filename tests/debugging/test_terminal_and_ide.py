"""Terminal and IDE on one real step: whoever comes when, whoever steps, whoever dies."""

from __future__ import annotations

import gc
import inspect
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import packaging.version
import psutil
import pytest
from dap_client import IdeClient, RefusedError
from fake_pydevd import FakePydevd
from node_client import NodeIde
from real_debugging import FIRST, HELPER, IN_LOOP, LOOP, SCRIPT, Desk, until

from cursus_tui.records.debug import Resume, StopKind

pytestmark = pytest.mark.real
AnyIde = IdeClient | NodeIde


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    real_desk.script.write_text(SCRIPT)
    return real_desk


@pytest.fixture(params=["python", "node"])
def ide(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Callable[[], AnyIde]]:
    """Makes IDEs, and closes them in the end."""
    node: Path | None = request.getfixturevalue("node") if request.param == "node" else None
    with ExitStack() as made:

        def make() -> AnyIde:
            client = NodeIde(desk.open(), node) if node is not None else IdeClient(desk.open())
            made.callback(client.close)
            return client

        yield make


@pytest.mark.parametrize("when", ["before", "during", "between"])
@pytest.mark.parametrize("steps", ["terminal", "ide"])
def test_either_steps_and_both_see_it(desk: Desk, ide: Callable[[], AnyIde], when: str, steps: str) -> None:
    if when == "between":
        desk.start("pass\n", entry=False)
        assert desk.result().status == "passed"
    client = None
    if when != "during":
        client = ide()
        client.attach({desk.script: [LOOP]})
    else:
        desk.lines(LOOP)
    desk.start()
    stop = desk.stopped()
    assert (stop.line, stop.kind) == (LOOP, StopKind.BREAKPOINT)
    if client is None:
        client = ide()
        client.attach({desk.script: [LOOP]})
    seen = client.wait("stopped")
    thread = seen["threadId"]
    assert client.place(thread) == ("main", LOOP)
    assert client.ask("threads")["threads"] == [{"id": thread, "name": "MainThread"}]
    if steps == "ide":
        client.ask("stepIn", threadId=thread)
    else:
        desk.debug.resume(Resume.INTO)
        client.wait("continued")
    inside = desk.stopped()
    assert (inside.line, inside.number) == (HELPER, stop.number + 1)
    client.wait("stopped")
    assert client.place(thread) == ("helper", HELPER)
    frame = client.ask("stackTrace", threadId=thread)["stackFrames"][0]["id"]
    local = client.ask("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    assert [one["name"] for one in client.ask("variables", variablesReference=local)["variables"]] == ["n"]
    client.set_lines(desk.script)
    desk.lines()
    if steps == "ide":
        client.ask("continue", threadId=thread)
    else:
        desk.debug.resume(Resume.CONTINUE)
    assert desk.told.next() is None


@pytest.mark.parametrize("leaves", ["dies", "disconnects"])
def test_an_ide_that_goes_keeps_the_pause_and_takes_its_breakpoints(
    desk: Desk, ide: Callable[[], AnyIde], leaves: str
) -> None:
    desk.lines(LOOP)
    desk.start()
    stop = desk.stopped()
    client = ide()
    client.attach({desk.script: [IN_LOOP, HELPER]})
    client.wait("stopped")
    if leaves == "disconnects":
        client.ask("disconnect")
        client.wait("terminated")
    client.close()
    until(lambda: desk.debug.state.ide.clients == ())
    assert desk.debug.state.ide_breakpoints == ()
    assert desk.debug.state.stop == stop
    assert desk.value("total", stop) == "0"
    desk.debug.resume(Resume.CONTINUE)
    assert desk.stopped().line == LOOP, "the IDE's breakpoints went with it"


def test_the_step_dies_and_the_ide_waits_for_the_next(desk: Desk, ide: Callable[[], AnyIde]) -> None:
    client = ide()
    client.attach({desk.script: [LOOP]})
    desk.start()
    desk.stopped()
    thread = client.wait("stopped")["threadId"]
    assert desk.process is not None
    assert desk.process.pid is not None
    os.kill(desk.process.pid, signal.SIGKILL)
    client.wait("continued")
    assert client.wait("thread") == {"reason": "exited", "threadId": thread}
    assert desk.result().exit_code == -signal.SIGKILL
    assert client.ask("threads")["threads"] == [{"id": 1, "name": "waiting for a step"}]
    with pytest.raises(RefusedError):
        client.ask("stackTrace", threadId=thread)
    desk.start()
    assert desk.stopped().line == LOOP
    client.wait("stopped")


def test_two_ides_and_the_terminal_have_one_stop(desk: Desk, ide: Callable[[], AnyIde]) -> None:
    first, second = ide(), ide()
    first.attach({desk.script: [LOOP]})
    second.attach({desk.script: [IN_LOOP]})
    desk.lines(FIRST)
    desk.start()
    assert desk.stopped().line == FIRST
    for client, line in ((first, LOOP), (second, IN_LOOP)):
        for each in (first, second):
            thread = each.wait("stopped")["threadId"]
        client.ask("continue", threadId=thread)
        assert desk.stopped().line == line
    second.close()
    until(lambda: len(desk.debug.state.ide.clients) == 1)
    first.wait("stopped")
    assert first.place(1)[1] == IN_LOOP


def test_an_ides_first_breakpoint_and_its_pause_start_the_debugger(desk: Desk, ide: Callable[[], AnyIde]) -> None:
    client = ide()
    client.attach()
    desk.start()
    desk.wait_for("called")
    assert not desk.debug.state.attached
    client.ask("pause", threadId=1)
    assert client.wait("stopped")["reason"] == "pause"
    assert desk.stopped().kind is StopKind.PAUSE
    assert client.set_lines(desk.script, IN_LOOP)[0]["verified"]
    client.ask("continue", threadId=1)
    assert desk.stopped().line == IN_LOOP


def test_an_ide_sees_the_failure_that_is_held(desk: Desk, ide: Callable[[], AnyIde]) -> None:
    client = ide()
    client.attach()
    desk.start(SCRIPT.replace("total += helper(1)", "total += rows['x']"), hold=True)
    assert desk.stopped().kind is StopKind.EXCEPTION
    stopped = client.wait("stopped")
    assert (stopped["reason"], stopped["text"]) == ("exception", "TypeError")
    told = client.ask("exceptionInfo", threadId=stopped["threadId"])
    assert told["exceptionId"] == "TypeError"
    client.ask("continue", threadId=stopped["threadId"])
    assert desk.result().status == "failed"


def test_a_stranger_at_the_steps_door_gets_nothing(desk: Desk) -> None:
    desk.lines(LOOP)
    desk.start()
    desk.stopped()
    assert desk.order is not None
    assert FakePydevd(desk.order, token="guessed").closed.wait(10)
    assert FakePydevd(desk.order).closed.wait(10), "a second one, with the right token"
    assert desk.debug.state.stop is not None
    desk.debug.resume(Resume.CONTINUE)
    assert desk.stopped().line == LOOP


def test_a_hundred_ides_leave_nothing_at_a_real_stop(desk: Desk) -> None:
    desk.lines(LOOP)
    desk.start()
    stop = desk.stopped()
    port = desk.open()
    assert desk.process is not None
    step = psutil.Process(desk.process.pid)

    def counts() -> tuple[int, ...]:
        gc.collect()
        children = len(psutil.Process().children(recursive=True))
        return children, threading.active_count(), psutil.Process().num_fds(), step.num_fds(), step.num_threads()

    def visit(number: int) -> None:
        client = IdeClient(port)
        client.attach({desk.script: [IN_LOOP]})
        client.wait("stopped")
        if number % 2:
            client.ask("disconnect")
        client.close()

    before = counts()
    for number in range(100):
        visit(number)
    until(lambda: all(now <= then for now, then in zip(counts(), before, strict=True)))
    assert desk.debug.state.stop == stop
    assert desk.debug.state.ide.clients == ()
    desk.debug.close()
    assert desk.order is not None
    assert not desk.order.socket.parent.exists()


@pytest.mark.parametrize("asks", ["with a breakpoint", "with justMyCode"])
def test_an_ide_that_comes_at_a_stop_can_look_into_libraries(desk: Desk, ide: Callable[[], AnyIde], asks: str) -> None:
    source = "import packaging.version\n" + SCRIPT.replace("n * 2", "packaging.version.parse('1.0') and 2")
    desk.lines(HELPER + 1)
    desk.start(source)
    stop = desk.stopped()
    assert stop.line == HELPER + 1
    client = ide()
    library = Path(packaging.version.__file__)
    if asks == "with a breakpoint":
        first = inspect.getsource(packaging.version.parse)
        line = inspect.getsourcelines(packaging.version.parse)[1] + first[: first.index("return Version")].count("\n")
        client.attach()
        client.wait("stopped")
        assert client.set_lines(library, line)[0]["verified"]
        client.ask("continue", threadId=stop.thread)
    else:
        client.attach(justMyCode=False)
        client.wait("stopped")
        client.ask("stepIn", threadId=stop.thread)
    inside = desk.stopped()
    assert inside.file == library
    client.set_lines(library)
    desk.lines()
    client.ask("continue", threadId=inside.thread)
    assert desk.told.next() is None
