"""Where a breakpoint goes that is set on a line without code; each case against what Python itself would stop on."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from fake_debugger import FakeDebugger
from scripted import bench, chain, hang

from cursus_tui.execution.code_lines import line_with_code
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.events import Noticed

SOURCE = '''\
import os
# a comment

def main(
    first,
    second=2,
):
    """What it does.

    And why.
    """
    # a comment
    global TOTAL

    rows = dict(
        a=1,  # inside
    )
    match rows:
        # a comment
        case {"a": 1}:
            """no docstring"""
            TOTAL = 1
    if (
        rows
    ):
        # a comment
        rows = {}
    else:
        # a comment
        rows = None
    try:
        rows = 1 / 0
    except ZeroDivisionError:
        # a comment
        rows = 0
    finally:
        TOTAL = 3
    ...

    @staticmethod
    # a comment
    def inner():
        return 1
        # the end
    return inner() + TOTAL
    # the end of it

# a comment
class Kept:
    """A docstring."""
    rows = main(1)
'''
MOVES = {
    2: 4,
    3: 4,
    **dict.fromkeys(range(5, 15), 15),
    19: 20,
    21: 22,
    25: 27,
    26: 27,
    28: 30,
    29: 30,
    34: 35,
    36: 37,
    38: 40,
    39: 40,
    47: 49,
    48: 49,
    50: 51,
}
"""Line -> the next one with code; those within a statement and at the end of a block are the debugger's to place."""


def test_each_line_without_code_is_the_next_one_with_code() -> None:
    lines = SOURCE.split("\n")
    moved = {line: line_with_code(lines, line) for line in range(1, len(lines))}
    assert {line: to for line, to in moved.items() if line != to} == MOVES


def test_python_runs_every_line_that_one_is_moved_to() -> None:
    seen = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename == "<moves>":
            seen.add(frame.f_lineno)
        return trace

    code = compile(SOURCE, "<moves>", "exec")
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(code, {"__name__": "moves"})
    finally:
        sys.settrace(before)
    assert set(MOVES.values()) - seen == {30}, "the branch that is not taken"


@pytest.mark.parametrize("source", ["def main(:\n\n", "x = '\0'\n\n", "(" * 5_000, "", "\n\n# nothing\n"])
def test_what_cannot_be_read_stays(source: str) -> None:
    assert line_with_code(source.split("\n"), 2) == 2


def test_a_breakpoint_on_a_docstring_stops_inside_and_is_removed_there(tmp_path: Path) -> None:
    debugger = FakeDebugger()
    pipeline = chain(tmp_path, "A")
    script = tmp_path / "A.py"
    script.write_text(SOURCE)
    made = bench(pipeline, {"A": hang}, debugger=debugger)
    made.run("set_line_breakpoint", LineBreakpoint(script, 8, text='"""What it does.'))
    (line,) = made.session.line_breakpoints
    assert (line.line, line.text) == (15, "rows = dict(")
    assert Noticed("info", "line 8 has no code: the breakpoint is on line 15") in made.events
    made.run("remove_line_breakpoint", script, 8)
    assert made.session.line_breakpoints == ()
    made.session.continue_().result(5)
    debugger.stop()
    made.session.wait_settled(5)
    made.session.run_to_line(script, 29).result(5)
    assert debugger.asked("run_to") == [("run_to", script, 30)]
    made.session.cancel().result(5)
    made.session.wait_settled(5)
    made.close()
