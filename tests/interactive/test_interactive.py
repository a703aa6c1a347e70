"""The debugger as an API, over the real session and real steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_tui.interactive import InteractiveDebugger, StopKind
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import PauseReason, StepStatus
from cursus_tui.samples.generate import generate

pytestmark = pytest.mark.real
PATIENCE = 60.0

SCRIPT = """\
import os
import time
from pathlib import Path

import pandas as pd

HOME = %r


def double(number):
    twice = number * 2
    return twice


def main(input_paths, output_paths, environ_vars, job_args):
    lines = int(environ_vars["LINES"])
    frame = pd.DataFrame({"n": range(lines), "name": [f"row {n}" for n in range(lines)]})
    total = 0
    for n in range(3):
        total += double(n)
    if os.path.exists(HOME + "/hang"):
        while True:
            time.sleep(0.01)
    share = 1 / (lines - 13)
    for folder in output_paths.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
        frame.to_csv(Path(folder) / "rows.csv", index=False)
    return {"total": total, "share": share}


if __name__ == "__main__":
    names = [name for name in os.environ.get("INPUT_NAMES", "").split(",") if name]
    inputs = {name: f"/opt/ml/processing/input/{name}" for name in names}
    outputs = {os.environ["OUTPUT_NAME"]: "/opt/ml/processing/output/" + os.environ["OUTPUT_NAME"]}
    main(inputs, outputs, {"LINES": os.environ["LINES"]}, None)
"""
LINE_OF_TOTAL = 1 + SCRIPT.split("\n").index("        total += double(n)")
LINE_OF_SHARE = 1 + SCRIPT.split("\n").index("    share = 1 / (lines - 13)")
FIRST_LINE = 1 + SCRIPT.split("\n").index('    lines = int(environ_vars["LINES"])')


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = generate(tmp_path / "chain", 2, work="prints").parent
    (folder / "scripts" / "prints.py").write_text(SCRIPT % str(tmp_path))
    return folder


@pytest.fixture
def debugger(project: Path) -> Iterator[InteractiveDebugger]:
    with InteractiveDebugger(project) as made:
        yield made


def steps_of(debugger: InteractiveDebugger) -> tuple[str, str]:
    first, second = debugger.session.pipeline.steps
    return first, second


def test_a_pipeline_is_stepped_through_inside_and_out(debugger: InteractiveDebugger) -> None:
    first, second = steps_of(debugger)
    debugger.modify_parameters(first, LINES=7)
    debugger.set_breakpoint(first, "n == 2", line=LINE_OF_TOTAL)
    stood = debugger.run_to_breakpoint(PATIENCE)
    assert (stood.reason, stood.step, stood.stop.line) == (PauseReason.INSIDE_STEP, first, LINE_OF_TOTAL)
    assert (stood.stop.kind, stood.stop.file.name) == (StopKind.BREAKPOINT, "prints.py")
    assert str(stood) == f"paused inside {first}, breakpoint at prints.py:{LINE_OF_TOTAL}"
    assert debugger.evaluate("(n, total)").value == "(2, 2)"
    assert debugger.variables()["lines"].value == "7"

    inside = debugger.step_into(timeout=PATIENCE)
    assert inside.stop.number > stood.stop.number
    assert [frame.name for frame in debugger.stack()][:2] == ["double", "main"]
    assert debugger.evaluate("total", frame=1).value == "2"
    debugger.step_over(PATIENCE)
    assert debugger.evaluate("twice").value == "4"
    debugger.evaluate("twice = 40")
    debugger.step_out(PATIENCE)
    debugger.remove_breakpoint(first, line=LINE_OF_TOTAL)
    debugger.set_breakpoint(second)
    before = debugger.continue_execution(PATIENCE)
    assert (before.reason, before.step, before.stop) == (PauseReason.BEFORE_STEP, second, None)
    assert before.steps[first].status is StepStatus.PASSED
    debugger.remove_breakpoint(second)
    done = debugger.continue_execution(PATIENCE)
    assert done.finished
    assert str(done) == "finished"


def test_data_is_looked_into_where_it_stands(debugger: InteractiveDebugger) -> None:
    first, second = steps_of(debugger)
    debugger.set_breakpoint(first, line=LINE_OF_SHARE)
    debugger.run_to_breakpoint(PATIENCE)
    (frame,) = debugger.inspect_data("frame", rows=2)
    assert (frame.rows, [name for name, _ in frame.columns]) == (1000, ["n", "name"])
    assert frame.head == (("0", "row 0"), ("1", "row 1"))
    (part,) = debugger.inspect_data("frame[frame.n > 990]")
    assert part.rows == 9
    assert "frame" in [each.name for each in debugger.inspect_data()]
    debugger.remove_breakpoint(first, line=LINE_OF_SHARE)
    debugger.set_breakpoint(second)
    debugger.continue_execution(PATIENCE)
    (read,) = debugger.inspect_data()
    wrote = debugger.inspect_data(first)
    assert read.name.startswith(f"{first}/")
    assert read in wrote
    assert read.head[1] == ("1", "row 1")


def test_a_failed_step_is_held_with_its_frames_and_runs_again_with_another_parameter(
    debugger: InteractiveDebugger,
) -> None:
    first, _ = steps_of(debugger)
    debugger.modify_parameters(first, LINES=13)
    held = debugger.run_to_breakpoint(PATIENCE)
    assert (held.reason, held.stop.kind, held.stop.line) == (PauseReason.FAILURE, StopKind.EXCEPTION, LINE_OF_SHARE)
    assert "ZeroDivisionError" in held.stop.text
    assert debugger.evaluate("lines - 13").value == "0"
    debugger.modify_parameters(first, LINES=14)
    assert debugger.evaluate("lines - 13").value == "0"
    failed = debugger.continue_execution(PATIENCE)
    assert (failed.reason, failed.stop, failed.error.type) == (PauseReason.FAILURE, None, "ZeroDivisionError")
    assert debugger.continue_execution(PATIENCE).finished


def test_a_condition_that_raises_stops_and_says_so_once(debugger: InteractiveDebugger) -> None:
    first, _ = steps_of(debugger)
    debugger.set_breakpoint(first, "nowhere > 3", line=LINE_OF_SHARE)
    stood = debugger.run_to_breakpoint(PATIENCE)
    assert stood.stop.line == LINE_OF_SHARE
    assert len(stood.notices) == 1
    assert "NameError: name 'nowhere' is not defined" in str(stood)
    assert debugger.step_over(PATIENCE).notices == ()


def test_a_step_is_entered_at_the_first_line_of_its_main(debugger: InteractiveDebugger) -> None:
    _, second = steps_of(debugger)
    stood = debugger.step_into(timeout=PATIENCE)
    assert (stood.stop.kind, stood.stop.line) == (StopKind.ENTRY, FIRST_LINE)
    debugger.session.let_go().result()
    assert debugger.wait(PATIENCE).stop is None
    assert debugger.step_into(second, timeout=PATIENCE).stop.step == second


def test_what_takes_too_long_goes_on_and_can_be_paused_and_sampled(
    project: Path, debugger: InteractiveDebugger
) -> None:
    (project.parent / "hang").touch()
    first, _ = steps_of(debugger)
    with pytest.raises(TimeoutError, match=f"{first} still runs after"):
        debugger.run_to_breakpoint(5)
    (frame,) = debugger.inspect_data("frame", rows=1)
    assert (frame.rows, frame.note.startswith("sampled")) == (1000, True)
    stood = debugger.pause(PATIENCE)
    assert (stood.stop.kind, debugger.evaluate("total").value) == (StopKind.PAUSE, "6")


def test_what_makes_no_sense_is_refused_with_what_would(debugger: InteractiveDebugger) -> None:
    first, _ = steps_of(debugger)
    with pytest.raises(UserError, match="conditions on data are not supported yet") as refused:
        debugger.set_breakpoint(first, "rows > 10")
    assert "line=" in str(refused.value)
    with pytest.raises(UserError, match=f"did you mean {first}"):
        debugger.set_breakpoint(first[:-1])
    with pytest.raises(UserError, match="is no Python expression"):
        debugger.set_breakpoint(first, "n ==", line=LINE_OF_TOTAL)
    with pytest.raises(UserError, match="there is no line 999"):
        debugger.set_breakpoint(first, line=999)
    for line in ("12", 1.5):
        for command in (debugger.set_breakpoint, debugger.remove_breakpoint):
            with pytest.raises(UserError, match="is no line number"):
                command(first, line=line)
    for look in (debugger.stack, debugger.variables, lambda: debugger.evaluate("1")):
        with pytest.raises(UserError, match="no step is stopped inside"):
            look()
    with pytest.raises(UserError, match="has written nothing yet"):
        debugger.inspect_data(first)
    with pytest.raises(UserError, match="'many' is no number of rows"):
        debugger.inspect_data(first, rows="many")
    with pytest.raises(UserError, match="did you mean LINES"):
        debugger.modify_parameters(first, LINE=3)
    debugger.step_into(timeout=PATIENCE)
    with pytest.raises(UserError, match="NameError"):
        debugger.evaluate("nothing_of_that_name")
    for text in ("frame[", "a b", "", "x = 1", "1) + (1"):
        with pytest.raises(UserError, match="is no Python expression") as refused:
            debugger.inspect_data(text)
        assert "_cursus_tui" not in str(refused.value)
    with pytest.raises(UserError, match="there is no frame 99"):
        debugger.evaluate("1", frame=99)
    with pytest.raises(UserError, match="'main' is no number of a frame"):
        debugger.evaluate("1", frame="main")
    assert debugger.evaluate("1 + 1").value == "2"


def test_closing_ends_what_is_stopped_and_frees_the_workspace(project: Path) -> None:
    with InteractiveDebugger(project) as debugger:
        debugger.step_into(timeout=PATIENCE)
        with pytest.raises(UserError, match="in use"):
            InteractiveDebugger(project)
        with pytest.raises(UserError, match="cannot use the workspace"):
            InteractiveDebugger(project, workspace=str(project / "scripts" / "prints.py"))
        session = debugger.session
    first = next(iter(session.state.steps))
    assert session.state.steps[first].status is StepStatus.CANCELLED
    with pytest.raises(UserError, match="ended"):
        debugger.run_to_breakpoint(PATIENCE)
    with InteractiveDebugger(project) as again:
        assert again.run_to_breakpoint(PATIENCE).finished
