"""Breakpoints on lines and watches, as the session keeps them: stored, sent to the debugger, moved with their lines."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from fake_debugger import FakeDebugger
from scripted import bench, chain, eventually, failed, hang, write_everything

from cursus_tui.execution.line_breakpoints import LineBreakpointTable, moved
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import LineBreakpointsChanged, WatchesChanged

SCRIPT = "import os\n\n\ndef main():\n    first = 1\n    second = 2\n    return first + second\n"


def at(line: int, text: str, path: Path = Path("/a.py"), **changes: object) -> LineBreakpoint:
    return replace(LineBreakpoint(path, line, text=text), **changes)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\nhere\nb", 2),
        ("x\ny\na\nhere\nb", 4),
        ("here", 1),
        ("here\n" + "x\n" * 3 + "here", 1),
        ("x\n" * 180 + "  here  ", 181),
        ("x\n" * 201 + "here", 202),
        ("x\n" * 202 + "here", 2),
        ("gone", 2),
        ("", 2),
    ],
)
def test_a_breakpoint_follows_the_text_of_its_line(source: str, line: int):
    assert moved([at(2, "here")], source.split("\n")) == (at(line, "here"),)


def test_one_whose_text_is_not_known_stays_and_two_on_one_line_become_one():
    assert moved([at(2, "")], ["", "", "x"]) == (at(2, ""),)
    first, second = at(2, "same", condition="a"), at(4, "same", condition="b")
    assert moved([first, second], ["same"]) == (replace(first, line=1),)
    assert moved([first, second], ["", "same", "", "same"]) == (first, second)


def test_a_file_is_the_same_by_each_of_its_names(tmp_path: Path):
    (tmp_path / "a.py").write_text(SCRIPT)
    (tmp_path / "link.py").symlink_to("a.py")
    table = LineBreakpointTable([LineBreakpoint(tmp_path / "a.py", 5)])
    table.set(LineBreakpoint(tmp_path / "link.py", 5, condition="x"))
    assert [each.condition for each in table.all] == ["x"]
    assert table.at(tmp_path / "a.py", 5) == table.of(tmp_path / "link.py")[0]
    table.remove(LineBreakpoint(tmp_path / "a.py", 5))
    assert table.all == ()


def test_they_last_in_the_workspace_and_reach_the_debugger_once_stored(tmp_path: Path):
    debugger, pipeline = FakeDebugger(), chain(tmp_path, "A", "B")
    (tmp_path / "A.py").write_text(SCRIPT)
    made = bench(pipeline, debugger=debugger)
    assert debugger.calls == []
    made.run("set_line_breakpoint", LineBreakpoint(tmp_path / "A.py", 5, condition=" first > 0 ", hits=">= 2"))
    kept = LineBreakpoint(tmp_path / "A.py", 5, condition="first > 0", hits=">= 2", text="first = 1")
    assert made.session.line_breakpoints == debugger.lines == (kept,)
    assert [each.lines for each in made.events if isinstance(each, LineBreakpointsChanged)] == [(kept,)]
    made.run("set_line_breakpoint", LineBreakpoint(tmp_path / "A.py", 6, message="{first}"))
    made.run("set_watches", ("first", " second ", "", "first"))
    assert [each.watches for each in made.events if isinstance(each, WatchesChanged)] == [("first", "second")]
    made.close()
    again = FakeDebugger()
    made = bench(pipeline, debugger=again)
    assert made.session.watches == ("first", "second")
    assert [(each.line, each.message) for each in again.lines] == [(5, ""), (6, "{first}")]
    made.run("remove_line_breakpoint", tmp_path / "A.py", 5)
    made.run("remove_line_breakpoint", tmp_path / "A.py", 99)
    assert [each.line for each in again.lines] == [6]
    made.close()


def test_one_set_again_changes_and_keeps_its_file_name(tmp_path: Path):
    (tmp_path / "A.py").write_text(SCRIPT)
    (tmp_path / "link.py").symlink_to("A.py")
    pipeline = chain(tmp_path, "A")
    made = bench(pipeline)
    made.run("set_line_breakpoint", LineBreakpoint(tmp_path / "A.py", 5))
    made.run("set_line_breakpoint", LineBreakpoint(tmp_path / "link.py", 5, enabled=False))
    assert [(each.path.name, each.enabled) for each in made.session.line_breakpoints] == [("A.py", False)]
    made.close()
    made = bench(pipeline)
    assert [(each.path.name, each.enabled) for each in made.session.line_breakpoints] == [("A.py", False)]
    made.close()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (LineBreakpoint(Path("A.py"), 99), "no line 99"),
        (LineBreakpoint(Path("A.py"), 0), "no line 0"),
        (LineBreakpoint(Path("absent.py"), 1), "file that can be read"),
        (LineBreakpoint(Path("A.py"), 5, condition="first >"), "no Python expression"),
        (LineBreakpoint(Path("A.py"), 5, condition="first = 1"), "no Python expression"),
        (LineBreakpoint(Path("A.py"), 5, condition="first\0"), "no Python expression"),
        (LineBreakpoint(Path("A.py"), 5, hits="often"), "hit count 'often'"),
        (LineBreakpoint(Path("A.py"), 5, hits="0"), "hit count '0'"),
        (LineBreakpoint(Path("A.py"), 5, hits="% 0"), "hit count '% 0'"),
    ],
)
def test_one_that_makes_no_sense_is_refused(tmp_path: Path, line: LineBreakpoint, problem: str):
    pipeline = chain(tmp_path, "A")
    (tmp_path / "A.py").write_text(SCRIPT)
    made = bench(pipeline)
    with pytest.raises(UserError, match=problem):
        made.session.set_line_breakpoint(replace(line, path=tmp_path / line.path)).result(5)
    assert made.session.line_breakpoints == ()
    made.close()


def test_they_move_with_an_edit_when_told_and_before_each_attempt(tmp_path: Path):
    debugger, pipeline = FakeDebugger(), chain(tmp_path, "A", "B")
    script = tmp_path / "A.py"
    script.write_text(SCRIPT)
    made = bench(pipeline, debugger=debugger)
    made.run("set_line_breakpoint", LineBreakpoint(script, 6))
    script.write_text("# new\n" + SCRIPT)
    made.run("script_changed", "A")
    assert [each.line for each in debugger.lines] == [7]
    script.write_text("# new\n# newer\n" + SCRIPT)
    made.run("script_changed", "A")
    assert [each.line for each in debugger.lines] == [8]
    script.write_text(SCRIPT)
    made.run("step_over")
    names = [call[0] for call in debugger.calls]
    assert names.index("follow") > len(names) - 1 - names[::-1].index("set_lines")
    assert [each.line for each in debugger.lines] == [6]
    assert debugger.orders[0].at_start
    sent = len(debugger.asked("set_lines"))
    made.run("step_over", "B")
    assert len(debugger.asked("set_lines")) == sent
    made.close()
    made = bench(pipeline)
    assert [each.line for each in made.session.line_breakpoints] == [6]
    made.close()


def test_a_step_that_runs_keeps_the_lines_that_it_runs_with(tmp_path: Path):
    debugger = FakeDebugger()
    pipeline = chain(tmp_path, "A", "B")
    script = tmp_path / "A.py"
    script.write_text(SCRIPT)
    made = bench(pipeline, {"A": hang}, debugger=debugger)
    made.run("set_line_breakpoint", LineBreakpoint(script, 5))
    made.session.continue_().result(5)
    debugger.stop()
    made.session.wait_settled(5)
    for count in (1, 2):
        script.write_text("# new\n" + script.read_text())
        made.session.script_changed("A").result(5)
        assert [each.line for each in made.session.line_breakpoints] == [5 + count]
        assert debugger.asked("set_lines")[-1] == ("set_lines", ("A.py", 5))
    made.session.set_line_breakpoint(LineBreakpoint(script, 7, condition="True")).result(5)
    assert debugger.asked("set_lines")[-1] == ("set_lines", ("A.py", 5))
    made.executor.steps["A"].result.set_result(failed())
    made.session.wait_settled(5)
    eventually(lambda: debugger.asked("set_lines")[-1] == ("set_lines", ("A.py", 7)))
    made.close()


def test_one_set_while_its_step_runs_is_sent_at_once(tmp_path: Path):
    debugger = FakeDebugger()
    pipeline = chain(tmp_path, "A")
    (tmp_path / "A.py").write_text(SCRIPT)
    made = bench(pipeline, {"A": hang}, debugger=debugger)
    made.session.continue_().result(5)
    made.session.set_line_breakpoint(LineBreakpoint(tmp_path / "A.py", 5)).result(5)
    assert [call[0] for call in debugger.calls] == ["follow", "set_lines"]
    made.close()


def test_run_to_a_line_of_a_script_runs_its_step_and_stops_there_once(tmp_path: Path):
    debugger = FakeDebugger()
    pipeline = chain(tmp_path, "A", "B")
    (tmp_path / "A.py").write_text(SCRIPT)
    made = bench(pipeline, debugger=debugger)
    made.run("run_to_line", tmp_path / "A.py", 6)
    assert [call[0] for call in debugger.calls[:2]] == ["run_to", "follow"]
    assert debugger.asked("run_to") == [("run_to", tmp_path / "A.py", 6)]
    assert (made.executor.started, made.stands) == (["A"], ("paused", "before step", "B"))
    made.run("continue_")
    assert len(debugger.asked("run_to")) == 1
    with pytest.raises(IllegalCommand, match=r"other\.py is the script of no step"):
        made.session.run_to_line(tmp_path / "other.py", 1).result(5)
    made.close()


def test_of_steps_that_share_a_script_the_one_at_hand_is_run(tmp_path: Path):
    debugger = FakeDebugger()
    pipeline = chain(tmp_path, "A", "B")
    shared = tmp_path / "A.py"
    shared.write_text(SCRIPT)
    steps = {**pipeline.steps, "B": replace(pipeline.steps["B"], script=shared)}
    made = bench(replace(pipeline, steps=steps), {"A": write_everything}, debugger=debugger)
    made.run("step_over")
    assert made.stands == ("paused", "before step", "B")
    made.run("run_to_line", shared, 5)
    assert made.executor.started == ["A", "B"]
    assert debugger.others == [frozenset(), frozenset()]
    made.close()


def test_at_a_stop_any_file_can_be_run_to(tmp_path: Path):
    debugger = FakeDebugger()
    made = bench(chain(tmp_path, "A"), {"A": hang}, debugger=debugger)
    made.session.continue_().result(5)
    debugger.stop()
    made.session.wait_settled(5)
    made.session.run_to_line(Path("/lib/other.py"), 7).result(5)
    assert debugger.asked("run_to") == [("run_to", Path("/lib/other.py"), 7)]
    made.executor.steps["A"].result.set_result(failed())
    made.session.wait_settled(5)
    made.close()


def test_a_headless_run_passes_them(tmp_path: Path):
    pipeline = chain(tmp_path, "A")
    (tmp_path / "A.py").write_text(SCRIPT)
    made = bench(pipeline)
    made.run("set_line_breakpoint", LineBreakpoint(tmp_path / "A.py", 5))
    made.close()
    debugger = FakeDebugger()
    made = bench(pipeline, debugger=debugger, use_breakpoints=False)
    made.run("continue_")
    assert debugger.asked("set_lines") == []
    made.close()


def test_file_names_that_are_not_text_are_kept(tmp_path: Path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    folder.mkdir()
    pipeline = chain(folder, "A")
    (folder / "A.py").write_text(SCRIPT)
    made = bench(pipeline)
    made.run("set_line_breakpoint", LineBreakpoint(folder / "A.py", 5))
    made.close()
    made = bench(pipeline)
    assert [each.path for each in made.session.line_breakpoints] == [folder / "A.py"]
    made.close()


@pytest.mark.parametrize("name", ["pipe", "nul\0.py", "half\ud800.py"])
def test_a_breakpoint_in_what_is_no_file_is_refused_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    made = bench(chain(tmp_path, "A"))
    with pytest.raises(UserError, match="file that can be read"):
        made.session.set_line_breakpoint(LineBreakpoint(tmp_path / name, 1)).result(10)
    with pytest.raises(IllegalCommand):
        made.session.run_to_line(tmp_path / name, 1).result(10)
    made.close()
