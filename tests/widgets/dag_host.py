"""An app that writes down what a widget of nodes tells."""

from __future__ import annotations

from textual.app import App
from textual.widget import Widget

from cursus_tui.widgets.dag_nodes import NodeChosen, NodeHighlighted


class DagHost(App[None]):
    def __init__(self, theme: str = "textual-dark") -> None:
        super().__init__()
        self.theme = theme
        self.told: list[str] = []

    def on_node_highlighted(self, message: NodeHighlighted) -> None:
        self.told.append(message.key)

    def on_node_chosen(self, message: NodeChosen) -> None:
        self.told.append(f"chosen {message.key}")


def painted(widget: Widget) -> list[str]:
    """The text of each of its lines."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
