"""``kill -9`` of the real program while a step misbehaves: the next front tells what became of it, and goes on.

Boundaries of the store and the hanging up of a terminal are in ``test_session_killed.py``; here, the step does
something that the dead front would have had to hear of.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from fault_pipeline import (
    HEALTHY,
    NODES,
    PATIENCE,
    FaultRun,
    eventually,
    marked_processes,
    script_with_main,
    write_pipeline,
)

from cursus_tui.execution.options import RunOptions
from cursus_tui.records.run import PauseReason, Phase
from cursus_tui.workbench import Workbench, open_pipeline

pytestmark = pytest.mark.real
PROGRAM = [sys.executable, "-m", "cursus_tui"]
WAIT = """
import os, time
print('on', flush=True)
while not os.path.exists({go!r}):
    time.sleep(0.005)
"""


class Killed:
    """A run whose front died while ``Fault`` ran; ``Fault`` waits until it is let go on.

    Args:
        folder: Empty or absent.
        body: What ``main`` of ``Fault`` does once it is let go on.
        options: Of the command line.
    """

    def __init__(self, folder: Path, body: str, *options: str) -> None:
        self.folder = folder
        self.options = options
        self._go = folder / "go"
        self.dag = write_pipeline(folder, script_with_main(WAIT.format(go=str(self._go)) + body))
        self.helpers: list[psutil.Process] = []
        self.die()

    def die(self) -> None:
        """Run without a screen, and be killed while ``Fault`` runs."""
        command = [*PROGRAM, "run", str(self.dag), "--keep-going", *self.options]
        front = subprocess.Popen([*command, "--workspace", str(self.folder / "workspace")], stdout=subprocess.DEVNULL)
        self.wait_for_fault(front.pid)
        front.send_signal(signal.SIGKILL)
        assert front.wait(PATIENCE) == -signal.SIGKILL

    def wait_for_fault(self, front: int) -> None:
        """Wait until ``Fault`` runs, and remember what the front started."""
        eventually(lambda: any(b"on\n" in log.read_bytes() for log in self._logs()), self._kept)
        self.helpers = psutil.Process(front).children(recursive=True)

    def _kept(self) -> str:
        files = [*self.folder.glob("workspace/runs/**/*.log"), *self.folder.glob("workspace/runs/**/*.json")]
        return "\n".join(f"{file}: {file.read_text()}" for file in files)

    def _logs(self) -> Iterator[Path]:
        return self.folder.glob("workspace/runs/*/Fault/1/stdout.log")

    def let_go_on(self, *, until_it_ends: bool) -> None:
        self._go.touch()
        if until_it_ends:
            self.wait_for_helpers()

    def wait_for_helpers(self) -> None:
        """Everything that the front had started ends with its last duty: the zygote, once it carried the step home."""
        eventually(lambda: not [each for each in self.helpers if each.is_running() and each.status() != "zombie"])
        assert not marked_processes(self.folder / "workspace")

    def unfinished(self) -> str:
        """The run that a user is offered to resume."""
        workbench = Workbench(open_pipeline(str(self.dag)), RunOptions(), self.folder / "workspace")
        try:
            run = workbench.unfinished()
            assert run is not None
            return run.run_id
        finally:
            workbench.close()

    @contextmanager
    def resumed(self) -> Iterator[FaultRun]:
        with FaultRun(self.folder, run_id=self.unfinished()) as run:
            yield run


class InTerminal(Killed):
    """The same in a terminal of its own, which hangs up while ``Fault`` runs."""

    def open(self, *command: str) -> tuple[int, subprocess.Popen[bytes], bytearray]:
        """Start the program there: the terminal, the front, and what it shows."""
        terminal, line = pty.openpty()
        fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        front = subprocess.Popen(
            [*PROGRAM, *command, "--workspace", str(self.folder / "workspace")],
            stdin=line,
            stdout=line,
            stderr=line,
            start_new_session=True,
            preexec_fn=lambda: _become_controlling(line),
            env={**os.environ, "TERM": "xterm-256color", "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)},
        )
        os.close(line)
        shown = bytearray()
        threading.Thread(target=_drain, args=(terminal, shown), daemon=True).start()
        return terminal, front, shown

    def die(self) -> None:
        terminal, front, _ = self.open("run", str(self.dag), "--keep-going")
        self.wait_for_fault(front.pid)
        os.close(terminal)
        assert front.wait(PATIENCE) == -signal.SIGHUP


class OnScreen(InTerminal):
    """The same with a screen, whose terminal hangs up or whose process gets a signal."""

    def __init__(self, folder: Path, body: str, end: signal.Signals | None) -> None:
        self._end = end
        super().__init__(folder, body)

    def die(self) -> None:
        terminal, front, shown = self.open("debug", str(self.dag))
        eventually(lambda: b"Seed" in shown, lambda: f"{front.poll()} {shown.decode(errors='replace')}")
        # A key that comes before the run can be stepped does nothing.
        eventually(lambda: os.write(terminal, b"c") > 0 and self._soon_runs())
        self.wait_for_fault(front.pid)
        if self._end is None:
            os.close(terminal)
        else:
            front.send_signal(self._end)
        code = front.wait(PATIENCE)
        assert code in (-(self._end or signal.SIGHUP), 128 + (self._end or signal.SIGHUP))
        if self._end is not None:
            os.close(terminal)

    def _soon_runs(self) -> bool:
        time.sleep(0.2)
        return any(self._logs())


def _become_controlling(line: int) -> None:
    fcntl.ioctl(line, termios.TIOCSCTTY, 0)
    # Whoever runs these tests may ignore the signal (nohup does), and a child would go on ignoring it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _drain(terminal: int, shown: bytearray) -> None:
    try:
        while data := os.read(terminal, 1 << 16):
            shown += data
    except OSError:
        return


def taken_over(folder: Path, body: str, status: str, *options: str, unseen: bool) -> FaultRun:
    """Kill the front, take ``Fault`` over (while it runs, or once it has ended unseen), and go on to the end."""
    killed = Killed(folder, body, *options)
    if unseen:
        killed.let_go_on(until_it_ends=True)
    with killed.resumed() as run:
        if not unseen:
            assert (run.state.phase, run.state.current) == (Phase.RUNNING, "Fault")
            killed.let_go_on(until_it_ends=False)
        state = run.session.wait_settled(PATIENCE)
        assert (state.phase, state.reason, state.current) == (Phase.PAUSED, PauseReason.AFTER_STEP, "Fault") or (
            status == "failed" and state.reason is PauseReason.BEFORE_STEP
        ), state
        assert run.status() == status, run.attempt()
        run.report_is_stored()
        seen = run.state
        run.go()
        assert {each: run.status(each) for each in ("Seed", "Next")} == {"Seed": "passed", "Next": "passed"}
        assert (run.attempt("Seed").number, run.attempt().number) == (1, 1), f"ran twice: {seen}"
        if status != "passed":
            script = run.script.read_text()
            run.goes_on_once_mended()
            run.script.write_text(script)
        assert {name: run.status(name) for name in NODES} == dict.fromkeys(NODES, "passed")
        run.nothing_stays()
    run.looked_at = seen
    return run


UNSEEN = pytest.mark.parametrize("unseen", [False, True], ids=["taken over while it runs", "ended unseen"])


@UNSEEN
def test_a_step_that_passes(tmp_path: Path, unseen: bool) -> None:
    body = "open(output_paths['result'] + '/rows.txt', 'w').write('x')\nprint('done')"
    run = taken_over(tmp_path, body, "passed", unseen=unseen)
    assert run.log() == "on\ndone\n"
    assert [each.name for each in run.attempt().artifacts] == ["rows.txt"]


@UNSEEN
def test_a_step_that_fails(tmp_path: Path, unseen: bool) -> None:
    run = taken_over(tmp_path, "raise KeyError('amount')  # HERE", "failed", unseen=unseen)
    assert (run.error().type, run.error().message, run.error().line) == ("KeyError", "'amount'", run.line())


@UNSEEN
def test_a_step_that_crashes(tmp_path: Path, unseen: bool) -> None:
    run = taken_over(tmp_path, "os.abort()  # HERE", "failed", unseen=unseen)
    assert (run.error().type, run.attempt().exit_code, run.error().line) == ("signal", -6, run.line())


@UNSEEN
def test_a_step_that_installs_and_leaves_children(tmp_path: Path, unseen: bool) -> None:
    body = """
import subprocess
subprocess.run(['pip', 'install', 'cursus-tui-no-such-package'], check=True)
subprocess.Popen(['sleep', '606'], start_new_session=True)
"""
    run = taken_over(tmp_path, body, "passed", unseen=unseen)
    assert [each.kind for each in run.attempt().blocked] == ["pip"]
    assert "sleep 606" in run.attempt().note


@UNSEEN
def test_a_flood_of_output_is_kept(tmp_path: Path, unseen: bool) -> None:
    run = taken_over(tmp_path, "for n in range(200_000): print(n)", "passed", unseen=unseen)
    assert run.log().endswith("\n199999\n")


@UNSEEN
def test_a_step_that_kills_its_zygote(tmp_path: Path, unseen: bool) -> None:
    body = "import signal\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(600)"
    killed = Killed(tmp_path, body)
    if unseen:
        killed.let_go_on(until_it_ends=True)
    with killed.resumed() as run:
        if not unseen:
            killed.let_go_on(until_it_ends=False)
        run.session.wait_settled(PATIENCE)
        assert (run.status(), run.error().type) == ("failed", "worker lost")
        run.report_is_stored()
        run.nothing_stays()
        run.script.write_text(HEALTHY)
        run.go()
        assert {name: run.status(name) for name in NODES} == dict.fromkeys(NODES, "passed")


def test_a_timeout_holds_without_a_front(tmp_path: Path) -> None:
    killed = Killed(tmp_path, "", "--timeout", "2")
    # It is never let go on: only its zygote can end it.
    killed.wait_for_helpers()
    with killed.resumed() as run:
        run.session.wait_settled(PATIENCE)
        assert (run.status(), run.error().type) == ("failed", "timeout")


def test_a_memory_limit_holds_for_an_adopted_step_and_its_children(tmp_path: Path) -> None:
    body = """
import subprocess, sys
code = "kept = bytearray(b'x') * (250 << 20); import time; time.sleep(20)"
subprocess.run([sys.executable, '-c', code])
"""
    killed = Killed(tmp_path, body, "--memory-limit", "150M")
    with killed.resumed() as run:
        killed.let_go_on(until_it_ends=False)
        run.session.wait_settled(PATIENCE)
        assert (run.status(), run.error().type) == ("failed", "memory")
        run.report_is_stored()
        run.nothing_stays()


def test_an_adopted_step_that_ignores_everything_can_be_cancelled(tmp_path: Path) -> None:
    killed = Killed(tmp_path, "")
    with killed.resumed() as run:
        assert run.state.current == "Fault"
        run.go("cancel")
        assert run.status() == "cancelled"
        run.nothing_stays()
        run.goes_on_once_mended()


def test_a_run_whose_terminal_hangs_up_leaves_the_step_to_the_next(tmp_path: Path) -> None:
    killed = InTerminal(tmp_path, "")
    with killed.resumed() as run:
        assert (run.state.phase, run.state.current) == (Phase.RUNNING, "Fault")
        killed.let_go_on(until_it_ends=False)
        run.session.wait_settled(PATIENCE)
        run.go()
        assert {name: run.status(name) for name in NODES} == dict.fromkeys(NODES, "passed")
        assert {run.attempt(name).number for name in NODES} == {1}, run.events
        run.nothing_stays()


@pytest.mark.parametrize("end", [None, signal.SIGHUP, signal.SIGTERM, signal.SIGKILL], ids=lambda each: str(each))
def test_a_screen_that_goes_leaves_the_step_to_the_next(tmp_path: Path, end: signal.Signals | None) -> None:
    killed = OnScreen(tmp_path, "open(output_paths['result'] + '/rows.txt', 'w').write('x')", end)
    with killed.resumed() as run:
        assert (run.state.phase, run.state.current) == (Phase.RUNNING, "Fault")
        killed.let_go_on(until_it_ends=False)
        run.session.wait_settled(PATIENCE)
        assert (run.status(), run.attempt().number) == ("passed", 1)
        run.go()
        assert {name: run.status(name) for name in NODES} == dict.fromkeys(NODES, "passed")
        assert {run.attempt(name).number for name in NODES} == {1}, run.events
        run.nothing_stays()
