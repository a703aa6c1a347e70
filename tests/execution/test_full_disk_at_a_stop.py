"""The disk is full when a step stops inside, or is to end there: what is done, and what is taken back."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from fake_debugger import FakeDebugger
from scripted import Bench, ScriptedStep, bench, chain, eventually, hang, write_everything

from cursus_tui.records.run import StepStatus


class FullDisk:
    """A store hook that has no space left while it is told so."""

    def __init__(self) -> None:
        self.full = False
        self.refused = 0

    def __call__(self, boundary: str) -> None:
        if self.full and boundary == "before commit":
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device")


def stopped_on_a_full_disk(tmp_path: Path) -> tuple[Bench, FakeDebugger, ScriptedStep, FullDisk]:
    """A session of A, B and C whose B stands still inside, and whose disk has become full."""
    debugger, disk = FakeDebugger(), FullDisk()
    made = bench(chain(tmp_path, "A", "B", "C"), {"B": hang}, debugger=debugger, at_boundary=disk)
    made.session.continue_().result(5)
    eventually(lambda: bool(debugger.asked("follow")) and debugger.asked("follow")[-1][1] == "B")
    debugger.stop()
    made.session.wait_settled(5)
    made.session.wait_counted(5)
    disk.full = True
    return made, debugger, made.executor.steps["B"], disk


def test_a_step_is_cancelled_also_where_that_cannot_be_stored(tmp_path: Path):
    made, debugger, step, disk = stopped_on_a_full_disk(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        made.session.cancel().result(5)
    assert step.cancelled.is_set(), "a full disk is no reason to let it compute on"
    assert made.stands == ("paused", "disk full", "B")
    debugger.goes_on()
    # The command, its end, and that it went on.
    eventually(lambda: disk.refused == 3)
    disk.full = False
    made.run("continue_")
    assert (made.stands, made.statuses["B"]) == (("paused", "after step", "B"), "cancelled")
    assert made.executor.times == {"A": 1, "B": 1}
    made.close()


def test_a_step_that_made_way_for_nothing_is_no_cancelled_one(tmp_path: Path):
    made, debugger, step, disk = stopped_on_a_full_disk(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        made.session.rerun("B").result(5)
    assert not step.cancelled.is_set()
    disk.full = False
    made.session.continue_().result(5)
    debugger.goes_on()
    stop = debugger.stop(line=2)
    eventually(lambda: made.stands == ("paused", "inside step", "B"))
    assert debugger.asked("resume") == [("resume", "continue")], f"{stop} was passed by"
    made.session.continue_().result(5)
    step.result.set_result(write_everything(step))
    assert made.session.wait_settled(5).phase == "finished"
    assert set(made.statuses.values()) == {"passed"}
    made.close()


def test_a_stop_holds_the_time_limit_at_once_and_is_shown_later(tmp_path: Path):
    debugger, disk = FakeDebugger(), FullDisk()
    made = bench(chain(tmp_path, "A"), {"A": hang}, debugger=debugger, at_boundary=disk)
    made.session.continue_().result(5)
    disk.full = True
    stop = debugger.stop()
    eventually(lambda: made.stands == ("paused", "disk full", "A"))
    assert made.executor.steps["A"].held == [True], "its time limit must not run out while it stands"
    disk.full = False
    made.run("continue_")
    assert made.stands == ("paused", "inside step", "A"), "not passed by unseen"
    assert made.session.state.steps["A"].status is StepStatus.PAUSED
    assert debugger.asked("resume") == []
    made.session.continue_().result(5)
    assert debugger.asked("resume") == [("resume", "continue")]
    debugger.goes_on()
    eventually(lambda: made.executor.steps["A"].held[-1] is False)
    assert stop.number == 1
    made.close()
