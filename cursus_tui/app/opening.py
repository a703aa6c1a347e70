"""The first picture, painted before anything is read. Imports nothing that takes time."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from cursus_tui.text import safe


class Opening(Screen[None], inherit_bindings=False):
    """Says what is being opened."""

    DEFAULT_CSS = """
    Opening { background: $surface; align: center middle; }
    Opening Static { width: auto; height: auto; }
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._opened = name

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static(Content(f"cursus-tui: opening {safe(self._opened, 200)} …"), markup=False)
