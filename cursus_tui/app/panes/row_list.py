"""A searchable list of one-line rows in columns, for files, findings, answers and breakpoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip

from cursus_tui.text import fit, safe
from cursus_tui.widgets.hits import Hits
from cursus_tui.widgets.line_view import ViewMessage, strip_of
from cursus_tui.widgets.searched_view import SearchedView

_LEAST = 6
"""Cells that a column keeps."""
_LONGEST = 200
"""Cells of a text that count for its column's width."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: cells, one for each column of the list.

    Attributes:
        cells: Texts; one cell alone is a heading that spans the row.
        tones: A tone of ``line_view.TONES`` for each cell; the last one holds for those that follow.
        value: What the row stands for; None for headings and remarks.
        indent: Cells before the first column.
    """

    cells: tuple[str, ...]
    tones: tuple[str, ...] = ("plain",)
    value: Any = None
    indent: int = 2


def heading(text: str) -> Row:
    """A row that names the rows below it."""
    return Row((text,), ("accent",), indent=0)


def remark(text: str, tone: str = "muted") -> Row:
    """A row that only says something."""
    return Row((text,), (tone,))


class RowList(SearchedView):
    """Rows in columns, each as wide as its longest cell; where the pane is narrow the widest columns give way."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "Choose", show=False, id="rows.choose")]

    class Chosen(ViewMessage):
        """Enter or a double click on a row."""

        def __init__(self, view: RowList, row: Row) -> None:
            super().__init__(view)
            self.row = row

    class Highlighted(Chosen):
        """The cursor came to a row."""

    def __init__(self, *, right: Sequence[int] = (), id: str | None = None) -> None:
        """Make an empty list.

        Args:
            right: Columns whose text stands at their right edge.
            id: As for any widget.
        """
        super().__init__(id=id)
        self._rows: tuple[Row, ...] = ()
        self._widths: list[int] = []
        self._fitted: tuple[int, list[int]] = (-1, [])
        self._right = frozenset(right)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on the row of the same value, else where it was."""
        rows = tuple(rows)
        if rows == self._rows:
            return
        kept = self.selected
        before, self._rows = self._rows, rows
        widths, self._widths = self._widths, _widths(rows)
        if len(before) == len(rows) and widths == self._widths and not self._hits.text:
            for index, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old != new:
                    self.repaint_row(index)
        else:
            self._fitted = (-1, [])
            if self._hits.text:
                self._hits = Hits(self._hits.text, self.searched())
            self.rows_changed()
        place = self.cursor
        if kept is not None and kept.value is not None:
            place = next((index for index, row in enumerate(rows) if row.value == kept.value), place)
        elif rows and place < len(rows) and rows[place].value is None:
            place = next((index for index, row in enumerate(rows) if row.value is not None), place)
        self.move_cursor(place)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    @property
    def selected(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def action_move(self, rows: int) -> None:
        """Go to the next row that stands for something; past the last one headings are walked, too."""
        step = 1 if rows > 0 else -1
        target = self.cursor + rows
        while 0 <= target < len(self._rows) and self._rows[target].value is None:
            target += step
        self.move_cursor(target if 0 <= target < len(self._rows) else self.cursor + rows)

    def cursor_moved(self, row: int) -> None:
        """Tell which row the cursor is on."""
        self.post_message(self.Highlighted(self, self._rows[row]))

    def row_chosen(self, row: int) -> None:
        """Tell which row was chosen."""
        if self._rows[row].value is not None:
            self.post_message(self.Chosen(self, self._rows[row]))

    def plain(self) -> str:
        """The selected row as text, for the clipboard."""
        return self._text(self.selected) if self.selected else ""

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """The rows as text."""
        return map(self._text, self._rows)

    @staticmethod
    def _text(row: Row) -> str:
        return "  ".join(safe(cell) for cell in row.cells if cell)

    # --- painting ----------------------------------------------------------------------------------

    def render_row(self, row: int, width: int) -> Strip:
        """Cursor, indent and cells; cells in which the search hits are underlined."""
        line = self._rows[row]
        parts: list[tuple[str, Style]] = [("›" if row == self.cursor else " ", self.tone("active"))]
        parts.append((" " * line.indent, Style()))
        left = width - 1 - line.indent
        widths = [left] if len(line.cells) == 1 else self._fit(left)
        found = {hit[2] for hit in self._hits.in_row(row)} if self._hits.all else set()
        for index, cell in enumerate(line.cells):
            tone = self.tone(line.tones[min(index, len(line.tones) - 1)])
            if found and self._hits.text.lower() in safe(cell).lower():
                tone = tone + self.tone("current-hit" if True in found else "hit")
            room = min(widths[index], left)
            parts.append((self._cell(cell, room, index in self._right), tone))
            left -= room
            if index < len(line.cells) - 1 and left > 0:
                parts.append(("  ", Style()))
                left -= 2
        return strip_of(parts, width)

    def _fit(self, room: int) -> list[int]:
        """Cells of each column in so much room: the widest give way first."""
        if self._fitted[0] != room:
            widths = list(self._widths)
            over = sum(widths) + 2 * (len(widths) - 1) - room
            while over > 0 and max(widths) > _LEAST:
                widths[widths.index(max(widths))] -= 1
                over -= 1
            self._fitted = (room, widths)
        return self._fitted[1]

    @staticmethod
    def _cell(text: str, cells: int, right: bool) -> str:
        shown = safe(text, 2_000)
        if right and cell_len(shown) < cells:
            return " " * (cells - cell_len(shown)) + shown
        return fit(shown, cells)


def _widths(rows: Sequence[Row]) -> list[int]:
    """Cells that each column would like to have; rows of one cell span all columns and do not count."""
    widths: list[int] = []
    for row in rows:
        if len(row.cells) == 1:
            continue
        for index, cell in enumerate(row.cells):
            if index == len(widths):
                widths.append(0)
            widths[index] = max(widths[index], cell_len(safe(cell, _LONGEST)))
    return widths
