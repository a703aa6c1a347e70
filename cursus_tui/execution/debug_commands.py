"""What each command on the inside of steps does: plain functions over the run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from cursus_tui.execution import inside_step
from cursus_tui.execution import session_commands as commands
from cursus_tui.execution.code_lines import line_with_code
from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.line_breakpoints import checked, source_lines
from cursus_tui.execution.plan import DONE, needed_for
from cursus_tui.execution.position import Goal
from cursus_tui.execution.run_control import RunControl
from cursus_tui.records.debug import LineBreakpoint, Resume
from cursus_tui.records.events import WatchesChanged
from cursus_tui.records.run import PauseReason
from cursus_tui.storage.regular_file import real_path


def step_into(run: RunControl, step: str | None) -> None:
    """At a stop: into what the line calls. Else run a step and what it needs, and stop in its ``main``.

    A step that is done is run again.
    """
    if run.at.stop is not None:
        inside_step.resume(run, Resume.INTO)
    else:
        _run_and_stop(run, step, entry=True)


def run_to_line(run: RunControl, path: Path, line: int) -> None:
    """At a stop: as far as a line. Else run the step whose script it is of, and stop there."""
    if run.at.stop is not None:
        inside_step.run_to(run, path, line_with_code(source_lines(path), line))
        return
    step = _step_of(run, path)
    if step is None:
        raise IllegalCommand(f"{path.name} is the script of no step: stop inside of the step that uses it first")
    place = checked(LineBreakpoint(path, line))
    _run_and_stop(run, step, line=(place.path, place.line))


def _step_of(run: RunControl, path: Path) -> str | None:
    """The step that runs a script: of several the one at hand, else the first."""
    real, steps = real_path(path), run.at.plan.pipeline.steps
    runs = [name for name, step in steps.items() if step.script is not None and real_path(step.script) == real]
    at_hand = [name for name in (run.at.current, run.at.upcoming()) if name in runs]
    return next(iter((*at_hand, *runs)), None)


def _run_and_stop(
    run: RunControl, step: str | None, *, entry: bool = False, line: tuple[Path, int] | None = None
) -> None:
    step = step or run.at.upcoming()
    if step is None:
        raise IllegalCommand("no step is ready to run")
    state = run.at.states[step]
    again = state.status in DONE and not state.stale
    if again:
        goal = commands.only(run, step)
    elif needed := needed_for(run.at.plan, step, run.at.states):
        goal = Goal(allowed=needed | {step})
    else:
        goal = commands.one(run, step)
    run.go(dataclasses.replace(goal, inside=step, entry=entry, line=line))


def let_go(run: RunControl) -> None:
    """Let the stopped step go on, and pause once it has ended."""
    run.at = run.at.but(goal=dataclasses.replace(run.at.goal, pause=PauseReason.AFTER_STEP))
    inside_step.resume(run, Resume.CONTINUE)


def set_line(run: RunControl, line: LineBreakpoint) -> None:
    """Set or change a breakpoint on a line."""
    wished, line = line.line, checked(line)
    if line.line != wished:
        run.notice(f"line {wished} has no code: the breakpoint is on line {line.line}", "info")
    old = run.lines.at(line.path, line.line)
    if old is not None:
        line = dataclasses.replace(line, path=old.path)
    run.store.set_line_breakpoint(run.dag_file, line)
    run.lines.set(line)
    inside_step.lines_changed(run)


def remove_line(run: RunControl, path: Path, line: int) -> None:
    """Remove the breakpoint on a line; nothing happens where there is none."""
    old = run.lines.at(path, line) or run.lines.at(path, line_with_code(source_lines(path), line))
    if old is not None:
        run.store.replace_line_breakpoints(run.dag_file, (old,), ())
        run.lines.remove(old)
        inside_step.lines_changed(run)


def set_watches(run: RunControl, watches: tuple[str, ...]) -> None:
    """Watch these expressions from now on."""
    watches = tuple(dict.fromkeys(each.strip() for each in watches if each.strip()))
    run.store.set_watches(run.dag_file, watches)
    run.watches = watches
    run.say(WatchesChanged(watches))
