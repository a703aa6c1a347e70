"""The reference of the screen's benchmarks: a Textual app with one word on it."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """Says ``ready``."""

    def compose(self) -> ComposeResult:
        """One word, so that its first picture can be told from none."""
        yield Static("ready")


Empty().run()
