"""What the tree and the graph of a DAG are told about its nodes, and what they say in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

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


class DagView(Protocol):
    """What ``DagTree`` and ``DagGraph`` have in common, so that a screen can exchange one for the other."""

    def set_graph(self, nodes: Sequence[DagNode], edges: Sequence[tuple[str, str]]) -> None:
        """Show this DAG; the cursor stays on its node where that still exists."""

    def update_node(self, key: str, face: NodeFace) -> None:
        """Change how one node looks."""

    @property
    def selected(self) -> str | None:
        """Key of the node under the cursor."""

    def select(self, key: str) -> bool:
        """Put the cursor on a node; False where there is none of that name."""

    def find(self, text: str) -> int:
        """Look for a text in the labels, from the cursor on; the number of hits."""

    def step_hit(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) hit."""
