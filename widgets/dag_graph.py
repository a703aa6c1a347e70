"""A DAG as a drawing of boxes and lines, to walk through with the arrow keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from cursus_tui.text import fit, safe
from cursus_tui.widgets import dag_nodes
from cursus_tui.widgets.dag_layout import BOX_HEIGHT, Box, DagLayout, Line
from cursus_tui.widgets.dag_nodes import DagNode, NodeFace
from cursus_tui.widgets.hits import Hits
from cursus_tui.widgets.searched_view import SearchedView

_LABEL_CELLS = 34
"""A longer name is cut in its box."""
_NARROWEST = 20
"""A box has room for its state's word and a figure in its border."""
_WAYS = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"
_BORDERS = {False: tuple("╭─╮│╰╯┬"), True: tuple("┏━┓┃┗┛┯")}

Cell = tuple[str, Style]


class DagGraph(SearchedView):
    """The nodes of a DAG as boxes in layers, joined by lines; the same API as ``DagTree``.

    Up and down follow the lines, left and right go through a layer. Lines of the node under the cursor are
    emphasised, and its box has a heavy border.
    """

    HELP = """
    # Pipeline graph

    One box a step; lines lead down to the steps it feeds. Up and down follow the lines of the step, left and right
    go through its layer, enter shows it, `v` goes back to the tree.
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "beside(-1)", "Left", show=False, id="graph.left"),
        Binding("right", "beside(1)", "Right", show=False, id="graph.right"),
        Binding("enter", "choose", "Show step", show=False, id="graph.choose"),
    ]

    NodeHighlighted: ClassVar[type[Message]] = dag_nodes.NodeHighlighted
    NodeChosen: ClassVar[type[Message]] = dag_nodes.NodeChosen

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._dag_nodes: dict[str, DagNode] = {}
        self._drawing = DagLayout({}, [])
        self._reading_order: list[str] = []
        self._place_of: dict[str, int] = {}
        self._feeds: dict[str, list[str]] = {}
        self._fed_by: dict[str, list[str]] = {}
        self._announced: str | None = None
        self._lit: list[Line] = []
        self._lit_of: str | None = None

    # --- the DAG -----------------------------------------------------------------------------------

    def set_graph(self, nodes: Sequence[DagNode], edges: Sequence[tuple[str, str]]) -> None:
        """Show this DAG; the cursor stays on its node where that still exists."""
        kept = self.selected
        self._dag_nodes = {node.key: node for node in nodes}
        widths = {node.key: max(_NARROWEST, min(_LABEL_CELLS, cell_len(safe(node.label))) + 7) for node in nodes}
        self._drawing = DagLayout(widths, edges)
        self._reading_order = [key for layer in self._drawing.layers for key in layer]
        self._place_of = {key: index for index, key in enumerate(self._reading_order)}
        self._feeds = {node.key: [] for node in nodes}
        self._fed_by = {node.key: [] for node in nodes}
        for route in self._drawing.routes:
            self._feeds[route.source].append(route.target)
            self._fed_by[route.target].append(route.source)
        self._hits = Hits()
        self._lit_of = None
        self.reach(Size(self._drawing.width, self._drawing.height))
        self.cursor = self._place_of.get(kept or "", 0)
        self.refresh()
        self.show_row(self.cursor)
        if self._reading_order:
            self.cursor_moved(self.cursor)

    def update_node(self, key: str, face: NodeFace) -> None:
        """Change how one node looks: only its box is repainted.

        Raises:
            KeyError: There is no such node.
        """
        node = self._dag_nodes[key]
        if node.face != face:
            self._dag_nodes[key] = replace(node, face=face)
            self.repaint_row(self._place_of[key])

    @property
    def selected(self) -> str | None:
        """Key of the node under the cursor."""
        return self._reading_order[self.cursor] if self._reading_order else None

    def select(self, key: str) -> bool:
        """Put the cursor on a node; False where there is none of that name."""
        if key not in self._place_of:
            return False
        self.move_cursor(self._place_of[key])
        return True

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """All labels."""
        return (safe(self._dag_nodes[key].label) for key in self._reading_order)

    # --- moving: a "row" is a node, in reading order ---------------------------------------------------

    @property
    def row_count(self) -> int:
        """How many nodes there are."""
        return len(self._reading_order)

    def cursor_moved(self, row: int) -> None:
        """Tell which node the cursor is on, once."""
        key = self._reading_order[row]
        if key != self._announced:
            self._announced = key
            self.post_message(dag_nodes.NodeHighlighted(self, key))

    def row_chosen(self, row: int) -> None:
        """Tell which node was chosen."""
        self.post_message(dag_nodes.NodeChosen(self, self._reading_order[row]))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two boxes and all lines in sight, whose emphasis moves along."""
        if self.row_count:
            self.refresh()
            self.cursor_moved(new)

    def action_move(self, rows: int) -> None:
        """Follow a line up or down, or go to the nearest node of the next layer."""
        here = self._here
        if here is None:
            return
        joined = self._fed_by[here.key] if rows < 0 else self._feeds[here.key]
        step = 1 if rows > 0 else -1
        layer = here.layer + step
        while not joined and 0 <= layer < len(self._drawing.layers):
            joined = list(self._drawing.layers[layer])
            layer += step
        if joined:
            boxes = [self._drawing.boxes[key] for key in joined]
            self.select(min(boxes, key=lambda box: (abs(box.layer - here.layer), abs(box.centre - here.centre))).key)

    def action_beside(self, by: int) -> None:
        """Go to the next node of the layer, or to the end of the layer before or after."""
        if self._reading_order:
            self.move_cursor(self.cursor + by)

    def action_page(self, pages: int) -> None:
        """Move by as many layers as the pane shows."""
        for _ in range(max(1, self.scrollable_content_region.height // (BOX_HEIGHT + 2) - 1)):
            self.action_move(pages)

    @property
    def _here(self) -> Box | None:
        key = self.selected
        return self._drawing.boxes[key] if key is not None else None

    def show_row(self, row: int, *, centre: bool = False) -> None:
        """Scroll a node's box into sight, with a little of its lines."""
        if self.row_count and self.scrollable_content_region:
            box = self._drawing.boxes[self._reading_order[row]]
            region = Region(max(0, box.x - 1), max(0, box.y - 1), box.width + 2, BOX_HEIGHT + 2)
            self.scroll_to_region(region, animate=False, force=True, center=centre)

    def repaint_row(self, row: int) -> None:
        """Repaint a node's box if it is in sight."""
        if row < self.row_count:
            box = self._drawing.boxes[self._reading_order[row]]
            self.refresh(Region(box.x, box.y, box.width, BOX_HEIGHT).translate(-self.scroll_offset))

    def click_at(self, x: int, y: int, *, double: bool) -> bool:
        """A click on a box moves the cursor there, a double click chooses it."""
        x, y = x + self.scroll_offset.x, y + self.scroll_offset.y
        box = next((box for box in self._drawing.boxes_in_row(y) if box.x <= x < box.x + box.width), None)
        if box is None:
            return False
        self.select(box.key)
        if double:
            self.row_chosen(self.cursor)
        return True

    # --- painting ----------------------------------------------------------------------------------

    def render_row(self, row: int, width: int) -> Strip:
        """Not used: boxes lie beside each other."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One line of the pane: the lines between boxes first, then the boxes over them."""
        width, base = self.row_width, self.base
        left, row = self.scroll_offset.x, y + self.scroll_offset.y
        cells: list[Cell] = [(" ", base)] * width
        muted, lit = self.tone("muted"), self.tone("active")
        emphasised = self._emphasised(row, left, left + width)
        for x, ways in self._drawing.lines_in_row(row, left, left + width).items():
            if left <= x < left + width:
                cells[x - left] = (_WAYS[ways], lit if x in emphasised else muted)
        for x in self._drawing.arrows_in_row(row):
            if left <= x < left + width:
                cells[x - left] = ("▼", lit if x in emphasised else muted)
        segments = [
            Segment("".join(text for text, _ in run), base + style) for style, run in groupby(cells, key=lambda c: c[1])
        ]
        strip = Strip(segments, width)
        for box in self._drawing.boxes_in_row(row):
            start, end = max(0, box.x - left), min(width, box.x + box.width - left)
            if start < end:
                painted = self._box_line(box, row - box.y).apply_style(base)
                painted = painted.crop(start + left - box.x, end + left - box.x)
                strip = Strip.join([strip.crop(0, start), painted, strip.crop(end, width)])
        return strip

    def _emphasised(self, row: int, left: int, right: int) -> set[int]:
        """Columns of a row where lines from and to the node under the cursor go."""
        if self._lit_of != self.selected:
            self._lit_of = self.selected
            routes = self._drawing.routes_of(self._lit_of) if self._lit_of is not None else []
            self._lit = list(dict.fromkeys(line for route in routes for line in route.lines()))
        columns: set[int] = set()
        level: dict[str, tuple[int, int]] = {}
        for line in self._lit:
            if line.start[1] == row == line.end[1]:
                # The level lines of a net in a row all begin at one column, so they are one line.
                first, last = level.get(line.net, (line.start[0], line.end[0]))
                level[line.net] = min(first, line.start[0]), max(last, line.end[0])
            elif line.start[1] <= row <= line.end[1]:
                columns.add(line.start[0])
        for first, last in level.values():
            columns.update(range(max(first, left), min(last + 1, right)))
        return columns

    def _box_line(self, box: Box, part: int) -> Strip:
        """The upper border, the name, or the lower border with the state's word and a figure."""
        node = self._dag_nodes[box.key]
        face = node.face
        here = box.key == self.selected
        top_left, level, top_right, upright, low_left, low_right, tee = _BORDERS[here]
        tone = self.tone(face.style)
        border = self.tone("active") if here else self.tone("muted")
        inner = box.width - 2
        if part == 0:
            return Strip([Segment(top_left + level * inner + top_right, border)])
        if part == 1:
            name = self.tone("muted") if face.dim or face.stale else Style(bold=here)
            if self._hits.in_row(self._place_of[box.key]):
                name += self.tone("current-hit" if here else "hit")
            return Strip(
                [
                    Segment(upright + " ", border),
                    Segment(fit(safe(face.mark), 1), self.tone("bad")),
                    Segment(fit(safe(face.glyph), 1) + " ", tone),
                    Segment(fit(safe(node.label), inner - 5), name),
                    Segment(" " + upright, border),
                ]
            )
        word = f" {face.shown_word} " if face.shown_word else ""
        figure = f" {safe(face.columns[0])} " if face.columns and face.columns[0] else ""
        word = fit(word, min(cell_len(word), inner - 1))
        figure = figure if cell_len(word) + cell_len(figure) + 3 <= inner else ""
        rest = inner - 1 - cell_len(word) - cell_len(figure)
        line = [Segment(low_left + level, border), Segment(word, self.tone("warn") if face.stale else tone)]
        line += [Segment(level * rest, border), Segment(figure), Segment(low_right, border)]
        strip = Strip(line)
        at = box.centre - box.x
        if self._feeds[box.key] and 2 + cell_len(word) <= at < 2 + cell_len(word) + rest:
            strip = Strip.join([strip.crop(0, at), Strip([Segment(tee, border)]), strip.crop(at + 1)])
        return strip
