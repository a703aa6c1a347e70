"""What the widgets with rows and a cursor share, on Textual's line API: no widget per row."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

TONES = ("plain", "muted", "good", "bad", "warn", "active", "accent")
"""Names of the styles a caller may give to what it shows; their colours come from the theme."""

_AROUND = 3
"""Rows before and after one that is revealed which stay in sight, too."""
_FLAT = Style(color="default", bgcolor="default", dim=False)


class ViewMessage(Message):
    """Something that a view says of itself."""

    def __init__(self, view: Widget) -> None:
        super().__init__()
        self.view = view

    @property
    def control(self) -> Widget:
        """The view, by which Textual tells apart who said it."""
        return self.view


class LineView(ScrollView, can_focus=True):
    """Rows of one line each, with a cursor row.

    A subclass tells how many rows there are and renders one; only rows in sight are rendered.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--cursor",
        "line--focused-cursor",
        "line--hit",
        "line--current-hit",
        *(f"line--{tone}" for tone in TONES),
    }
    DEFAULT_CSS = """
    LineView {
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        & > .line--cursor { background: $surface-lighten-1; }
        & > .line--plain { color: $foreground; }
        & > .line--muted { color: $foreground; text-style: dim; }
        & > .line--good { color: $text-success; }
        & > .line--bad { color: $text-error; text-style: bold; }
        & > .line--warn { color: $text-warning; }
        & > .line--active { color: $text-primary; text-style: bold; }
        & > .line--accent { color: $text-accent; }
        & > .line--hit { background: $warning-muted; text-style: underline; }
        & > .line--current-hit { background: $warning; color: $background; text-style: bold underline; }
        & > .line--focused-cursor { background: $primary-muted; text-style: bold; }
        &:ansi > .line--cursor { background: ansi_default; text-style: none; }
        &:ansi > .line--focused-cursor { background: ansi_default; text-style: bold reverse; }
        &:ansi > .line--hit { background: ansi_default; text-style: underline; }
        &:ansi > .line--current-hit { background: ansi_default; color: ansi_default; text-style: bold reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="rows.up"),
        Binding("down", "move(1)", "Down", show=False, id="rows.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="rows.page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="rows.page-down"),
        Binding("home,g", "first", "First", show=False, id="rows.first"),
        Binding("end,G", "last", "Last", show=False, id="rows.last"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Row of the cursor, from 0; 0, too, while there are no rows."""

    _revealed: int | None = None
    """The row that was asked for centred; the cursor stands on it until it is moved."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._tones: dict[str, Style] = {}

    class SearchMoved(ViewMessage):
        """Where a search stands.

        Attributes:
            view: The widget searched.
            text: What is looked for; empty when the search was cleared.
            hit: Number of the current hit, from 1; 0 where none is current.
            hits: How many there are; None while that is not known.
        """

        def __init__(self, view: LineView, text: str, hit: int, hits: int | None) -> None:
            super().__init__(view)
            self.text = text
            self.hit = hit
            self.hits = hits

    # --- what a subclass tells ---------------------------------------------------------------------

    @property
    @abstractmethod
    def row_count(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def render_row(self, row: int, width: int) -> Strip:
        """One row, styled, exactly this many cells wide and already scrolled sideways."""

    def cursor_moved(self, row: int) -> None:
        """Called when the cursor came to another row; a subclass posts its message here."""

    def row_chosen(self, row: int) -> None:
        """Called on enter and on a double click."""

    # --- moving ------------------------------------------------------------------------------------

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a row (the nearest there is) and bring it into sight."""
        self.cursor = row
        self.show_row(self.cursor)

    def validate_cursor(self, row: int) -> int:
        """Keep the cursor on a row that exists."""
        return max(0, min(row, self.row_count - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two rows concerned, and no other."""
        self.repaint_row(old)
        self.repaint_row(new)
        if self.row_count:
            self.cursor_moved(new)

    def show_row(self, row: int, *, centre: bool = False) -> None:
        """Scroll a row into sight; centred where that is asked for, and it was out of sight or at its edge."""
        height = self.scrollable_content_region.height
        if centre:
            self._revealed = row
        if height <= 0:
            return
        top = self.scroll_offset.y
        edge = min(_AROUND, height // 4)
        if centre and not top + edge <= row < top + height - edge:
            self.scroll_to(y=max(0, row - height // 2), animate=False, force=True)
        elif row < top:
            self.scroll_to(y=row, animate=False, force=True)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False, force=True)

    @property
    def row_width(self) -> int:
        """Cells of a row: those of the pane without its scroll bar."""
        return self.scrollable_content_region.width

    def row_at(self, y: int) -> int:
        """The row that is shown on a line of the pane."""
        return y + self.scroll_offset.y

    def repaint_row(self, row: int) -> None:
        """Repaint one row if it is in sight."""
        offset = row - self.scroll_offset.y
        if not self.size.height:
            self.refresh()  # out of sight it keeps what was painted, and shows that when it comes back
        elif 0 <= offset < self.size.height:
            self.refresh(Region(0, offset, self.size.width, 1))

    def rows_changed(self, width: int = 0) -> None:
        """Say that there are other rows now: all are painted anew.

        Args:
            width: Cells of the widest row, where rows scroll sideways.
        """
        self.reach(Size(width, self.row_count))
        if self.cursor != self.validate_cursor(self.cursor):
            self.cursor = self.validate_cursor(self.cursor)
        self.refresh()

    def reach(self, size: Size) -> None:
        """Say how far rows can be scrolled.

        Assigned plainly, a virtual size lays out the whole screen anew, 20 times a second while a log grows; the bar
        does that by itself when it comes or goes.
        """
        if size != self.virtual_size:
            self.set_reactive(ScrollView.virtual_size, size)
            self._layout_cache.clear()
            self._scroll_update(size)

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows."""
        self.move_cursor(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.move_cursor(self.cursor + pages * max(1, self.scrollable_content_region.height - 1))

    def action_first(self) -> None:
        """Go to the first row."""
        self.move_cursor(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.move_cursor(self.row_count - 1)

    def action_choose(self) -> None:
        """Choose the row of the cursor."""
        if self.row_count:
            self.row_chosen(self.cursor)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a double click chooses."""
        # Textual calls the handlers of all base classes, so subclasses change what a click does in click_at.
        place = event.get_content_offset(self)
        if place is not None and self.click_at(place.x, place.y, double=event.chain == 2):
            event.stop()

    def click_at(self, x: int, y: int, *, double: bool) -> bool:
        """A click on a cell of the pane; whether there was anything."""
        row = self.row_at(y)
        if not 0 <= row < self.row_count:
            return False
        self.move_cursor(row)
        if double:
            self.row_chosen(row)
        return True

    def on_resize(self) -> None:
        """Keep the cursor in sight when the pane changes its size; what was revealed, with what is around it."""
        self.show_row(self.cursor, centre=self._revealed == self.cursor)

    # --- focus -------------------------------------------------------------------------------------

    # As Textual has it, a widget whose focus changes is styled and painted anew as a whole: 15 ms of a large screen,
    # and 9 KB over a slow line. Here the row of the cursor shows the focus, and nothing else does.

    def focus(self, scroll_visible: bool = True) -> Self:
        """Take the focus."""
        self.app.call_later(self._take_focus, scroll_visible)
        return self

    def _take_focus(self, scroll_visible: bool) -> None:
        if self.is_attached:
            self.screen.set_focus(self, scroll_visible)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show it on the row of the cursor."""
        self.repaint_row(self.cursor)

    def on_focus(self, event: events.Focus) -> None:
        """Note it, in place of Textual's own handler."""
        event.prevent_default()
        self.has_focus = True
        if self.parent is not None:
            self.parent.post_message(events.DescendantFocus(self))

    def on_blur(self, event: events.Blur) -> None:
        """Note it, in place of Textual's own handler."""
        event.prevent_default()
        self.has_focus = False
        if self.parent is not None:
            self.parent.post_message(events.DescendantBlur(self))

    # --- painting ----------------------------------------------------------------------------------

    def tone(self, name: str) -> Style:
        """The style of a tone or component, without a background unless it has one of its own."""
        found = self._tones.get(name)
        if found is None:
            found = self._tones[name] = self.get_component_rich_style(f"line--{name}", partial=True)
        return found

    @property
    def base(self) -> Style:
        """The style under every row."""
        found = self._tones.get("")
        if found is None:
            found = self._tones[""] = self.rich_style
        return found

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the pane; a style is computed once for all of them."""
        self._tones.clear()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the pane."""
        row = y + self.scroll_offset.y
        width = self.row_width
        base = self.base
        if row >= self.row_count:
            return Strip.blank(width, base)
        strip = self.render_row(row, width)
        return self.with_cursor(strip, base) if row == self.cursor else strip.apply_style(base)

    def with_cursor(self, strip: Strip, base: Style) -> Strip:
        """A row in the look of the one the cursor is on."""
        cursor = self.tone("focused-cursor" if self.has_focus else "cursor")
        # Reversed, each colour of the row would become a patch of background.
        flat = _FLAT if cursor.reverse else None
        return Strip(Segment.apply_style(strip, base + cursor, flat), strip.cell_length)


def strip_of(parts: Iterable[tuple[str, Style]], width: int) -> Strip:
    """A strip of exactly this many cells from pieces of safe text."""
    return Strip([Segment(text, style) for text, style in parts if text]).adjust_cell_length(width)
