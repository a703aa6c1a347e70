"""Each thing that is announced to an IDE, asked of a real step."""

from __future__ import annotations

from typing import Any

import pytest
from dap_client import IdeClient
from real_debugging import Desk

pytestmark = pytest.mark.real
SCRIPT = """\
def double(n):
    return n * 2


def main(input_paths, output_paths, environ_vars, job_args):
    rows, total = ["a" * 70_000, "b"], 255
    for number in range(6):
        total = double(double(total)) % 1000
        total += 1
    try:
        raise KeyError("amount")
    except KeyError:
        total = -1
    return None


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
FIRST, LOOP, CALL, ADD, RAISE, CAUGHT, RETURN = 6, 7, 8, 9, 11, 13, 14


class Stopped:
    """An IDE at a stop."""

    def __init__(self, desk: Desk, *lines: Any) -> None:
        self.ide = IdeClient(desk.open())
        self.lines = list(lines)
        desk.script.write_text(SCRIPT)
        self.path = desk.script
        self.ide.attach({desk.script: self.lines})
        desk.start(SCRIPT)
        self.printed: list[str] = []
        while (event := self.ide.events.get(timeout=20))["event"] != "stopped":
            if event["event"] == "output":
                self.printed.append(event["body"]["output"])
        self.thread = event["body"]["threadId"]

    def ask(self, command: str, **arguments: Any) -> Any:
        return self.ide.ask(command, **arguments)

    def go(self, command: str = "continue", **arguments: Any) -> tuple[int, str]:
        """Resume; the line of the next stop and why."""
        self.ask(command, threadId=self.thread, **arguments)
        reason = self.ide.wait("stopped")["reason"]
        return self.line, reason

    @property
    def line(self) -> int:
        return self.ide.place(self.thread)[1]

    @property
    def frame(self) -> int:
        number: int = self.ask("stackTrace", threadId=self.thread)["stackFrames"][0]["id"]
        return number

    def value(self, expression: str, **options: Any) -> str:
        result: str = self.ask("evaluate", expression=expression, frameId=self.frame, **options)["result"]
        return result

    def end(self) -> None:
        self.ide.set_lines(self.path)
        self.ask("continue", threadId=self.thread)
        self.ide.close()


def test_conditions_hits_and_messages(real_desk: Desk) -> None:
    at = Stopped(
        real_desk,
        {"line": CALL, "condition": "number == 2"},
        {"line": ADD, "hitCondition": "5"},
        {"line": LOOP, "logMessage": "total is {total}"},
    )
    assert (at.line, at.value("number")) == (CALL, "2")
    assert at.printed == ["total is 255\n", "total is 21\n", "total is 85\n"]
    assert at.go() == (ADD, "breakpoint")
    assert at.value("number") == "4"
    at.end()
    assert real_desk.result().status == "passed"


def test_the_stack_comes_in_portions_and_as_it_is_wished(real_desk: Desk) -> None:
    at = Stopped(real_desk, 2)
    whole = at.ask("stackTrace", threadId=at.thread)
    assert [one["name"] for one in whole["stackFrames"]][:2] == ["double", "main"]
    part = at.ask("stackTrace", threadId=at.thread, startFrame=1, levels=1)
    assert [one["name"] for one in part["stackFrames"]] == ["main"]
    assert part["totalFrames"] == len(whole["stackFrames"])
    told = at.ask("stackTrace", threadId=at.thread, format={"line": True, "module": True})["stackFrames"][0]["name"]
    assert told == "__main__.double : 2"
    at.end()
    assert real_desk.result().status == "passed"


def test_values_are_looked_at_and_set(real_desk: Desk) -> None:
    at = Stopped(real_desk, LOOP)
    scope = at.ask("scopes", frameId=at.frame)["scopes"][0]["variablesReference"]
    as_hex = at.ask("variables", variablesReference=scope, format={"hex": True})["variables"]
    assert {one["name"]: one["value"] for one in as_hex}["total"] == "0xff"
    assert at.value("total", context="hover") == "255"
    assert len(at.value("rows[0]", context="clipboard")) == 70_002
    assert at.ask("setVariable", variablesReference=scope, name="total", value="3")["value"] == "3"
    assert at.ask("setExpression", expression="rows[1]", value="'c'", frameId=at.frame)["value"] == "'c'"
    assert at.value("(total, rows[1])", context="watch") == "(3, 'c')"
    targets = at.ask("completions", text="row", column=4, frameId=at.frame)["targets"]
    assert [one["label"] for one in targets] == ["rows"]
    assert "__main__" in [one["name"] for one in at.ask("modules")["modules"]]
    at.end()
    assert real_desk.result().status == "passed"


def test_it_goes_where_it_is_sent(real_desk: Desk) -> None:
    at = Stopped(real_desk, CALL)
    targets = at.ask("stepInTargets", frameId=at.frame)["targets"]
    outer = [one["id"] for one in targets if one["label"].startswith("double(double")]
    assert at.go("stepIn", targetId=outer[0]) == (2, "step")
    assert at.value("n") == "510"
    assert at.go("stepOut")[0] == CALL
    assert at.go("next") == (ADD, "step")
    target = at.ask("gotoTargets", source={"path": str(at.path)}, line=RETURN)["targets"][0]
    assert at.go("goto", targetId=target["id"]) == (RETURN, "goto")
    at.end()
    assert real_desk.result().status == "passed"


def test_exceptions_of_the_chosen_kinds_stop(real_desk: Desk) -> None:
    at = Stopped(real_desk, FIRST)
    offered = {one["filter"]: one for one in at.ide.capabilities["exceptionBreakpointFilters"]}
    assert set(offered) == {"raised", "uncaught", "userUnhandled"}
    assert all(one["description"] for one in offered.values())
    at.ide.set_lines(at.path)
    at.ask("setExceptionBreakpoints", filters=["raised"])
    assert at.go() == (RAISE, "exception")
    told = at.ask("exceptionInfo", threadId=at.thread)
    assert (told["exceptionId"], told["breakMode"]) == ("KeyError", "always")
    at.ask("setExceptionBreakpoints", filters=[])
    at.end()
    assert real_desk.result().status == "passed"


def test_hits_are_counted_where_the_condition_holds_whatever_others_set(real_desk: Desk) -> None:
    at = Stopped(real_desk, {"line": ADD, "condition": "number > 0", "hitCondition": "3"}, {"line": CALL})
    assert (at.line, at.value("number")) == (CALL, "0")
    for number in (1, 2):
        assert at.go() == (CALL, "breakpoint")
        real_desk.lines(*[CAUGHT, RETURN][:number])
        assert at.value("number") == str(number)
    assert at.go() == (CALL, "breakpoint")
    assert at.go() == (ADD, "breakpoint")
    assert at.value("number") == "3"
    real_desk.lines()
    at.end()
    assert real_desk.result().status == "passed"
