"""The panes that no first picture shows: imported and made when that is painted."""

from __future__ import annotations

from collections.abc import Callable

from cursus_tui.app.panes.call_pane import CallPane
from cursus_tui.app.panes.checks_pane import ChecksPane
from cursus_tui.app.panes.log_pane import LogPane
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.source_pane import SourcePane
from cursus_tui.app.panes.stack_pane import StackPane
from cursus_tui.app.panes.variables_pane import VariablesPane
from cursus_tui.app.ports import DebuggerPort

_KINDS: dict[str, type[Pane]] = {
    "source": SourcePane,
    "call": CallPane,
    "log": LogPane,
    "checks": ChecksPane,
    "stack": StackPane,
}


def later_panes(debugger: Callable[[], DebuggerPort | None]) -> dict[str, Pane]:
    """One of each by its name, out of sight; the variables stand below the source.

    Args:
        debugger: Gives the debugger, where there is one by now.
    """
    panes = {name: kind(id=f"pane-{name}") for name, kind in _KINDS.items()}
    panes["variables"] = VariablesPane(debugger, id="pane-variables")
    for pane in panes.values():
        pane.display = False
    return panes
