"""The hub's rules for stops, resumes and breakpoints, with a debugger that does what the test says."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from dap_client import IdeClient
from fake_pydevd import FakePydevd
from hub_desk import NONE, SCRIPT, Desk, until

from cursus_tui.app.ports import DebuggerPort
from cursus_tui.debugging import pause
from cursus_tui.execution.ports import DebugPort, StepProcess, WorkerEvent
from cursus_tui.records.debug import DebugError, LineBreakpoint, Resume, StopKind
from cursus_tui.records.run import Attempt, StepStatus


def test_a_session_without_debugging_starts_nothing(desk: Desk) -> None:
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    order = desk.start()
    desk.follow()
    desk.debug.ended(order)
    assert not order.at_start
    assert not order.socket.parent.exists()
    # Of the test before, some may end only now.
    assert threading.active_count() <= threads
    assert len(os.listdir("/proc/self/fd")) <= files
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
    monkeypatch.setattr(pause, "SLOW_PAUSE_SECONDS", 0.05)
    step = desk.attached()
    desk.debug.suspend()
    step.wait_for("pause")
    until(lambda: desk.notices() == ["train is inside of a long call: it stops at its next line of Python"])
    step.stop(3, "pause")
    assert desk.told.next().kind is StopKind.PAUSE


def test_a_breakpoint_in_another_steps_script_leaves_a_running_step_alone(desk: Desk) -> None:
    other = Path("/project/other.py")
    desk.order = desk.debug.order("train", SCRIPT, frozenset({other}), entry=False, hold=False)
    desk.follow()
    desk.debug.set_lines((LineBreakpoint(other, 7),))
    desk.debug.open_ide(0).result(5)
    assert desk.process.names() == []
