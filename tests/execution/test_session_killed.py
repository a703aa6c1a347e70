"""``kill -9`` of the front at every boundary of the store and in the middle of steps, and a terminal that hangs up.

Whatever happens: every finished step is still there, the running one is taken over, resuming completes, and nothing
that was shown as passed runs twice.
"""

from __future__ import annotations

import os
import pty
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from real_steps import journal, leave, real_chain, real_session
from scripted import eventually

from cursus_tui.records.run import Artifact, RunRecord
from cursus_tui.storage.reader import StoreReader
from cursus_tui.storage.workspace import open_workspace

STEPS = ("A", "B", "C")
FRONT = Path(__file__).with_name("front_to_kill.py")
BOUNDARIES = 16
"""Two for each transaction of a run of three steps with rows to count; a test checks that there are no more."""
pytestmark = pytest.mark.real
SEED = int(os.environ.get("KILL_SEED", "1"))
ROUNDS = int(os.environ.get("KILL_ROUNDS", "3"))


def front(home: Path, boundary: int = -1, run_id: str = "", **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(FRONT), str(home), str(boundary), run_id, *STEPS]
    return subprocess.Popen(command, **options)  # type: ignore[call-overload,no-any-return]


def newest_run(home: Path) -> RunRecord | None:
    database = home / ".cursus-tui" / "runs.sqlite3"
    if not database.exists():
        return None
    reader = StoreReader.open(database)
    try:
        runs = reader.runs()
        return runs[0] if runs else None
    finally:
        reader.close()


def stored_artifacts(home: Path, step: str) -> tuple[Artifact, ...]:
    run = newest_run(home)
    assert run is not None
    reader = StoreReader.open(home / ".cursus-tui" / "runs.sqlite3")
    try:
        return reader.attempts(run.run_id, step)[-1].artifacts
    finally:
        reader.close()


def resume_and_check(home: Path) -> None:
    """Resume like a user would, and hold the promises."""
    shown = (home / "shown").read_text().split("\n")[:-1] if (home / "shown").exists() else []
    run = newest_run(home)
    session = real_session(real_chain(home, *STEPS), run.run_id if run else None)
    session.start().result(20)
    for line in dict.fromkeys(shown):
        name, number = line.split()
        attempt = session.state.steps[name].attempt
        assert attempt is not None
        assert (str(attempt.status), attempt.number) == ("passed", int(number)), f"{name} was shown as passed"
    for held in home.glob("hold-*"):
        held.unlink()
    session.wait_settled(20)
    if session.state.phase.value != "finished":
        session.continue_().result(20)
    state = session.wait_settled(20)
    assert {str(each.status) for each in state.steps.values()} == {"passed"}, state.steps
    last = state.steps["C"].attempt
    assert last is not None
    assert last.artifacts[0].path.read_text().split() == ["x", *STEPS]
    session.wait_counted(20)
    leave(session)
    rows = [each.rows for step in STEPS for each in stored_artifacts(home, step)]
    assert rows == [1, 2, 3], "what was counted is stored, or counted again"
    assert journal(home) == {f"{name} {what}": 1 for name in STEPS for what in ("began", "ended")}


def test_a_run_has_as_many_boundaries_as_are_tried(tmp_path: Path):
    assert front(tmp_path).wait(30) == 0
    assert int((tmp_path / "boundaries").read_text()) == BOUNDARIES
    assert journal(tmp_path).total() == 2 * len(STEPS)


@pytest.mark.parametrize("boundary", range(BOUNDARIES))
def test_killed_at_a_boundary_of_the_store(tmp_path: Path, boundary: int):
    assert front(tmp_path, boundary).wait(30) == -signal.SIGKILL
    resume_and_check(tmp_path)


@pytest.mark.parametrize("boundary", range(2, BOUNDARIES, 3))
def test_who_resumes_is_killed_at_a_boundary_too(tmp_path: Path, boundary: int):
    """Until one comes through: its first boundaries are those of taking over, its last those of the run's end."""
    assert front(tmp_path, boundary).wait(30) == -signal.SIGKILL
    chance = random.Random(SEED * 1000 + 100 + boundary)
    codes = []
    while not codes or codes[-1] != 0:
        run = newest_run(tmp_path)
        codes.append(front(tmp_path, chance.randrange(12), run.run_id if run else "").wait(30))
        assert codes[-1] in (0, -signal.SIGKILL)
        assert len(codes) < 30
    resume_and_check(tmp_path)


def test_killed_while_a_second_front_looks_on(tmp_path: Path):
    (tmp_path / "hold-B").touch()
    process = front(tmp_path)
    eventually(lambda: journal(tmp_path)["B began"] == 1, 20)
    onlooker = real_session(real_chain(tmp_path, *STEPS))
    onlooker.start().result(20)
    assert onlooker.state.current == "B"
    process.kill()
    process.wait(10)
    resume_and_check(tmp_path)
    eventually(lambda: {str(each.status) for each in onlooker.state.steps.values()} == {"passed"}, 20)
    leave(onlooker)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_killed_at_any_moment(tmp_path: Path, round_: int):
    """Also before the first row is stored, while the interpreter starts, or after the last step."""
    process = front(tmp_path)
    eventually((tmp_path / "shown").exists, 20)
    time.sleep(random.Random(SEED * 1000 + 500 + round_).uniform(0, 0.6))
    process.kill()
    assert process.wait(10) in (0, -signal.SIGKILL)
    resume_and_check(tmp_path)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_killed_in_the_middle_of_a_step(tmp_path: Path, round_: int):
    chance = random.Random(SEED * 1000 + round_)
    held = chance.choice(STEPS)
    (tmp_path / f"hold-{held}").touch()
    process = front(tmp_path)
    eventually(lambda: journal(tmp_path)[f"{held} began"] == 1, 20)
    time.sleep(chance.uniform(0, 0.05))
    process.kill()
    process.wait(10)
    if chance.random() < 0.5:
        (tmp_path / f"hold-{held}").unlink()
        eventually(lambda: journal(tmp_path)[f"{held} ended"] == 1, 20)
    resume_and_check(tmp_path)


def test_killed_twice_the_step_is_taken_over_by_the_third(tmp_path: Path):
    (tmp_path / "hold-B").touch()
    process = front(tmp_path)
    eventually(lambda: journal(tmp_path)["B began"] == 1, 20)
    process.kill()
    process.wait(10)
    code = (
        "import sys, time; from pathlib import Path; from real_steps import *; home = Path(sys.argv[1])\n"
        "s = real_session(real_chain(home, 'A', 'B', 'C'), sys.argv[2]); s.start().result(); print(flush=True)\n"
        "time.sleep(60)"
    )
    run = newest_run(tmp_path)
    assert run is not None
    second = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), run.run_id], cwd=FRONT.parent, stdout=subprocess.PIPE
    )
    assert second.stdout is not None
    second.stdout.readline()
    second.kill()
    second.wait(10)
    second.stdout.close()
    resume_and_check(tmp_path)


def test_a_terminal_that_hangs_up_takes_the_front_but_not_the_step(tmp_path: Path):
    (tmp_path / "hold-B").touch()
    terminal, line = pty.openpty()
    process = front(
        tmp_path,
        stdin=line,
        stdout=line,
        stderr=line,
        start_new_session=True,
        preexec_fn=lambda: _become_controlling(line),
    )
    os.close(line)
    eventually(lambda: journal(tmp_path)["B began"] == 1, 20)
    os.close(terminal)
    assert process.wait(10) == -signal.SIGHUP
    assert newest_run(tmp_path) is not None
    workspace = open_workspace(tmp_path)
    assert workspace.read_only is None, "its lock went with it"
    workspace.close()
    resume_and_check(tmp_path)


def _become_controlling(line: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(line, termios.TIOCSCTTY, 0)
    # Whoever runs these tests may ignore the signal (nohup does), and a child would go on ignoring it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
