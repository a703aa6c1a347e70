"""A pane that is one list of rows."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widget import Widget

from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.row_list import Row, RowList
from cursus_tui.app.situation import Situation


class ListPane(Pane):
    """Rows made from the situation, with search and copy."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.list = RowList()

    def compose(self) -> ComposeResult:
        """The list."""
        yield self.list

    @property
    def focus_target(self) -> Widget:
        """The list."""
        return self.list

    def rows(self, now: Situation) -> list[Row]:
        """The rows of a situation. A pane overrides this."""
        raise NotImplementedError

    def show(self, now: Situation, before: Situation | None) -> None:
        """Show the rows; another step starts at the top."""
        if before is not None and before.step != now.step and self.list.rows:
            self.list.move_cursor(0)
        self.list.set_rows(self.rows(now))

    def search(self, text: str) -> None:
        """Find a row."""
        self.list.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous row found."""
        self.list.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The row; with ``row`` all of them."""
        if row:
            return "\n".join("  ".join(cell for cell in line.cells if cell) for line in self.list.rows)
        return self.list.plain() or None
