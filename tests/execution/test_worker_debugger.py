"""A step's debugger, started at launch or while it runs, without a hub: the worker's half of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from dap_front import TOKEN, DapFront
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


@pytest.fixture(params=[True, False], ids=["lent", "not lent"])
def perhaps_lent(request: pytest.FixtureRequest, runner: Runner, front: DapFront) -> None:
    """With the debugger in the interpreter already, and without."""
    if request.param:
        runner.executor.lend(Path(sys.executable), front.lent, front.pycache)


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


@pytest.mark.usefixtures("perhaps_lent")
def test_a_running_loop_stops_when_a_debugger_is_started_late(runner: Runner, front: DapFront) -> None:
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


FRAMES = """
import time
import pandas as pd

def main(input_paths, output_paths, environ_vars, job_args):
    table = pd.DataFrame({"n": range(5000), "s": ["x"] * 5000})
    print("ready", flush=True)
    while True:
        time.sleep(0.01)

if __name__ == "__main__":
    main({}, {}, {}, None)
"""


def test_rows_of_a_frame_of_a_running_step_are_a_sample(runner: Runner) -> None:
    attempt = runner.start(FRAMES)
    attempt.wait_for_output("ready")
    assert attempt.process is not None
    path = str(attempt.folder / "live" / "1.parquet")
    told = attempt.process.request("peek", expression="table", path=path, first=1000, rows=10).result(10)
    assert (told["rows"], told["function"]) == (5000, "main")
    assert pq.read_table(told["file"]).to_pydict()["n"] == list(range(1000, 1010))
    wrong = attempt.process.request("peek", expression="tabel", path=path, first=0, rows=10).result(10)
    assert wrong["error"].startswith("NameError")
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"


@pytest.mark.usefixtures("perhaps_lent")
def test_rows_of_a_frame_of_a_stopped_step(runner: Runner, front: DapFront) -> None:
    attempt = runner.start(FRAMES, debug=front.order())
    attempt.wait_for_output("ready")
    assert attempt.process is not None
    attempt.process.request("debug", **front.request()).result(10)
    dap = front.accept()
    dap.shake_hands({next(runner.folder.glob("scripts-*/step_script.py")): [9]})
    thread = dap.stopped()[0]
    path = str(attempt.folder / "live" / "1.parquet")
    live = "__import__('sys').modules['_cursus_tui_worker.live']"
    told = json.loads(dap.evaluate(f"{live}.show((table\n), {path!r}, 4990, 1000)", thread, "clipboard"))
    assert told["columns"] == [["n", "int64"], ["s", str(pd.Series(["x"]).dtype)]]
    assert pq.read_table(told["file"]).to_pydict()["n"] == list(range(4990, 5000))
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"


def test_the_orders_token_is_not_stored(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("x = 1", debug=front.order())
    assert attempt.result.status == "passed"
    assert TOKEN not in (attempt.folder / "job.json").read_text()


def test_what_debugs_a_step_is_no_part_of_its_fingerprint(runner: Runner, front: DapFront) -> None:
    runner.executor.lend(Path(sys.executable), front.lent, front.pycache)
    results = [runner.run_main("x = 1").result]
    attempt = runner.start_main("x = 1", debug=front.order(at_start=True))
    dap = front.accept()
    dap.shake_hands({})
    results.append(attempt.result)
    assert [(each.imported_files, dict(each.libraries)) for each in results] == [((), {})] * 2


def test_the_time_limit_stands_still_while_a_step_is_held(runner: Runner, front: DapFront) -> None:
    attempt = runner.start(LOOP, debug=front.order(at_start=True), timeout_seconds=2)
    assert attempt.process is not None
    attempt.process.clock(held=True)
    dap = front.accept()
    script = next(runner.folder.glob("scripts-*/step_script.py"))
    dap.shake_hands({script: [10]})
    thread = dap.stopped()[0]
    time.sleep(2.2)
    assert not attempt.process.result.done()
    attempt.process.clock(held=False)
    dap.break_at(script)
    dap.ask("continue", threadId=thread)
    result = attempt.result
    assert result.error is not None
    assert result.error.type == "timeout"


def test_an_evaluation_without_end_is_interrupted_and_the_stop_stays(runner: Runner, front: DapFront) -> None:
    attempt = runner.start(LOOP, debug=front.order(at_start=True))
    assert attempt.process is not None
    dap = front.accept()
    script = next(runner.folder.glob("scripts-*/step_script.py"))
    dap.shake_hands({script: [10]})
    thread = dap.stopped()[0]
    frame = dap.frames(thread)[0]["id"]
    endless = dap.post("evaluate", expression="[0 for _ in iter(int, 1)]", frameId=frame, context="repl")
    time.sleep(0.3)
    assert attempt.process.request("stack").result(5), "the agent answers meanwhile"
    assert not endless.done()
    assert attempt.process.request("end_evaluation").result(5) is True
    assert "KeyboardInterrupt" in str(endless.result(10))
    assert dap.evaluate("total", thread) == "0"
    dap.break_at(script)
    dap.evaluate("environ_vars.update(END=1)", thread, "repl")
    dap.ask("continue", threadId=thread)
    assert attempt.result.status == "passed"
