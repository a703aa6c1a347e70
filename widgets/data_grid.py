"""A virtual grid for tables of any size, on Textual's line API, with VisiData's keys."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from cursus_tui.text import human_count
from cursus_tui.widgets.column_chooser import ColumnChooser
from cursus_tui.widgets.go_to_row import GoToRow
from cursus_tui.widgets.grid_source import GridCell, GridRecord
from cursus_tui.widgets.grid_viewport import GridViewport
from cursus_tui.widgets.record_view import COPY_LIMIT, CellScreen, RecordScreen

_TO_THE_END = sys.maxsize


class DataGrid(GridViewport):
    """Rows and columns of a ``GridSource``, with a cursor cell and the keys to look around."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="grid.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="grid.down"),
        Binding("left,h", "column(-1)", "Left", show=False, id="grid.left"),
        Binding("right,l", "column(1)", "Right", show=False, id="grid.right"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="grid.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="grid.page-down"),
        Binding("g", "first_row", "First row", show=False, id="grid.first-row"),
        Binding("G", "last_row", "Last row", show=False, id="grid.last-row"),
        Binding("home", "first_column", "First column", show=False, id="grid.first-column"),
        Binding("end", "last_column", "Last column", show=False, id="grid.last-column"),
        Binding("enter", "cell", "Cell", id="grid.cell"),
        Binding("space", "record", "Record", id="grid.record"),
        Binding("L", "go_to_row", "Go to row", id="grid.go-to-row"),
        Binding("c", "go_to_column", "Go to column", id="grid.go-to-column"),
        Binding("C", "choose_columns", "Columns", id="grid.columns"),
        Binding("minus", "hide_column", "Hide", key_display="-", id="grid.hide-column"),
        Binding("underscore", "toggle_width", "Width", key_display="_", id="grid.width"),
        Binding("exclamation_mark", "toggle_frozen", "Freeze", key_display="!", id="grid.freeze"),
        Binding("y", "copy_cell", "Copy cell", show=False, id="grid.copy-cell"),
        Binding("Y", "copy_row", "Copy row", show=False, id="grid.copy-row"),
    ]
    HELP = """\
Rows and columns of a file of any size. Cells that are null show as ∅; empty texts show as nothing.
A row number with an exclamation mark is of a row that does not fit the columns: `space` shows all of it.
"""

    class CellChosen(GridViewport.CursorMoved, namespace="data_grid"):
        """Enter was pressed on a cell; the grid shows it in full by itself."""

    # --- keys ------------------------------------------------------------------------------------------

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._goal = None
        self.move_to(self.cursor_row + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages; the page moves with it."""
        self._goal = None
        step = pages * max(1, self.body_height)
        last_top = max(0, self.rows - self.body_height)
        before = (self.cursor_row, self.cursor_column, self.left, self.top)
        self.cursor_row = max(0, min(self.rows - 1, self.cursor_row + step))
        top = max(0, min(last_top, self.top + step))
        if not top <= self.cursor_row < top + self.body_height:
            top = max(0, min(last_top, self.cursor_row))
        self._moved(before, top)

    def action_column(self, columns: int) -> None:
        """Move the cursor by columns."""
        self.move_to(self.cursor_row, self.layout_of_columns.neighbour(self.cursor_column, columns))

    def action_first_row(self) -> None:
        """Go to the first row."""
        self._goal = None
        self.move_to(0)

    def action_last_row(self) -> None:
        """Go to the last row, and on as rows are counted."""
        self.go_to_row(_TO_THE_END)

    def go_to_row(self, row: int) -> None:
        """Go to a row; while rows are counted, as soon as it is known."""
        waits = self.source is not None and not self.source.rows_exact and row >= self.rows
        self._goal = row if waits else None
        self.move_to(row)
        self._painter.repaint_status()

    def action_first_column(self) -> None:
        """Go to the first column."""
        self.move_to(self.cursor_row, self.layout_of_columns.neighbour(self.cursor_column, -_TO_THE_END))

    def action_last_column(self) -> None:
        """Go to the last column."""
        self.move_to(self.cursor_row, self.layout_of_columns.neighbour(self.cursor_column, _TO_THE_END))

    def action_toggle_width(self) -> None:
        """Make the column as wide as its cells need, or usual again."""
        self.layout_of_columns.toggle_width(self.cursor_column)
        self._rearranged(self.cursor_column)

    def action_hide_column(self) -> None:
        """Hide the column of the cursor."""
        columns = self.layout_of_columns
        place = columns.place_of(self.cursor_column)
        if not columns.hide(self.cursor_column):
            self.notify("The last column in sight stays.", markup=False)
            return
        shown = columns.shown
        self._rearranged(shown[min(place, len(shown) - 1)])

    def action_toggle_frozen(self) -> None:
        """Keep the column of the cursor at the left, or let it go."""
        if self.source is not None:
            self.layout_of_columns.toggle_frozen(self.cursor_column)
            self._rearranged(self.cursor_column)

    def _rearranged(self, column: int) -> None:
        """Columns changed their places: the cursor goes to one of them."""
        self.left = max(0, min(self.left, len(self.layout_of_columns.scrolled) - 1))
        self.move_to(self.cursor_row, column)
        self._want()
        self.refresh()

    def action_go_to_row(self) -> None:
        """Ask for a row number."""
        if self.source is not None:
            self.app.push_screen(GoToRow(self.rows, self.source.rows_exact), self._row_given)

    def _row_given(self, row: int | None) -> None:
        if row is not None:
            self.go_to_row(row)

    def action_go_to_column(self) -> None:
        """Look for a column by name."""
        self._choose_columns(searching=True)

    def action_choose_columns(self) -> None:
        """Hide columns and bring them back."""
        self._choose_columns(searching=False)

    def _choose_columns(self, *, searching: bool) -> None:
        if self.source is None or not self.source.columns:
            return
        chooser = ColumnChooser(self.layout_of_columns, self.cursor_column, searching=searching)
        self.app.push_screen(chooser, self._column_chosen)

    def _column_chosen(self, column: int | None) -> None:
        columns = self.layout_of_columns
        target = self.cursor_column if column is None else column
        if target in columns.hidden:
            target = columns.shown[0]
        self._rearranged(target)

    def action_cell(self) -> None:
        """Show the cell of the cursor in full."""
        if self.source is None or not self.rows:
            return
        self.post_message(self.CellChosen(self, self.cursor_row, self.cursor_column))
        self.app.push_screen(CellScreen(self.source, self.cursor_row, self.cursor_column))

    def action_record(self) -> None:
        """Show the row of the cursor with all its columns."""
        if self.source is None or not self.rows:
            return
        screen = RecordScreen(self.source, self.cursor_row, self.cursor_column)
        self.app.push_screen(screen, self._record_left)

    def _record_left(self, place: tuple[int, int] | None) -> None:
        """The record view may have gone to another row or column."""
        if place is None:
            return
        row, column = place
        self.move_to(row, None if column in self.layout_of_columns.hidden else column)

    def action_copy_cell(self) -> None:
        """Copy the whole text of the cell."""
        if self.source is not None and self.rows:
            self._when(self.source.cell(self.cursor_row, self.cursor_column), self._copy_cell)

    def _copy_cell(self, cell: GridCell) -> None:
        self._copy(cell.text or "", "cell")

    def action_copy_row(self) -> None:
        """Copy the row, its cells separated by tabs."""
        if self.source is not None and self.rows:
            self._when(self.source.record(self.cursor_row), self._copy_record)

    def _copy_record(self, record: GridRecord) -> None:
        texts = ((cell.text or "").replace("\t", " ").replace("\n", " ") for cell in record.cells)
        self._copy("\t".join(texts), "row")

    def _copy(self, text: str, what: str) -> None:
        self.app.copy_to_clipboard(text[:COPY_LIMIT])
        cut = f", the first of {human_count(len(text))}" if len(text) > COPY_LIMIT else ""
        length = human_count(min(len(text), COPY_LIMIT))
        self.notify(f"Copied the {what}: {length} characters{cut}.", markup=False)

    # --- the mouse -------------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a double click shows the cell."""
        place = event.get_content_offset(self)
        if place is None or self.source is None:
            return
        row = self.top + place.y - self.header_lines
        x = place.x - self.number_width
        column = next((p.column for p in self.placed() if p.x <= x <= p.x + p.width), self.cursor_column)
        if place.y < self.header_lines:
            self.move_to(self.cursor_row, column)
        elif row < self.rows and place.y < self.header_lines + self.body_height:
            self._goal = None
            self.move_to(row, column)
            if event.chain == 2:
                self.action_cell()
