"""A cell or a row of a grid in full, on top of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, ClassVar

from rich.cells import cell_len, chop_cells
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip

from cursus_tui.text import fit, human_count, safe
from cursus_tui.widgets.grid_dialog import GridDialog
from cursus_tui.widgets.grid_source import GridCell, GridRecord, GridSource
from cursus_tui.widgets.line_view import LineView, strip_of

NULL = "∅ null"
COPY_LIMIT = 74_000
"""Characters: many terminals drop an OSC 52 sequence that is longer than 100,000 bytes of base64."""
_NAME_WIDTH = 28
_FIRST_CHARACTERS = 1000


class Answered(Message, bubble=False):
    """An answer of the source, brought from its thread to the screen's."""

    def __init__(self, take: Callable[[], None]) -> None:
        super().__init__()
        self.take = take


def when_done(
    screen: Screen[Any], future: Future[Any], take: Callable[[Any], None], fail: Callable[[str], None]
) -> None:
    """Take a result on a screen's own thread; say what went wrong otherwise."""

    def taken() -> None:
        try:
            result = future.result()
        except CancelledError:
            return
        except Exception as error:
            fail(safe(" ".join(str(error).split()), 500))
            return
        take(result)

    def arrived(_: Future[Any]) -> None:
        if screen.is_attached:
            screen.post_message(Answered(taken))

    future.add_done_callback(arrived)


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a text, tabs expanded, none wider than this many cells; every one safe to paint."""
    width = max(1, width)
    lines: list[str] = []
    for line in text.split("\n"):
        shown = safe(line.expandtabs(4))
        if shown.isascii():
            lines += [shown[start : start + width] for start in range(0, len(shown), width)] or [""]
        else:
            lines += chop_cells(shown, width) or [""]
    return lines


class TextPage(LineView):
    """A long text, wrapped to the width there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "move(1)", show=False, id="text.down"),
        Binding("k", "move(-1)", show=False, id="text.up"),
    ]

    def __init__(self) -> None:
        """An empty page."""
        super().__init__()
        self._text = ""
        self._lines: list[str] = [""]
        self._width = 0

    @property
    def row_count(self) -> int:
        """Lines, as wrapped."""
        return len(self._lines)

    def set_text(self, text: str) -> None:
        """Show a text from its beginning."""
        self._text = text
        self._width = self.row_width
        self._lines = wrapped(text, self._width or 80)
        self.rows_changed()
        self.move_cursor(0)

    def on_resize(self) -> None:
        """Wrap anew."""
        if self.row_width != self._width:
            self.set_text(self._text)
        super().on_resize()

    def render_row(self, row: int, width: int) -> Strip:
        """One line."""
        return strip_of([(self._lines[row], self.tone("plain"))], width)


class CellScreen(GridDialog[None]):
    """One cell in full.

    Args:
        source: Where it comes from.
        row: From 0.
        column: Its number, or None with ``cell``.
        cell: The cell, where it is here already.
    """

    DEFAULT_CSS = """
    CellScreen TextPage { height: auto; min-height: 1; max-height: 100%; }
    """
    HINT: ClassVar[str] = "↑ ↓ scroll · y copies · esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", show=False, id="cell.copy"),
        Binding("enter,q", "close", show=False, id="cell.close"),
    ]

    def __init__(self, source: GridSource, row: int, column: int, cell: GridCell | None = None) -> None:
        super().__init__()
        self._source = source
        self._row = row
        self._column = column
        self._cell = cell

    def parts(self) -> ComposeResult:
        """The text."""
        yield TextPage()

    def on_mount(self) -> None:
        """Ask for the cell."""
        self.set_title(f"row {human_count(self._row + 1)}")
        self.query_one(TextPage).focus()
        if self._cell is not None:
            self.call_after_refresh(self._show, self._cell)
        else:
            self._fill("…")
            when_done(self, self._source.cell(self._row, self._column), self._show, self._fill)

    def on_answered(self, event: Answered) -> None:
        """Use an answer."""
        event.take()

    def _fill(self, text: str) -> None:
        page = self.query_one(TextPage)
        page.set_text(text)
        page.styles.height = max(1, min(page.row_count, self.app.size.height - 3))

    def _show(self, cell: GridCell) -> None:
        self._cell = cell
        length = f"{human_count(cell.characters)} characters"
        if cell.text is not None and len(cell.text) < cell.characters:
            length += f", the first {human_count(len(cell.text))} shown"
        if cell.text is None:
            length = ""
        self.set_title(f"row {human_count(self._row + 1)} · {fit_name(cell.name)} · {safe(cell.type)}", length)
        self._fill(NULL if cell.text is None else cell.text)

    def action_copy(self) -> None:
        """Copy the text."""
        if self._cell is not None:
            text = (self._cell.text or "")[:COPY_LIMIT]
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {human_count(len(text))} characters.", markup=False)


def fit_name(name: str) -> str:
    """A column's name for a title."""
    shown = safe(name)
    return fit(shown, min(cell_len(shown), _NAME_WIDTH))


class FieldList(LineView):
    """The cells of a row, one a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Cell", id="record.cell"),
        Binding("j", "move(1)", show=False, id="record.down"),
        Binding("k", "move(-1)", show=False, id="record.up"),
    ]

    class Chosen(Message):
        """Enter was pressed on a field."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        """An empty list."""
        super().__init__()
        self.cells: tuple[GridCell, ...] = ()
        self._names = 8

    @property
    def row_count(self) -> int:
        """Fields."""
        return len(self.cells)

    def set_cells(self, cells: tuple[GridCell, ...]) -> None:
        """Show the cells of a row; the cursor stays at its field."""
        self.cells = cells
        self._names = max((min(_NAME_WIDTH, cell_len(safe(cell.name))) for cell in cells), default=8)
        self.rows_changed()
        self.show_row(self.cursor)

    def render_row(self, row: int, width: int) -> Strip:
        """Name and the beginning of the value."""
        cell = self.cells[row]
        name = fit(safe(cell.name), min(self._names, width // 2))
        if cell.text is None:
            value, tone = NULL, "muted"
        else:
            value, tone = safe(cell.text[:_FIRST_CHARACTERS]), "plain"
        room = max(1, width - cell_len(name) - 2)
        return strip_of(
            [(name, self.tone("accent")), ("  ", self.tone("plain")), (fit(value, room), self.tone(tone))], width
        )

    def row_chosen(self, row: int) -> None:
        """Show the whole value."""
        self.post_message(self.Chosen(row))


class RecordScreen(GridDialog[tuple[int, int]]):
    """One row, a field a line. Gives the row and column that it was left at.

    Args:
        source: Where it comes from.
        row: From 0.
        column: The field that the cursor begins at.
    """

    DEFAULT_CSS = """
    RecordScreen FieldList { height: auto; min-height: 1; }
    """
    HINT: ClassVar[str] = "enter whole cell · ← → row before and after · y copies · esc closes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "Row before", show=False, id="record.before"),
        Binding("right,l", "step(1)", "Row after", show=False, id="record.after"),
        Binding("y", "copy", "Copy", show=False, id="record.copy"),
        Binding("space,q", "close", show=False, id="record.close"),
    ]

    def __init__(self, source: GridSource, row: int, column: int) -> None:
        super().__init__()
        self._source = source
        self._row = row
        self._column = column
        self._begun = False

    def parts(self) -> ComposeResult:
        """The list."""
        yield FieldList()

    def on_mount(self) -> None:
        """Ask for the row."""
        self.query_one(FieldList).focus()
        self._ask()

    def on_answered(self, event: Answered) -> None:
        """Use an answer."""
        event.take()

    def _ask(self) -> None:
        self.set_title(self._title())
        when_done(self, self._source.record(self._row), self._show, self._failed)

    def _title(self) -> str:
        return f"row {human_count(self._row + 1)} of {human_count(self._source.rows)}"

    def _show(self, record: GridRecord) -> None:
        if record.row != self._row:
            return
        fields = self.query_one(FieldList)
        fields.styles.height = max(1, min(len(record.cells), self.app.size.height - 3))
        fields.set_cells(tuple(record.cells))
        if not self._begun:
            self._begun = True
            fields.cursor = self._column
            self.call_after_refresh(fields.show_row, self._column)
        self.set_title(self._title(), safe(record.note))

    def _failed(self, reason: str) -> None:
        self.set_title(self._title(), reason)

    def action_step(self, rows: int) -> None:
        """Go to another row."""
        row = max(0, min(self._source.rows - 1, self._row + rows))
        if row != self._row:
            self._row = row
            self._ask()

    def action_close(self) -> None:
        """Back to the grid, at this row and field."""
        fields = self.query_one(FieldList)
        column = min(fields.cursor, len(self._source.columns) - 1)
        self.dismiss((self._row, column if fields.row_count else self._column))

    def on_field_list_chosen(self, event: FieldList.Chosen) -> None:
        """Show the whole value."""
        event.stop()
        cell = self.query_one(FieldList).cells[event.place]
        whole = cell.text is None or len(cell.text) >= cell.characters
        known = cell if whole or event.place >= len(self._source.columns) else None
        self.app.push_screen(CellScreen(self._source, self._row, event.place, known))

    def action_copy(self) -> None:
        """Copy the field's text."""
        fields = self.query_one(FieldList)
        if fields.row_count:
            text = (fields.cells[fields.cursor].text or "")[:COPY_LIMIT]
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied {human_count(len(text))} characters.", markup=False)
