"""The panes that no first picture shows: imported and made when that is painted."""

from __future__ import annotations

from cursus_tui.app.panes.call_pane import CallPane
from cursus_tui.app.panes.checks_pane import ChecksPane
from cursus_tui.app.panes.log_pane import LogPane
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.source_pane import SourcePane

_KINDS: dict[str, type[Pane]] = {"source": SourcePane, "call": CallPane, "log": LogPane, "checks": ChecksPane}


def later_panes() -> dict[str, Pane]:
    """One of each by its name, out of sight."""
    panes = {name: kind(id=f"pane-{name}") for name, kind in _KINDS.items()}
    for pane in panes.values():
        pane.display = False
    return panes
