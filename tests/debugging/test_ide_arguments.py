"""Malformed requests of an IDE's: refused at the door, since the step's debugger would end at them."""

from __future__ import annotations

from typing import Any

import pytest
from dap_client import IdeClient, RefusedError
from hub_desk import SCRIPT, Desk
from real_debugging import IN_LOOP
from real_debugging import Desk as RealDesk

from cursus_tui.debugging.arguments import checked
from cursus_tui.debugging.handshake import PASSED_ON
from cursus_tui.records.debug import DebugError

SOURCE = {"path": str(SCRIPT)}
MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("stackTrace", {"threadId": 1, "startFrame": "x"}, "startFrame must be a whole number"),
    ("stackTrace", {"threadId": 1, "format": {"hex": 1}}, "format is malformed: hex must be true or false"),
    ("stackTrace", {}, "threadId is missing"),
    ("scopes", {"frameId": []}, "frameId must be a whole number"),
    ("variables", {"variablesReference": True}, "variablesReference must be a whole number"),
    ("evaluate", {"expression": 3, "frameId": 2}, "expression must be a text"),
    ("evaluate", {"expression": "'\ud800'", "frameId": 2}, "expression is no Unicode text"),
    ("completions", {"text": 7, "column": 1, "frameId": 2}, "text must be a text"),
    ("completions", {"text": "r", "column": "x", "frameId": 2}, "column must be a whole number"),
    ("gotoTargets", {"source": {"path": []}, "line": 3}, "source is malformed: path must be a text"),
    ("gotoTargets", {"source": SOURCE, "line": {}}, "line must be a whole number"),
    ("goto", {"threadId": 1, "targetId": "x"}, "targetId must be a whole number"),
    ("goto", {"threadId": 1, "targetId": 2**40}, "targetId must be a whole number"),
    ("source", {"sourceReference": []}, "sourceReference must be a whole number"),
    ("setVariable", {"variablesReference": 1, "name": 3, "value": "4"}, "name must be a text"),
    ("setExpression", {"expression": "x", "value": None, "frameId": 2}, "value is missing"),
    ("next", {"threadId": "*"}, "threadId must be a whole number"),
    ("setBreakpoints", {"source": 3, "breakpoints": []}, "source must be an object"),
    ("setBreakpoints", {"source": {"path": "/a\0b"}, "breakpoints": []}, "path can be no file's"),
    ("setBreakpoints", {"source": SOURCE, "breakpoints": 7}, "breakpoints must be a list"),
    ("setBreakpoints", {"source": SOURCE, "breakpoints": [{"line": 7, "condition": 5}]}, "condition must be a text"),
    ("setBreakpoints", {"source": SOURCE, "breakpoints": [{"line": 10**30}]}, "line must be a whole number"),
    ("setExceptionBreakpoints", {"filters": 3}, "filters must be a list"),
]


@pytest.mark.parametrize(("command", "arguments", "why"), MALFORMED)
def test_a_malformed_request_never_reaches_the_step(
    desk: Desk, command: str, arguments: dict[str, Any], why: str
) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    desk.told.next()
    step.wait_for("stackTrace")
    before = len(step.requests)
    with pytest.raises(RefusedError, match=f"malformed {command} request: .*{why}"):
        ide.ask(command, **arguments)
    assert step.requests[before:] == []
    ide.close()


def test_malformed_requests_leave_a_real_stop_alone(real_desk: RealDesk) -> None:
    real_desk.lines(IN_LOOP)
    real_desk.start()
    stop = real_desk.stopped()
    ide = IdeClient(real_desk.open())
    ide.attach()
    ide.wait("stopped")
    for command, arguments, _ in MALFORMED:
        with pytest.raises(RefusedError, match=f"malformed {command} request"):
            ide.ask(command, **arguments)
    frame = ide.ask("stackTrace", threadId=stop.thread)["stackFrames"][0]["id"]
    for command in ("next", "stepIn", "stepOut", "continue", "stackTrace", "exceptionInfo"):
        with pytest.raises(RefusedError, match=f"there is no thread {frame}"):
            ide.ask(command, threadId=frame)
    scope = ide.ask("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    names = ide.ask("variables", variablesReference=scope)["variables"]
    rows = next(one["variablesReference"] for one in names if one["name"] == "rows")
    with pytest.raises(RefusedError, match="Frame not found"):
        ide.ask("completions", frameId=rows, text="ro", column=3)
    assert ide.place(stop.thread) == ("main", IN_LOOP)
    assert real_desk.debug.state.stop == stop
    ide.close()
    real_desk.finish()


def test_what_is_not_known_is_left_out() -> None:
    asked = {"threadId": 1.0, "levels": None, "granularity": ["line"], "format": {"line": True, "new": 1}}
    assert checked("stackTrace", asked) == {"threadId": 1, "format": {"line": True}}
    # What has no arguments at all is no object in some languages.
    assert checked("threads", None) == checked("threads", []) == {}
    assert checked("stackTrace", {"threadId": 1, "format": []}) == {"threadId": 1, "format": {}}


def test_arguments_that_are_no_object_are_refused(desk: Desk) -> None:
    desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    for command in ("threads", "evaluate", "evaluateMe"):
        answer = ide.post_raw(command, [1]).result(10)
        assert (answer["success"], answer["message"]) == (
            False,
            f"malformed {command} request: its arguments must be an object",
        )
    ide.close()


@pytest.mark.parametrize("command", sorted(PASSED_ON - {"modules", "pydevdSystemInfo", "threads"}))
def test_each_request_that_is_passed_on_is_read(command: str) -> None:
    with pytest.raises(DebugError, match="is missing"):
        checked(command, {"nothing": "known"})
