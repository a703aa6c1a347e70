"""A DAG as a navigable tree: one row a node, with connector lanes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from cursus_tui.text import fit, safe
from cursus_tui.widgets import dag_nodes
from cursus_tui.widgets.dag_nodes import DagNode, NodeFace
from cursus_tui.widgets.dag_rows import LaneRow, fold, lane_rows, primary_parents, tree_order
from cursus_tui.widgets.hits import Hit, Hits
from cursus_tui.widgets.line_view import strip_of
from cursus_tui.widgets.searched_view import SearchedView

_WORD_FROM = 30
"""Narrower panes leave out the state's word; its glyph still tells it."""
_WORD_CELLS = 14
_NAME_CELLS = 20
"""The name keeps this much before a column is shown beside it."""


class DagTree(SearchedView):
    """The nodes of a DAG in topological order, each with its state, name and some figures.

    The order of the nodes given is kept where it is topological. Thousands of nodes are fine: only rows in
    sight are rendered, and ``update_node`` repaints one.
    """

    HELP = """
    # Pipeline

    One row a step, in the order of execution. Lines join a step to the steps it feeds.
    Up and down move, right opens and left closes a branch, enter shows the step.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "expand", "Open branch", show=False, id="tree.expand"),
        Binding("left", "collapse", "Close branch", show=False, id="tree.collapse"),
        Binding("enter", "choose", "Show step", show=False, id="tree.choose"),
    ]

    NodeHighlighted: ClassVar[type[Message]] = dag_nodes.NodeHighlighted
    NodeChosen: ClassVar[type[Message]] = dag_nodes.NodeChosen

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._shown: dict[str, DagNode] = {}
        self._order: list[str] = []
        self._edges: list[tuple[str, str]] = []
        self._parents: dict[str, str | None] = {}
        self._collapsed: set[str] = set()
        self._rows: list[LaneRow] = []
        self._row_of: dict[str, int] = {}
        self._word_cells = 0
        self._column_cells: list[int] = []
        self._announced: str | None = None

    # --- the DAG -----------------------------------------------------------------------------------

    def set_graph(self, nodes: Sequence[DagNode], edges: Sequence[tuple[str, str]]) -> None:
        """Show this DAG; the cursor and closed branches stay where their nodes still exist."""
        kept = self.selected
        self._shown = {node.key: node for node in nodes}
        self._order = tree_order([node.key for node in nodes], edges)
        self._edges = list(edges)
        self._parents = primary_parents(self._order, edges)
        self._collapsed &= set(self._order)
        self._hits = Hits()
        self._word_cells, self._column_cells = 0, []
        for node in nodes:
            self._make_room(node.face)
        self._lay_out(kept)

    def update_node(self, key: str, face: NodeFace) -> None:
        """Change how one node looks: its row is repainted, and the others only if a column grew.

        Raises:
            KeyError: There is no such node.
        """
        node = self._shown[key]
        if node.face == face:
            return
        self._shown[key] = replace(node, face=face)
        if self._make_room(face):
            self.refresh()
        elif key in self._row_of:
            self.repaint_row(self._row_of[key])

    @property
    def selected(self) -> str | None:
        """Key of the node under the cursor."""
        return self._rows[self.cursor].key if self._rows else None

    def select(self, key: str) -> bool:
        """Put the cursor on a node, opening the branch it is hidden in; False where there is none."""
        if key not in self._shown:
            return False
        if key not in self._row_of:
            above = self._parents[key]
            while above is not None:
                self._collapsed.discard(above)
                above = self._parents[above]
            self._lay_out(key)
        self.move_cursor(self._row_of[key])
        return True

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """All labels, closed branches too."""
        return (safe(self._shown[key].label) for key in self._order)

    def search_start(self) -> int:
        """The node under the cursor."""
        here = self.selected
        return self._order.index(here) if here is not None else 0

    def go_to_hit(self, hit: Hit) -> None:
        """Go to its node, opening the branch it is hidden in."""
        self.select(self._order[hit.row])

    # --- rows --------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Nodes to be seen: those in closed branches do not count."""
        return len(self._rows)

    def cursor_moved(self, row: int) -> None:
        """Tell which node the cursor is on, once."""
        if self._rows[row].key != self._announced:
            self._announced = self._rows[row].key
            self.post_message(dag_nodes.NodeHighlighted(self, self._rows[row].key))

    def row_chosen(self, row: int) -> None:
        """Tell which node was chosen."""
        self.post_message(dag_nodes.NodeChosen(self, self._rows[row].key))

    def action_expand(self) -> None:
        """Open the branch at the cursor, or go down into it."""
        key = self.selected
        if key is None:
            return
        if key in self._collapsed:
            self._collapsed.discard(key)
            self._lay_out(key)
        elif (child := next((child for child in self._order if self._parents[child] == key), None)) is not None:
            self.select(child)

    def action_collapse(self) -> None:
        """Close the branch at the cursor, or go up to the node it hangs from."""
        key = self.selected
        if key is None:
            return
        if key not in self._collapsed and any(parent == key for parent in self._parents.values()):
            self._collapsed.add(key)
            self._lay_out(key)
        elif (above := self._parents[key]) is not None:
            self.select(above)

    def _lay_out(self, selected: str | None) -> None:
        visible, edges, hidden = fold(self._order, self._edges, self._collapsed)
        self._rows = lane_rows(visible, edges, hidden)
        self._row_of = {row.key: index for index, row in enumerate(self._rows)}
        self.rows_changed()
        self.move_cursor(self._row_of.get(selected or "", self.cursor))
        if self._rows:
            self.cursor_moved(self.cursor)

    def _make_room(self, face: NodeFace) -> bool:
        """Widen the columns for a face; True where one grew."""
        before = self._word_cells, list(self._column_cells)
        self._word_cells = min(_WORD_CELLS, max(self._word_cells, cell_len(face.shown_word)))
        for index, text in enumerate(face.columns):
            if index == len(self._column_cells):
                self._column_cells.append(0)
            self._column_cells[index] = max(self._column_cells[index], cell_len(safe(text)))
        return before != (self._word_cells, self._column_cells)

    # --- painting ----------------------------------------------------------------------------------

    def render_row(self, row: int, width: int) -> Strip:
        """A row: cursor, breakpoint, lanes with the state's glyph, name, state's word, figures."""
        line = self._rows[row]
        face = self._shown[line.key].face
        figures = self._figures(face, width)
        word = self._word_cells + 1 if width >= _WORD_FROM and self._word_cells else 0
        lanes, room = self._lane_part(line, face, width - sum(cell_len(text) for text in figures) - word)
        tone, muted, plain = self.tone(face.style), self.tone("muted"), Style()
        faint = muted if face.dim or face.stale else plain
        parts = [
            ("›" if row == self.cursor else " ", self.tone("active")),
            (fit(safe(face.mark), 1), self.tone("bad")),
            *lanes,
            *self._name_part(line, room, faint),
        ]
        if word:
            parts.append((" " + fit(face.shown_word, self._word_cells), self.tone("warn") if face.stale else tone))
        parts += [(text, faint) for text in figures]
        return strip_of(parts, width)

    def _figures(self, face: NodeFace, width: int) -> list[str]:
        """As many figures as leave the name its room, each right-aligned in its column."""
        room = width - _NAME_CELLS - self._word_cells - 6
        figures = []
        for index, cells in enumerate(self._column_cells):
            if not cells:
                continue
            room -= cells + 1
            if room < 0:
                break
            text = safe(face.columns[index]) if index < len(face.columns) else ""
            figures.append(" " * (cells + 1 - cell_len(text)) + text)
        return figures

    def _lane_part(self, line: LaneRow, face: NodeFace, width: int) -> tuple[list[tuple[str, Style]], int]:
        """The lanes with the state's glyph, and the cells left for the name."""
        most = max(4, (width - 2) // 2)
        before, after = line.before, line.after
        if len(before) > most - 2:
            before = before[: most - 3] + "…"
        after = after[: max(0, most - len(before) - 1)]
        muted = self.tone("muted")
        parts = [(before, muted), (fit(safe(face.glyph), 1), self.tone(face.style)), (after + " ", muted)]
        return parts, max(0, width - 2 - len(before) - 1 - len(after) - 1)

    def _name_part(self, line: LaneRow, room: int, style: Style) -> list[tuple[str, Style]]:
        """The name with its hits, and what is folded away or could not be drawn."""
        note = f" +{line.hidden}" if line.hidden else ""
        if line.undrawn:
            note += f" ⤷ {len(line.undrawn)} more" if len(line.undrawn) > 1 else f" ⤷ {safe(line.undrawn[0])}"
        label = safe(self._shown[line.key].label)
        note = note if cell_len(note) <= room // 2 else note[:3]
        cells = max(0, room - cell_len(note))
        shown = label if cell_len(label) <= cells else fit(label, cells)
        parts = [*self._with_hits(line.key, shown, style), (note, self.tone("accent"))]
        return [*parts, (" " * max(0, room - cell_len(shown) - cell_len(note)), style)]

    def _with_hits(self, key: str, shown: str, style: Style) -> list[tuple[str, Style]]:
        if not self._hits.all:
            return [(shown, style)]
        parts, done = [], 0
        for start, end, current in self._hits.in_row(self._order.index(key)):
            parts.append((shown[done:start], style))
            parts.append((shown[start:end], style + self.tone("current-hit" if current else "hit")))
            done = end
        return [*parts, (shown[done:], style)]
