"""Breakpoints: set, remove, switch, edit; of steps and of lines."""

from __future__ import annotations

from dataclasses import replace

from cursus_tui.app.panes.breakpoints_pane import BreakpointsPane
from cursus_tui.app.screens.breakpoint_options import BreakpointOptions
from cursus_tui.app.screens.line_breakpoint import LineBreakpointOptions
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint


def _under_cursor(screen: MainScreen) -> StepBreakpoint | LineBreakpoint | None:
    pane = screen.query_one(BreakpointsPane)
    return pane.point if screen.situation.pane == "breakpoints" else None


def _line(screen: MainScreen) -> LineBreakpoint | None:
    """The breakpoint of the line that the cursor is on, or the one to set there; None where it is on no line."""
    now = screen.situation
    if now.pane == "source":
        return screen.source_pane.point_here()
    point = _under_cursor(screen)
    return point if isinstance(point, LineBreakpoint) else None


def toggle(screen: MainScreen) -> None:
    """Remove the one under the cursor, or all of the selected step; else set one: on the line, or before the step."""
    line = _line(screen)
    if line is not None or screen.situation.pane == "source":
        _toggle_line(screen, line)
        return
    point = _under_cursor(screen)
    step = screen.situation.step
    if step is None:
        return
    one = [point] if isinstance(point, StepBreakpoint) else []
    found = one or [each for each in screen.situation.breakpoints if each.step == step]
    if not found:
        _set(screen, StepBreakpoint(step, BreakpointWhen.BEFORE))
    for each in found:
        _remove(screen, each)


def _toggle_line(screen: MainScreen, line: LineBreakpoint | None) -> None:
    if line is None:
        screen.say("nothing runs from this line on: put the cursor on a line of code", "warning")
    elif line in screen.situation.line_breakpoints:
        screen.command(lambda session: session.remove_line_breakpoint(line.path, line.line))
    else:
        screen.command(lambda session: session.set_line_breakpoint(line))


def switch(screen: MainScreen) -> None:
    """Enable or disable the one under the cursor."""
    point = _under_cursor(screen)
    if isinstance(point, LineBreakpoint):
        other = replace(point, enabled=not point.enabled)
        screen.command(lambda session: session.set_line_breakpoint(other))
    elif isinstance(point, StepBreakpoint):
        _set(screen, replace(point, enabled=not point.enabled))


def options(screen: MainScreen) -> None:
    """Condition, hits and message of the line's breakpoint; else moments and hit count of the selected step's."""
    line = _line(screen)
    if line is not None:
        _edit_line(screen, line)
    elif screen.situation.pane == "source":
        _toggle_line(screen, None)
    elif screen.situation.step is not None:
        _edit_step(screen, screen.situation.step)


def _edit_line(screen: MainScreen, line: LineBreakpoint) -> None:
    def answered(wanted: LineBreakpoint | None) -> None:
        if wanted is not None:
            screen.command(lambda session: session.set_line_breakpoint(wanted))

    screen.app.push_screen(LineBreakpointOptions(line), answered)


def _edit_step(screen: MainScreen, step: str) -> None:
    before = tuple(each for each in screen.situation.breakpoints if each.step == step)

    def answered(wanted: tuple[StepBreakpoint, ...] | None) -> None:
        if wanted is None:
            return
        kept = {each.when for each in wanted}
        for each in before:
            if each.when not in kept:
                _remove(screen, each)
        for each in wanted:
            if each not in before:
                _set(screen, each)

    screen.app.push_screen(BreakpointOptions(step, before), answered)


def _set(screen: MainScreen, point: StepBreakpoint) -> None:
    screen.command(lambda session: session.set_breakpoint(point))


def _remove(screen: MainScreen, point: StepBreakpoint) -> None:
    screen.command(lambda session: session.remove_breakpoint(point.step, point.when))


VERBS: dict[str, Verb] = {"breakpoint": toggle, "toggle-breakpoint": switch, "breakpoint-options": options}
