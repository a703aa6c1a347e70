"""Profiling a step: what py-spy writes is read rightly, and a real busy step is profiled by a real py-spy."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from real_steps import leave, real_chain, real_session
from scripted import eventually

from cursus_tui import worker
from cursus_tui.execution import profiling
from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.profiling import ProfileError, Profiler, lines_of, py_spy
from cursus_tui.execution.session import Session
from cursus_tui.records.events import Noticed, Profiled, SessionEvent
from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.records.run import Attempt, StepStatus
from cursus_tui.storage.reader import StoreReader

OURS = str(Path(worker.__file__).parent)
BUSY = """
import time

def hot(until):
    n = 0
    while time.process_time() < until:
        n += 1
        n -= 1
    return n

def main(input_paths, output_paths, environ_vars, job_args):
    start = time.process_time()
    hot(start + 1.5)
    with open(output_paths["out"] + "/part-0.csv", "w") as file:
        file.write("x\\n1\\n")

if __name__ == "__main__":
    main({}, {}, {}, None)
"""
HOT_LINES, CALL = {6, 7, 8}, 13


# --- reading


def test_lines_are_counted_by_who_runs_and_by_who_waits() -> None:
    text = (
        f"<module> ({OURS}/launch.py:1);main (/p/a b.py:9);hot (/p/a b.py:4) 6\n"
        f"<module> ({OURS}/launch.py:1);main (/p/a b.py:9);down (/p/a b.py:5);down (/p/a b.py:5) 2\n"
        f"main (/p/a b.py:9);<lambda> (<string>:1) 2\n"
        f"<module> ({OURS}/launch.py:1);pack ({OURS}/packing.py:3) 90\n"
        "\n"
        "not a stack\n"
    )
    lines, samples = lines_of(text)
    assert samples == 10
    assert lines[0] == LineShare("/p/a b.py", 9, "main", 1.0, 0.0)
    assert set(lines[1:]) == {
        LineShare("/p/a b.py", 4, "hot", 0.6, 0.6),
        LineShare("/p/a b.py", 5, "down", 0.2, 0.2),
        LineShare("<string>", 1, "<lambda>", 0.2, 0.2),
    }


def test_the_work_of_a_debugger_is_not_the_steps() -> None:
    pydevd = "/home/me/.cache/cursus-tui/debugger/debugpy-1.8/debugpy/_vendored/pydevd"
    thread = f"_bootstrap (/usr/lib/python3.11/threading.py:995);run ({pydevd}/_pydevd_bundle/daemon.py:53)"
    lines, samples = lines_of(
        "main (/p/a.py:9) 4\n"
        f"{thread};wait (/usr/lib/python3.11/threading.py:331) 50\n"
        f"main (/p/a.py:9);do_wait_suspend ({pydevd}/pydevd.py:2259) 30\n"
        f"{thread};work (/p/a.py:5);sum (/usr/lib/python3.11/statistics.py:7) 4\n"
    )
    assert samples == 8
    assert {(each.file, each.line, each.total) for each in lines if not each.library} == {
        ("/p/a.py", 9, 0.5),
        ("/p/a.py", 5, 0.5),
    }


def test_what_the_worker_does_beside_the_script_is_not_the_steps() -> None:
    thread = "_bootstrap (/usr/lib/python3.11/threading.py:995);run (/usr/lib/python3.11/threading.py:982)"
    lines, samples = lines_of(
        f"child ({OURS}/child.py:3);main (/p/a.py:9) 6\n"
        f"{thread};serve ({OURS}/agent.py:40) 20\n"
        f"{thread};serve ({OURS}/agent.py:40);dumps (/usr/lib/python3.11/json/__init__.py:231) 20\n"
        f"main (/p/a.py:9);guarded ({OURS}/guards.py:7);stat (/usr/lib/python3.11/genericpath.py:19) 2\n"
        f"{thread};work (/p/a.py:5) 2\n"
    )
    assert samples == 10
    assert {(each.file, each.line, each.total) for each in lines if not each.library} == {
        ("/p/a.py", 9, 0.8),
        ("/p/a.py", 5, 0.2),
    }


def test_what_nobody_would_notice_is_not_hot() -> None:
    lines, samples = lines_of("main (/p/a.py:1) 9900\nmain (/p/a.py:2) 95\nmain (/p/a.py:3) 5\n")
    assert [each.line for each in lines] == [1, 2], "below a thousandth nothing is kept"
    profile = Profile("run", "A", 1, samples, 1.0, 100, lines)
    assert [each.line for each in profile.hot] == [1]


def test_nothing_was_seen() -> None:
    assert lines_of("") == ((), 0)


# --- what goes wrong


class Process:
    """A step that somebody else runs."""

    def __init__(self, pid: int | None) -> None:
        self.pid = pid
        self.result: Future[Any] = Future()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        self.asked.append((operation, arguments))
        answer: Future[Any] = Future()
        answer.set_result(True)
        return answer


def profiled(process: Process) -> Profile | ProfileError:
    """What a profiler hands over."""
    found: list[Profile | ProfileError] = []
    profiler = Profiler(Attempt("run", "A", 1, StepStatus.RUNNING, Path("/nowhere")), process, found.append)  # type: ignore[arg-type]
    profiler.start()
    eventually(lambda: found)
    return found[0]


def test_whatever_goes_wrong_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Path:
        raise ValueError("no such thing")

    monkeypatch.setattr(profiling, "py_spy", broken)
    found = profiled(Process(1))
    assert isinstance(found, ProfileError)
    assert "ValueError: no such thing" in str(found)


def told_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str) -> str:
    """What is said of a step whose py-spy fails with these words."""
    program = tmp_path / "py-spy"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    program.chmod(0o700)
    monkeypatch.setattr(profiling, "py_spy", lambda: program)
    return str(profiled(Process(1)))


def test_a_kernel_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = "Error: Permission Denied: Try running again with elevated permissions"
    assert "ptrace" in told_by(monkeypatch, tmp_path, said)
    assert "SYS_PTRACE" in told_by(monkeypatch, tmp_path, "Error: Operation not permitted (os error 1)")


def test_any_other_failure_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (
        told_by(monkeypatch, tmp_path, "Error: Unsupported version of Python") == "Error: Unsupported version of Python"
    )


def test_a_step_that_never_began(monkeypatch: pytest.MonkeyPatch) -> None:
    process = Process(None)
    process.result.set_result(None)
    assert "before it could be looked at" in str(profiled(process))


def test_without_py_spy_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProfileError, match="not installed"):
        py_spy()


# --- a real step


def can_look() -> bool:
    """Whether this system lets a process look into its own child."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"]) as child:
        time.sleep(0.2)
        looked = subprocess.run([py_spy(), "dump", "--pid", str(child.pid)], capture_output=True)
        child.kill()
    return looked.returncode == 0


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    if not can_look():
        pytest.skip("ptrace is refused here")
    pipeline = real_chain(tmp_path, "A", "B")
    (tmp_path / "A.py").write_text(BUSY)
    made = real_session(pipeline)
    made.start().result(20)
    yield made
    leave(made)


@pytest.mark.real
def test_a_running_step_is_profiled_to_its_end(session: Session, tmp_path: Path) -> None:
    heard: list[SessionEvent] = []
    session.subscribe(heard.append)
    session.step_over("A").result(10)
    eventually(lambda: session.state.steps["A"].status is StepStatus.RUNNING)
    session.profile("A").result(10)
    with pytest.raises(IllegalCommand, match="already"):
        session.profile("A").result(10)
    assert session.wait_settled(30).steps["A"].status is StepStatus.PASSED
    eventually(lambda: any(isinstance(each, Profiled) for each in heard))
    check(session, tmp_path, 1)


@pytest.mark.real
def test_the_next_run_is_profiled_and_only_that(session: Session, tmp_path: Path) -> None:
    session.profile("A").result(10)
    session.step_over("A").result(10)
    session.wait_settled(30)
    eventually(lambda: session.profiles())
    check(session, tmp_path, 1)
    session.rerun("A").result(10)
    session.wait_settled(30)
    assert [each.attempt for each in session.profiles()] == [1]
    assert not session._run.profilers


@pytest.mark.real
@pytest.mark.parametrize("keep_running", [False, True])
def test_what_was_seen_until_the_session_is_left_is_kept(session: Session, tmp_path: Path, keep_running: bool) -> None:
    run_id, store = session.state.run_id, session._store.workspace
    session.step_over("A").result(10)
    eventually(lambda: session.state.steps["A"].status is StepStatus.RUNNING)
    session.profile("A").result(10)
    time.sleep(0.8)
    session.quit(keep_running=keep_running).result(20)
    reader = StoreReader.open(store.database)
    (profile,) = reader.profiles(run_id)
    reader.close()
    assert profile.samples > 5
    assert any(each.file == str(tmp_path / "A.py") for each in profile.hot)


def check(session: Session, home: Path, attempt: int) -> None:
    """Nearly all of its time is in the loop, and all of it in the call."""
    (profile,) = session.profiles()
    assert (profile.run_id, profile.step, profile.attempt) == (session.state.run_id, "A", attempt)
    assert profile.samples > 20
    assert all(not each.file.startswith(OURS) for each in profile.lines)
    mine = [each for each in profile.lines if each.file == str(home / "A.py")]
    assert sum(each.own for each in mine if each.line in HOT_LINES) > 0.8
    assert sum(each.total for each in mine if each.line == CALL) > 0.8
    assert session.resources(session.attempts("A")[-1]), "its memory is known, too"


@pytest.mark.real
def test_one_that_ends_at_once_says_why_there_is_nothing(session: Session) -> None:
    heard: list[SessionEvent] = []
    session.subscribe(heard.append)
    session.profile("B").result(10)
    session.continue_().result(10)
    session.wait_settled(30)
    eventually(lambda: any(isinstance(each, Noticed) and "was not profiled" in each.message for each in heard))
    assert session.profiles() == ()
