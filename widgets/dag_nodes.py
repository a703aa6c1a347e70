"""What the tree and the graph of a DAG are told about its nodes, and what they say in turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from textual.widget import Widget

from cursus_tui.text import safe
from cursus_tui.widgets.line_view import ViewMessage


@dataclass(frozen=True, slots=True)
class NodeFace:
    """How a node looks just now.

    Attributes:
        glyph: One cell that stands for the state, different for each state: colour alone never tells.
        word: The state as a word.
        style: A name of ``line_view.TONES``.
        mark: One cell for a breakpoint; empty for none.
        columns: Texts shown right-aligned, the most wanted first; narrow panes leave out the last ones.
        dim: Shown faintly.
        stale: What the state says is out of date; shown as the word ``stale``.
    """

    glyph: str = "·"
    word: str = ""
    style: str = "plain"
    mark: str = ""
    columns: tuple[str, ...] = ()
    dim: bool = False
    stale: bool = False

    @property
    def shown_word(self) -> str:
        """The word as it is shown."""
        return "stale" if self.stale else safe(self.word)


@dataclass(frozen=True, slots=True)
class DagNode:
    """A node of a DAG.

    Attributes:
        key: Its identity, as edges name it.
        label: Its name on the screen.
        face: How it looks.
    """

    key: str
    label: str
    face: NodeFace = field(default_factory=NodeFace)


class NodeMessage(ViewMessage):
    """Something about a node of the tree or graph."""

    def __init__(self, view: Widget, key: str) -> None:
        super().__init__(view)
        self.key = key


class NodeHighlighted(NodeMessage):
    """The cursor came to a node."""


class NodeChosen(NodeMessage):
    """Enter or a double click on a node."""
