"""What each command does: plain functions over the run.

The session has looked at every step anew and found the command legal.
"""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable

from cursus_tui.execution import inside_step
from cursus_tui.execution.legality import IllegalCommand, changed_for, fed_anew
from cursus_tui.execution.plan import Plan, needed_for, next_due
from cursus_tui.execution.position import Goal, Position
from cursus_tui.execution.run_control import RunControl
from cursus_tui.records.debug import Resume
from cursus_tui.records.events import BreakpointsChanged, PipelineChanged
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import Attempt, BreakpointWhen, PauseReason, Phase, RunRecord, StepBreakpoint, StepStatus
from cursus_tui.storage.schema import OPEN_RUN

Resolve = Callable[[Overrides], Pipeline]


def new_run_id() -> str:
    """A name for a run: its time of start in UTC, whose hours never come twice, so that it sorts; and a random tail."""
    now = time.time()
    return time.strftime("%Y%m%d-%H%M%S-", time.gmtime(now)) + f"{int(now % 1 * 1000):03}" + secrets.token_hex(2)


def continue_(run: RunControl) -> None:
    """Run everything that is due, from where it stands: before a step, or inside of one."""
    if run.at.stop is not None:
        # As in any debugger: whatever the step was run for is given up.
        run.at = run.at.but(goal=Goal(ran=run.at.goal.ran))
        inside_step.resume(run, Resume.CONTINUE)
    elif run.at.live is not None:
        # A full disk made the run stand, not the step.
        run.set_phase(Phase.RUNNING, None, run.at.live.attempt.step)
    else:
        run.go(Goal())


def step_over(run: RunControl, step: str | None) -> None:
    """Run one step, and pause before the next; at a stop inside of a step, run its line."""
    if run.at.stop is not None:
        inside_step.resume(run, Resume.OVER)
        return
    step = step or run.at.upcoming()
    if step is None:
        raise IllegalCommand("no step is ready to run")
    run.go(one(run, step))


def one(run: RunControl, step: str) -> Goal:
    """To run one step."""
    _require_inputs(run, step)
    return Goal(allowed=frozenset({step}), forced=step)


def run_to(run: RunControl, step: str) -> None:
    """Run what a step needs, and pause before it."""
    run.go(Goal(allowed=needed_for(run.at.plan, step, run.at.states), stop_before=step))


def run_through(run: RunControl, step: str) -> None:
    """Run what a step needs, and the step itself; what is up to date is not run again."""
    run.go(Goal(allowed=needed_for(run.at.plan, step, run.at.states) | {step}))


def run_only(run: RunControl, step: str) -> None:
    """Run a step again with whatever inputs exist, of this run or of earlier ones, and pause after it."""
    run.go(only(run, step))


def only(run: RunControl, step: str) -> Goal:
    """To run one step, again too, on what exists of those before it, and to pause after it."""
    _borrow_inputs(run, step)
    _require_inputs(run, step)
    return Goal(allowed=frozenset({step}), forced=step, pause_after=step)


def run_from(run: RunControl, step: str, to: str | None) -> None:
    """Run a step again and everything after it (or only what leads to ``to``), on what exists of the steps before."""
    plan = run.at.plan
    following = plan.descendants(step)
    if to is not None:
        following &= plan.ancestors(to) | {to}
    others = plan.ancestors(step).union(*(plan.ancestors(name) for name in following)) - following - {step}
    without = run.borrow(plan.in_order(others))
    first = plan.in_order(name for name in without if name in plan.ancestors(step))
    if first:
        raise IllegalCommand(f"{step} needs {', '.join(first)}, which never ran: run that first")
    _require_inputs(run, step)
    allowed = following | {step} | frozenset(without)
    run.go(Goal(allowed=allowed, forced=step, trusted=frozenset(others) - allowed))


def _borrow_inputs(run: RunControl, step: str) -> None:
    feeding = {each.source_step for each in run.at.plan.feeding[step]}
    run.borrow(run.at.plan.in_order(feeding))


def _require_inputs(run: RunControl, step: str) -> None:
    missing = run.states.inputs(run.at, step).missing
    if missing:
        raise IllegalCommand(f"{step} cannot run: " + "; ".join(missing))


def finish(run: RunControl) -> None:
    """Pause after the running step; at a stop inside of it, run to the end of its function."""
    if run.at.stop is not None:
        inside_step.resume(run, Resume.OUT)
    else:
        _pause(run, PauseReason.AFTER_STEP)


def pause(run: RunControl) -> None:
    """Stop the running step on its line; where it cannot be debugged, pause after it."""
    if not inside_step.suspend(run):
        pause_next(run)


def pause_next(run: RunControl) -> None:
    """Pause before the step after the running one."""
    _pause(run, PauseReason.BEFORE_STEP)


def _pause(run: RunControl, reason: PauseReason) -> None:
    run.at = run.at.but(goal=dataclasses.replace(run.at.goal, pause=reason))


def pausing(at: Position) -> Position:
    """The same position, but for going on by itself once its live step has ended."""
    return at.but(goal=dataclasses.replace(at.goal, pause=PauseReason.BEFORE_STEP))


def skip(run: RunControl, step: str) -> None:
    """Go on without a step; those that need it will say so."""
    newest = run.at.states[step].attempt
    number = newest.number + 1 if newest else 1
    now = time.time()
    attempt = Attempt(
        run_id=run.at.run_id,
        step=step,
        number=number,
        status=StepStatus.SKIPPED,
        folder=run.attempts.flow.folder(run.at.run_id, step, number).path,
        started=now,
        ended=now,
        note="skipped by the user; run it again to take that back",
    )
    run.store.attempt_started(attempt, {}, ())
    run.at = run.at.but(outputs={name: each for name, each in run.at.outputs.items() if name != step})
    run.record(attempt, {})
    if run.at.phase is Phase.PAUSED and run.at.current == step:
        stand_before_next(run)


def cancel(run: RunControl) -> None:
    """Stop the running step; the run pauses when it has ended."""
    live = run.at.live
    if live is not None:
        live.cancelled = True
        if live.process is not None:
            # At once: it is to stop also where that cannot be stored.
            live.process.cancel()
        # Also where it passes all the same, or fails while others could go on.
        run.at = run.at.but(goal=dataclasses.replace(run.at.goal, pause=PauseReason.AFTER_STEP, then=None))
        inside_step.goes_on(run)


def restart(run: RunControl) -> None:
    """Begin a new run; the old one stays in the store."""
    at = run.at
    if at.phase is not Phase.FINISHED:
        run.store.set_phase(at.run_id, Phase.ABORTED, time.time())
    fresh = Position(new_run_id(), at.plan, (at.edits[-1],))
    run.at = create(run, fresh)
    run.refresh()


def create(run: RunControl, at: Position) -> Position:
    """Write a new run to the store."""
    layout = at.plan.pipeline.layout
    record = RunRecord(
        at.run_id, at.plan.pipeline.name, layout.dag_file, time.time(), None, Phase.IDLE, run.options.command
    )
    run.store.create_run(record, at.edits[0])
    run.store.set_setting(OPEN_RUN, at.run_id)
    return at


def edit(run: RunControl, resolve: Resolve, overrides: Overrides) -> None:
    """Resolve the pipeline with other decisions; what they change becomes stale."""
    number = len(run.at.edits)
    if _resolved(run, resolve, overrides, (*run.at.edits, overrides)):
        run.notice(f"{run.at.current} goes on with the values that it has: run it again with these", "info")
    run.store.push_edit(run.at.run_id, number, overrides)


def undo(run: RunControl, resolve: Resolve) -> None:
    """Take the newest edit back."""
    edits = run.at.edits[:-1]
    _resolved(run, resolve, edits[-1], edits)
    run.store.pop_edit(run.at.run_id, len(edits))


def _resolved(run: RunControl, resolve: Resolve, overrides: Overrides, edits: tuple[Overrides, ...]) -> bool:
    """Take other decisions over; whether they are about the step that stands still inside."""
    plan = Plan(resolve(overrides))
    live = run.at.live
    alive = live is not None and changed_for(live.attempt.step, run.at.plan, plan)
    if live is not None and alive:
        _can_be_edited(run, live.attempt.step, plan)
    run.at = run.at.but(plan=plan, edits=edits)
    looked_at_anew(run)
    run.say(PipelineChanged(plan.pipeline, run.at.snapshot()))
    return alive


def _can_be_edited(run: RunControl, step: str, plan: Plan) -> None:
    """Of a step that has begun and stands still, the values may be edited for its next run.

    Raises:
        IllegalCommand: It runs, or the edit is of more than values.
    """
    if run.at.stop is None:
        raise IllegalCommand(f"{step} is running with these values: cancel it first, or wait")
    if fed_anew(step, run.at.plan, plan):
        raise IllegalCommand(f"{step} is stopped inside: end or cancel it before what it reads or runs is another")


def looked_at_anew(run: RunControl) -> None:
    """Find out what changed on disk or by an edit; where execution stood before a step, it may be another now."""
    run.refresh()
    if run.at.phase in (Phase.PAUSED, Phase.FINISHED) and run.at.reason in (None, PauseReason.BEFORE_STEP):
        stand_before_next(run)


def stand_before_next(run: RunControl) -> None:
    """Pause before the step that would run next, or where none would."""
    upcoming = next_due(run.at.plan, run.at.states)
    if upcoming is not None:
        run.pause(PauseReason.BEFORE_STEP, upcoming)
    elif run.at.phase is not Phase.FINISHED:
        run.pause(PauseReason.BEFORE_STEP, None)


def set_breakpoint(run: RunControl, breakpoint: StepBreakpoint) -> None:
    """Set or change a breakpoint."""
    run.store.set_breakpoint(run.dag_file, breakpoint)
    run.breakpoints.set(breakpoint)
    run.say(BreakpointsChanged(run.breakpoints.all))


def remove_breakpoint(run: RunControl, step: str, when: BreakpointWhen) -> None:
    """Remove a breakpoint; nothing happens where there is none."""
    run.store.remove_breakpoint(run.dag_file, step, when)
    run.breakpoints.remove(step, when)
    run.say(BreakpointsChanged(run.breakpoints.all))


def script_changed(run: RunControl, step: str) -> None:
    """See what an edited script made stale, and where the breakpoints on its lines are now."""
    script = run.at.plan.pipeline.steps[step].script
    if script is not None:
        inside_step.lines_look_again(run, script, older=run.at.live)
    looked_at_anew(run)


def stand_after(run: RunControl, why: str) -> None:
    """What a step made way for was refused: stand where that step ended."""
    if run.at.phase is Phase.RUNNING and run.at.live is None:
        run.at = run.at.but(goal=Goal())
        run.pause(PauseReason.AFTER_STEP, run.at.current)
        run.notice(why)
