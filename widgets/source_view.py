"""A script with syntax colour, line numbers and marks in its gutter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, get_args

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip
from textual.timer import Timer

from cursus_tui.text import fit, safe
from cursus_tui.widgets.hits import Hit, Hits
from cursus_tui.widgets.line_view import ViewMessage, strip_of
from cursus_tui.widgets.searched_view import SearchedView
from cursus_tui.widgets.source_marks import BREAKPOINT_GLYPHS, PLACE_GLYPHS, MarkKind, SourceMark
from cursus_tui.widgets.source_text import ROLES, SourceText

_SLICE = 80
"""Lines lexed in one turn: about 3 ms."""


__all__ = ["SourceMark", "SourceView"]


class SourceView(SearchedView):
    """A source file to read: syntax colour, line numbers, marks, a cursor line, search.

    Lines are named by their numbers as shown (``first_line`` on); columns are characters, from 0.
    """

    HELP = """
    # Source

    The script of the step. Marks beside the line numbers: ● breakpoint, ◆ with a condition, ◇ logpoint,
    ○ disabled, ? on a line without code, ▶ the line that runs next, ✗ where it failed, ▌ a line that takes much time.
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line--{role}" for role in ROLES} | {"line--place", "line--note"}
    DEFAULT_CSS = """
    SourceView {
        & > .line--comment { color: $foreground; text-style: dim italic; }
        & > .line--keyword { color: $text-accent; }
        & > .line--constant { color: $text-warning; }
        & > .line--string { color: $text-success; }
        & > .line--number { color: $text-warning; }
        & > .line--builtin { color: $text-secondary; }
        & > .line--definition { color: $text-primary; text-style: bold; }
        & > .line--decorator { color: $text-secondary; }
        & > .line--error { color: $text-error; }
        & > .line--place { text-style: bold underline; }
        & > .line--note { color: $text-error; text-style: italic; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "sideways(-8)", "Scroll left", show=False, id="source.left"),
        Binding("right", "sideways(8)", "Scroll right", show=False, id="source.right"),
        Binding("enter", "choose", "Choose line", show=False, id="source.choose"),
    ]

    class LineMessage(ViewMessage):
        """Something about a line, named by its number as shown."""

        def __init__(self, view: SourceView, line: int) -> None:
            super().__init__(view)
            self.line = line

    class LineHighlighted(LineMessage):
        """The cursor came to a line."""

    class LineChosen(LineMessage):
        """Enter or a double click."""

    class GutterClicked(LineMessage):
        """A click beside the line: people expect a breakpoint there."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.path_text = ""
        self.first_line = 1
        self._text = SourceText()
        self._marks: dict[int, dict[str, SourceMark]] = {}
        self._width = 0
        self._reader: Timer | None = None
        self._empty_note = ""

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, path_text: str, source: str, first_line: int = 1, *, language: str | None = None) -> None:
        """Show a source; marks and search are forgotten, the cursor stays on its line if the path is the same.

        Args:
            path_text: The file's name; it tells the language and stands in the border.
            source: The text.
            first_line: Number of its first line.
            language: A Pygments name, for a path that does not tell.
        """
        same = path_text == self.path_text
        cursor = self.cursor if same else 0
        self.path_text, self.first_line, self._empty_note = path_text, first_line, ""
        self.border_title = Content(safe(path_text))
        self._text = SourceText(path_text, source, language)
        self._marks, self._hits = {}, Hits()
        self._width = max(self._text.cells(row) for row in range(len(self._text.lines)))
        self.rows_changed(self._gutter + self._width)
        if not same:
            self.scroll_to(0, 0, animate=False, force=True)
        self.move_cursor(cursor)
        self._read_on()
        if not self._text.finished and self._reader is None:
            self._reader = self.set_interval(1 / 50, self._read_on)

    def clear(self, note: str = "") -> None:
        """Show nothing but a note that says why."""
        self.show("", "")
        self._empty_note = note
        self.refresh()

    @property
    def line(self) -> int:
        """Number of the line under the cursor."""
        return self.cursor + self.first_line

    @property
    def line_text(self) -> str:
        """The line under the cursor, as it is in the file."""
        return self._text.lines[self.cursor]

    @property
    def lines(self) -> list[str]:
        """All lines, as they are in the file."""
        return self._text.lines

    def text_at(self, line: int) -> str | None:
        """A line as it is in the file; None where there is no such line."""
        row = line - self.first_line
        return self._text.lines[row] if 0 <= row < len(self._text.lines) else None

    def reveal(self, line: int) -> None:
        """Put the cursor on a line (the nearest there is), centred if it was out of sight or at its edge."""
        self.cursor = line - self.first_line
        self.show_row(self.cursor, centre=True)

    # --- marks -------------------------------------------------------------------------------------

    def mark(self, line: int, kind: MarkKind, *, columns: tuple[int, int] | None = None, note: str = "") -> None:
        """Mark a line; a line has one mark of each kind, and only one line is ``current``.

        Raises:
            ValueError: There is no such kind of mark.
        """
        if kind not in get_args(MarkKind):
            raise ValueError(f"no such mark: {kind}")
        if kind == "current":
            self.unmark(kind="current")
        self._marks.setdefault(line, {})[kind] = SourceMark(line, kind, columns, note)
        self.repaint_row(line - self.first_line)

    def unmark(self, line: int | None = None, kind: MarkKind | None = None) -> None:
        """Take marks away: those of a line, of a kind, of both, or all."""
        for number in [line] if line is not None else list(self._marks):
            kinds = self._marks.get(number, {})
            for name in [kind] if kind is not None else list(kinds):
                kinds.pop(name, None)
            if not kinds:
                self._marks.pop(number, None)
            self.repaint_row(number - self.first_line)

    def set_marks(self, marks: Sequence[SourceMark]) -> None:
        """Replace all marks; lines whose marks stay the same are not painted anew."""
        wanted: dict[int, dict[str, SourceMark]] = {}
        for mark in marks:
            wanted.setdefault(mark.line, {})[mark.kind] = mark
        before, self._marks = self._marks, wanted
        for line in {*before, *wanted}:
            if before.get(line) != wanted.get(line):
                self.repaint_row(line - self.first_line)

    def marks(self, line: int) -> tuple[SourceMark, ...]:
        """The marks of a line."""
        return tuple(self._marks.get(line, {}).values())

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """The lines."""
        return self._text.lines

    def go_to_hit(self, hit: Hit) -> None:
        """Bring a hit into sight, sideways, too."""
        self.reveal(hit.row + self.first_line)
        self._show_column(hit.row, hit.start, hit.end)

    def _show_column(self, row: int, start: int, end: int) -> None:
        """Scroll sideways until characters are in sight."""
        room = max(1, self.scrollable_content_region.width - self._gutter)
        before = sum(cell_len(text) for at, _, text in self._text.pieces(row, [start]) if at < start)
        left = self.scroll_offset.x
        if not left <= before <= left + room - (end - start):
            self.scroll_to(x=max(0, before - room // 2), animate=False, force=True)

    # --- rows --------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Lines of the source."""
        return len(self._text.lines)

    def cursor_moved(self, row: int) -> None:
        """Tell which line the cursor is on."""
        self.post_message(self.LineHighlighted(self, row + self.first_line))

    def row_chosen(self, row: int) -> None:
        """Tell which line was chosen."""
        self.post_message(self.LineChosen(self, row + self.first_line))

    def click_at(self, x: int, y: int, *, double: bool) -> bool:
        """A click into the gutter is told besides what any click does."""
        hit = super().click_at(x, y, double=double)
        if hit and x < self._gutter:
            self.post_message(self.GutterClicked(self, self.line))
        return hit

    def action_sideways(self, cells: int) -> None:
        """Scroll sideways."""
        self.scroll_to(x=self.scroll_offset.x + cells, animate=False, force=True)

    def _read_on(self) -> None:
        fresh = self._text.read_on(_SLICE)
        top, height = self.scroll_offset.y, self.size.height
        if fresh and fresh.start < top + height and fresh.stop > top:
            self.refresh()
        if self._text.finished and self._reader is not None:
            self._reader.stop()
            self._reader = None

    # --- painting ----------------------------------------------------------------------------------

    @property
    def _gutter(self) -> int:
        """Cells left of the code: cursor, breakpoint, place, number, hot line."""
        return 3 + len(str(self.first_line + self.row_count - 1)) + 1

    def render_row(self, row: int, width: int) -> Strip:
        """A line: the gutter stays, the code scrolls sideways."""
        if self._empty_note:
            return strip_of([(safe(self._empty_note), self.tone("muted"))], width)
        marks = self._marks.get(row + self.first_line, {})
        gutter = min(self._gutter, width)
        code = Strip([Segment(text, style) for text, style in self._code(row, marks) if text])
        note = self._note(marks, max(0, width - gutter) * 2 // 3)
        left = self.scroll_offset.x
        # The note stays in sight: a long line makes way for it.
        right = left + width - gutter - note.cell_length
        if code.cell_length > right > left:
            code = Strip.join([code.crop(left, right - 1), Strip([Segment("…", self.tone("muted"))])])
        else:
            code = code.crop(left, min(right, code.cell_length)) if code.cell_length > left else Strip([])
        whole = Strip.join([strip_of(self._gutter_parts(row, marks), gutter), code, note])
        return whole.crop_extend(0, width, Style())

    def _note(self, marks: dict[str, SourceMark], room: int) -> Strip:
        """What the marks of a line have to say, within some cells."""
        notes = [mark for mark in marks.values() if mark.note]
        if not notes:
            return Strip([])
        text = "  ← " + "; ".join(safe(mark.note, 400) for mark in notes)
        tone = "note" if any(mark.kind == "failure" for mark in notes) else "accent"
        return strip_of([(fit(text, min(room, cell_len(text))), self.tone(tone))], min(room, cell_len(text)))

    def _gutter_parts(self, row: int, marks: dict[str, SourceMark]) -> list[tuple[str, Style]]:
        stop = next((glyph for kind, glyph in BREAKPOINT_GLYPHS.items() if kind in marks), " ")
        place, tone = next((look for kind, look in PLACE_GLYPHS.items() if kind in marks), (" ", "plain"))
        number = str(row + self.first_line).rjust(self._gutter - 4)
        at_cursor = row == self.cursor
        return [
            ("›" if at_cursor else " ", self.tone("active")),
            (stop, self.tone("bad")),
            (place, self.tone(tone)),
            (number, self.tone("plain" if at_cursor else "muted")),
            ("▌" if "hot" in marks else " ", self.tone("warn")),
        ]

    def _code(self, row: int, marks: dict[str, SourceMark]) -> list[tuple[str, Style]]:
        hits = self._hits.in_row(row)
        places = [mark.columns for mark in marks.values() if mark.columns is not None]
        cuts = [cut for start, end, *_ in [*hits, *places] for cut in (start, end)]
        parts: list[tuple[str, Style]] = []
        for start, role, text in self._text.pieces(row, cuts):
            style = self.tone(role) if role else Style()
            if any(first <= start < last for first, last in places):
                style += self.tone("place")
            for first, last, current in hits:
                if first <= start < last:
                    style += self.tone("current-hit" if current else "hit")
            parts.append((text, style))
        return parts
