"""Which panes are in sight at a width: one at a time, two columns, or all. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PANES = ("pipeline", "data", "source", "call", "log", "variables", "checks", "breakpoints", "stack")
"""In the order shown: their numbers are their keys."""
TABS = ("data", "source", "call", "log", "variables", "checks")
"""Those that share the right column."""
BELOW = ("breakpoints", "stack")
"""Those that share the place below the pipeline."""
ABOUT_STOPS = ("source", "variables", "stack", "breakpoints")
"""Those that keep the focus when a step stops, and show its stop."""
TWO_COLUMNS = 110
"""From this width on there are two columns."""
ALL = 160
"""From this width on breakpoints are always in sight."""
_TALL = 20
"""With fewer lines nothing has a place below the pipeline."""
_TWO_HIGH = 30
"""From this many lines on, variables stand below the source while a step is stopped inside."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is in sight."""

    single: bool
    """One pane fills the screen."""
    panes: frozenset[str]
    tab: str
    """The tab that the right column shows, or would show."""

    @property
    def left(self) -> tuple[str, ...]:
        """Panes of the left column."""
        return tuple(pane for pane in ("pipeline", *BELOW) if pane in self.panes)

    @property
    def below(self) -> str | None:
        """The pane below the pipeline, where there is one."""
        return next((pane for pane in BELOW if pane in self.panes), None)

    @property
    def variables_below(self) -> bool:
        """Whether the variables stand below the source."""
        return {"source", "variables"} <= self.panes

    @property
    def right(self) -> bool:
        """Whether the right column is in sight."""
        return any(pane in TABS for pane in self.panes)


def arrange(
    width: int, height: int, *, pane: str, tab: str, zoomed: bool, breakpoints: bool, stopped: bool = False
) -> Arrangement:
    """What is in sight.

    Args:
        width: Cells of the screen.
        height: Its lines.
        pane: The pane that has, or shall have, the focus.
        tab: The tab that the right column showed last.
        zoomed: The user asked for one pane.
        breakpoints: There are any.
        stopped: A step is stopped inside: its stack and variables are wanted.
    """
    tab = pane if pane in TABS else tab
    if zoomed or width < TWO_COLUMNS:
        return Arrangement(True, frozenset({pane}), tab)
    both = stopped and height >= _TWO_HIGH and tab in ("source", "variables")
    tab = "source" if both else tab
    shown = {"pipeline", tab, *(("variables",) if both else ())}
    if pane in BELOW:
        shown.add(pane)
    elif height >= _TALL and stopped:
        shown.add("stack")
    elif height >= _TALL and (breakpoints or width >= ALL):
        shown.add("breakpoints")
    return Arrangement(False, frozenset(shown), tab)


def neighbour(arrangement: Arrangement, pane: str, direction: int) -> str:
    """The pane that tab (1) or shift+tab (-1) goes to: the next in sight, or where one fills the screen, any."""
    order = [name for name in PANES if arrangement.single or name in arrangement.panes]
    at = order.index(pane) if pane in order else 0
    return order[(at + direction) % len(order)]
