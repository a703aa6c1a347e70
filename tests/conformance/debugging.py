"""Debugs real Cursus scripts: ``python tests/conformance/debugging.py --cursus DIR --python INTERPRETER``.

The checkout's own unchanged scripts run in small projects as in ``tests/conformance``. Each is stopped on the first
line of its ``main``, looked into, made to fail, looked into where it fails, and run again to a breakpoint on the last
line of ``main`` and to its end. Prints what was seen of each and how long it took; exits 1 if anything was wrong.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from project import cursus_project

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.records.debug import DebugStop, LineBreakpoint, StackFrame, StopKind, Variable
from cursus_tui.records.opening import LayoutFlags, OpenOptions
from cursus_tui.records.run import StepStatus
from cursus_tui.workbench import Workbench, open_pipeline

SCRIPTS = {
    "xgboost/training_with_preprocessing": (
        "TabularPreprocessing_training",
        "MissingValueImputation_training",
        "RiskTableMapping_training",
        "XGBoostTraining",
    ),
    "xgboost/complete_e2e": ("XGBoostModelEval_calibration", "ModelCalibration_calibration", "Package", "Payload"),
}
"""DAG -> steps to debug, in the order of execution: each another script."""
SECONDS = 120
"""The longest that a step takes to its next stop."""
ANSWER = 20
"""The longest that an answer takes."""

Result = TypeVar("Result")


class WrongError(Exception):
    """What was seen is not what should be."""


def expect(holds: object, what: str) -> None:
    """Fail with a sentence."""
    if not holds:
        raise WrongError(what)


@dataclass
class Report:
    """What was seen of one script."""

    step: str
    script: str
    lines: list[str] = field(default_factory=list)
    problem: str = ""

    def add(self, what: str, seen: str, seconds: float) -> None:
        """One thing that was done."""
        self.lines.append(f"  {what:12} {seconds * 1000:7.0f} ms  {seen}")


@dataclass
class Debugged:
    """A session and its debugger, one command at a time."""

    session: Session
    debugger: DebugSession

    def to_stop(self, command: Callable[..., Future[Any]], *arguments: Any) -> tuple[DebugStop, float]:
        """Give a command that leads to a stop; the stop, and the seconds."""
        began = time.perf_counter()
        command(*arguments).result(ANSWER)
        state = self.session.wait_settled(SECONDS)
        stop = self.debugger.state.stop
        expect(stop is not None, f"no stop: {state.phase} {state.reason} {state.current}")
        assert stop is not None
        return stop, time.perf_counter() - began

    def frames(self, stop: DebugStop) -> tuple[StackFrame, ...]:
        """The stopped thread's."""
        return self.debugger.frames(stop.thread).result(ANSWER)

    def locals(self, frame: StackFrame) -> tuple[Variable, ...]:
        """Of a frame."""
        scopes = self.debugger.scopes(frame.id).result(ANSWER)
        return self.debugger.variables(scopes[0].reference).result(ANSWER)

    def value(self, expression: str, frame: StackFrame) -> str:
        """Of an expression."""
        return self.debugger.evaluate(expression, frame.id).result(ANSWER).value


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it gives, and the seconds."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def main_of(script: Path) -> tuple[int, int, str]:
    """First and last line of ``main`` that are run, and the name of its first parameter."""
    tree = ast.parse(script.read_text())
    main = next(each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "main")
    code = [each for each in main.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    return code[0].lineno, last_line(code[-1]), main.args.args[0].arg


def last_line(statement: ast.stmt) -> int:
    """Where a statement begins that every run which passes comes to: within a ``try``, its last one."""
    return last_line(statement.body[-1]) if isinstance(statement, ast.Try) else statement.lineno


def debug_step(at: Debugged, step: str, report: Report) -> None:
    """Everything that is tried with one script."""
    script = at.session.pipeline.steps[step].script
    assert script is not None
    first, last, inputs = main_of(script)

    stop, seconds = at.to_stop(at.session.step_into, step)
    expect((stop.step, stop.kind) == (step, StopKind.ENTRY), f"entry of {step}: {stop}")
    expect(stop.line == first, f"main begins on line {first}, stopped on {stop.line}")
    report.add("entry", f"line {stop.line}", seconds)

    frames = at.frames(stop)
    found, seconds = timed(lambda: at.locals(frames[0]))
    expect(inputs in {each.name for each in found}, f"{inputs} is among the locals: {found}")
    report.add("variables", f"{len(frames)} frames, {len(found)} locals", seconds)
    value, seconds = timed(lambda: at.value(f"sorted({inputs})", frames[0]))
    expect(value.startswith("["), f"sorted({inputs}) is {value}")
    report.add("evaluate", f"sorted({inputs}) = {value}", seconds)

    at.value(f"{inputs}.clear()", frames[0])
    post_mortem(at, step, report, inputs)

    on_last = LineBreakpoint(script, last)
    at.session.set_line_breakpoint(on_last).result(ANSWER)
    stop, seconds = at.to_stop(at.session.rerun, step)
    expect((stop.step, stop.kind, stop.line) == (step, StopKind.BREAKPOINT, last), f"breakpoint on {last}: {stop}")
    report.add("breakpoint", f"line {stop.line}, the last of main", seconds)
    live_table(at, stop, report)

    at.session.remove_line_breakpoint(script, last).result(ANSWER)
    began = time.perf_counter()
    at.session.let_go().result(ANSWER)
    status = at.session.wait_settled(SECONDS).steps[step].status
    expect(status is StepStatus.PASSED, f"{step} passes when it is let go: {status}")
    report.add("to its end", str(status), time.perf_counter() - began)


def post_mortem(at: Debugged, step: str, report: Report, inputs: str) -> None:
    """The step's inputs are gone: it is held where it fails."""
    stop, seconds = at.to_stop(at.session.continue_)
    expect((stop.step, stop.kind) == (step, StopKind.EXCEPTION), f"{step} is held on its exception: {stop}")
    where = f"{stop.file.name if stop.file else stop.file}:{stop.line}"
    report.add("post-mortem", f"{where} {stop.text[:60]}", seconds)
    frames = at.frames(stop)
    main = next((each for each in frames if each.name == "main"), None)
    expect(main is not None, f"main is among the frames: {[each.name for each in frames]}")
    assert main is not None
    values, seconds = timed(lambda: (at.locals(frames[0]), at.value(f"len({inputs})", main)))
    expect(values[1] == "0", f"{inputs} is empty in main: {values[1]}")
    report.add("its values", f"{len(frames)} frames, {len(values[0])} locals of {frames[0].name}", seconds)


def live_table(at: Debugged, stop: DebugStop, report: Report) -> None:
    """The first table there is among the locals, its data frames first."""
    frame = at.frames(stop)[0]
    tables = [each for each in at.locals(frame) if each.kind == "table" and each.expression]
    tables.sort(key=lambda each: "DataFrame" not in each.type)
    expect(tables, "there is a table among the locals of main")
    live, seconds = timed(lambda: at.debugger.live_table(tables[0].expression, frame.id).result(ANSWER))
    expect(live.file.is_file(), f"{live.file} was written")
    report.add("live table", f"{live.expression}: {live.type}, {live.rows} rows x {len(live.columns)}", seconds)


@contextlib.contextmanager
def opened(arguments: argparse.Namespace, name: str) -> Iterator[Debugged]:
    """A session in a small project of a DAG."""
    steps = arguments.cursus / "src" / "cursus" / "steps"
    folder = arguments.work / name.replace("/", "-")
    dag = cursus_project(arguments.cursus, name, folder)
    layout = LayoutFlags(interfaces=(steps / "interfaces",), scripts=(steps / "scripts",))
    options = OpenOptions(layout=layout, python=str(arguments.python))
    limits = RunOptions(hold_on_failure=True, command="conformance")
    bench = Workbench(open_pipeline(str(dag), options), limits, folder / "workspace", debugs=True)
    try:
        session = bench.start()
        assert bench.debugger is not None
        yield Debugged(session, bench.debugger)
    finally:
        bench.close()


def main() -> int:
    """Debug the scripts and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cursus", type=Path, required=True, help="a checkout of the public Cursus repository")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="has xgboost and sklearn")
    parser.add_argument("--step", action="append", default=[], help="only these")
    parser.add_argument("--work", type=Path, default=None)
    arguments = parser.parse_args()
    arguments.work = arguments.work or Path(tempfile.mkdtemp(prefix="debugging-"))
    reports = []
    for name, steps in SCRIPTS.items():
        wanted = [step for step in steps if not arguments.step or step in arguments.step]
        if not wanted:
            continue
        with opened(arguments, name) as at:
            for step in wanted:
                script = at.session.pipeline.steps[step].script
                report = Report(step, script.name if script else "no script")
                try:
                    debug_step(at, step, report)
                except Exception as problem:
                    report.problem = f"{type(problem).__name__}: {problem}"
                reports.append(report)
                print(f"{name} {step} ({report.script})", *report.lines, sep="\n")
                print(f"  WRONG: {report.problem}" if report.problem else "  as it should be", flush=True)
                if report.problem:
                    break  # what comes after may read what this one did not write
    wrong = sum(1 for report in reports if report.problem)
    print(f"\n{len(reports)} scripts, {len(reports) - wrong} as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
