"""Why an action cannot be done now, in a sentence for the user; None where it can."""

from __future__ import annotations

from cursus_tui.app.action import Reason
from cursus_tui.app.situation import Situation
from cursus_tui.records.debug import StopKind
from cursus_tui.records.pipeline import StepKind
from cursus_tui.records.run import Phase


def run(command: str) -> Reason:
    """Whatever the session says about a command."""
    return lambda situation: situation.refusal(command, None)


def run_step(command: str) -> Reason:
    """Whatever the session says about a command for the selected step."""
    return lambda situation: needs_step(situation) or situation.refusal(command, situation.step)


def go_on(command: str) -> Reason:
    """Whatever the session says about running on; what was raised cannot be stepped over."""
    return lambda situation: _is_over(situation) or situation.refusal(command, None)


def _is_over(situation: Situation) -> str | None:
    if situation.stop is None or situation.stop.kind is not StopKind.EXCEPTION:
        return None
    return "this line has failed: c lets the step fail, o edits the script, r runs it again, s to its main"


def needs_step(situation: Situation) -> str | None:
    """A step has to be selected."""
    return None if situation.selected else "no step is selected"


def has_script(situation: Situation) -> str | None:
    """The selected step has to have a script."""
    step = situation.selected
    if step is None:
        return "no step is selected"
    if step.script is None:
        return f"{step.name} has no script here: {step.why}"
    return None


def has_error(situation: Situation) -> str | None:
    """A step has to have failed."""
    return None if situation.failed_steps else "no step has failed in this run"


def has_frames(situation: Situation) -> str | None:
    """There have to be frames to walk through: live ones, or those of a traceback."""
    if situation.stop is not None:
        return None if situation.frames else "its frames are not known yet"
    attempt = situation.attempt
    return None if attempt and attempt.error and attempt.error.frames else "the selected step has no traceback"


def can_edit(situation: Situation) -> str | None:
    """Values can be edited: in the Variables pane those of a stopped step."""
    if situation.pane == "variables":
        return stopped_inside(situation)
    return needs_step(situation) or situation.refusal("edit", situation.step)


def can_undo(situation: Situation) -> str | None:
    """There is an edit to take back."""
    return situation.refusal("undo", situation.step)


def can_break(situation: Situation) -> str | None:
    """A breakpoint can be set."""
    if situation.pane == "source":
        return line_in_view(situation) or situation.refusal("set_line_breakpoint", None)
    return needs_step(situation) or situation.refusal("set_breakpoint", situation.step)


def can_point(situation: Situation) -> str | None:
    """The selected step takes data of the user."""
    step = situation.selected
    if step is None:
        return "no step is selected"
    if step.kind is StepKind.SCRIPT:
        return f"{step.name} runs its own script: give single inputs in the Call pane"
    return situation.refusal("edit", step.name)


def can_save(situation: Situation) -> str | None:
    """There are edits to keep."""
    return None if situation.edited else "nothing was edited"


def is_running(situation: Situation) -> str | None:
    """A step has to run."""
    return None if situation.state and situation.state.phase is Phase.RUNNING else "nothing is running"


def has_point(situation: Situation) -> str | None:
    """The cursor has to be on a breakpoint."""
    if situation.pane != "breakpoints":
        return "go to the breakpoints first"
    return None if situation.breakpoints or situation.line_breakpoints else "there are no breakpoints"


def has_table(situation: Situation) -> str | None:
    """A table has to be open."""
    return None if situation.table else "no table is open: enter opens the file under the cursor"


def line_in_view(situation: Situation) -> str | None:
    """The cursor has to be on a line of a file."""
    return None if situation.source_place else "there is no source here"


def can_run_to(situation: Situation) -> str | None:
    """The step, or in the source the line, can be run to."""
    if situation.pane == "source":
        reason = no_debugger(situation) or line_in_view(situation) or _is_over(situation)
        return reason or situation.refusal("run_to_line", None)
    return needs_step(situation) or situation.refusal("run_to", situation.step)


def can_step_into(situation: Situation) -> str | None:
    """Execution stands inside of a step, or the next one can be run and stopped on its first line."""
    if situation.stop is not None and not situation.held and not situation.step_beside_stop:
        return _is_over(situation) or situation.refusal("step_into", None)
    return no_debugger(situation) or needs_step(situation) or situation.refusal("step_into", situation.step)


def no_debugger(situation: Situation) -> str | None:
    """There has to be a debugger."""
    if situation.debuggable:
        return None
    return "the run is still being opened" if situation.state is None else "steps cannot be stopped inside here"


def stopped_inside(situation: Situation) -> str | None:
    """A step has to be stopped inside."""
    if situation.stop is not None and situation.frame is not None:
        return None
    return no_debugger(situation) or "no step is stopped inside: s runs the selected one and stops in its main"


def can_watch(situation: Situation) -> str | None:
    """Expressions can be watched."""
    return no_debugger(situation) or situation.refusal("set_watches", None)


def can_open_value(situation: Situation) -> str | None:
    """A step is stopped inside, or runs and can be sampled."""
    if situation.stop is not None or (situation.debuggable and situation.running):
        return None
    return stopped_inside(situation)
