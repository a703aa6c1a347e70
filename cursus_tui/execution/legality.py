"""Why a command cannot be given now, in a sentence for the user."""

from __future__ import annotations

from collections.abc import Callable

from cursus_tui.execution.plan import DONE, Plan, next_due, now_is
from cursus_tui.execution.position import Position
from cursus_tui.records.run import Phase, StepStatus


class IllegalCommand(Exception):  # noqa: N818 - it is no error of the program's
    """A command that makes no sense where execution stands; its text says why."""


INSIDE = frozenset({"continue_", "step_over", "step_into", "run_to_line", "finish", "let_go"})
"""Commands that let a step go on that is stopped inside."""
MAKES_WAY = frozenset({"run_only", "rerun", "run_from", "restart"})
"""Commands for which a step that is stopped inside makes way."""
RUNS = MAKES_WAY | {"continue_", "step_over", "step_into", "run_to_line", "run_to", "run_through"}
"""Commands that start something: not while something runs."""
ON_STEP = frozenset({"run_to", "run_through", "run_only", "rerun", "run_from", "skip", "profile"})
"""Commands that need a step."""
NEEDS_DEBUGGER = frozenset({"step_into", "run_to_line"})
ALWAYS = frozenset(
    {
        "quit",
        "set_breakpoint",
        "remove_breakpoint",
        "set_line_breakpoint",
        "remove_line_breakpoint",
        "set_watches",
        "script_changed",
        "edit",
    }
)


def why_not(at: Position, command: str, step: str | None, *, ended: bool, debugs: bool) -> str | None:
    """The reason why a command would be refused, or None where it is legal.

    Args:
        at: Where the run stands.
        command: The name of a method of ``Session``.
        step: The step that it is given, if any.
        ended: Whether the session has ended.
        debugs: Whether there is a debugger.
    """
    if ended:
        return "this session has ended"
    if at.read_only:
        return f"this workspace is open for reading only: it belongs to {at.read_only}"
    if step is not None and step not in at.plan.pipeline.steps:
        return f"there is no step {step}"
    if command in ON_STEP and step is None:
        return "choose a step first"
    if at.stop is not None and command in INSIDE and not makes_way(at, command, step):
        return _stopped(at, step)
    if command in RUNS and (refusal := _busy(at, command, step)):
        return refusal
    if command in NEEDS_DEBUGGER and not debugs:
        return "there is no debugger here to stop inside of a step"
    if command in ALWAYS:
        return None
    return _RULES.get(command, _nothing)(at, step)


def _stopped(at: Position, step: str | None) -> str | None:
    """Why another step than the one that is stopped inside cannot go on."""
    return None if step in (None, at.current) else f"{at.current} is stopped inside: continue, or cancel it, first"


def makes_way(at: Position, command: str, step: str | None) -> bool:
    """Whether the step that is stopped inside ends for a command; one that has failed has no line to go on to."""
    if at.stop is None:
        return False
    other = step is not None and (at.held or step != at.current)
    return command in MAKES_WAY or (command == "step_into" and other)


def _busy(at: Position, command: str, step: str | None) -> str | None:
    """Why nothing can be started."""
    if at.stop is not None:
        return None if makes_way(at, command, step) else _stopped(at, "")
    standing = command == "continue_" and at.phase is Phase.PAUSED
    if at.runs and not standing:
        return f"{at.current or 'a step'} is running: pause after it, or cancel it, first"
    return None


def _nothing(at: Position, step: str | None) -> str | None:
    return None


def _continue(at: Position, step: str | None) -> str | None:
    if at.phase is Phase.FINISHED and next_due(at.plan, at.states) is None:
        return "nothing is left to run: run a step again, or restart"
    return None


def _step_over(at: Position, step: str | None) -> str | None:
    if step is not None:
        state = at.states[step]
        if state.status in DONE and not state.stale:
            return f"{step} {now_is(state)} already: run it again instead"
        return _can_run(at, step)
    return None if next_due(at.plan, at.states) is not None else "no step is ready to run"


def _while_running(at: Position, step: str | None) -> str | None:
    return None if at.live is not None else "nothing is running"


def _pause(at: Position, step: str | None) -> str | None:
    return f"{at.current} is stopped inside already" if at.stop is not None else _while_running(at, step)


def _let_go(at: Position, step: str | None) -> str | None:
    return "no step is stopped inside"


def _step_into(at: Position, step: str | None) -> str | None:
    if step is not None:
        return _can_run(at, step)
    return None if at.upcoming() is not None else "no step is ready to run"


def _at_rest(at: Position, step: str | None) -> str | None:
    if at.live is None and at.phase is not Phase.RUNNING:
        return None
    return f"{at.current or 'a step'} is {'stopped inside' if at.stop else 'running'}"


def _can_run(at: Position, step: str | None) -> str | None:
    assert step is not None
    definition = at.plan.pipeline.steps[step]
    return definition.why or f"{step} has no script" if definition.script is None else None


def _run_to(at: Position, step: str | None) -> str | None:
    assert step is not None
    state = at.states[step]
    if state.status in (StepStatus.NOT_LOCAL, StepStatus.MISSING_SCRIPT):
        return f"{step} does not run here: {state.note}"
    return None


def _skip(at: Position, step: str | None) -> str | None:
    assert step is not None
    state = at.states[step]
    if at.live is not None and at.live.attempt.step == step:
        return f"{step} is {'stopped inside' if at.stop else 'running'}: cancel it first"
    if state.status in DONE and not state.stale:
        return f"{step} {now_is(state)} already"
    return f"{step} is skipped already" if state.status is StepStatus.SKIPPED else None


def _undo(at: Position, step: str | None) -> str | None:
    return None if len(at.edits) > 1 else "there is no edit to undo"


_RULES: dict[str, Callable[[Position, str | None], str | None]] = {
    "continue_": _continue,
    "step_over": _step_over,
    "finish": _while_running,
    "pause": _pause,
    "pause_next": _while_running,
    "let_go": _let_go,
    "step_into": _step_into,
    "cancel": _while_running,
    "run_only": _can_run,
    "rerun": _can_run,
    "run_from": _can_run,
    "run_to": _run_to,
    "run_through": _run_to,
    "skip": _skip,
    "profile": _can_run,
    "undo": _undo,
    "reload": _at_rest,
}


def changed_for(step: str, old: Plan, new: Plan) -> bool:
    """Whether an edit changes anything that a step is given."""
    before, after = old.pipeline, new.pipeline
    return (
        fed_anew(step, old, new)
        or before.environment.get(step) != after.environment.get(step)
        or before.arguments.get(step) != after.arguments.get(step)
    )


def fed_anew(step: str, old: Plan, new: Plan) -> bool:
    """Whether an edit changes what a step is or reads, and not its values alone."""
    steps, others = old.pipeline.steps, new.pipeline.steps
    return steps.get(step) != others.get(step) or old.feeding.get(step) != new.feeding.get(step)
