"""The moments in which a front can die around the start of a step, each held open: exactly one side wins.

Whoever makes ``process.json`` decides: the zygote that is about to give a step its job, or a later front that gives
the attempt up.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_runner import Attempt, Runner

from cursus_tui.execution import adopted_step
from cursus_tui.execution.local_executor import LocalExecutor

RAN = """
with open({mark!r}, 'a') as file:
    file.write('ran\\n')
"""


class Unheard:
    """A step that was asked for, of a zygote that stands still; the front that asked is gone."""

    def __init__(self, folder: Path) -> None:
        self._mark = folder / "mark"
        ready = threading.Event()
        front = LocalExecutor(noticed=lambda python, message: ready.set())
        runner = Runner(front, folder / "runs")
        assert runner.run_main("pass").result.status == "passed"
        assert ready.wait(10)
        (zygote,) = front._zygotes.values()
        self.zygote = zygote.process
        self.zygote.send_signal(signal.SIGSTOP)
        self.folder = runner.start_main(RAN.format(mark=str(self._mark))).folder
        # What the death of a front is to its zygote: its end of the socket closes.
        front.close(keep_running=True)

    @property
    def times(self) -> int:
        return self._mark.read_text().count("ran") if self._mark.exists() else 0

    def goes_on(self) -> None:
        """The zygote finds the job, and that nobody is there any more; it ends after its last duty."""
        self.zygote.send_signal(signal.SIGCONT)
        self.zygote.wait(30)


@pytest.fixture
def unheard(tmp_path: Path) -> Iterator[Unheard]:
    unheard = Unheard(tmp_path)
    yield unheard
    if unheard.zygote.poll() is None:
        unheard.goes_on()


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor()
    yield executor
    executor.close()


def adopt(executor: LocalExecutor, folder: Path) -> Attempt:
    attempt = Attempt(folder)
    attempt.process = executor.adopt(folder, attempt.listen)
    return attempt


def test_a_step_that_was_given_up_never_starts(
    unheard: Unheard, executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopted_step, "APPEAR_SECONDS", 0.2)
    result = adopt(executor, unheard.folder).result
    error = result.error
    assert error is not None
    assert (result.status, error.type) == ("cancelled", "not begun"), "nothing failed"
    unheard.goes_on()
    assert unheard.times == 0, "the session that gave it up runs it again: it must not run twice"
    assert adopt(executor, unheard.folder).result.error == error


def test_a_step_that_starts_late_is_adopted(unheard: Unheard, executor: LocalExecutor) -> None:
    attempt = adopt(executor, unheard.folder)
    unheard.goes_on()
    assert attempt.result.status == "passed"
    assert unheard.times == 1


def test_a_step_that_is_cancelled_before_it_starts_never_does(unheard: Unheard, executor: LocalExecutor) -> None:
    attempt = adopt(executor, unheard.folder)
    assert attempt.process is not None
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    unheard.goes_on()
    assert unheard.times == 0


def test_a_third_session_does_not_wait_for_what_the_second_gave_up(
    unheard: Unheard, executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    adopted_step.give_up(adopted_step.AttemptFolder(unheard.folder))
    # The second died before it wrote the outcome.
    monkeypatch.setattr(adopted_step, "APPEAR_SECONDS", 3600.0)
    error = adopt(executor, unheard.folder).result.error
    assert error is not None
    assert error.type == "not begun"
    unheard.goes_on()
    assert unheard.times == 0


def test_a_trace_that_never_became_one_does_not_hold_a_session_up(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopted_step, "APPEAR_SECONDS", 0.2)
    (tmp_path / "process.json").touch()
    error = adopt(executor, tmp_path).result.error
    assert error is not None
    assert error.type == "worker lost"


def test_a_job_that_cannot_leave_a_trace_is_refused(tmp_path: Path, executor: LocalExecutor) -> None:
    runner = Runner(executor, tmp_path / "runs")
    assert runner.run_main("pass").result.status == "passed"
    (zygote,) = executor._zygotes.values()
    os.kill(zygote.process.pid, signal.SIGSTOP)
    attempt = runner.start_main(RAN.format(mark=str(tmp_path / "mark")))
    (attempt.folder / "process.json").write_text(json.dumps({"boot": ""}))
    os.kill(zygote.process.pid, signal.SIGCONT)
    error = attempt.result.error
    assert error is not None
    assert (error.type, "File exists" in error.message) == ("worker lost", True)
    assert not (tmp_path / "mark").exists()
    assert runner.run_main("pass").result.status == "passed"
