"""Names and values as a tree whose branches are brought when they are opened; no widget a row."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip

from cursus_tui.text import fit, safe
from cursus_tui.widgets.hits import Hits
from cursus_tui.widgets.line_view import ViewMessage, strip_of
from cursus_tui.widgets.searched_view import SearchedView
from cursus_tui.widgets.tree_rows import Path, RowKind, TreeItem, TreeModel, TreeRow, Wanted

_TYPE_FROM = 56
"""Narrower panes leave out the types."""
_TYPE_CELLS = 18
_LONGEST = 2_000
"""Characters of a value that are painted."""


class VariableTree(SearchedView):
    """A lazy tree of names and values.

    Values of a million children are fine: a branch is asked for when it is opened, a page at a time. When values
    are renewed, the tree keeps its cursor and open branches, and only rows that look different are painted.
    """

    HELP = """
    # Variables

    Right opens and left closes a branch, enter opens a table or model as data. What changed since the last stop
    is shown apart.
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--name", "line--changed"}
    DEFAULT_CSS = """
    VariableTree {
        & > .line--name { color: $text-secondary; }
        & > .line--changed { color: $text-warning; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open_branch", "Open branch", show=False, id="variables.open"),
        Binding("left", "close_branch", "Close branch", show=False, id="variables.close"),
        Binding("enter", "choose", "Open", show=False, id="variables.choose"),
    ]

    class Asked(ViewMessage):
        """The tree wants children; answer with ``set_children`` or ``refuse``."""

        def __init__(self, view: VariableTree, wanted: Wanted) -> None:
            super().__init__(view)
            self.wanted = wanted

    class Highlighted(ViewMessage):
        """The cursor came to a row."""

        def __init__(self, view: VariableTree, path: Path, item: TreeItem) -> None:
            super().__init__(view)
            self.path = path
            self.item = item

    class Chosen(Highlighted):
        """Enter or a double click on an item."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._model = TreeModel()
        self._rows: list[TreeRow] = []

    # --- what is shown -----------------------------------------------------------------------------

    def renew(self, *, compare: bool = True) -> None:
        """From now on what is shown is out of date; with ``compare`` new values will be told from old ones."""
        self._model.renew(compare=compare)

    def set_roots(self, items: Iterable[TreeItem], opened: Iterable[str] = ()) -> None:
        """Show these topmost items; ``opened`` are the keys of those that begin open."""
        self._model.set_roots(items, opened)
        self._lay_out()

    def set_children(self, path: Path, items: Iterable[TreeItem], *, first: int = 0, more: bool = False) -> None:
        """Put children into a branch, from ``first`` on; ``more``: there are others after them."""
        self._model.set_children(path, items, first=first, more=more)
        self._lay_out()

    def refuse(self, path: Path, why: str) -> None:
        """Say why a branch has no children."""
        self._model.refuse(path, why)
        self._lay_out()

    def item(self, path: Path) -> TreeItem | None:
        """An item by its path."""
        return self._model.item(path)

    def known(self, path: Path) -> tuple[TreeItem, ...]:
        """The children of a branch that are known; of no path the topmost items."""
        return self._model.children(path)

    @property
    def selected(self) -> TreeRow | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def select(self, path: Path) -> bool:
        """Put the cursor on an item that is in sight."""
        for index, row in enumerate(self._rows):
            if row.kind is RowKind.ITEM and row.path == path:
                self.move_cursor(index)
                return True
        return False

    @property
    def rows(self) -> tuple[TreeRow, ...]:
        """What is in sight, top to bottom."""
        return tuple(self._rows)

    @property
    def row_count(self) -> int:
        """Rows in sight."""
        return len(self._rows)

    def _lay_out(self) -> None:
        """Show the rows that there are now, painting those that look different."""
        before, kept = self._rows, self.selected
        asked = self._model.wanted()
        self._rows = list(self._model.rows())
        if self._hits.text:
            self._hits = Hits(self._hits.text, self.searched())
            self.refresh()
        self.reach(Size(0, len(self._rows)))
        top, height = self.scroll_offset.y, self.size.height
        for row in range(top, min(top + height, max(len(before), len(self._rows)))):
            if before[row : row + 1] != self._rows[row : row + 1]:
                self.repaint_row(row)
        self._keep_cursor(kept)
        for wanted in asked:
            self.post_message(self.Asked(self, wanted))

    def _keep_cursor(self, kept: TreeRow | None) -> None:
        """The cursor stays on its item where that still is, else where it was."""
        place = self.validate_cursor(self.cursor)
        if kept is not None and (place >= len(self._rows) or _same(self._rows[place]) != _same(kept)):
            place = next((i for i, row in enumerate(self._rows) if _same(row) == _same(kept)), place)
        if place != self.cursor:
            self.move_cursor(place)
        elif self._rows:
            self.cursor_moved(place)

    # --- keys --------------------------------------------------------------------------------------

    def cursor_moved(self, row: int) -> None:
        """Tell which row the cursor is on."""
        self.post_message(self.Highlighted(self, self._rows[row].path, self._rows[row].item))

    def row_chosen(self, row: int) -> None:
        """Tell which item was chosen; the row of what was not asked for yet asks for it."""
        found = self._rows[row]
        if found.kind is RowKind.MORE:
            self._ask_more(found.path)
        elif found.kind is RowKind.ITEM:
            self.post_message(self.Chosen(self, found.path, found.item))

    def toggle(self, path: Path) -> None:
        """Open a branch, or close it."""
        item = self.item(path)
        if item is None or not item.opens:
            return
        if self._model.is_open(path):
            self._model.close(path)
        else:
            self._model.open(path)
        self._lay_out()

    def unfold(self, path: Path) -> None:
        """Open a branch, or have it open once it is there."""
        self._model.open(path)
        self._lay_out()

    def action_open_branch(self) -> None:
        """Open the branch at the cursor, or go down into it."""
        row = self.selected
        if row is None:
            return
        if row.kind is RowKind.MORE:
            self._ask_more(row.path)
        elif row.kind is RowKind.ITEM and row.item.opens and not row.is_open:
            self.toggle(row.path)
        elif row.is_open:
            self.move_cursor(self.cursor + 1)

    def action_close_branch(self) -> None:
        """Close the branch at the cursor, or go up to the one it is in."""
        row = self.selected
        if row is None:
            return
        if row.kind is RowKind.ITEM and row.is_open:
            self.toggle(row.path)
        else:
            self.select(row.path[:-1] if row.kind is RowKind.ITEM else row.path)

    def _ask_more(self, path: Path) -> None:
        wanted = self._model.more_of(path)
        if wanted is not None:
            self.post_message(self.Asked(self, wanted))

    def click_at(self, x: int, y: int, *, double: bool) -> bool:
        """A click on the arrow of a branch opens or closes it."""
        hit = super().click_at(x, y, double=double)
        row = self.selected
        if hit and row is not None and row.kind is RowKind.ITEM and x == 1 + _indent(row, self.row_width):
            self.toggle(row.path)
        return hit

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """Names, values and types in sight."""
        return map(_searched, self._rows)

    # --- painting ----------------------------------------------------------------------------------

    def is_cut(self, row: TreeRow) -> bool:
        """Whether a row does not show all of its value."""
        return cell_len(_text(row)) > self._room(row, self.row_width)

    @property
    def _type_cells(self) -> int:
        return _TYPE_CELLS + 1 if self.row_width >= _TYPE_FROM else 0

    def _room(self, row: TreeRow, width: int) -> int:
        """Cells of the name and value."""
        return max(0, width - 1 - _indent(row, width) - 2 - (self._type_cells if row.item.type else 0))

    def render_row(self, row: int, width: int) -> Strip:
        """A row: cursor, indent, arrow, mark and name, value, type."""
        line = self._rows[row]
        indent = _indent(line, width)
        arrow = ("▾" if line.is_open else "▸") if line.item.opens else " "
        kind = self._type_cells if line.item.type else 0
        parts = [
            ("›" if row == self.cursor else " ", self.tone("active")),
            (" " * indent + arrow + " ", self.tone("muted")),
            *self._content(row, line, self._room(line, width)),
        ]
        if kind:
            parts.append((" " + fit(safe(line.item.type), kind - 1), self.tone("muted")))
        return strip_of(parts, width)

    def _content(self, row: int, line: TreeRow, room: int) -> list[tuple[str, Style]]:
        """Name and value in so many cells, with the hits of the search."""
        text, name_ends = _text(line), len(_name(line))
        value = self.tone("muted" if line.kind is not RowKind.ITEM else line.item.tone)
        if line.changed:
            value = self.tone("changed")
        name = self.tone("name") + (self.tone("changed") if line.changed and not line.item.value else Style())
        hits = self._hits.in_row(row) if self._hits.all else []
        ends = (min(cut, len(text)) for start, end, _ in hits for cut in (start, end))
        cuts = sorted({0, name_ends, len(text), *ends})
        parts = []
        for start, end in pairwise(cuts):
            style = name if end <= name_ends else value
            for first, last, current in hits:
                if first <= start < last:
                    style += self.tone("current-hit" if current else "hit")
            parts.append((text[start:end], style))
        if cell_len(text) <= room:
            return [*parts, (" " * (room - cell_len(text)), Style())]
        cut = strip_of(parts, cell_len(text)).crop(0, max(0, room - 1))
        shown = [(segment.text, segment.style or Style()) for segment in cut]
        return [*shown, ("…" if room else "", self.tone("muted"))]


def _name(row: TreeRow) -> str:
    mark = f"{safe(row.item.mark)} " if row.item.mark else ""
    return mark + safe(row.item.name, 200)


def _text(row: TreeRow) -> str:
    """Name and value, as they are painted and searched."""
    value = safe(row.item.value, _LONGEST)
    return f"{_name(row)}  {value}" if row.item.name and value else _name(row) + value


def _searched(row: TreeRow) -> str:
    """The type is found, too; it is not marked."""
    return f"{_text(row)}\n{safe(row.item.type)}"


def _indent(row: TreeRow, width: int) -> int:
    """Cells before the arrow; deep down they are no more than a third of the pane."""
    return min(2 * row.depth, max(0, width // 3))


def _same(row: TreeRow) -> tuple[RowKind, Path]:
    return row.kind, row.path
