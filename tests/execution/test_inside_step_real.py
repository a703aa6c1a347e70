"""The session, its debugger and real processes together: stops in a script, and everything that may happen there."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from real_steps import journal, leave, real_chain, real_session
from scripted import eventually

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.records.debug import LineBreakpoint, StopKind
from cursus_tui.records.run import SessionState
from cursus_tui.storage.layout import AttemptFolder

pytestmark = pytest.mark.real
SECONDS = 30


class Debugged:
    """A session over real scripts A and B, with its debugger."""

    def __init__(self, home: Path, **options: object) -> None:
        self.home = home
        self.debugger = DebugSession()
        self.session = real_session(real_chain(home, "A", "B"), debugger=self.debugger, **options)
        self.session.start().result(SECONDS)

    def line_of(self, text: str, script: str = "A") -> int:
        lines = (self.home / f"{script}.py").read_text().split("\n")
        return next(number for number, line in enumerate(lines, 1) if text in line)

    def breakpoint(self, text: str, script: str = "A", **changes: object) -> int:
        line = self.line_of(text, script)
        self.session.set_line_breakpoint(replace(LineBreakpoint(self.home / f"{script}.py", line), **changes)).result(5)
        return line

    def give(self, command: str, *arguments: object) -> SessionState:
        getattr(self.session, command)(*arguments).result(SECONDS)
        return self.session.wait_settled(SECONDS)

    def stands(self) -> tuple[str | None, str | None, int | None, StopKind | None]:
        state = self.session.state
        deadline = time.monotonic() + 5
        # A step may have ended before the debugger's thread hears that it went on.
        while str(state.reason) == "after step" and self.debugger.state.stop and time.monotonic() < deadline:
            time.sleep(0.01)
        stop = self.debugger.state.stop
        return state.reason and str(state.reason), state.current, stop and stop.line, stop and stop.kind

    def value(self, expression: str) -> str:
        stop = self.debugger.state.stop
        assert stop is not None
        frame = self.debugger.frames(stop.thread).result(5)[0]
        return self.debugger.evaluate(expression, frame.id).result(5).value

    def edit(self, old: str, new: str, script: str = "A") -> None:
        path = self.home / f"{script}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


@pytest.fixture
def debugged(tmp_path: Path) -> Iterator[Debugged]:
    made = Debugged(tmp_path)
    yield made
    leave(made.session)


def test_into_main_over_a_line_and_on_to_the_next_step(debugged: Debugged):
    debugged.give("step_into")
    first = debugged.line_of('note("began")')
    assert debugged.stands() == ("inside step", "A", first, StopKind.ENTRY)
    debugged.give("step_over")
    assert debugged.stands() == ("inside step", "A", first + 1, StopKind.STEP)
    debugged.give("let_go")
    assert debugged.stands() == ("after step", "A", None, None)
    assert journal(debugged.home) == {"A began": 1, "A ended": 1}


@pytest.mark.parametrize("ending", ['note("ended")', "return 1 / 0"])
@pytest.mark.parametrize("command", ["step_over", "step_into"])
def test_who_steps_out_of_the_script_stops_in_nothing_of_ours(debugged: Debugged, ending: str, command: str):
    debugged.edit('note("ended")', ending)
    debugged.breakpoint(ending)
    debugged.give("continue_")
    for _ in range(12):
        reason, step, line, _ = debugged.stands()
        if reason not in ("inside step", "failure") or line is None:
            break
        stop = debugged.debugger.state.stop
        assert stop is not None
        assert stop.file == debugged.home / "A.py"
        debugged.give(command)
    assert (reason, step) == (("failure", "A") if "0" in ending else ("before step", "B"))


def test_the_time_that_a_step_stands_stopped_is_not_its_own(debugged: Debugged):
    debugged.give("step_into")
    time.sleep(1.5)
    debugged.give("let_go")
    attempt = debugged.session.state.steps["A"].attempt
    assert attempt is not None
    assert attempt.started is not None
    assert attempt.ended is not None
    assert attempt.ended - attempt.started > 1.5
    assert attempt.main_seconds is not None
    assert attempt.main_seconds < 1
    outcome = json.loads(AttemptFolder(attempt.folder).outcome.read_text())
    assert 1.5 < outcome["held_seconds"] < attempt.ended - attempt.started


def test_a_breakpoint_stops_each_run_of_its_step_and_others_run_through(debugged: Debugged):
    line = debugged.breakpoint("rows.append", "B")
    debugged.give("continue_")
    assert debugged.stands() == ("inside step", "B", line, StopKind.BREAKPOINT)
    assert debugged.value("rows") == "['x', 'A']"
    debugged.give("continue_")
    assert str(debugged.session.state.phase) == "finished"


def test_a_breakpoint_set_while_the_step_runs_stops_it(debugged: Debugged):
    (debugged.home / "hold-A").touch()
    debugged.session.continue_().result(5)
    eventually(lambda: journal(debugged.home)["A began"] == 1)
    line = debugged.breakpoint("time.sleep")
    debugged.session.wait_settled(SECONDS)
    assert debugged.stands() == ("inside step", "A", line, StopKind.BREAKPOINT)
    (debugged.home / "hold-A").unlink()
    debugged.give("finish")
    assert debugged.session.state.steps["A"].status == "passed"


def test_a_breakpoint_in_the_standard_library_stops_where_the_script_calls_it(debugged: Debugged):
    debugged.edit('note("ended")', "import json; note(json.dumps(rows))")
    library = Path(json.encoder.__file__)
    line = 1 + library.read_text().split("\n").index("        chunks = self.iterencode(o, _one_shot=True)")
    debugged.session.set_line_breakpoint(LineBreakpoint(library, line, condition="o # all but 0")).result(5)
    debugged.give("continue_")
    assert debugged.stands() == ("inside step", "A", line, StopKind.BREAKPOINT)
    assert debugged.value("o") == "['x', 'A']"
    debugged.give("continue_")
    assert debugged.session.state.phase == "finished"


def test_pause_stops_a_running_loop(debugged: Debugged):
    (debugged.home / "hold-A").touch()
    debugged.session.step_over().result(5)
    eventually(lambda: journal(debugged.home)["A began"] == 1)
    debugged.give("pause")
    assert debugged.stands()[0::3] == ("inside step", StopKind.PAUSE)
    debugged.give("cancel")
    assert debugged.session.state.steps["A"].status == "cancelled"
    assert debugged.stands() == ("after step", "A", None, None)


def test_a_breakpoint_stops_what_a_step_runs_also_after_an_edit(debugged: Debugged):
    debugged.edit('note("ended")', "for n in range(2):\n        note(str(n))\n    rows = []")
    line = debugged.breakpoint("note(str(n))")
    debugged.give("continue_")
    debugged.edit("import os", "# new\n# newer\nimport os")
    debugged.give("script_changed", "A")
    debugged.give("continue_")
    assert (debugged.stands()[2], debugged.value("n")) == (line, "1")
    debugged.give("rerun", "A")
    assert (debugged.stands()[2], debugged.value("n")) == (line + 2, "0")


def test_edit_at_a_stop_and_run_the_step_again_with_its_breakpoint_moved(debugged: Debugged):
    debugged.breakpoint("rows.append", "B")
    debugged.give("continue_")
    debugged.edit('    rows = ["x"]', '    # more\n    # lines\n    rows = ["x", "y"]', "B")
    debugged.give("rerun", "B")
    assert debugged.stands() == ("inside step", "B", debugged.line_of("rows.append", "B"), StopKind.BREAKPOINT)
    assert debugged.value("rows") == "['x', 'y', 'A']"
    assert [str(each.status) for each in debugged.session.attempts("B")] == ["cancelled", "importing"]


def test_a_failure_is_held_with_its_frames_and_goes_on_to_fail(tmp_path: Path):
    debugged = Debugged(tmp_path, hold_on_failure=True)
    debugged.edit("rows.append(", "rows.no_such(", "B")
    debugged.give("continue_")
    line = debugged.line_of("rows.no_such", "B")
    assert debugged.stands() == ("failure", "B", line, StopKind.EXCEPTION)
    assert debugged.session.state.steps["B"].status == "paused"
    assert debugged.value("len(rows)") == "2"
    debugged.edit("rows.no_such(", "rows.append(", "B")
    debugged.give("rerun", "B")
    assert [str(each.status) for each in debugged.session.attempts("B")] == ["failed", "passed"]
    assert debugged.session.attempts("B")[0].error.type == "AttributeError"
    leave(debugged.session)


def test_the_time_limit_stands_still_at_a_stop(tmp_path: Path):
    debugged = Debugged(tmp_path, timeout_seconds=2.0)
    debugged.give("step_into")
    time.sleep(2.5)
    debugged.give("continue_")
    assert debugged.session.state.steps["A"].status == "passed"
    leave(debugged.session)


def test_a_step_killed_at_a_stop_has_failed(debugged: Debugged):
    debugged.give("step_into")
    live = debugged.session._run.at.live
    assert live is not None
    os.kill(live.process.pid, signal.SIGKILL)
    eventually(lambda: debugged.stands() == ("failure", "A", None, None))
    assert debugged.session.state.steps["A"].attempt.exit_code == -signal.SIGKILL
    debugged.give("step_into", "A")
    assert debugged.stands()[0] == "inside step"


def test_a_step_that_is_kept_when_its_session_ends_at_a_stop_passes(tmp_path: Path):
    debugged = Debugged(tmp_path)
    debugged.give("step_into")
    debugged.session.quit(keep_running=True).result(SECONDS)
    debugged.session._store.workspace.close()
    eventually(lambda: journal(tmp_path)["A ended"] == 1, 10)


def test_an_expression_changes_what_the_script_works_with(debugged: Debugged):
    line = debugged.breakpoint("rows.append")
    debugged.give("run_to_line", debugged.home / "A.py", line)
    assert debugged.stands()[2] == line
    debugged.value("rows.append('added')")
    debugged.give("continue_")
    written = next((debugged.home / ".cursus-tui").glob("runs/*/A/1/output/out/part-0.csv"))
    assert written.read_text().split() == ["x", "added", "A"]
