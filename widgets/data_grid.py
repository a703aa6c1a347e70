"""A virtual grid for tables of any size, on Textual's line API: only cells in sight are asked for and painted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cursus_tui.text import human_count, safe
from cursus_tui.widgets.column_chooser import ColumnChooser
from cursus_tui.widgets.go_to_row import GoToRow
from cursus_tui.widgets.grid_columns import ColumnLayout, Placed
from cursus_tui.widgets.grid_painter import GridPainter
from cursus_tui.widgets.grid_source import GridCell, GridRecord, GridSource
from cursus_tui.widgets.grid_tiles import TileKey, Tiles
from cursus_tui.widgets.record_view import CellScreen, RecordScreen

CLIPBOARD_LIMIT = 74_000
"""Characters: many terminals drop an OSC 52 sequence that is longer than 100,000 bytes of base64."""
_TO_THE_END = sys.maxsize


class DataGrid(ScrollView, can_focus=True):
    """Rows and columns of a ``GridSource``, with a cursor cell.

    The first lines are the header and the last one says where the cursor is and what is odd about the table.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "grid--header",
        "grid--header-cursor",
        "grid--type",
        "grid--number",
        "grid--null",
        "grid--bad",
        "grid--waiting",
        "grid--row",
        "grid--cursor",
        "grid--rule",
        "grid--status",
    }
    DEFAULT_CSS = """
    DataGrid {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & > .grid--header { background: $panel; text-style: bold; }
        & > .grid--header-cursor { background: $panel; color: $text-accent; text-style: bold underline; }
        & > .grid--type { background: $panel; text-style: dim; }
        & > .grid--number { text-style: dim; }
        & > .grid--null { text-style: dim italic; }
        & > .grid--bad { color: $text-warning; text-style: bold; }
        & > .grid--waiting { text-style: dim; }
        & > .grid--row { background: $surface-lighten-1; }
        & > .grid--cursor { background: $secondary-muted; text-style: bold; }
        & > .grid--rule { color: $text-accent; text-style: dim; }
        & > .grid--status { background: $panel; }
        &:focus > .grid--cursor { background: $primary; color: $text; text-style: bold; }
        &:ansi > .grid--header { background: ansi_default; text-style: bold; }
        &:ansi > .grid--header-cursor { background: ansi_default; text-style: bold underline; }
        &:ansi > .grid--type { background: ansi_default; text-style: dim; }
        &:ansi > .grid--row { background: ansi_default; }
        &:ansi > .grid--cursor { background: ansi_default; text-style: bold underline; }
        &:ansi > .grid--status { background: ansi_default; text-style: dim; }
    }
    DataGrid:focus:ansi > .grid--cursor { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    """
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

    class CursorMoved(Message):
        """The cursor came to another cell.

        Attributes:
            grid: The grid.
            row: From 0.
            column: Its number in the source, from 0.
        """

        def __init__(self, grid: DataGrid, row: int, column: int) -> None:
            super().__init__()
            self.grid = grid
            self.row = row
            self.column = column

        @property
        def control(self) -> DataGrid:
            """The grid."""
            return self.grid

    class CellChosen(CursorMoved):
        """Enter was pressed on a cell; the grid shows it in full by itself."""

    class Failed(Message):
        """Cells could not be had.

        Attributes:
            grid: The grid.
            reason: Why, in words for the user.
        """

        def __init__(self, grid: DataGrid, reason: str) -> None:
            super().__init__()
            self.grid = grid
            self.reason = reason

        @property
        def control(self) -> DataGrid:
            """The grid."""
            return self.grid

    class Answered(Message, bubble=False):
        """An answer of the source, brought from its thread to ours."""

        def __init__(self, source: GridSource, take: Callable[[], None]) -> None:
            super().__init__()
            self.source = source
            self.take = take

    class Grew(Message, bubble=False):
        """The source knows more than before."""

        def __init__(self, source: GridSource) -> None:
            super().__init__()
            self.source = source

    def __init__(
        self,
        source: GridSource | None = None,
        *,
        message: str = "",
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        """A grid, empty or with a source.

        Args:
            source: What to show.
            message: Shown while there is no source; any text.
            name: Of the widget.
            id: Of the widget.
            classes: Of the widget.
            disabled: Whether it takes keys.
        """
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self.source: GridSource | None = None
        self.layout_of_columns = ColumnLayout(())
        self.cursor_row = 0
        self.cursor_column = 0
        self.left = 0
        """The first column in sight, among those that scroll."""
        self.problem = ""
        """Why cells are missing, if they are."""
        self._message = message
        self._tiles: Tiles | None = None
        self._goal: int | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._painter = GridPainter(self)
        self._first = source

    # --- the source ------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the source that the grid was made with."""
        if self._first is not None:
            self.show(self._first)
            self._first = None

    def on_unmount(self) -> None:
        """Let the source go."""
        self._let_go()

    def show(self, source: GridSource | None, message: str = "") -> None:
        """Show another source from its first cell on, or a message."""
        self._let_go()
        self.source, self._message = source, message
        self.cursor_row = self.cursor_column = self.left = 0
        self._goal, self.problem = None, ""
        self.layout_of_columns = ColumnLayout(source.columns if source else ())
        if source is not None:
            self._tiles = Tiles(source, self._tile_arrived)
            self._unsubscribe = source.subscribe(lambda: self._post(self.Grew(source)))
        self._measure()
        self.scroll_to(y=0, animate=False, force=True)
        self._want()
        self.refresh()

    def _let_go(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        if self._tiles is not None:
            self._tiles.stop()
            self._tiles = None

    @property
    def message(self) -> str:
        """What is shown in the place of rows."""
        return self._message

    @property
    def tiles(self) -> Tiles | None:
        """The cells that are here."""
        return self._tiles

    @property
    def rows(self) -> int:
        """Rows known by now."""
        return self.source.rows if self.source else 0

    def _post(self, message: Message) -> None:
        """From any thread; dropped when the grid is gone."""
        if self.is_attached:
            self.post_message(message)

    def _when(self, future: Future[Any], take: Callable[[Any], None]) -> None:
        """Take a result on our own thread, or say what went wrong."""
        source = self.source
        assert source is not None

        def taken() -> None:
            try:
                take(future.result())
            except CancelledError:
                return
            except Exception as error:
                self._failed(str(error))

        future.add_done_callback(lambda _: self._post(self.Answered(source, taken)))

    def _tile_arrived(self, key: TileKey, future: Future[Any]) -> None:
        source = self.source
        if source is not None:
            self._post(self.Answered(source, lambda: self._take_tile(key, future)))

    def on_data_grid_answered(self, event: Answered) -> None:
        """Use an answer, unless another source is shown by now."""
        if event.source is self.source:
            event.take()

    def on_data_grid_grew(self, event: Grew) -> None:
        """More rows, columns or notes are known."""
        source = self.source
        if source is None or event.source is not source:
            return
        if len(source.columns) != len(self.layout_of_columns.columns):
            self.layout_of_columns.set_columns(source.columns)
            self.refresh()
        self._measure()
        if self._goal is not None:
            goal = self._goal
            self.move_to(min(goal, self.rows - 1))
            self._goal = None if source.rows_exact or goal < self.rows else goal
        self._want()
        self._painter.repaint_status()

    def _measure(self) -> None:
        """Tell the scroll bar how many lines there are."""
        extent = Size(0, self.rows + self.header_lines + self.status_lines)
        if extent != self.virtual_size:
            self.virtual_size = extent

    def _take_tile(self, key: TileKey, future: Future[Any]) -> None:
        if self._tiles is None:
            return
        problem = self._tiles.take(key, future)
        if problem:
            self._failed(problem)
        elif self.problem:
            self.problem = ""
        if self._make_room(key):
            self.left = self.layout_of_columns.left_for(self.cursor_column, self.left, self.cells_width)
            self.refresh()
        else:
            self._painter.repaint_rows()
        self._want()

    def _make_room(self, key: TileKey) -> bool:
        """Widen columns for the cells of a tile. Returns whether one in sight changed."""
        assert self._tiles is not None
        in_sight = {placed.column for placed in self.placed()}
        changed = False
        for column, cells in self._tiles.columns_of(key):
            changed |= self.layout_of_columns.sample(column, cells) and column in in_sight
        return changed

    def _failed(self, reason: str) -> None:
        self.problem = safe(" ".join(reason.split()), 300)
        self._painter.repaint_rows()
        self._painter.repaint_status()
        self.post_message(self.Failed(self, self.problem))

    def _want(self) -> None:
        """Ask for the cells in sight, and for those of the next page."""
        if self._tiles is None or not self.size:
            return
        columns = [placed.column for placed in self.placed()]
        if not columns:
            return
        top, page = self.top, max(1, self.body_height)
        visible = self._tiles.keys(top, top + page - 1, columns)
        self._tiles.want(visible, self._tiles.keys(top - page, top + 2 * page - 1, columns))

    # --- where things are ------------------------------------------------------------------------------

    @property
    def header_lines(self) -> int:
        """Names, and types where there is room."""
        return 2 if self.size.height >= 8 else 1

    @property
    def status_lines(self) -> int:
        """The last line, where there is room."""
        return 1 if self.size.height >= 4 else 0

    @property
    def body_height(self) -> int:
        """Lines for rows."""
        return max(0, self.size.height - self.header_lines - self.status_lines)

    @property
    def top(self) -> int:
        """The first row in sight."""
        return self.scroll_offset.y

    @property
    def line_width(self) -> int:
        """Cells of a line, without the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def number_width(self) -> int:
        """Cells for row numbers and the space after them."""
        return max(4, len(str(self.rows)) + 2)

    @property
    def cells_width(self) -> int:
        """Cells for columns."""
        return max(0, self.line_width - self.number_width)

    def placed(self) -> list[Placed]:
        """The columns in sight."""
        return self.layout_of_columns.place(self.left, self.cells_width)

    def move_to(self, row: int, column: int | None = None) -> None:
        """Put the cursor on a cell, the nearest there is, and bring it into sight."""
        columns = self.layout_of_columns
        before = (self.cursor_row, self.cursor_column, self.left, self.top)
        self.cursor_row = max(0, min(row, self.rows - 1))
        if column is not None:
            self.cursor_column = column
        self.left = columns.left_for(self.cursor_column, self.left, self.cells_width)
        height = self.body_height
        top = self.top
        if self.cursor_row < top:
            top = self.cursor_row
        elif self.cursor_row >= top + height > 0:
            top = self.cursor_row - height + 1
        self._moved(before, top)
        if self._tiles is not None and self._tiles.try_again():
            self._want()

    def _moved(self, before: tuple[int, int, int, int], top: int) -> None:
        """Paint what the cursor's move changed, and nothing else."""
        if top != self.top:
            self.scroll_to(y=top, animate=False, force=True)
        if before[2] != self.left:
            self.refresh()
            self._want()
        elif before[3] == self.top:
            self._painter.repaint_row(before[0])
            self._painter.repaint_row(self.cursor_row)
            self._painter.repaint_status()
            if before[1] != self.cursor_column:
                self._painter.repaint_header()
        if before[:2] != (self.cursor_row, self.cursor_column):
            self.post_message(self.CursorMoved(self, self.cursor_row, self.cursor_column))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch what came into sight, by keys, wheel or scroll bar."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._want()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._measure()
        self.move_to(self.cursor_row)
        self._want()

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
        self.app.copy_to_clipboard(text[:CLIPBOARD_LIMIT])
        cut = f", the first of {human_count(len(text))}" if len(text) > CLIPBOARD_LIMIT else ""
        length = human_count(min(len(text), CLIPBOARD_LIMIT))
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

    # --- painting --------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the pane."""
        return self._painter.line(y)
