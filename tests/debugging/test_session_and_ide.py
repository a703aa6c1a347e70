"""A real session with its debugger and an IDE: phases, stops and steps agree."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dap_client import IdeClient
from real_debugging import until
from real_steps import leave, real_chain, real_session

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.records.debug import LineBreakpoint, StopKind
from cursus_tui.records.run import PauseReason, Phase, StepStatus

pytestmark = pytest.mark.real


class Front:
    """A session over real processes with a debugger."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.debug = DebugSession()
        self.session = real_session(real_chain(home, "A", "B", "C"), debugger=self.debug, hold_on_failure=True)
        self.session.start().result(20)

    def script(self, step: str) -> Path:
        return self.home / f"{step}.py"

    def line(self, step: str, text: str) -> int:
        """Number of the first line with this text."""
        lines = self.script(step).read_text().splitlines()
        return next(number for number, line in enumerate(lines, 1) if text in line)

    @property
    def stands(self) -> tuple[Phase, PauseReason | None, str | None]:
        state = self.session.wait_settled(20)
        return state.phase, state.reason, state.current

    def at(self, line: int) -> None:
        """Wait until it stands on a line."""
        until(lambda: self.debug.state.stop is not None and self.debug.state.stop.line == line)

    def close(self) -> None:
        leave(self.session)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    front = Front(tmp_path)
    yield front
    front.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "debug"]


def test_an_ide_stays_for_the_whole_session(front: Front) -> None:
    port = front.debug.open_ide(0).result(10).port
    assert port is not None
    ide = IdeClient(port)
    first = front.line("C", 'note("began")')
    ide.attach({front.script("C"): [first]})
    front.session.continue_().result(10)
    thread = ide.wait("stopped", 30)["threadId"]
    front.at(first)
    assert front.stands == (Phase.PAUSED, PauseReason.INSIDE_STEP, "C")
    statuses = [front.session.state.steps[name].status for name in "ABC"]
    assert statuses == [StepStatus.PASSED, StepStatus.PASSED, StepStatus.PAUSED]
    ide.ask("next", threadId=thread)
    ide.wait("stopped")
    front.at(first + 1)
    assert front.stands == (Phase.PAUSED, PauseReason.INSIDE_STEP, "C")
    front.session.step_over().result(10)
    ide.wait("continued")
    ide.wait("stopped")
    assert ide.place(thread) == ("main", first + 2)
    ide.ask("continue", threadId=thread)
    until(lambda: front.session.state.phase is Phase.FINISHED, 20)
    assert ide.wait("thread", 10)["reason"] == "exited"
    front.session.rerun("C").result(10)
    ide.wait("stopped", 20)
    assert front.stands[0] is Phase.PAUSED
    ide.close()
    assert front.stands[0] is Phase.PAUSED, "an IDE that dies keeps the pause"
    front.session.continue_().result(10)
    until(lambda: front.session.state.steps["C"].status is StepStatus.PASSED, 20)


def test_stepping_into_a_step_and_on(front: Front) -> None:
    front.session.step_into("A").result(10)
    assert front.stands == (Phase.PAUSED, PauseReason.INSIDE_STEP, "A")
    stop = front.debug.state.stop
    assert stop is not None
    assert (stop.kind, stop.step, stop.line) == (StopKind.ENTRY, "A", front.line("A", 'note("began")'))
    target = front.line("A", "rows.append")
    front.session.run_to_line(front.script("A"), target).result(10)
    front.at(target)
    breakpoint_ = LineBreakpoint(front.script("B"), front.line("B", "rows.append"), condition="len(rows) > 1")
    front.session.set_line_breakpoint(breakpoint_).result(10)
    front.session.continue_().result(10)
    until(lambda: front.debug.state.stop is not None and front.debug.state.stop.step == "B", 20)
    assert front.stands == (Phase.PAUSED, PauseReason.INSIDE_STEP, "B")
    front.session.cancel().result(10)
    assert front.session.wait_settled(20).steps["B"].status is StepStatus.CANCELLED
    assert front.debug.state.stop is None


def test_a_pause_as_soon_as_a_step_was_started_stops_it(front: Front) -> None:
    # Its interpreter is still lending the debugger: job and wish reach the step's process together.
    hold = front.home / "hold-A"
    hold.touch()
    front.session.step_over().result(10)
    front.session.pause().result(10)
    until(lambda: front.debug.state.stop is not None, 20)
    stop = front.debug.state.stop
    hold.unlink()
    assert stop is not None
    assert (stop.kind, stop.step, front.stands) == (StopKind.PAUSE, "A", (Phase.PAUSED, PauseReason.INSIDE_STEP, "A"))
    front.session.continue_().result(10)
    until(lambda: front.session.state.steps["A"].status is StepStatus.PASSED, 20)


def test_a_failure_is_held_and_let_go(front: Front) -> None:
    script = front.script("A")
    script.write_text(
        script.read_text().replace('rows.append("A")', "rows[99]").replace("rows.append('A')", "rows[99]")
    )
    front.session.continue_().result(10)
    until(lambda: front.debug.state.stop is not None, 20)
    assert front.stands == (Phase.PAUSED, PauseReason.FAILURE, "A")
    stop = front.debug.state.stop
    assert stop is not None
    assert (stop.kind, stop.text) == (StopKind.EXCEPTION, "IndexError: list index out of range")
    frame = front.debug.frames(stop.thread).result(10)[0]
    assert front.debug.evaluate("rows", frame.id, quiet=True).result(10).value == "['x']"
    front.session.continue_().result(10)
    state = front.session.wait_settled(20)
    assert state.steps["A"].status is StepStatus.FAILED
    assert front.debug.state.stop is None
