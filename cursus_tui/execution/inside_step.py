"""A step that can be stopped inside: how it is handed to the debugger, and what the debugger tells of it.

The debugger tells on a thread of its own; everything here happens on the session's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cursus_tui.execution.failure_hint import failure_hint
from cursus_tui.execution.line_breakpoints import moved, place_of, source_lines
from cursus_tui.execution.ports import ExecutionContext
from cursus_tui.execution.position import Goal, LiveStep
from cursus_tui.execution.worker_events import stands
from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume, StopKind
from cursus_tui.records.events import LineBreakpointsChanged
from cursus_tui.records.run import PauseReason, Phase, StepError, StepState, StepStatus

if TYPE_CHECKING:
    from cursus_tui.execution.run_control import RunControl


def with_order(run: RunControl, live: LiveStep, context: ExecutionContext) -> ExecutionContext:
    """What an attempt is to be started with, so that it can be debugged; the same where nobody debugs.

    Args:
        run: The run.
        live: The attempt.
        context: What it would be started with.
    """
    debugger = run.debugger
    if debugger is None:
        return context
    steps = run.at.plan.pipeline.steps.values()
    others = frozenset(each.script for each in steps if each.script is not None and each.script != context.script)
    wish = run.at.goal if run.at.goal.inside == context.step else Goal()
    try:
        if wish.line is not None:
            debugger.run_to(*wish.line)
        hold = run.options.hold_on_failure
        live.order = debugger.order(context.step, context.script, others, entry=wish.entry, hold=hold)
    except Exception as error:  # Without a debugger it runs all the same.
        run.notice(f"{context.step} cannot be debugged: {type(error).__name__}: {error}")
        return context
    return dataclasses.replace(context, debug=live.order)


def follow(run: RunControl, live: LiveStep) -> None:
    """Have the debugger follow an attempt whose process was started."""
    if run.debugger is not None and live.order is not None and live.process is not None:
        run.debugger.follow(
            live.order, live.attempt, live.process, lambda stop: run.post(lambda: told(run, live, stop))
        )


def told(run: RunControl, live: LiveStep, stop: DebugStop | None) -> None:
    """An attempt stands still inside, or (None) goes on; what is told of one that has ended is too late."""
    if run.at.live is not live:
        return
    if stop is None:
        goes_on(run)
    elif run.at.goal.then is not None or live.cancelled:
        # It is on its way out: nothing is to hold it up.
        run.after_commit(lambda: _let_on(run, Resume.CONTINUE))
    else:
        _stopped(run, live, stop)


def _stopped(run: RunControl, live: LiveStep, stop: DebugStop) -> None:
    if live.process is not None and run.at.stop is None:
        # At once: it stands still also where that cannot be stored.
        live.process.clock(held=True)
    run.at = run.at.but(stop=stop, going=False, goal=dataclasses.replace(run.at.goal, stopping=False))
    stands(run, live, StepStatus.PAUSED)
    # An exception in a thread of the script's is no failure of the step.
    failed = live.parked and stop.kind is StopKind.EXCEPTION
    if failed:
        kind, _, message = stop.text.partition(": ")
        hint = failure_hint(StepError(kind, message), live.uses, live.protected)
        run.at = run.at.with_states({stop.step: StepState(stop.step, StepStatus.PAUSED, live.attempt, note=hint)})
    run.pause(PauseReason.FAILURE if failed else PauseReason.INSIDE_STEP, live.attempt.step)


def goes_on(run: RunControl) -> None:
    """A stopped step runs again."""
    live = run.at.live
    if live is None or run.at.stop is None:
        return
    process, attempt = live.process, live.attempt
    run.at = run.at.but(stop=None, going=False)
    stands(run, live, StepStatus.IMPORTING if attempt.import_seconds is None else StepStatus.RUNNING)
    run.set_phase(Phase.RUNNING, None, attempt.step)
    if process is not None:
        run.after_commit(lambda: process.clock(held=False))


def resume(run: RunControl, how: Resume) -> None:
    """Let the stopped step go on; where it is then, the debugger tells."""
    _leave_here(run, to_stop=how is not Resume.CONTINUE)
    run.after_commit(lambda: _let_on(run, how))


def run_to(run: RunControl, path: Path, line: int) -> None:
    """Let the stopped step go on as far as a line."""
    debugger = run.debugger
    if debugger is not None:
        _leave_here(run, to_stop=True)
        run.after_commit(lambda: debugger.run_to(path, line))


def _leave_here(run: RunControl, *, to_stop: bool) -> None:
    # Who steps wants to stop soon: past the end of the step that is before the next one, not hours later.
    run.at = run.at.but(going=True, goal=dataclasses.replace(run.at.goal, stopping=to_stop))


def _let_on(run: RunControl, how: Resume) -> None:
    if run.debugger is not None:
        run.debugger.resume(how)


def suspend(run: RunControl) -> bool:
    """Stop the running step on the line it is at, or the run after it; False where it cannot be debugged."""
    live, debugger = run.at.live, run.debugger
    if live is None or live.order is None or debugger is None:
        return False
    run.at = run.at.but(goal=dataclasses.replace(run.at.goal, stopping=True))
    run.after_commit(debugger.suspend)
    return True


def make_way(run: RunControl, then: Callable[[], None]) -> None:
    """End the stopped step, then do something else instead of pausing; a held failure ends as what it is."""
    live, stop = run.at.live, run.at.stop
    if live is None or stop is None:
        return
    run.at = run.at.but(goal=dataclasses.replace(run.at.goal, then=then))
    if live.parked:
        let_fail(run)
        return
    goes_on(run)

    def end() -> None:
        live.cancelled = True
        if live.process is not None:
            live.process.cancel()

    run.after_commit(end)


def let_fail(run: RunControl) -> None:
    """Let a step that is held on what it raised end as what it is."""
    goes_on(run)
    run.after_commit(lambda: _let_on(run, Resume.CONTINUE))


def over(run: RunControl, live: LiveStep) -> None:
    """An attempt's process has ended."""
    debugger, order = run.debugger, live.order
    if debugger is not None and order is not None:
        run.after_commit(lambda: debugger.ended(order))
    if live.moved:
        send_lines(run)


# Lines


def send_lines(run: RunControl) -> None:
    """Tell the debugger which breakpoints on lines there are, once they are stored."""
    debugger = run.debugger
    if debugger is not None and run.options.use_breakpoints:
        run.after_commit(lambda: debugger.set_lines(_as_they_run(run)))


def _as_they_run(run: RunControl) -> tuple[LineBreakpoint, ...]:
    """All of them; those that an edit has moved where they are in what the live step runs."""
    moved_to = run.at.live.moved if run.at.live is not None else {}
    found = ((each, moved_to.get(place_of(each.path, each.line))) for each in run.lines.all)
    return tuple(each if line is None else dataclasses.replace(each, line=line) for each, line in found)


def first_lines(run: RunControl) -> None:
    """A session begins: tell the debugger of the breakpoints that were kept; without one there is nothing to start."""
    if run.lines.all:
        send_lines(run)


def lines_changed(run: RunControl) -> None:
    """Tell everybody which breakpoints on lines there are."""
    send_lines(run)
    run.say(LineBreakpointsChanged(run.lines.all))


def lines_look_again(run: RunControl, path: Path, older: LiveStep | None = None) -> None:
    """Move the breakpoints of a file that may have been edited along with their lines.

    Args:
        run: The run.
        path: The file.
        older: An attempt that goes on with the file as it was.
    """
    before = run.lines.of(path)
    if not before:
        return
    source = source_lines(path)
    after = moved(before, source)
    if after != before:
        if older is not None:
            _remember_lines(older, before, source)
        run.store.replace_line_breakpoints(run.dag_file, before, after)
        run.lines.replace(before, after)
        lines_changed(run)


def _remember_lines(live: LiveStep, before: Sequence[LineBreakpoint], source: Sequence[str]) -> None:
    """A file is edited while a step runs, which goes on with what it was."""
    ran = {place_of(each.path, each.line): each for each in before}
    known = {place: live.moved.pop(place, each.line) for place, each in ran.items()}
    for place, each in ran.items():
        (now,) = moved((each,), source)
        live.moved[place_of(now.path, now.line)] = known[place]
