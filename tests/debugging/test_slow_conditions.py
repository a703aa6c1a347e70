"""A condition that is computed for ever: it is said, a pause stops the step there, and a cancel ends it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hub_desk import SCRIPT
from hub_desk import Desk as HubDesk
from real_debugging import IN_LOOP, LOOP, Desk, until

from cursus_tui.debugging import slow_conditions
from cursus_tui.records.debug import LineBreakpoint, Resume, StopKind

ENDLESS = "all(True for _ in iter(int, 1))"
ASLEEP = "__import__('time').sleep(600)"
IN_THREAD = """\
import threading


def work(done):
    done.append(1)


def main(input_paths, output_paths, environ_vars, job_args):
    done = []
    thread = threading.Thread(target=work, args=(done,))
    thread.start()
    thread.join()
    print(done, flush=True)


if __name__ == "__main__":
    main({}, {}, {}, None)
"""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes a few seconds otherwise."""
    monkeypatch.setattr(slow_conditions, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(slow_conditions, "LONG_SECONDS", 0.1)


def at_condition(desk: Desk, condition: str, line: int = LOOP, source: str | None = None) -> None:
    """A step that has come to a breakpoint, and computes its condition."""
    desk.lines(LineBreakpoint(desk.script, line, condition=condition))
    desk.start(*([source] if source else []))
    until(lambda: desk.debug.state.condition == f"train.py:{line}")


@pytest.mark.real
@pytest.mark.parametrize("condition", [ENDLESS, ASLEEP, f"not {ENDLESS}"])
def test_a_pause_stops_a_step_that_computes_a_condition_at_its_breakpoint(real_desk: Desk, condition: str) -> None:
    at_condition(real_desk, condition)
    real_desk.debug.suspend()
    stop = real_desk.stopped()
    assert (stop.kind, stop.line) == (StopKind.BREAKPOINT, LOOP)
    until(lambda: "the condition of a breakpoint failed: it took too long" in " ".join(real_desk.notices()))
    where = "train computes the condition of the breakpoint at train.py:14: a pause stops it there"
    assert real_desk.notices().count(where) == 1
    assert real_desk.debug.state.condition == ""
    assert real_desk.value("total", stop) == "0"
    real_desk.lines(IN_LOOP)
    real_desk.debug.resume(Resume.CONTINUE)
    assert real_desk.stopped().line == IN_LOOP
    assert real_desk.finish().status == "passed"


@pytest.mark.real
@pytest.mark.parametrize("condition", [ENDLESS, ASLEEP])
def test_a_step_that_computes_a_condition_can_be_cancelled(real_desk: Desk, condition: str) -> None:
    at_condition(real_desk, condition)
    assert real_desk.process is not None
    real_desk.process.cancel()
    assert real_desk.result().status == "cancelled"


@pytest.mark.real
def test_a_condition_in_a_thread_of_the_scripts_is_ended_there(real_desk: Desk) -> None:
    at_condition(real_desk, ENDLESS, 5, IN_THREAD)
    real_desk.debug.suspend()
    stop = real_desk.stopped()
    assert stop.line == 5
    real_desk.lines()
    real_desk.debug.resume(Resume.CONTINUE)
    assert real_desk.result().status == "passed"


@pytest.mark.real
def test_a_condition_that_exits_ends_nothing_but_itself(real_desk: Desk) -> None:
    real_desk.lines(LineBreakpoint(real_desk.script, LOOP, condition="exit(3)"))
    real_desk.start()
    assert real_desk.stopped().line == LOOP
    until(lambda: "SystemExit" in " ".join(real_desk.notices()))
    assert real_desk.finish().status == "passed"


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [],
        {"file": [], "line": {}, "seconds": "9"},
        {"file": "/a/b.py", "line": 3, "seconds": float("nan")},
        {"seconds": 1e308},
    ],
)
def test_an_answer_that_is_no_condition_is_none(desk: HubDesk, answer: Any) -> None:
    desk.process.answers["condition"] = lambda _: answer
    desk.attached(7, condition="x")
    until(lambda: desk.process.names().count("condition") >= 2)
    assert (desk.debug.state.condition, desk.notices()) == ("", [])


def test_nothing_is_asked_where_no_breakpoint_has_a_condition_or_the_step_stands(desk: HubDesk) -> None:
    desk.process.answers["condition"] = lambda _: {"file": str(SCRIPT), "line": 7, "seconds": 9}
    step = desk.attached(7)
    time.sleep(0.2)
    assert "condition" not in desk.process.names()
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7, condition="x"),))
    until(lambda: desk.debug.state.condition == "script.py:7")
    step.stop(7)
    desk.told.next()
    assert desk.debug.state.condition == ""
    asked = desk.process.names().count("condition")
    time.sleep(0.2)
    assert desk.process.names().count("condition") <= asked + 1
