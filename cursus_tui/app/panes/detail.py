"""A few lines below a list that show in full what its rows cut short."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from cursus_tui.text import safe

_LONGEST = 4_000


class Detail(Static):
    """What the cursor is on, wrapped; out of sight while there is nothing more to tell."""

    def __init__(self) -> None:
        super().__init__("", classes="detail", markup=False)
        self.display = False

    def tell(self, *parts: tuple[str, str]) -> None:
        """Show (text, style) pairs one after the other, each on a line of its own; empty ones are left out."""
        shown = [(text, style) for text, style in parts if text]
        self.display = bool(shown)
        lines = [
            Content(safe(line, _LONGEST)).stylize(style) for text, style in shown for line in text.split("\n")[:20]
        ]
        self.update(Content("\n").join(lines))
