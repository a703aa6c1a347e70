"""What the questions of a data grid share: a titled box that esc closes without an answer."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

Answer = TypeVar("Answer")


class GridDialog(ModalScreen[Answer | None]):
    """A box on top of the grid. A subclass gives its parts."""

    DEFAULT_CSS = """
    GridDialog { align: center middle; }
    GridDialog > .grid-dialog {
        width: 100%; max-width: 120; height: auto; max-height: 100%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    GridDialog > .grid-dialog.-small { max-width: 60; }
    GridDialog .grid-dialog--hint { height: 1; color: $text-muted; }
    GridDialog .grid-dialog--problem { height: auto; color: $text-error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False, id="grid-dialog.close")]
    SMALL: ClassVar[bool] = False
    HINT: ClassVar[str] = "esc closes"

    def compose(self) -> ComposeResult:
        """The box around the parts."""
        with Vertical(classes="grid-dialog -small" if self.SMALL else "grid-dialog"):
            yield from self.parts()
            yield Static(Content(self.HINT), classes="grid-dialog--hint")

    def parts(self) -> ComposeResult:
        """What stands in the box."""
        raise NotImplementedError

    def set_title(self, title: str, subtitle: str = "") -> None:
        """Name the box; safe text, never markup."""
        box = self.query_one(".grid-dialog", Vertical)
        box.border_title = Content(title)
        box.border_subtitle = Content(subtitle)

    def action_close(self) -> None:
        """No answer."""
        self.dismiss(None)
