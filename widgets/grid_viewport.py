"""The part of a data grid that is in sight: its source, cursor and scrolling. Only cells in sight are asked for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, ClassVar

from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cursus_tui.text import safe
from cursus_tui.widgets.grid_columns import ColumnLayout, Placed
from cursus_tui.widgets.grid_painter import GridPainter
from cursus_tui.widgets.grid_source import GridSource
from cursus_tui.widgets.grid_tiles import TileKey, Tiles


class GridViewport(ScrollView, can_focus=True):
    """Rows and columns of a ``GridSource`` with a cursor cell, without keys.

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
    GridViewport {
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
    GridViewport:focus:ansi > .grid--cursor { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    """

    class CursorMoved(Message, namespace="data_grid"):
        """The cursor came to another cell.

        Attributes:
            grid: The grid.
            row: From 0.
            column: Its number in the source, from 0.
        """

        def __init__(self, grid: GridViewport, row: int, column: int) -> None:
            super().__init__()
            self.grid = grid
            self.row = row
            self.column = column

        @property
        def control(self) -> GridViewport:
            """The grid."""
            return self.grid

    class Failed(Message, namespace="data_grid"):
        """Cells could not be had.

        Attributes:
            grid: The grid.
            reason: Why, in words for the user.
        """

        def __init__(self, grid: GridViewport, reason: str) -> None:
            super().__init__()
            self.grid = grid
            self.reason = reason

        @property
        def control(self) -> GridViewport:
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
        # Out of sight it has no size yet, and is not told of it where its region is asked for before the layout.
        self.call_after_refresh(self._laid_out)
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

    def on_grid_viewport_answered(self, event: Answered) -> None:
        """Use an answer, unless another source is shown by now."""
        if event.source is self.source:
            event.take()

    def on_grid_viewport_grew(self, event: Grew) -> None:
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

    def _laid_out(self) -> None:
        """There is a size by now."""
        self._measure()
        self._want()

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._measure()
        self.move_to(self.cursor_row)
        self._want()

    # --- painting --------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One line of the pane."""
        return self._painter.line(y)
