"""Names, values and where the values come from, as rows to read, search and edit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.strip import Strip

from cursus_tui.text import fit, safe
from cursus_tui.widgets.hits import Hits
from cursus_tui.widgets.line_view import ViewMessage, strip_of
from cursus_tui.widgets.searched_view import SearchedView

_ORIGIN_FROM = 44
"""Narrower panes leave out the origin of a value."""
_LONGEST = 2_000
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A row of a ``ValueTable``.

    Attributes:
        key: Its identity, told in messages.
        name: What the value is of.
        value: The value as text; None for one that is not there, which is shown apart from an empty one.
        origin: Where it comes from.
        tone: A name of ``line_view.TONES`` for the value.
        uncertain: The value is a guess; shown with ``?``.
        overridden: The user gave the value; shown with ``*``.
        editable: Whether an edit may be asked for.
        heading: The row is a heading: only its name is shown.
    """

    key: str
    name: str
    value: str | None = ""
    origin: str = ""
    tone: str = "plain"
    uncertain: bool = False
    overridden: bool = False
    editable: bool = True
    heading: bool = False

    @property
    def marks(self) -> str:
        """Two cells: ``*`` where the user overrode the value, ``?`` where it is a guess."""
        return ("*" if self.overridden else " ") + ("?" if self.uncertain else " ")


class ValueTable(SearchedView):
    """Rows of a name, a value and its origin, under headings."""

    HELP = """
    # Values

    Each value with where it comes from. `*` marks what you set yourself, `?` what is a guess.
    `=` or enter edits the value, `U` takes the last edit back.
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--heading", "line--name"}
    DEFAULT_CSS = """
    ValueTable {
        & > .line--heading { color: $text-primary; text-style: bold underline; }
        & > .line--name { color: $text-secondary; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("equals_sign,enter", "choose", "Edit value", id="values.edit"),
        Binding("left", "sideways(-8)", "Scroll left", show=False, id="values.left"),
        Binding("right", "sideways(8)", "Scroll right", show=False, id="values.right"),
    ]

    class RowMessage(ViewMessage):
        """Something about a row."""

        def __init__(self, view: ValueTable, key: str) -> None:
            super().__init__(view)
            self.key = key

    class RowHighlighted(RowMessage):
        """The cursor came to a row."""

    class EditRequested(RowMessage):
        """The user wants to edit the value of a row; posted for editable rows only."""

    class EditRefused(RowMessage):
        """The user wants to edit the value of a row that is not editable."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._rows: tuple[ValueRow, ...] = ()
        self._name_cells = 0
        self._origin_cells = 0
        self._value_cells = 0
        self._left = 0
        self._note = ""

    # --- rows --------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[ValueRow], *, note: str = "") -> None:
        """Show these rows; the cursor stays on its key where that still exists.

        Args:
            rows: The rows, headings among them.
            note: What to say where there are none.
        """
        kept = self.selected
        self._rows = tuple(rows)
        self._note = note
        values = [row for row in rows if not row.heading]
        self._name_cells = max((cell_len(safe(row.name)) for row in values), default=0)
        self._origin_cells = max((cell_len(safe(row.origin)) for row in values), default=0)
        self._value_cells = max((cell_len(_shown(row)) for row in values), default=0)
        self._hits, self._left = Hits(), 0
        self.rows_changed()
        at = next((index for index, row in enumerate(rows) if kept is not None and row.key == kept.key), None)
        self.move_cursor(at if at is not None else next((i for i, row in enumerate(rows) if not row.heading), 0))

    @property
    def selected(self) -> ValueRow | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self._rows else None

    def select(self, key: str) -> bool:
        """Put the cursor on a row; False where there is none of that key."""
        for index, row in enumerate(self._rows):
            if row.key == key:
                self.move_cursor(index)
                return True
        return False

    @property
    def row_count(self) -> int:
        """Rows, headings among them; one for a note where there are none."""
        return len(self._rows) or bool(self._note)

    def cursor_moved(self, row: int) -> None:
        """Tell which row the cursor is on."""
        if self._rows:
            self.post_message(self.RowHighlighted(self, self._rows[row].key))

    def row_chosen(self, row: int) -> None:
        """Ask for an edit."""
        if self._rows and not self._rows[row].heading:
            message = self.EditRequested if self._rows[row].editable else self.EditRefused
            self.post_message(message(self, self._rows[row].key))

    def action_sideways(self, cells: int) -> None:
        """Scroll the values sideways; names and origins stay."""
        furthest = max(0, self._value_cells - self._room()[1])
        self._left = max(0, min(self._left + cells, furthest))
        self.refresh()

    # --- search ------------------------------------------------------------------------------------

    def searched(self) -> Iterable[str]:
        """Names, values and origins."""
        return ("\n".join((safe(row.name), _shown(row), safe(row.origin))) for row in self._rows)

    # --- painting ----------------------------------------------------------------------------------

    def _room(self) -> tuple[int, int, int]:
        """Cells of the name, the value and the origin."""
        width = self.row_width - 3
        name = min(self._name_cells, max(6, width * 2 // 5))
        origin = 0
        if self.row_width >= _ORIGIN_FROM and self._origin_cells:
            left = width - name - 1
            # A long value may take what the origin leaves, but the origin keeps a third.
            origin = min(self._origin_cells, max(left // 3, left - self._value_cells - 1))
        return name, max(0, width - name - 1 - (origin + 1 if origin else 0)), origin

    def render_row(self, row: int, width: int) -> Strip:
        """A row: cursor, marks, name, value, origin."""
        cursor = ("›" if row == self.cursor else " ", self.tone("active"))
        if not self._rows:
            return strip_of([cursor, (fit(safe(self._note), width - 1), self.tone("muted"))], width)
        line = self._rows[row]
        if line.heading:
            return strip_of([cursor, (fit(safe(line.name), width - 1).rstrip(), self.tone("heading"))], width)
        name, value, origin = self._room()
        tone = self.tone("muted" if line.value is None else line.tone)
        parts = [
            cursor,
            (line.marks, self.tone("warn")),
            *self._cell(row, 0, safe(line.name), name, self.tone("name")),
            (" ", Style()),
            *self._cell(row, 1, _shown(line), value, tone, self._left),
        ]
        if origin:
            parts += [(" ", Style()), *self._cell(row, 2, safe(line.origin), origin, self.tone("muted"))]
        return strip_of(parts, width)

    def _cell(
        self, row: int, column: int, text: str, cells: int, style: Style, left: int = 0
    ) -> list[tuple[str, Style]]:
        """A text cut or padded to its cells, its hits marked."""
        line = self._rows[row]
        before = [safe(line.name), _shown(line)][:column]
        offset = sum(len(part) + 1 for part in before)
        parts: list[tuple[str, Style]] = []
        done = 0
        for start, end, current in self._hits.in_row(row):
            start, end = start - offset, end - offset
            if start >= 0 and end <= len(text):
                parts.append((text[done:start], style))
                parts.append((text[start:end], style + self.tone("current-hit" if current else "hit")))
                done = end
        parts.append((text[done:], style))
        whole = strip_of(parts, cell_len(text))
        shown = whole.crop_extend(left, left + cells, style)
        if cells and whole.cell_length > left + cells:
            shown = Strip.join([shown.crop(0, cells - 1), strip_of([("…", self.tone("muted"))], 1)])
        return [(segment.text, segment.style or Style()) for segment in shown]


def _shown(row: ValueRow) -> str:
    return "not set" if row.value is None else safe(row.value, _LONGEST) or '""'
