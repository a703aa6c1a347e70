"""The order of the protocol, and what is announced: each request is answered once, and truly."""

from __future__ import annotations

from typing import Any

import pytest
from dap_client import IdeClient, RefusedError
from hub_desk import SCRIPT, Desk, until

LINES = {"source": {"path": str(SCRIPT)}, "breakpoints": [{"line": 8}]}


def test_nothing_is_asked_before_its_time(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    for command in ("attach", "threads", "setBreakpoints", "configurationDone", "nothing"):
        with pytest.raises(RefusedError, match="initialize first"):
            ide.ask(command, **(LINES if command == "setBreakpoints" else {}))
    ide.ask("initialize", adapterID="debugpy")
    for command in ("threads", "setBreakpoints", "configurationDone", "nothing"):
        with pytest.raises(RefusedError, match="attach first"):
            ide.ask(command, **(LINES if command == "setBreakpoints" else {}))
    assert step.lines() == [7]
    assert desk.debug.state.ide.clients == ()
    ide.ask("disconnect")
    assert ide.closed.wait(5)
    ide.close()


def test_what_happens_once_is_refused_again(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    ide = IdeClient(desk.open())
    ide.attach()
    ide.wait("stopped")
    for command, why in (
        ("initialize", "initialized already"),
        ("attach", "attached already"),
        ("configurationDone", "configured already"),
    ):
        with pytest.raises(RefusedError, match=why):
            ide.ask(command)
    assert ide.events.empty(), "the stop is told once"
    ide.close()


def test_nothing_is_launched(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.ask("initialize", adapterID="debugpy")
    with pytest.raises(RefusedError, match='"request": "attach"'):
        ide.ask("launch", program="/project/script.py")
    ide.post("attach")
    ide.wait("initialized")
    ide.close()


def test_events_wait_for_the_end_of_the_configuration(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.ask("initialize", adapterID="debugpy")
    attached = ide.post("attach")
    assert ide.events.get(timeout=5)["event"] == "initialized"
    step.stop(7)
    desk.told.next()
    step.event("output", category="stdout", output="hello")
    ide.ask("threads")
    assert ide.events.empty()
    assert not attached.done()
    ide.ask("configurationDone")
    assert attached.result(5)["success"]
    told = [ide.events.get(timeout=5)["event"] for _ in range(3)]
    assert told == ["process", "thread", "stopped"]
    ide.ask("threads")
    assert ide.events.empty()
    ide.close()


@pytest.mark.parametrize(
    ("command", "arguments", "why"),
    [
        ("terminate", {"restart": False}, "cancel the step in cursus-tui"),
        ("restart", {}, "run the step again in cursus-tui"),
        ("restartFrame", {"frameId": 3}, "not supported"),
        ("cancel", {"requestId": 1}, "not supported"),
        ("breakpointLocations", {"source": {"path": str(SCRIPT)}, "line": 7}, "not supported"),
        ("loadedSources", {}, "not supported"),
        ("dataBreakpointInfo", {"name": "x"}, "not supported"),
        ("setDataBreakpoints", {"breakpoints": [{"dataId": "x"}]}, "not supported"),
        ("setFunctionBreakpoints", {"breakpoints": [{"name": "main"}]}, "set one on its first line"),
        ("setInstructionBreakpoints", {"breakpoints": [{"instructionReference": "x"}]}, "not supported"),
        ("readMemory", {"memoryReference": "1", "count": 1}, "not supported"),
        ("stepBack", {"threadId": 1}, "not supported"),
        ("terminateThreads", {"threadIds": [1]}, "not supported"),
    ],
)
def test_what_is_not_announced_is_refused(desk: Desk, command: str, arguments: dict[str, Any], why: str) -> None:
    step = desk.attached(7)
    step.stop(7)
    stop = desk.told.next()
    ide = IdeClient(desk.open())
    ide.attach()
    ide.wait("stopped")
    announced = {name for name, value in ide.capabilities.items() if value}
    assert not announced & {
        "supportTerminateDebuggee",
        "supportSuspendDebuggee",
        "supportsTerminateRequest",
        "supportsRestartRequest",
        "supportsRestartFrame",
        "supportsCancelRequest",
        "supportsBreakpointLocationsRequest",
        "supportsLoadedSourcesRequest",
        "supportsDataBreakpoints",
        "supportsFunctionBreakpoints",
        "supportsInstructionBreakpoints",
        "supportsReadMemoryRequest",
        "supportsStepBack",
        "supportsTerminateThreadsRequest",
    }
    step.wait_for("stackTrace")
    before = len(step.requests)
    with pytest.raises(RefusedError, match=f"{command} is not supported.*{why}|{command} is {why}"):
        ide.ask(command, **arguments)
    assert step.requests[before:] == []
    assert desk.debug.state.stop == stop
    assert ide.ask("threads")["threads"]
    ide.close()


def test_no_breakpoints_of_another_kind_is_no_wish(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.attach()
    for kind in ("Function", "Data", "Instruction"):
        assert ide.ask(f"set{kind}Breakpoints", breakpoints=[]) == {"breakpoints": []}
    ide.close()


@pytest.mark.parametrize(
    "wish", [{}, {"terminateDebuggee": True}, {"terminateDebuggee": False}, {"suspendDebuggee": True, "restart": True}]
)
def test_an_ide_that_disconnects_ends_nothing(desk: Desk, wish: dict[str, bool]) -> None:
    step = desk.attached(7)
    step.stop(7)
    stop = desk.told.next()
    ide = IdeClient(desk.open())
    ide.attach()
    ide.ask("disconnect", **wish)
    ide.wait("terminated")
    assert ide.closed.wait(5)
    ide.close()
    until(lambda: desk.debug.state.ide.clients == ())
    assert desk.debug.state.stop == stop
    assert {name for name, _ in step.requests}.isdisjoint({"disconnect", "terminate", "continue"})


def test_only_a_gesture_that_fails_is_shown_as_an_error(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["evaluate"] = "NameError: name 'x' is not defined"
    ide = IdeClient(desk.open())
    ide.attach()
    hover = ide.post("evaluate", expression="x", frameId=3, context="hover").result(5)
    assert (hover["message"], hover["body"]) == ("NameError: name 'x' is not defined", {})
    resume = ide.post("next", threadId=1).result(5)
    assert resume["body"]["error"] == {"id": 1, "format": "it is not stopped", "showUser": True}
    ide.close()


def test_an_exception_is_told_of_a_stopped_step_only(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["exceptionInfo"] = {"exceptionId": "KeyError", "breakMode": "always"}
    ide = IdeClient(desk.open())
    ide.attach()
    with pytest.raises(RefusedError, match="it is not stopped"):
        ide.ask("exceptionInfo", threadId=1)
    step.stop(7, "exception")
    ide.wait("stopped")
    assert ide.ask("exceptionInfo", threadId=1)["exceptionId"] == "KeyError"
    ide.close()


def test_a_line_that_cannot_be_is_not_verified(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.attach()
    nowhere, good = ide.set_lines(SCRIPT, 0, 8)
    assert (nowhere["verified"], nowhere["message"]) == (False, "there is no such line")
    assert good["verified"]
    assert [one.line for one in desk.debug.state.ide_breakpoints] == [8]
    ide.close()


def test_lines_without_more_are_breakpoints(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.attach()
    answers = ide.ask("setBreakpoints", source={"path": str(SCRIPT)}, lines=[8, 9])["breakpoints"]
    assert [one["line"] for one in answers] == [8, 9]
    ide.close()


def test_a_step_that_ends_before_it_answers_has_gone_on(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["continue"] = None
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    desk.told.next()
    resumed = ide.post("continue", threadId=1)
    step.wait_for("continue")
    step.hang_up()
    answer = resumed.result(5)
    assert (answer["success"], answer["body"]) == (True, {"allThreadsContinued": True})
    assert desk.told.next() is None
    ide.close()


def test_who_resumes_is_answered_and_then_told_that_all_threads_go_on(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["next"] = None
    first, second = (IdeClient(desk.open(), name) for name in ("one", "two"))
    first.attach()
    second.attach()
    step.stop(7)
    for ide in (first, second):
        ide.wait("stopped")
    desk.told.next()
    begin = len(first.heard), len(second.heard)
    resumed = first.post("next", threadId=1)
    step.wait_for("next")
    assert second.wait("continued")["allThreadsContinued"]
    # The next stop comes in one gulp with the answer.
    answer = {"type": "response", "request_seq": step.seen["next"], "command": "next", "success": True, "body": {}}
    stopped = {"reason": "step", "threadId": 1, "allThreadsStopped": True}
    step.say_all(answer, {"type": "event", "event": "stopped", "body": stopped})
    assert resumed.result(5)["success"]
    for ide in (first, second):
        ide.wait("stopped")
    assert first.heard[begin[0] :] == ["next", "continued", "stopped"]
    assert second.heard[begin[1] :] == ["continued", "stopped"]
    for ide in (first, second):
        ide.close()


def test_a_stop_is_told_also_where_the_resume_is_never_answered(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["next"] = None
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    ide.post("next", threadId=1)
    step.wait_for("next")
    step.stop(8, "step")
    assert ide.wait("continued")
    assert ide.wait("stopped")["reason"] == "step"
    ide.close()


def test_a_resume_that_is_refused_leaves_the_ide_at_its_stop(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["goto"] = "it cannot go there"
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    desk.told.next()
    begin = len(ide.heard)
    with pytest.raises(RefusedError, match="it cannot go there"):
        ide.ask("goto", threadId=1, targetId=1)
    assert ide.wait("stopped")["reason"] == "breakpoint"
    assert ide.heard[begin:] == ["goto", "continued", "stopped"]
    assert ide.place(1) == ("main", 7)
    ide.close()


def test_an_ide_that_asks_without_end_waits_for_itself_alone(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["evaluate"] = None
    ide, other = IdeClient(desk.open()), IdeClient(desk.open(), "other")
    ide.attach()
    other.attach()
    step.stop(7)
    other.wait("stopped")
    stop = desk.told.next()
    asked = [ide.post("evaluate", expression=str(number), frameId=3) for number in range(3_000)]
    assert asked[-1].result(20)["message"] == "1000 requests are unanswered: the IDE asks for too much at once"
    assert other.place(1) == ("main", 7)
    assert len([name for name, _ in step.requests if name == "evaluate"]) < 100
    assert desk.debug.state.stop == stop
    ide.close()
    assert other.ask("threads")["threads"]
    other.close()


def test_a_text_without_end_is_refused(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    with pytest.raises(RefusedError, match="malformed evaluate request: it is too long"):
        ide.ask("evaluate", expression="1" * (20 << 20), frameId=3)
    assert "evaluate" not in {name for name, _ in step.requests}
    for lines in ([{"line": 8, "condition": "x" * 2_000}] * 1_000, [{"line": 8}] * 100_000):
        with pytest.raises(RefusedError, match="malformed setBreakpoints request: it is too long"):
            ide.set_lines(SCRIPT, *lines)
    assert step.lines() == [7]
    ide.close()
