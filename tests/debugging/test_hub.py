"""The hub's rules, with a debugger that does what the test says."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from dap_client import IdeClient, RefusedError
from fake_pydevd import FakePydevd, Told

from cursus_tui.app.ports import DebuggerPort
from cursus_tui.debugging import evaluations, hub, upstream
from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.ports import DebugOrder, DebugPort, StepProcess, WorkerEvent
from cursus_tui.records.debug import DebugError, LineBreakpoint, Resume, StopKind
from cursus_tui.records.events import Noticed
from cursus_tui.records.run import Attempt, StepStatus

SCRIPT = Path("/project/script.py")
NONE: frozenset[Path] = frozenset()


class FakeProcess:
    """A step whose agent does what the test says."""

    pid = 4321

    def __init__(self) -> None:
        self.result: Future[Any] = Future()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], Any]] = {}

    def cancel(self, *, reason: str = "cancelled") -> None:
        raise AssertionError("the debugger cancels nothing")

    def clock(self, *, held: bool) -> None:
        raise AssertionError("the clock is the session's")

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        self.asked.append((operation, arguments))
        answer: Future[Any] = Future()
        try:
            answer.set_result(self.answers.get(operation, lambda _: None)(arguments))
        except RuntimeError as error:
            answer.set_exception(error)
        return answer

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


class Desk:
    """A debug session and one attempt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.debug = DebugSession(cache=folder / "cache")
        self.events: list[Any] = []
        self.debug.subscribe(self.events.append)
        self.told = Told()
        self.process = FakeProcess()
        self.order: DebugOrder | None = None

    def start(self, *lines: int, entry: bool = False, **options: Any) -> DebugOrder:
        """An attempt of the script, with these breakpoints of the terminal's."""
        self.debug.set_lines(tuple(LineBreakpoint(SCRIPT, line, **options) for line in lines))
        self.order = self.debug.order("train", SCRIPT, NONE, entry=entry, hold=True)
        return self.order

    def follow(self) -> None:
        assert self.order is not None
        attempt = Attempt("run", "train", 1, StepStatus.RUNNING, self.folder)
        self.debug.follow(self.order, attempt, self.process, self.told)

    def attached(self, *lines: int, **options: Any) -> FakePydevd:
        """An attempt whose debugger dialled in at its start."""
        step = FakePydevd(self.start(*lines, entry=not lines, **options))
        self.follow()
        assert step.configured.wait(5)
        until(lambda: self.debug.state.attached)
        return step

    def open(self) -> int:
        port = self.debug.open_ide(0).result(5).port
        assert port is not None
        return port

    def notices(self) -> list[str]:
        return [event.message for event in self.events if isinstance(event, Noticed)]


def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.debug.close()


def test_a_session_without_debugging_starts_nothing(desk: Desk) -> None:
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    order = desk.start()
    desk.follow()
    desk.debug.ended(order)
    assert not order.at_start
    assert not order.socket.parent.exists()
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, files)
    with pytest.raises(DebugError, match="no step is being debugged"):
        desk.debug.threads().result(1)


def test_it_is_both_ports(desk: Desk) -> None:
    as_session: DebugPort = desk.debug
    as_screen: DebuggerPort = desk.debug
    process: StepProcess = desk.process
    assert (as_session, as_screen.state.stop, process.pid) == (desk.debug, None, 4321)


def test_a_breakpoint_elsewhere_than_in_other_scripts_starts_the_debugger_with_the_step(desk: Desk) -> None:
    other = Path("/project/other.py")
    desk.debug.set_lines((LineBreakpoint(other, 3),))
    assert not desk.debug.order("a", SCRIPT, frozenset({other}), entry=False, hold=False).at_start
    assert desk.debug.order("b", other, frozenset({SCRIPT}), entry=False, hold=False).at_start
    assert desk.debug.order("c", SCRIPT, NONE, entry=False, hold=False).at_start
    desk.debug.set_lines((LineBreakpoint(other, 3, enabled=False),))
    assert not desk.debug.order("c", SCRIPT, NONE, entry=False, hold=False).at_start


def test_a_stop_is_told_with_its_place(desk: Desk) -> None:
    step = desk.attached(7, 9)
    assert step.lines() == [7, 9]
    assert step.wait_for("setExceptionBreakpoints") == {"filters": []}
    step.stop(7)
    stop = desk.told.next()
    assert (stop.number, stop.step, stop.attempt, stop.kind) == (1, "train", 1, StopKind.BREAKPOINT)
    assert (stop.file, stop.line, stop.thread) == (SCRIPT, 7, 1)
    assert desk.debug.state.stop == stop


def test_stops_that_come_before_the_attempt_is_followed_are_told_then(desk: Desk) -> None:
    step = FakePydevd(desk.start(7))
    assert step.configured.wait(5)
    step.stop(7)
    time.sleep(0.05)
    desk.follow()
    assert desk.told.next().line == 7


def test_a_step_over_is_no_phase_change(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    desk.debug.resume(Resume.OVER)
    assert step.wait_for("next") == {"threadId": 1}
    step.stop(8, "step")
    stop = desk.told.next()
    assert (stop.number, stop.line, stop.kind) == (2, 8, StopKind.STEP)
    assert desk.told.is_quiet()


def test_going_on_is_told_when_no_stop_follows(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    desk.debug.resume(Resume.CONTINUE)
    step.wait_for("continue")
    assert desk.told.next() is None
    assert desk.debug.state.stop is None
    assert desk.told.is_quiet()


def test_listeners_that_fail_harm_nobody(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    def fail(fact: object) -> None:
        raise RuntimeError("the screen is gone")

    desk.debug.subscribe(fail)
    order = desk.start(7)
    step = FakePydevd(order)
    desk.debug.follow(order, Attempt("run", "train", 1, StepStatus.RUNNING, desk.folder), desk.process, fail)
    assert step.configured.wait(5)
    for line in (7, 8):
        step.stop(line)
        until(lambda line=line: desk.debug.state.stop is not None and desk.debug.state.stop.line == line)
        assert desk.debug.frames(1).result(5)
        desk.debug.resume(Resume.OVER)
        step.wait_for("next", line - 6)
    assert caplog.records


def test_two_resumes_at_once_send_one(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["continue"] = None
    step.stop(7)
    desk.told.next()
    desk.debug.resume(Resume.CONTINUE)
    desk.debug.resume(Resume.CONTINUE)
    assert desk.told.next() is None
    assert [name for name, _ in step.requests].count("continue") == 1


def test_what_is_asked_of_a_running_step_is_refused_at_once(desk: Desk) -> None:
    desk.attached(7)
    for wish in (desk.debug.scopes(3), desk.debug.evaluate("1", 3), desk.debug.frames(1)):
        with pytest.raises(DebugError, match="not stopped"):
            wish.result(1)


def test_entry_is_a_breakpoint_that_holds_once(desk: Desk) -> None:
    step = desk.attached()
    assert desk.order is not None
    desk.debug.heard(desk.order, WorkerEvent("entering", {"file": str(SCRIPT), "line": 12}))
    until(lambda: desk.process.names() == ["go"])
    assert step.lines() == [12]
    step.stop(12)
    assert desk.told.next().kind is StopKind.ENTRY
    until(lambda: step.lines() == [])


def test_running_to_a_line_goes_on_and_forgets_the_line(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    desk.debug.run_to(SCRIPT, 30)
    step.wait_for("continue")
    assert step.lines() == [7, 30]
    step.stop(30)
    stop = desk.told.next()
    assert (stop.line, stop.kind) == (30, StopKind.STEP)
    until(lambda: step.lines() == [7])


@pytest.mark.parametrize("command", ["next", "continue"])
def test_a_refused_resume_leaves_it_stopped_for_everyone(desk: Desk, command: str) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    stop = desk.told.next()
    ide.wait("stopped")
    step.answers[command] = "not now"
    if command == "next":
        desk.debug.resume(Resume.OVER)
    else:
        desk.debug.run_to(SCRIPT, 30)
    assert desk.told.next() == stop, "whoever waits for it waits no longer"
    ide.wait("continued")
    ide.wait("stopped")
    assert desk.told.is_quiet()
    assert desk.debug.state.stop == stop
    assert desk.notices() == ["not now"]
    desk.debug.resume(Resume.OUT)
    step.wait_for("stepOut")
    assert desk.told.next() is None
    ide.close()


def test_an_exception_says_what_it_is(desk: Desk) -> None:
    step = desk.attached(7)
    assert desk.order is not None
    assert step.wait_for("setExceptionBreakpoints") == {"filters": []}, "threads of the script's may end as they like"
    desk.debug.heard(desk.order, WorkerEvent("parked", {"type": "KeyError"}))
    until(lambda: desk.process.names() == ["release"])
    assert step.wait_for("setExceptionBreakpoints", 2) == {"filters": ["uncaught"]}
    step.stop(9, "exception", text="KeyError", description="'amount\x1b[31m'")
    stop = desk.told.next()
    assert (stop.kind, stop.line, stop.text) == (StopKind.EXCEPTION, 9, "KeyError: 'amount␛[31m'")


def test_a_call_of_breakpoint_is_told_as_such(desk: Desk) -> None:
    step = desk.attached(7)
    assert desk.order is not None
    desk.debug.heard(desk.order, WorkerEvent("breakpoint", {"file": str(SCRIPT), "line": 5}))
    until(lambda: desk.process.names() == ["go"])
    step.stop(5)
    assert desk.told.next().kind is StopKind.CALL


def test_the_first_breakpoint_starts_the_debugger_of_a_running_step_once(desk: Desk) -> None:
    order = desk.start()
    dialled: list[FakePydevd] = []
    desk.process.answers["debug"] = lambda arguments: dialled.append(FakePydevd(order))
    desk.follow()
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7),))
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7), LineBreakpoint(SCRIPT, 8)))
    desk.debug.suspend()
    until(lambda: dialled and dialled[0].configured.is_set())
    dialled[0].wait_for("pause")
    assert desk.process.names() == ["debug"]
    assert desk.process.asked[0][1] == {
        "socket": str(order.socket),
        "token": order.token,
        "lent": str(order.lent),
        "pycache": str(order.pycache),
    }
    until(lambda: dialled[0].lines() == [7, 8])
    dialled[0].stop(3, "pause")
    assert desk.told.next().kind is StopKind.PAUSE


def test_a_pause_that_takes_long_is_explained(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "SLOW_PAUSE_SECONDS", 0.05)
    step = desk.attached()
    desk.debug.suspend()
    step.wait_for("pause")
    until(lambda: desk.notices() == ["train is inside of a long call: it stops at the next line of its code"])
    step.stop(3, "pause")
    assert desk.told.next().kind is StopKind.PAUSE


def test_a_breakpoint_in_another_steps_script_leaves_a_running_step_alone(desk: Desk) -> None:
    other = Path("/project/other.py")
    desk.order = desk.debug.order("train", SCRIPT, frozenset({other}), entry=False, hold=False)
    desk.follow()
    desk.debug.set_lines((LineBreakpoint(other, 7),))
    desk.debug.open_ide(0).result(5)
    assert desk.process.names() == []


def test_a_step_that_cannot_be_debugged_runs_on_and_says_why_once(desk: Desk) -> None:
    desk.start()

    def refuse(arguments: dict[str, Any]) -> None:
        raise RuntimeError("DebuggerUnusableError: no debugpy there")

    desk.process.answers["debug"] = refuse
    desk.follow()
    assert desk.order is not None
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7),))
    until(desk.notices)
    desk.debug.heard(desk.order, WorkerEvent("parked", {"type": "KeyError"}))
    desk.debug.heard(desk.order, WorkerEvent("breakpoint", {}))
    until(lambda: {"release", "go"} <= set(desk.process.names()))
    assert desk.notices() == ["train cannot be debugged: DebuggerUnusableError: no debugpy there"]


def test_every_wish_that_cannot_be_is_answered(desk: Desk) -> None:
    desk.start()

    def refuse(arguments: dict[str, Any]) -> None:
        raise RuntimeError("no debugpy there")

    desk.process.answers["debug"] = refuse
    desk.follow()
    for count in (1, 2, 3):
        desk.debug.suspend()
        until(lambda count=count: len(desk.notices()) == count)
    time.sleep(0.05)
    assert desk.notices() == ["train cannot be debugged: no debugpy there"] * 3


def test_a_breakpoint_in_a_library_lets_libraries_be_stepped_into(desk: Desk) -> None:
    library = Path("/env/lib/python3.11/site-packages/thing.py")
    desk.debug.set_lines((LineBreakpoint(library, 3),))
    desk.order = desk.debug.order("train", SCRIPT, NONE, entry=False, hold=False)
    step = FakePydevd(desk.order)
    assert step.configured.wait(5)
    assert step.wait_for("attach")["justMyCode"] is False


def test_a_step_without_a_debugger_can_be_sampled(desk: Desk) -> None:
    desk.start()
    desk.follow()
    frame = {"file": "/project/script.py", "line": 3, "function": "main", "user": True}
    desk.process.answers["stack"] = lambda arguments: [frame]
    assert [one.function for one in desk.debug.sample().result(5)] == ["main"]
    desk.process.answers["peek"] = lambda arguments: {"file": arguments["path"] + ".jsonl", "rows": 3}
    table = desk.debug.live_table("rows", None).result(5)
    assert (table.rows, table.sampled, table.file.parent) == (3, True, desk.folder / "live")
    desk.process.answers["peek"] = lambda arguments: {"error": "NameError: no rows"}
    with pytest.raises(DebugError, match="NameError: no rows"):
        desk.debug.live_table("rows", None).result(5)


def test_a_machine_without_debugpy_runs_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DebugError, match="not installed"):
        desk.debug.lent()
    desk.start(7)
    assert "debugpy is not installed beside cursus-tui" in desk.notices()[0]


def test_a_machine_without_room_for_the_socket_runs_all_the_same(desk: Desk, tmp_path: Path) -> None:
    order = desk.start()
    desk.follow()
    desk.debug._loop.folder = tmp_path / "missing" / "folder"
    # Neither ends the session, which calls; and what waits for a debugger waits no more.
    desk.debug.heard(order, WorkerEvent("breakpoint", {"file": str(SCRIPT), "line": 7}))
    desk.debug.heard(order, WorkerEvent("parked", {"type": "ValueError"}))
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7),))
    assert [name for name, _ in desk.process.asked] == ["go", "release"]
    assert all("no room for the debugger's socket" in notice for notice in desk.notices())
    assert desk.notices()


def test_a_live_value_without_a_folder_for_it_is_a_sentence(desk: Desk) -> None:
    desk.attached(7)
    (desk.folder / "live").write_text("in the way")
    with pytest.raises(DebugError, match="nowhere to put its rows"):
        desk.debug.live_table("frame", None).result(5)


def test_a_wrong_token_gets_nothing(desk: Desk) -> None:
    order = desk.start(7)
    stranger = FakePydevd(order, token="guessed")
    assert stranger.closed.wait(5)
    assert {name for name, _ in stranger.requests} == {"pydevdAuthorize"}
    assert not desk.debug.state.attached
    step = FakePydevd(order)
    desk.follow()
    assert step.configured.wait(5)


def test_a_second_debugger_of_a_step_is_turned_away(desk: Desk) -> None:
    step = desk.attached(7)
    assert desk.order is not None
    second = FakePydevd(desk.order)
    assert second.closed.wait(5)
    step.stop(7)
    assert desk.told.next().line == 7


def test_a_step_that_starts_before_the_last_has_gone_is_debugged(desk: Desk) -> None:
    last = desk.attached(7)
    before = desk.order
    assert before is not None
    desk.debug.run_to(SCRIPT, 30)
    step = FakePydevd(desk.start(7))
    desk.follow()
    assert step.configured.wait(5)
    assert last.closed.wait(5)
    desk.debug.ended(before)
    until(lambda: desk.debug.state.attached)
    assert step.lines() == [7, 30]
    step.stop(30)
    assert desk.told.next().line == 30
    assert not step.closed.is_set()


def test_a_step_that_dies_at_a_stop_goes_on_for_the_session(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    step.hang_up()
    assert desk.told.next() is None
    until(lambda: not desk.debug.state.attached)
    with pytest.raises(DebugError, match="no step is being debugged"):
        desk.debug.frames(1).result(1)


def test_a_question_ends_with_its_step(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["evaluate"] = None
    step.stop(7)
    desk.told.next()
    asked = desk.debug.evaluate("forever()", 3)
    step.wait_for("evaluate")
    step.hang_up()
    with pytest.raises(DebugError, match="gone"):
        asked.result(5)


def test_a_debugger_that_dies_in_the_hand_shake_is_a_notice(desk: Desk) -> None:
    step = FakePydevd(desk.start(7), dial=False)
    step.answers["initialize"] = lambda arguments: step.hang_up()
    step.dial()
    desk.follow()
    until(desk.notices)
    assert desk.notices() == ["train cannot be debugged: the step's debugger is gone"]


def test_an_evaluation_is_ended_by_its_own_process_also_when_its_asker_has_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "EVALUATE_SECONDS", 0.05)
    monkeypatch.setattr(evaluations, "STUBBORN_SECONDS", 0.05)
    desk.process.answers["end_evaluation"] = lambda _: True
    step = desk.attached(7)
    step.answers["evaluate"] = None
    step.stop(7)
    desk.told.next()
    with pytest.raises(DebugError, match="did not answer"):
        desk.debug.evaluate("forever()", 3).result(5)
    assert desk.debug.state.computing == "forever()"
    desk.debug.interrupt()
    until(desk.notices)
    assert set(desk.process.names()) == {"end_evaluation"}
    assert desk.notices()[0].startswith("forever() is inside of a call that cannot be interrupted")
    with pytest.raises(DebugError, match=r"still computes forever\(\)"):
        desk.debug.variables(1).result(5)
    step.hang_up()
    until(lambda: not desk.debug.state.computing)


def test_unverified_breakpoints_are_named(desk: Desk) -> None:
    order = desk.start(7, 99)
    step = FakePydevd(order, dial=False)
    step.answers["setBreakpoints"] = lambda arguments: {
        "breakpoints": [{"id": one["line"], "verified": one["line"] < 50} for one in arguments["breakpoints"]]
    }
    step.dial()
    desk.follow()
    until(lambda: desk.debug.state.unverified == {(SCRIPT, 99)})
    step.event("breakpoint", reason="changed", breakpoint={"id": 99, "verified": True, "line": 99})
    until(lambda: not desk.debug.state.unverified)


def test_values_are_safe_texts(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["variables"] = {
        "variables": [
            {"name": "special variables", "value": "", "type": "", "variablesReference": 9, "evaluateName": "x"},
            {
                "name": "rows",
                "value": "[1]\n\x1b]0;x\x07",
                "type": "list",
                "variablesReference": 4,
                "evaluateName": "rows",
            },
            {"name": "x", "value": "1", "type": "int", "variablesReference": 0, "evaluateName": "x"},
        ]
    }
    step.stop(7)
    desk.told.next()
    rows, x, special = desk.debug.variables(2).result(5)
    assert (rows.name, rows.value, rows.kind, rows.expression) == ("rows", "[1]␊␛]0;x␇", "table", "rows")
    assert (x.kind, special.name, special.expression, special.kind) == ("", "special variables", "", "")
    assert [one.name for one in desk.debug.variables(2, 1, 1).result(5)] == ["x"]


def test_a_failed_step_is_not_held_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_tui.debugging.hold_limit.LOOK_SECONDS", 0.05)
    desk.debug._limit._seconds = 0.2
    step = desk.attached(7)
    step.stop(9, "exception", text="KeyError")
    desk.told.next()
    step.wait_for("continue")
    assert desk.told.next() is None
    assert "held" in desk.notices()[-1]


def test_closing_amid_everything_is_quiet(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    order = desk.start(7)
    silent = FakePydevd(order, dial=False)
    silent.answers["initialize"] = None
    silent.dial()
    silent.wait_for("initialize")
    ide = IdeClient(desk.open())
    ide.attach()
    desk.debug.close()
    assert silent.closed.wait(5)
    assert ide.closed.wait(5)
    assert not caplog.records
    ide.close()


def test_closing_lets_the_step_go_and_leaves_nothing(desk: Desk) -> None:
    threads = threading.active_count()
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    folder = desk.order.socket.parent if desk.order else None
    desk.debug.close()
    assert step.closed.wait(5)
    assert folder is not None
    assert not folder.exists()
    assert "disconnect" not in {name for name, _ in step.requests}
    until(lambda: threading.active_count() <= threads + 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "debug"]


# --- IDEs


def test_an_ide_waits_for_a_step(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    answers = ide.attach({SCRIPT: [8]})
    assert answers[SCRIPT] == [{"line": 8, "verified": True}]
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
    for leave in ("disconnect", "terminate", ""):
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
