"""A script may write to its own control socket and folder. It must not get the front to crash, hang, lie or kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_pipeline import PATIENCE, FaultRun, script_with_main

from cursus_tui.execution import protection
from cursus_tui.execution.adopted_step import AdoptedStep, is_step, read_trace
from cursus_tui.execution.outcome import result_of
from cursus_tui.execution.ports import WorkerEvent
from cursus_tui.execution.resources import ResourceSampler
from cursus_tui.records.run import Attempt, StepStatus
from cursus_tui.reporting import profile_text
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.worker.processes import boot_id, process_stat

SAY = """
import json, os, sys, time

def say(text):
    for descriptor in range(6000, 100, -1):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        os.write(descriptor, (text + "\\n").encode())
        time.sleep(0.2)
        return
"""
ODD = {
    "endless line": '{"event":"exception","chain":[{"type":"X","message":"m","line":Infinity,"frames":[]}]}',
    "endless number": '{"event":"imported","seconds":1' + "0" * 400 + "}",
    "no chain": '{"event":"exception","chain":"abc"}',
    "no numbers": '{"event":"resources","seconds":"abc"}',
    "no mapping": '{"event":"called","input_paths":[1,2]}',
    "no process": '{"event":"forked","pid":"x"}',
    "no answer": '{"event":"reply","id":"x"}',
    "no exit": '{"event":"left","code":"x"}',
    "forged outcome": '{"event":"outcome","outcome":{"status":"passed"}}',
    "forged refusal": '{"event":"refused","message":"hi"}',
    "no path": '{"event":"result","returned":{"a":"/etc/\\u0000x"}}',
    "no file": '{"event":"modules","files":["/etc/\\u0000x",3],"libraries":{"a":1}}',
    "no text": '{"event":"modules","files":["/etc/\\ud800"],"libraries":{"a":1}}',
    "no folder": '{"event":"result","returned":{"a":"/etc/\\ud800"}}',
    "no name": '{"event":["called"]}',
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultRun]:
    with FaultRun(tmp_path_factory.mktemp("hostile") / "p") as run:
        run.go("run_to", "Fault")
        yield run


@pytest.mark.parametrize("what", ODD)
def test_odd_messages_of_a_step_do_no_harm(run: FaultRun, what: str) -> None:
    run.script.write_text(script_with_main(f"say({ODD[what]!r})\nraise KeyError('the end')", SAY))
    run.go("rerun", "Fault")
    assert run.status() == "failed"
    assert run.error().type in ("KeyError", "worker lost"), run.error()
    assert "cursus-tui itself failed" not in run.notices()
    # The last words may be odd as well.
    run.script.write_text(script_with_main(f"say({ODD[what]!r})\nos._exit(7)", SAY))
    run.go("rerun", "Fault")
    assert run.status() == "failed"
    assert "cursus-tui itself failed" not in run.notices()


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1" + "0" * 400])
def test_an_outcome_may_hold_any_number(number: str) -> None:
    text = '{"status":"failed","main_seconds":N,"error":{"type":"X","line":N}}'.replace("N", number)
    assert result_of(json.loads(text)).status == "failed"


class Watched:
    """An attempt's folder that a later front adopts, and what it then hears."""

    def __init__(self, path: Path) -> None:
        self.folder = AttemptFolder(path)
        path.mkdir()
        self.events: list[WorkerEvent] = []
        self.step = AdoptedStep(self.folder, self.events.append, ResourceSampler())

    def trace(self, zygote: object, step: object) -> None:
        self.folder.process.write_text(json.dumps({"boot": boot_id(), "zygote": zygote, "step": step}))

    def ends(self) -> str:
        self.step.follow()
        error = self.step.result.result(PATIENCE).error
        return error.type if error else ""


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the user's that leads a session of its own, like a terminal's shell."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("start", ["right", "none"])
def test_a_forged_trace_kills_nobody(tmp_path: Path, bystander: subprocess.Popen[bytes], start: str) -> None:
    watched = Watched(tmp_path / "1")
    stat = process_stat(bystander.pid)
    assert stat is not None
    watched.trace(
        {"pid": 1, "start": 1}, {"pid": bystander.pid, "start": stat.start_ticks if start == "right" else None}
    )
    assert watched.ends() == "worker lost"
    watched.step.cancel()
    assert bystander.poll() is None


ENDLESS = f'"boot":"{boot_id()}","zygote":{{"pid":Infinity,"start":1}},"step":{{"pid":1e400,"start":1}}'


@pytest.mark.parametrize("name", ["outcome.json", "process.json", "job.json", "events.jsonl", "inputs.json"])
def test_a_pipe_in_the_place_of_what_is_told_hangs_nobody(tmp_path: Path, name: str) -> None:
    watched = Watched(tmp_path / "1")
    if name != "process.json":
        watched.trace({"pid": 1, "start": 1}, {"pid": 1, "start": 1})
    os.mkfifo(watched.folder.path / name)
    assert protection.load(watched.folder) == {}
    assert watched.ends() == "worker lost"
    attempt = Attempt("r", "S", 1, StepStatus.FAILED, watched.folder.path)
    assert not any("packing" in line for line in profile_text.phases_and_memory(attempt, (), 80))


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", '{"boot":"x"}', "{" + ENDLESS + "}"])
def test_a_trace_may_hold_anything(tmp_path: Path, text: str) -> None:
    watched = Watched(tmp_path / "1")
    watched.folder.process.write_text(text)
    assert watched.ends() == "worker lost"


def test_an_outcome_counts_once_the_step_has_ended(tmp_path: Path) -> None:
    """A step that forges its outcome and goes on is not taken for passed."""
    watched = Watched(tmp_path / "1")
    environment = {**os.environ, "CURSUS_TUI_ATTEMPT": str(watched.folder.path)}
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment) as step:
        stat, own = process_stat(step.pid), process_stat(os.getpid())
        assert stat is not None
        assert own is not None
        watched.trace({"pid": os.getpid(), "start": own.start_ticks}, {"pid": step.pid, "start": stat.start_ticks})
        watched.folder.outcome.write_text('{"status":"passed"}')
        trace = read_trace(watched.folder)
        assert trace is not None
        # The kernel closes the parent's pipe, and Popen returns, a moment before the new environment can be read.
        deadline = time.monotonic() + 10
        while not is_step(watched.folder, trace) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert is_step(watched.folder, trace)
        watched.step.follow()
        with pytest.raises(TimeoutError):
            watched.step.result.result(0.5)
        watched.folder.outcome.write_text('{"status":"failed"}')
        step.communicate(b"\n")
        assert watched.step.result.result(PATIENCE).status == "failed"
