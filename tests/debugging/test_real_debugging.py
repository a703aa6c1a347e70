"""The terminal's side with real steps: every kind of stop, and what can be asked there."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from real_debugging import FIRST, HELPER, IN_LOOP, LOOP, SCRIPT, Desk, until

from cursus_tui.records.debug import DebugError, LineBreakpoint, Resume, StopKind

pytestmark = pytest.mark.real


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    return real_desk


def test_stepping_into_main_stops_on_its_first_line(desk: Desk) -> None:
    desk.start(entry=True)
    stop = desk.stopped()
    assert (stop.kind, stop.line, stop.file) == (StopKind.ENTRY, FIRST, desk.script)
    assert desk.debug.frames(stop.thread).result(5)[0].name == "main"
    desk.debug.resume(Resume.OVER)
    assert desk.stopped().line == FIRST + 1
    assert desk.finish().status == "passed"


def test_a_main_that_is_a_partial_is_entered(desk: Desk) -> None:
    bound = "import functools\nmain = functools.partial(functools.partial(main))\n\n\nif __name__"
    desk.start(SCRIPT.replace("if __name__", bound), entry=True)
    stop = desk.stopped()
    assert (stop.kind, stop.line, stop.file) == (StopKind.ENTRY, FIRST, desk.script)
    assert desk.finish().status == "passed"


def test_over_into_out_and_to_a_line(desk: Desk) -> None:
    desk.lines(LOOP)
    desk.start()
    assert desk.stopped().kind is StopKind.BREAKPOINT
    desk.lines()
    desk.debug.resume(Resume.INTO)
    inside = desk.stopped()
    assert (inside.line, inside.kind) == (HELPER, StopKind.STEP)
    names = [one.name for one in desk.debug.frames(inside.thread).result(5)]
    assert names[:2] == ["helper", "main"]
    desk.debug.resume(Resume.OUT)
    assert desk.stopped().line == LOOP
    desk.debug.resume(Resume.OVER)
    assert desk.stopped().line == IN_LOOP
    desk.debug.run_to(desk.script, HELPER)
    assert desk.stopped().line == HELPER
    desk.debug.resume(Resume.CONTINUE)
    assert desk.told.next() is None
    assert desk.told.is_quiet(), "the line to run to was forgotten"


def test_lines_typed_ahead_are_stepped_over(desk: Desk) -> None:
    desk.start(entry=True)
    first = desk.stopped()
    for _ in range(3):
        desk.debug.resume(Resume.OVER)
    stop = desk.stopped()
    assert (stop.number - first.number, stop.line) == (3, FIRST + 3)
    assert desk.finish().status == "passed"


def test_a_breakpoint_set_later_stops_the_running_step(desk: Desk) -> None:
    desk.start()
    desk.wait_for("called")
    assert not desk.debug.state.attached
    desk.lines(IN_LOOP)
    assert desk.stopped().line == IN_LOOP
    assert desk.finish().status == "passed"


def test_a_running_step_can_be_paused(desk: Desk) -> None:
    desk.start()
    desk.wait_for("called")
    desk.debug.suspend()
    stop = desk.stopped()
    assert stop.kind is StopKind.PAUSE
    assert stop.file == desk.script
    assert [one.name for one in desk.debug.threads().result(5)] == ["MainThread"]
    assert desk.finish().status == "passed"


@pytest.mark.parametrize("how", [Resume.OVER, Resume.OUT, Resume.INTO])
def test_a_pause_as_a_function_returns_can_be_stepped_on_from(desk: Desk, how: Resume) -> None:
    desk.start(SCRIPT.replace("    twice = n * 2\n    return twice", "    return time.sleep(0.05) or 1"))
    desk.wait_for("called")
    desk.debug.suspend()
    assert desk.stopped().kind is StopKind.PAUSE
    desk.debug.resume(how)
    assert desk.stopped(5).kind is StopKind.STEP
    desk.debug.resume(Resume.OVER)
    assert desk.stopped(5).kind is StopKind.STEP


FITTING = """\
import time

ENDS = []

def fit(begun):
    open(begun, "x").close()
    until = time.monotonic() + 30
    while not ENDS and time.monotonic() < until:
        update()

def update():
    time.sleep(0.01)

def train(begun):
    fit(begun)
"""


def test_a_step_that_computes_in_a_library_is_paused_there(desk: Desk) -> None:
    library, begun = desk.folder / "site-packages" / "fitting.py", desk.folder / "begun"
    library.parent.mkdir()
    library.write_text(FITTING)
    source = f"import sys\nsys.path.insert(0, {str(library.parent)!r})\nimport fitting\n{SCRIPT}"
    desk.start(source.replace("total = 0\n", f"total = 0; fitting.train({str(begun)!r})\n    fitting.update()\n"))
    until(begun.exists)
    desk.debug.suspend()
    stop = desk.stopped(10)
    assert (stop.kind, stop.file) == (StopKind.PAUSE, library)
    frames = desk.debug.frames(stop.thread).result(5)
    assert [one.name for one in frames if one.name != "update"] == ["fit", "train", "main", "<module>"]
    assert desk.notices() == []
    desk.debug.evaluate("ENDS.append(1)", frames[0].id).result(5)
    line = desk.script.read_text().split("\n").index("    fitting.update()") + 1
    desk.lines(line)
    desk.debug.resume(Resume.CONTINUE)
    assert desk.stopped(10).line == line
    for _ in range(2):
        desk.debug.resume(Resume.INTO)
        assert desk.stopped(10).file == desk.script, "libraries count no more"
    assert desk.finish().status == "passed"


def test_conditions_hits_and_logpoints(desk: Desk) -> None:
    def line(**options: str) -> LineBreakpoint:
        return LineBreakpoint(desk.script, IN_LOOP, **options)

    desk.lines(line(condition="total == 8"))
    desk.start()
    assert desk.value("total", desk.stopped()) == "8"
    desk.lines(line(hits="3"))
    desk.debug.resume(Resume.CONTINUE)
    assert desk.value("total", desk.stopped()) == "14"
    desk.lines(line(condition="total > 20", hits="2"))
    desk.debug.resume(Resume.CONTINUE)
    assert desk.value("total", desk.stopped()) == "24", "the second time that the condition held"
    desk.lines(
        line(message="100% total={total} {len(rows)}"), LineBreakpoint(desk.script, IN_LOOP + 2, condition="total > 29")
    )
    desk.debug.resume(Resume.CONTINUE)
    desk.stopped()
    assert desk.finish().status == "passed"
    log = (desk.folder / "attempt-1" / "stdout.log").read_text().splitlines()
    assert log == ["100% total=26 2", "100% total=28 2", "100% total=30 2"]


@pytest.mark.parametrize("part", ["condition", "message"])
def test_a_condition_or_message_that_raises_stops_and_is_named(desk: Desk, part: str) -> None:
    text = {"condition": "totl > 3", "message": "now {totl:.2f}"}[part]
    desk.lines(replace(LineBreakpoint(desk.script, IN_LOOP), **{part: text}))
    desk.start()
    assert desk.stopped().line == IN_LOOP
    until(desk.notices)
    assert desk.notices()[0].startswith(f"the {part} of a breakpoint failed: NameError: name 'totl' is not defined")


def test_values_are_read_set_and_completed(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    frame = desk.debug.frames(stop.thread).result(5)[0]
    scopes = desk.debug.scopes(frame.id).result(5)
    assert [one.name for one in scopes] == ["Locals", "Globals"]
    local = {one.name: one for one in desk.debug.variables(scopes[0].reference).result(5)}
    assert (local["total"].value, local["total"].type) == ("2", "int")
    assert local["rows"].kind == "table"
    children = desk.debug.variables(local["rows"].reference).result(5)
    assert children[0].expression == "rows[0]"
    assert desk.debug.set_variable(scopes[0].reference, "total", "40 + 1").result(5).value == "41"
    assert desk.debug.evaluate("total += 1", frame.id).result(5).value == ""
    assert desk.value("total", stop) == "42"
    assert desk.debug.complete("x = rows.app", 12, frame.id).result(5) == ("x = rows.append",)
    assert "helper" in desk.debug.complete("hel", 3, frame.id).result(5)
    with pytest.raises(DebugError, match=r"^NameError: name 'nothing' is not defined$"):
        desk.debug.evaluate("nothing", frame.id).result(5)


def test_rows_of_values_are_shown(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    frame = desk.debug.frames(stop.thread).result(5)[0]
    table = desk.debug.live_table("rows", frame.id).result(20)
    assert (table.rows, [name for name, _ in table.columns]) == (2, ["amount", "name"])
    assert table.file.exists()
    assert not table.sampled
    with pytest.raises(DebugError):
        desk.debug.live_table("nothing", frame.id).result(5)
    desk.lines()
    desk.debug.resume(Resume.CONTINUE)
    assert desk.told.next() is None
    sampled = desk.debug.live_table("rows", None).result(20)
    assert (sampled.rows, sampled.sampled) == (2, True)
    assert desk.debug.sample().result(5)[-1].function in ("main", "helper")


def test_an_exception_is_held_with_its_frames(desk: Desk) -> None:
    source = SCRIPT.replace("total += helper(1)", "total += helper(rows)['nothing']")
    desk.start(source, hold=True)
    stop = desk.stopped()
    assert (stop.kind, stop.line) == (StopKind.EXCEPTION, LOOP)
    assert stop.text.startswith("TypeError: ")
    assert desk.value("len(rows)", stop) == "2"
    desk.debug.resume(Resume.CONTINUE)
    result = desk.result()
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.type == "TypeError"


def test_breakpoint_in_the_script_stops_on_its_line(desk: Desk) -> None:
    source = SCRIPT.replace("    total = 0\n", "    total = 0; breakpoint(); total = 1\n    breakpoint()\n")
    desk.start(source)
    first = desk.stopped()
    assert first.kind is StopKind.CALL
    assert first.line in (FIRST + 1, FIRST + 2)
    desk.debug.resume(Resume.CONTINUE)
    second = desk.stopped()
    assert second.kind is StopKind.CALL
    assert desk.finish().status == "passed"


def test_a_killed_step_ends_its_stop(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    desk.stopped()
    assert desk.process is not None
    assert desk.process.pid is not None
    os.kill(desk.process.pid, signal.SIGKILL)
    assert desk.told.next() is None
    assert desk.result().exit_code == -9
    assert not desk.debug.state.attached


def test_a_stopped_step_is_cancelled_at_once(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    desk.stopped()
    assert desk.process is not None
    begin = time.monotonic()
    desk.process.cancel()
    assert desk.result().status == "cancelled"
    assert time.monotonic() - begin < 8


def test_letting_go_runs_the_step_to_its_end(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start(SCRIPT.replace("+ 30", "+ 0.5"))
    desk.stopped()
    desk.debug.close()
    assert desk.result().status == "passed"
    assert not [thread for thread in threading.enumerate() if thread.name == "debug"]


def test_a_step_without_a_debugger_is_as_it_was(desk: Desk) -> None:
    desk.start("import builtins, sys\nprint('pydevd' in sys.modules, sys.gettrace(), hasattr(builtins, 'execfile'))\n")
    assert desk.result().status == "passed"
    assert (desk.folder / "attempt-1" / "stdout.log").read_text() == "False None False\n"
    outcome = json.loads((desk.folder / "attempt-1" / "outcome.json").read_text())
    assert outcome["status"] == "passed"


def test_a_script_that_is_a_symlink_stops_at_its_files_breakpoints(desk: Desk) -> None:
    real = desk.folder / "real" / "file.py"
    real.parent.mkdir()
    real.write_text(SCRIPT)
    desk.script.symlink_to(real)
    desk.lines(LineBreakpoint(real, LOOP))
    desk.start()
    stop = desk.stopped()
    assert stop.line == LOOP
    assert stop.file is not None
    assert stop.file.resolve() == real
    assert stop.kind is StopKind.BREAKPOINT
    desk.debug.run_to(desk.script, IN_LOOP)
    assert desk.stopped().line == IN_LOOP
