"""What may go wrong with a step's debugger: the front, the script, the hand-shake, the end."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest
from dap_front import Dap, DapFront
from engine_runner import Attempt, Runner

from cursus_tui.execution.local_executor import LocalExecutor

pytestmark = pytest.mark.real


@pytest.fixture
def runner(lent_runner: Runner) -> Runner:
    return lent_runner


def stopped(runner: Runner, front: DapFront, body: str, marked: str, before: str = "") -> tuple[Attempt, Dap, int]:
    """A step that stands on the line that holds this text."""
    attempt = runner.start_main(body, before=before, debug=front.order(at_start=True))
    dap = front.accept()
    script = Path(json.loads((attempt.folder / "job.json").read_text())["script"])
    lines = script.read_text().splitlines()
    wanted = next(number for number, line in enumerate(lines, 1) if marked in line)
    dap.shake_hands({script: [wanted]})
    thread, _, _, line = dap.stopped()
    assert line == wanted
    return attempt, dap, thread


def go_on(dap: Dap, thread: int) -> None:
    dap.ask("continue", threadId=thread)


# -- the end of the step ----------------------------------------------------------------------------------------------


def test_a_step_that_is_killed_while_it_stands_ends_at_once(runner: Runner, front: DapFront) -> None:
    attempt, dap, _ = stopped(runner, front, "x = 1\ny = 2", "y = 2")
    assert attempt.process is not None
    assert attempt.process.pid is not None
    os.kill(attempt.process.pid, signal.SIGKILL)
    error = attempt.result.error
    assert error is not None
    assert error.type == "signal"
    dap.wait_for("closed")


def test_a_step_that_is_cancelled_while_it_stands_ends_soon(runner: Runner, front: DapFront) -> None:
    attempt, _, _ = stopped(runner, front, "x = 1\ny = 2", "y = 2")
    assert attempt.process is not None
    attempt.process.cancel()
    assert attempt.process.result.result(5).status == "cancelled"


def test_an_evaluation_that_ends_the_process_is_its_end(runner: Runner, front: DapFront) -> None:
    attempt, dap, thread = stopped(runner, front, "x = 1\ny = 2", "y = 2")
    frame = dap.frames(thread)[0]["id"]
    dap.post("evaluate", expression="__import__('os')._exit(4)", frameId=frame, context="repl")
    assert (attempt.result.status, attempt.result.exit_code) == ("failed", 4)


# -- the front --------------------------------------------------------------------------------------------------------


def test_a_step_goes_on_when_its_front_lets_go(runner: Runner, front: DapFront) -> None:
    attempt, dap, _ = stopped(runner, front, "x = 1\ny = 2\nbreakpoint()\nprint('over')", "y = 2")
    dap.close()
    assert attempt.result.status == "passed"
    assert attempt.stdout == "over\n"
    assert "was passed by: the step's debugger was let go" in attempt.notices()


def start_answer(attempt: Attempt, front: DapFront) -> str:
    """What comes of asking for the debugger: a word, or the sentence of a refusal."""
    assert attempt.process is not None
    try:
        return "already" if "already" in attempt.process.request("debug", **front.request()).result(10) else "started"
    except RuntimeError as error:
        return str(error)


def test_a_debugger_that_was_let_go_does_not_come_back(runner: Runner, front: DapFront) -> None:
    attempt, dap, _ = stopped(runner, front, "x = 1\ny = 2\nwhile True:\n    x += 1", "y = 2")
    dap.close()
    dap.wait_for("closed")
    until = time.monotonic() + 10
    # It may not have noticed yet.
    while (answer := start_answer(attempt, front)) == "already" and time.monotonic() < until:
        time.sleep(0.01)
    assert answer.startswith("its debugger was let go")
    assert attempt.process is not None
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"


@pytest.mark.parametrize("how", ["closes at once", "closes after initialize", "has another token"])
def test_a_step_goes_on_without_a_debugger_where_the_hand_shake_fails(
    runner: Runner, front: DapFront, how: str
) -> None:
    attempt = runner.start_main("print('over')", debug=front.order(entry=True))
    dap = front.accept()
    if how == "closes after initialize":
        dap.ask("pydevdAuthorize", debugServerAccessToken="a token")
        dap.ask("initialize", adapterID="debugpy")
    elif how == "has another token":
        refused = dap.post("pydevdAuthorize", debugServerAccessToken="guessed").result(5)
        assert not refused["success"]
        assert not dap.post("initialize", adapterID="debugpy").result(5)["success"]
    dap.close()
    assert attempt.result.status == "passed"
    assert attempt.stdout == "over\n"
    assert attempt.wait_for("debugger").fields["attached"] is False
    assert attempt.named("entering") == []


def test_a_step_goes_on_where_nobody_listens(runner: Runner, front: DapFront, tmp_path: Path) -> None:
    order = front.order(at_start=True)
    attempt = runner.start_main("print('over')", debug=type(order)(tmp_path / "gone", *_rest(order)))
    assert attempt.result.status == "passed"
    told = attempt.wait_for("debugger").fields
    assert told["attached"] is False
    assert "FileNotFoundError" in told["error"]


def _rest(order: object) -> list[object]:
    return [getattr(order, name) for name in ("token", "lent", "pycache", "at_start", "entry", "hold")]


def test_a_step_that_stands_when_the_front_dies_runs_to_its_end(front: DapFront, tmp_path: Path) -> None:
    executor = LocalExecutor()
    runner = Runner(executor, tmp_path)
    attempt, dap, _ = stopped(runner, front, "x = 1\ny = 2\nprint('over')", "y = 2")
    executor.close(keep_running=True)
    dap.close()
    until = time.monotonic() + 15
    outcome = attempt.folder / "outcome.json"
    while not outcome.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert json.loads(outcome.read_text())["status"] == "passed"


def test_a_parked_step_ends_when_the_front_dies(front: DapFront, tmp_path: Path) -> None:
    executor = LocalExecutor()
    attempt = Runner(executor, tmp_path).start_main("1 / 0", debug=front.order(hold=True))
    attempt.wait_for("parked")
    executor.close(keep_running=True)
    until = time.monotonic() + 10
    outcome = attempt.folder / "outcome.json"
    while not outcome.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert json.loads(outcome.read_text())["error"]["type"] == "ZeroDivisionError"


# -- holding ----------------------------------------------------------------------------------------------------------


def test_a_parked_step_can_be_cancelled(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("1 / 0", debug=front.order(hold=True))
    attempt.wait_for("parked")
    assert attempt.process is not None
    attempt.process.cancel()
    assert attempt.process.result.result(5).status == "cancelled"
    assert "Traceback" not in attempt.stderr


@pytest.mark.parametrize(
    "body",
    ["raise MemoryError", "import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 2)", "pass\n}", "return 1"],
)
def test_what_is_no_failure_of_the_scripts_frames_is_not_held(runner: Runner, front: DapFront, body: str) -> None:
    attempt = runner.start_main(body, debug=front.order(hold=True))
    assert attempt.result.status in ("passed", "failed", "cancelled")
    assert attempt.named("parked") == []


def test_a_process_that_the_script_forked_is_not_held(runner: Runner, front: DapFront) -> None:
    body = """
    pid = os.fork()
    if pid == 0:
        raise KeyError("in the child")
    os.waitpid(pid, 0)
    """
    attempt = runner.start_main(body, before="import os", debug=front.order(hold=True))
    assert attempt.result.status == "passed"
    assert attempt.named("parked") == []


def test_frames_of_a_deep_recursion_are_held(runner: Runner, front: DapFront) -> None:
    before = "def deeper(n):\n    return deeper(n + 1)\n"
    attempt = runner.start_main("deeper(0)", before=before, debug=front.order(at_start=True, hold=True))
    dap = front.accept()
    dap.shake_hands({})
    attempt.wait_for("parked")
    assert attempt.process is not None
    attempt.process.request("release").result(5)
    thread, reason, function, _ = dap.stopped()
    assert (reason, function) == ("exception", "deeper")
    go_on(dap, thread)
    assert attempt.result.error is not None
    assert attempt.result.error.type == "RecursionError"


# -- the script -------------------------------------------------------------------------------------------------------


def test_a_script_that_closes_all_descriptors_still_stops(runner: Runner, front: DapFront) -> None:
    attempt, dap, thread = stopped(runner, front, "os.closerange(3, 1024)\ny = 2\nprint(y)", "y = 2", "import os")
    go_on(dap, thread)
    assert attempt.result.status == "passed"


def test_a_script_may_replace_what_the_debugger_uses(runner: Runner, front: DapFront) -> None:
    body = """
    threading.Thread = type('Mine', (threading.Thread,), {})
    sys.settrace = lambda function: None
    time.time = lambda: 0
    socket.socket = None
    y = 2
    """
    attempt = runner.start_main(
        body + "breakpoint()\n    z = 3", before="import socket, sys, threading, time", debug=front.order()
    )
    attempt.wait_for("breakpoint")
    assert attempt.process is not None
    attempt.process.request("debug", **front.request()).result(10)
    dap = front.accept()
    dap.shake_hands({})
    attempt.wait_for("debugger")
    attempt.process.request("go").result(5)
    thread = dap.stopped()[0]
    assert dap.evaluate("y", thread) == "2"
    go_on(dap, thread)
    assert attempt.result.status == "passed", attempt.stderr


def test_a_script_that_turns_tracing_off_runs_to_its_end(runner: Runner, front: DapFront) -> None:
    attempt, dap, thread = stopped(runner, front, "y = 2\nsys.settrace(None)\nprint(y)", "y = 2", "import sys")
    go_on(dap, thread)
    assert attempt.result.status == "passed"


def test_a_debugger_of_the_scripts_own_is_left_alone(runner: Runner, front: DapFront, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pydevd.py").write_text("")
    executor = LocalExecutor()
    own = Runner(executor, tmp_path / "second")
    attempt = own.start_main(
        "print('in', flush=True)\nwhile True: time.sleep(0.01)",
        before="import time, pydevd",
        debug=front.order(),
        python_paths=(tmp_path / "own",),
    )
    attempt.wait_for_output("in")
    assert attempt.process is not None
    with pytest.raises(RuntimeError, match=r"^the script has imported a debugger of its own"):
        attempt.process.request("debug", **front.request()).result(10)
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    executor.close()
    assert runner.executor is not executor


def test_nothing_of_the_debugger_shows_in_a_step_that_does_not_use_it(runner: Runner) -> None:
    body = """
    assert not hasattr(builtins, "runfile") and not hasattr(builtins, "execfile")
    assert not [name for name in os.environ if "PYDEVD" in name], os.environ
    assert sys.gettrace() is None
    assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
    assert not [place for place in sys.path if "lent" in place], sys.path
    assert sys.dont_write_bytecode and sys.pycache_prefix is None
    assert "debugpy" not in sys.modules
    """
    attempt = runner.run_main(body, before="import builtins, os, sys, threading")
    assert attempt.result.status == "passed", attempt.stderr


def test_a_debugger_holds_no_descriptor_that_a_step_could_use(runner: Runner, front: DapFront) -> None:
    body = "held = sorted(int(name) for name in os.listdir('/proc/self/fd'))\ny = 2"
    attempt, dap, thread = stopped(runner, front, body, "y = 2", "import os")
    plain = runner.run_main(body + "\nprint(held)", before="import os")
    low = [number for number in json.loads(dap.evaluate("held", thread)) if number < 1024]
    assert low == [number for number in json.loads(plain.stdout) if number < 1024]
    go_on(dap, thread)
    assert attempt.result.status == "passed"


def test_a_profiler_may_be_let_in(runner: Runner) -> None:
    attempt = runner.start_main("print('in', flush=True)\nwhile True: time.sleep(0.01)", before="import time")
    attempt.wait_for_output("in")
    assert attempt.process is not None
    # False where the kernel does not have Yama: then nobody needs to be let in.
    assert attempt.process.request("allow_tracer", pid=os.getpid()).result(5) in (True, False)
    with pytest.raises(RuntimeError, match="no such request"):
        attempt.process.request("fly").result(5)
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
