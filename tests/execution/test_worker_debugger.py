"""A step's debugger, started at launch or while it runs, without a hub: the worker's half of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dap_front import DapFront
from engine_runner import Runner

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.records.pipeline import Isolation

pytestmark = pytest.mark.real

LOOP = """
import time

def helper(n):
    twice = n * 2
    return twice

def main(input_paths, output_paths, environ_vars, job_args):
    total = 0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        total += helper(1)
        if environ_vars.get("END"):
            break
    return None

if __name__ == "__main__":
    main({}, {}, {}, None)
"""
FAILS = """
import sys

def risky(rows):
    bad = rows[-1]
    return 1 / bad

def main(input_paths, output_paths, environ_vars, job_args):
    rows = [1, 0]
    return risky(rows)

if __name__ == "__main__":
    try:
        main({}, {}, {}, None)
    except Exception as error:
        print(error)
        sys.exit(1)
"""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    executor = LocalExecutor()
    executor.warm(Path(sys.executable), ("json",))
    yield Runner(executor, tmp_path)
    executor.close()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[DapFront]:
    front = DapFront(tmp_path)
    yield front
    front.close()


@pytest.mark.parametrize("isolation", [Isolation.ZYGOTE, Isolation.SUBPROCESS])
def test_a_step_stops_on_the_first_line_of_main(runner: Runner, front: DapFront, isolation: Isolation) -> None:
    attempt = runner.start(LOOP, debug=front.order(entry=True), isolation=isolation)
    dap = front.accept()
    dap.shake_hands({})
    entering = attempt.wait_for("entering").fields
    assert (Path(entering["file"]).name, entering["line"]) == ("step_script.py", 9)
    script = Path(entering["file"])
    dap.break_at(script, 9)
    assert attempt.process is not None
    attempt.process.request("go").result(5)
    thread, reason, function, line = dap.stopped()
    assert (reason, function, line) == ("breakpoint", "main", 9)
    dap.break_at(script)
    dap.ask("next", threadId=thread)
    assert dap.stopped()[1:] == ("step", "main", 10)
    assert [each["name"] for each in dap.ask("threads")["threads"]] == ["MainThread"]
    dap.ask("evaluate", expression="environ_vars['END'] = 1", frameId=dap.frames(thread)[0]["id"], context="repl")
    dap.ask("continue", threadId=thread)
    result = attempt.result
    assert result.status == "passed", attempt.stderr
    assert attempt.stderr == ""
    assert result.imported_files == ()
    assert attempt.wait_for("debugger").fields["attached"] is True


@pytest.mark.parametrize("lent", [True, False])
def test_a_running_loop_stops_when_a_debugger_is_started_late(runner: Runner, front: DapFront, lent: bool) -> None:
    if lent:
        runner.executor.lend(Path(sys.executable), front.lent, front.pycache)
    attempt = runner.start(LOOP, debug=front.order())
    attempt.wait_for("called")
    assert attempt.process is not None
    facts = attempt.process.request("debug", **front.request())
    dap = front.accept()
    script = next(runner.folder.glob("scripts-*/step_script.py"))
    dap.shake_hands({script: [5]})
    assert facts.result(5)["python"] == sys.version.split()[0]
    assert dap.stopped()[1:] == ("breakpoint", "helper", 5)
    assert [each["name"] for each in dap.ask("threads")["threads"]] == ["MainThread"]
    assert attempt.process.request("debug", **front.request()).result(5)["already"] is True
    assert attempt.process.request("stack").result(5)[-1]["function"] == "helper"
    dap.close()
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"


@pytest.mark.parametrize("at_start", [True, False])
def test_a_failed_step_is_held_with_its_frames(runner: Runner, front: DapFront, at_start: bool) -> None:
    attempt = runner.start(FAILS, debug=front.order(at_start=at_start, hold=True))
    assert attempt.process is not None
    if at_start:
        dap = front.accept()
        dap.shake_hands({})
    assert attempt.wait_for("parked").fields["type"] == "ZeroDivisionError"
    if not at_start:
        attempt.process.request("debug", **front.request()).result(5)
        dap = front.accept()
        dap.shake_hands({})
        attempt.wait_for("debugger")
    attempt.process.request("release").result(5)
    thread, reason, function, line = dap.stopped()
    assert (reason, function, line) == ("exception", "risky", 6)
    assert dap.evaluate("rows", thread) == "[1, 0]"
    dap.ask("continue", threadId=thread)
    assert attempt.result.status == "failed"
    assert attempt.result.error is not None
    assert attempt.result.error.type == "ZeroDivisionError"
    assert [event.name for event in attempt.events if "parked" in event.name] == ["parked", "unparked"]


def test_breakpoint_stops_a_step_that_has_no_debugger_yet(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("x = 1\nbreakpoint()\ny = 2\nprint('over')", debug=front.order())
    assert attempt.process is not None
    called = attempt.wait_for("breakpoint").fields
    attempt.process.request("debug", **front.request()).result(5)
    dap = front.accept()
    dap.shake_hands({})
    attempt.wait_for("debugger")
    attempt.process.request("go").result(5)
    thread, _, function, line = dap.stopped()
    assert (function, line) == ("main", called["line"] + 1)
    assert dap.evaluate("x", thread) == "1"
    dap.ask("continue", threadId=thread)
    assert attempt.result.status == "passed"
    assert "over" in attempt.stdout


def test_breakpoint_is_passed_by_where_nobody_debugs(runner: Runner) -> None:
    attempt = runner.run_main("for n in range(3): breakpoint()\nprint('over')")
    assert attempt.result.status == "passed"
    assert "over" in attempt.stdout
    assert attempt.notices().count("breakpoint()") == 1
    assert "nobody debugs this run" in attempt.notices()
