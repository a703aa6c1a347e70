"""Breakpoints: set, remove, switch, edit."""

from __future__ import annotations

from cursus_tui.app.panes.breakpoints_pane import BreakpointsPane
from cursus_tui.app.screens.breakpoint_options import BreakpointOptions
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint


def _under_cursor(screen: MainScreen) -> StepBreakpoint | None:
    pane = screen.query_one(BreakpointsPane)
    return pane.point if screen.situation.pane == "breakpoints" else None


def toggle(screen: MainScreen) -> None:
    """Remove the one under the cursor, or all of the selected step; else set one before it."""
    point = _under_cursor(screen)
    step = screen.situation.step
    if step is None:
        return
    found = [point] if point else [each for each in screen.situation.breakpoints if each.step == step]
    if not found:
        screen.command(lambda session: session.set_breakpoint(StepBreakpoint(step, BreakpointWhen.BEFORE)))
    for each in found:
        screen.command(lambda session, each=each: session.remove_breakpoint(each.step, each.when))  # type: ignore[misc]


def switch(screen: MainScreen) -> None:
    """Enable or disable the one under the cursor."""
    point = _under_cursor(screen)
    if point is not None:
        other = StepBreakpoint(point.step, point.when, not point.enabled, point.hit_count)
        screen.command(lambda session: session.set_breakpoint(other))


def options(screen: MainScreen) -> None:
    """Moments and hit count of the selected step's breakpoints."""
    step = screen.situation.step
    if step is None:
        return
    before = tuple(each for each in screen.situation.breakpoints if each.step == step)

    def answered(wanted: tuple[StepBreakpoint, ...] | None) -> None:
        if wanted is None:
            return
        kept = {each.when for each in wanted}
        for each in before:
            if each.when not in kept:
                screen.command(lambda session, each=each: session.remove_breakpoint(each.step, each.when))  # type: ignore[misc]
        for each in wanted:
            if each not in before:
                screen.command(lambda session, each=each: session.set_breakpoint(each))  # type: ignore[misc]

    screen.app.push_screen(BreakpointOptions(step, before), answered)


VERBS: dict[str, Verb] = {"breakpoint": toggle, "toggle-breakpoint": switch, "breakpoint-options": options}
