"""Where the panes of the main screen stand: what an arrangement means for its widgets."""

from __future__ import annotations

from collections.abc import Mapping

from textual.screen import Screen
from textual.widget import Widget

from cursus_tui.app.arrangement import ALL, BELOW, TABS, Arrangement
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.step_line import StepLine
from cursus_tui.app.situation import Situation

_MOST_BELOW = 10
"""Lines that breakpoints take below the pipeline."""
_STACK = 8
"""Lines that a stack takes there, however deep it is: stepping in and out must not move anything."""


def place(screen: Screen[None], panes: Mapping[str, Pane], found: Arrangement, now: Situation) -> None:
    """Bring the panes of an arrangement into sight with their headings, and put the others away.

    Args:
        screen: The main screen.
        panes: Those that have been made, by name.
        found: What is to be in sight.
        now: The situation.
    """
    screen.set_class(found.single, "-single")
    screen.set_class(not found.single and screen.app.size.width >= ALL, "-full")
    screen.query_one("#left").display = bool(found.left)
    screen.query_one("#right").display = found.right
    for name, pane in panes.items():
        pane.display = name in found.panes
    lines = {"breakpoints": len(now.breakpoints) + len(now.line_breakpoints), "stack": _STACK}
    for name in BELOW:
        if name in panes:
            panes[name].styles.height = "1fr" if found.single else min(_MOST_BELOW, max(1, lines[name]))
    screen.query_one("#bar-all").display = found.single
    screen.query_one(StepLine).display = found.single and now.pane in (*TABS, "stack")
    for bar in ("#bar-left", "#bar-right"):
        screen.query_one(bar).display = not found.single
    screen.query_one("#bar-below").display = not found.single and found.below is not None
    if "variables" in panes:
        screen.query_one("#bar-under").display = found.variables_below


def pane_of(widget: Widget | None) -> str | None:
    """Name of the pane that a widget stands in; None where it stands in none."""
    while widget is not None and not isinstance(widget, Pane):
        widget = widget.parent if isinstance(widget.parent, Widget) else None
    return widget.id.removeprefix("pane-") if widget is not None and widget.id else None
