"""Pools of a step that is debugged, with breakpoints in the parent and in the worker function: nothing may hang."""

from __future__ import annotations

import importlib.util
import queue
import threading
import time
from pathlib import Path

import pytest
from dap_front import Dap, DapFront
from engine_runner import Attempt, Runner

pytestmark = pytest.mark.real

SECONDS = 40
"""The limit of each test, fork to end; a pool takes one or two."""
SCRIPT = """import sys


def work(n):
    twice = n * 2
    return twice


def run(kind):
    import concurrent.futures as futures
    import multiprocessing

    if kind in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(kind).Pool(2) as pool:
            return pool.map(work, range(6))
    if kind == "executor":
        with futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(work, range(6)))
    if kind == "threads":
        with futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(work, range(6)))
    if kind == "joblib":
        import joblib
        return joblib.Parallel(2)(joblib.delayed(work)(n) for n in range(6))
    if kind == "loky":
        from joblib.externals import loky
        with loky.get_reusable_executor(max_workers=2) as pool:
            return list(pool.map(work, range(6)))
    if kind == "subprocess":
        import subprocess
        code = "breakpoint(); print([n * 2 for n in range(6)])"
        return eval(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main(input_paths, output_paths, environ_vars, job_args):
    made = run(job_args)
    assert made == [0, 2, 4, 6, 8, 10], made
    print("made", made)


if __name__ == "__main__":
    main({}, {}, {}, sys.argv[1])
"""
IN_WORKER = SCRIPT.splitlines().index("    twice = n * 2") + 1
IN_PARENT = SCRIPT.splitlines().index("    assert made == [0, 2, 4, 6, 8, 10], made") + 1
KINDS = ["fork", "spawn", "forkserver", "executor", "threads", "subprocess", "joblib", "loky"]


@pytest.fixture
def runner(lent_runner: Runner) -> Runner:
    return lent_runner


class Pump:
    """Lets a step go on at each stop, and notes where it stood."""

    def __init__(self, dap: Dap) -> None:
        self.stops: list[tuple[str, int]] = []
        self._dap = dap
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                event = self._dap.events.get(timeout=SECONDS)
                if event["event"] == "closed":
                    return
                if event["event"] == "stopped":
                    thread = event["body"]["threadId"]
                    top = self._dap.frames(thread)[0]
                    self.stops.append((top["name"], top["line"]))
                    self._dap.post("continue", threadId=thread)
            except (queue.Empty, EOFError, OSError):
                return


def finished(attempt: Attempt, started: float) -> str:
    assert attempt.process is not None
    result = attempt.process.result.result(SECONDS - (time.monotonic() - started))
    assert result.status == "passed", attempt.stderr
    assert result.orphans == ()
    return attempt.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_pool_ends_with_breakpoints_in_parent_and_worker(runner: Runner, front: DapFront, kind: str) -> None:
    if kind in ("joblib", "loky") and importlib.util.find_spec("joblib") is None:
        pytest.skip("joblib is not installed")
    started = time.monotonic()
    attempt = runner.start(SCRIPT, argv=(kind,), debug=front.order(at_start=True))
    dap = front.accept()
    dap.shake_hands({next(runner.folder.glob("scripts-*/step_script.py")): [IN_WORKER, IN_PARENT]})
    pump = Pump(dap)
    assert "made [0, 2, 4, 6, 8, 10]" in finished(attempt, started)
    assert pump.stops.count(("main", IN_PARENT)) == 1
    # Processes that the step starts are left alone; its threads stop, one after the other.
    assert pump.stops.count(("work", IN_WORKER)) == (6 if kind == "threads" else 0)


@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver", "executor", "threads"])
def test_a_pool_ends_where_the_debugger_is_started_while_it_works(runner: Runner, front: DapFront, kind: str) -> None:
    slow = SCRIPT.replace("    twice = n * 2", "    twice = __import__('time').sleep(0.3) or n * 2")
    started = time.monotonic()
    attempt = runner.start(slow, argv=(kind,), debug=front.order())
    attempt.wait_for("called")
    time.sleep(0.4)
    assert attempt.process is not None
    attempt.process.request("debug", **front.request()).result(10)
    dap = front.accept()
    dap.shake_hands({next(runner.folder.glob("scripts-*/step_script.py")): [IN_WORKER + 1, IN_PARENT]})
    pump = Pump(dap)
    assert "made [0, 2, 4, 6, 8, 10]" in finished(attempt, started)
    assert pump.stops.count(("main", IN_PARENT)) == 1


def test_a_fork_taken_while_the_parent_steps_runs_free(runner: Runner, front: DapFront) -> None:
    started = time.monotonic()
    attempt = runner.start_main(
        """
        pid = os.fork()
        if pid == 0:
            breakpoint()
            assert sys.gettrace() is None
            os._exit(7)
        code = os.waitpid(pid, 0)[1]
        assert os.waitstatus_to_exitcode(code) == 7, code
        """,
        before="import os, sys",
        debug=front.order(entry=True),
    )
    dap = front.accept()
    dap.shake_hands({})
    place = attempt.wait_for("entering").fields
    dap.break_at(Path(place["file"]), place["line"])
    assert attempt.process is not None
    attempt.process.request("go").result(5)
    thread = dap.stopped()[0]
    dap.ask("next", threadId=thread)
    assert dap.stopped()[3] == place["line"] + 1
    dap.ask("continue", threadId=thread)
    finished(attempt, started)
