"""A step's debugger in every Python that scripts may need: entry, pools, a late start, ``breakpoint()``, a failure."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dap_front import Dap, DapFront
from engine_runner import Runner
from needs import interpreter

from cursus_tui.execution.local_executor import LocalExecutor

pytestmark = pytest.mark.real

SCRIPT = """import concurrent.futures
import multiprocessing
import os


def work(n):
    twice = n * 2
    return twice


def pools():
    for kind in ("fork", "spawn", "forkserver"):
        with multiprocessing.get_context(kind).Pool(2) as pool:
            assert pool.map(work, range(4)) == [0, 2, 4, 6]
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        assert list(threads.map(work, range(4))) == [0, 2, 4, 6]


def main(input_paths, output_paths, environ_vars, job_args):
    rows = [1, 0]
    pools()
    breakpoint()
    last = rows[-1]
    return 1 / last


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
LOOP = """import time


def step(n):
    return n + 1


def main(input_paths, output_paths, environ_vars, job_args):
    print("in", flush=True)
    total = 0
    while not environ_vars.get("END"):
        total = step(total)


if __name__ == "__main__":
    main({}, {}, {}, None)
"""


def line_of(source: str, text: str) -> int:
    return 1 + next(number for number, line in enumerate(source.splitlines()) if text in line)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DapFront]:
    front = DapFront(tmp_path_factory.mktemp("front"))
    yield front
    front.close()


def lending(python: Path, front: DapFront) -> LocalExecutor:
    lent = threading.Event()
    executor = LocalExecutor(noticed=lambda _, message: lent.set() if message["event"] == "lent" else None)
    executor.warm(python, ("json",))
    executor.lend(python, front.lent, front.pycache)
    assert lent.wait(30)
    return executor


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13"])
def test_a_step_of_each_python_is_debugged(version: str, front: DapFront, tmp_path: Path) -> None:
    python = interpreter(version)
    executor = lending(python, front)
    try:
        _from_entry_to_failure(Runner(executor, tmp_path), front, python)
        _stopped_late(Runner(executor, tmp_path / "late"), front, python)
    finally:
        executor.close()


def _from_entry_to_failure(runner: Runner, front: DapFront, python: Path) -> None:
    attempt = runner.start(SCRIPT, python=python, debug=front.order(entry=True, hold=True))
    dap = front.accept()
    script = next(runner.folder.glob("scripts-*/step_script.py"))
    in_worker = line_of(SCRIPT, "return twice")
    dap.shake_hands({script: [in_worker]})
    assert attempt.wait_for("entering").fields["line"] == line_of(SCRIPT, "rows = ")
    dap.break_at(script, in_worker, line_of(SCRIPT, "rows = "))
    assert attempt.process is not None
    attempt.process.request("go").result(5)
    thread, _, function, line = dap.stopped()
    assert (function, line) == ("main", line_of(SCRIPT, "rows = "))
    assert _names(dap) == ["MainThread"]
    dap.ask("next", threadId=thread)
    assert dap.stopped()[1:] == ("step", "main", line_of(SCRIPT, "    pools()"))
    dap.ask("continue", threadId=thread)
    seen = set()
    while True:
        thread, _, function, line = dap.stopped(40)
        if function != "work":
            break
        seen.add(line)
        assert "threads" in _locals_of_main_thread(dap, "pools")
        dap.post("continue", threadId=thread)
    assert seen == {in_worker}
    assert (function, line) == ("main", line_of(SCRIPT, "last = "))
    dap.ask("continue", threadId=thread)
    assert attempt.wait_for("parked").fields["type"] == "ZeroDivisionError"
    attempt.process.request("release").result(5)
    thread, reason, function, line = dap.stopped()
    assert (reason, function, line) == ("exception", "main", line_of(SCRIPT, "return 1 / last"))
    assert dap.evaluate("last", thread) == "0"
    dap.ask("continue", threadId=thread)
    started = time.monotonic()
    result = attempt.process.result.result(20)
    assert result.error is not None
    assert result.error.type == "ZeroDivisionError"
    assert attempt.stderr == ""
    # Nothing waits for the front to close its end.
    assert time.monotonic() - started < 5


def _stopped_late(runner: Runner, front: DapFront, python: Path) -> None:
    attempt = runner.start(LOOP, python=python, debug=front.order())
    attempt.wait_for_output("in")
    assert attempt.process is not None
    script = next(runner.folder.glob("scripts-*/step_script.py"))
    attempt.process.request("debug", **front.request()).result(20)
    dap = front.accept()
    dap.shake_hands({script: [line_of(LOOP, "return n + 1")]})
    thread, _, function, _ = dap.stopped()
    assert function == "step"
    dap.ask("stepOut", threadId=thread)
    assert dap.stopped()[2] == "main"
    dap.evaluate("environ_vars.update(END=1)", thread, "repl")
    dap.break_at(script)
    dap.ask("continue", threadId=thread)
    assert attempt.process.result.result(20).status == "passed", attempt.stderr
    assert attempt.stderr == ""


def _locals_of_main_thread(dap: Dap, function: str) -> list[str]:
    main = next(each["id"] for each in dap.ask("threads")["threads"] if each["name"] == "MainThread")
    frame = next(each["id"] for each in dap.frames(main) if each["name"] == function)
    scope = dap.ask("scopes", frameId=frame)["scopes"][0]["variablesReference"]
    return [each["name"] for each in dap.ask("variables", variablesReference=scope)["variables"]]


def _names(dap: Dap) -> list[str]:
    return [each["name"] for each in dap.ask("threads")["threads"]]
