"""The line that asks what to search for."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input


class SearchLine(Input):
    """Out of sight until a search begins; enter searches, esc puts it away."""

    class Asked(Message):
        """Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True)
        self.display = False

    def open(self, place: str) -> None:
        """Ask for a text to search for in a pane of this title."""
        self.placeholder = f"search in {place.lower()}"
        self.value = ""
        self.display = True
        self.focus()

    def close(self) -> bool:
        """Put it away; False where it was not open."""
        was_open, self.display = self.display, False
        return was_open

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell what to search for."""
        event.stop()
        self.post_message(self.Asked(event.value))
