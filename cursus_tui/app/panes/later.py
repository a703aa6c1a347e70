"""The panes that no first picture shows: imported and made when that is painted."""

from __future__ import annotations

from cursus_tui.app.panes.call_pane import CallPane
from cursus_tui.app.panes.checks_pane import ChecksPane
from cursus_tui.app.panes.log_pane import LogPane
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.source_pane import SourcePane
from cursus_tui.app.panes.stack_pane import StackPane
from cursus_tui.app.panes.variables_pane import VariablesPane

_KINDS: dict[str, type[Pane]] = {
    "source": SourcePane,
    "call": CallPane,
    "log": LogPane,
    "variables": VariablesPane,
    "checks": ChecksPane,
    "stack": StackPane,
}


def later_panes() -> dict[str, Pane]:
    """One of each by its name, out of sight; in this order they stand below each other."""
    panes = {name: kind(id=f"pane-{name}") for name, kind in _KINDS.items()}
    for pane in panes.values():
        pane.display = False
    return panes
