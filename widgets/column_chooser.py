"""A list of all columns of a grid: to go to one by name, to hide some and to bring hidden ones back."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from cursus_tui.text import fit, safe
from cursus_tui.widgets.grid_columns import ColumnLayout
from cursus_tui.widgets.grid_dialog import GridDialog
from cursus_tui.widgets.line_view import LineView, strip_of

_TYPE_WIDTH = 14


class ColumnList(LineView):
    """Columns by name, those that match a text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Go", id="columns.go"),
        Binding("space", "toggle_column", "Hide or show", id="columns.toggle"),
        Binding("a", "show_all", "Show all", id="columns.show-all"),
        Binding("j", "move(1)", show=False, id="columns.down"),
        Binding("k", "move(-1)", show=False, id="columns.up"),
    ]

    class Chosen(Message):
        """Enter was pressed on a column."""

        def __init__(self, column: int) -> None:
            super().__init__()
            self.column = column

    def __init__(self, columns: ColumnLayout) -> None:
        """A list of a layout's columns."""
        super().__init__()
        self._layout = columns
        self.listed: list[int] = list(range(len(columns.columns)))

    @property
    def row_count(self) -> int:
        """Columns that match."""
        return len(self.listed)

    def look_for(self, text: str) -> None:
        """List the columns whose name holds a text, in any case; those that begin with it first."""
        wanted = text.casefold()
        names = [safe(column.name).casefold() for column in self._layout.columns]
        found = [number for number, name in enumerate(names) if wanted in name]
        self.listed = sorted(found, key=lambda number: not names[number].startswith(wanted)) if wanted else found
        self.cursor = 0
        self.rows_changed()
        self.show_row(0)

    def stand_on(self, column: int) -> None:
        """Put the cursor on a column."""
        if column in self.listed:
            self.cursor = self.listed.index(column)
            self.call_after_refresh(lambda: self.show_row(self.cursor))

    def render_row(self, row: int, width: int) -> Strip:
        """Whether it is shown, its name and type."""
        number = self.listed[row]
        column = self._layout.columns[number]
        hidden, frozen = number in self._layout.hidden, number in self._layout.frozen
        state = "hidden" if hidden else "frozen" if frozen else ""
        mark = "[ ] " if hidden else "[x] "
        kind = safe(column.type)
        room = max(8, width - len(mark) - _TYPE_WIDTH - 8)
        name = fit(safe(column.name), room)
        tone = self.tone("muted" if hidden else "plain")
        kind = fit(kind, _TYPE_WIDTH) if cell_len(kind) > _TYPE_WIDTH else kind.ljust(_TYPE_WIDTH)
        return strip_of(
            [(mark, tone), (name, tone), (" " + kind, self.tone("muted")), (state, self.tone("warn"))], width
        )

    def row_chosen(self, row: int) -> None:
        """Go to the column."""
        self.post_message(self.Chosen(self.listed[row]))

    def action_toggle_column(self) -> None:
        """Hide the column, or bring it back."""
        if not self.listed:
            return
        number = self.listed[self.cursor]
        if number in self._layout.hidden:
            self._layout.show([number])
        elif not self._layout.hide(number):
            self.notify("The last column in sight stays.", markup=False)
        self.repaint_row(self.cursor)

    def action_show_all(self) -> None:
        """Bring all hidden columns back."""
        self._layout.show(list(self._layout.hidden))
        self.refresh()


class ColumnChooser(GridDialog[int]):
    """Gives the column to go to, if any; hides and shows columns of the layout as it goes.

    Args:
        columns: The grid's layout: changed in place.
        cursor: The column the grid's cursor is in.
        searching: Whether to begin by typing a name.
    """

    DEFAULT_CSS = """
    ColumnChooser > .grid-dialog { max-width: 70; }
    ColumnChooser ColumnList { height: auto; max-height: 18; min-height: 3; }
    """
    HINT: ClassVar[str] = "enter goes · space hides / shows · a shows all · / finds · esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", show=False, id="columns.search"),
        Binding("down", "into_list", show=False, id="columns.into-list"),
    ]

    def __init__(self, columns: ColumnLayout, cursor: int, *, searching: bool) -> None:
        super().__init__()
        self._columns = columns
        self._cursor = cursor
        self._searching = searching

    def parts(self) -> ComposeResult:
        """A line to type a name into, and the list."""
        yield Input(placeholder="part of a column's name", compact=True)
        yield ColumnList(self._columns)

    def on_mount(self) -> None:
        """Stand on the grid's column."""
        self.set_title(f"Columns ({len(self._columns.columns):,})")
        listed = self.query_one(ColumnList)
        listed.rows_changed()
        listed.styles.height = max(3, min(18, self.app.size.height - 5, listed.row_count))
        listed.stand_on(self._cursor)
        self.query_one(Input).focus() if self._searching else listed.focus()

    def action_search(self) -> None:
        """Type a name."""
        self.query_one(Input).focus()

    def action_into_list(self) -> None:
        """From the line into the list."""
        self.query_one(ColumnList).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """List what matches."""
        event.stop()
        self.query_one(ColumnList).look_for(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the first that matches."""
        event.stop()
        listed = self.query_one(ColumnList)
        if listed.row_count:
            self._go(listed.listed[listed.cursor])

    def on_column_list_chosen(self, event: ColumnList.Chosen) -> None:
        """Go to it."""
        event.stop()
        self._go(event.column)

    def _go(self, column: int) -> None:
        """A hidden column comes back when somebody goes to it."""
        self._columns.show([column])
        self.dismiss(column)
