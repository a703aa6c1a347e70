"""A log with a line above it that says what is shown, how long it is, and whether it is followed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from cursus_tui.text import human_count, safe
from cursus_tui.widgets.log_view import LogView


class LogPane(Vertical):
    """A ``LogView`` (``pane.log_view``) under a line with its status."""

    DEFAULT_CSS: ClassVar[str] = """
    LogPane { height: 1fr; }
    LogPane > Static { height: 1; width: 1fr; background: $panel; color: $foreground; padding: 0 1; }
    LogPane > LogView { height: 1fr; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.log_view = LogView()
        self._status = Static(markup=False)
        self._told: Content | None = None

    def compose(self) -> ComposeResult:
        """The status line and the log."""
        yield self._status
        yield self.log_view

    def on_log_view_status_changed(self) -> None:
        """Say where the log stands."""
        self._tell()

    def _tell(self) -> None:
        told = status_of(self.log_view)
        if told != self._told:
            self._told = told
            self._status.update(told, layout=False)

    def on_resize(self) -> None:
        """Fit the status to the width."""
        self._tell()


def status_of(view: LogView) -> Content:
    """The status line: the files with their lengths, the one shown marked with ▸; what goes on; long lines."""
    parts: list[Content | tuple[str, str]] = []
    for source, length in zip(view.files.sources, view.files.lengths, strict=True):
        shown = source.name == view.source_name
        text = f"{'▸' if shown else ' '}{safe(source.name)} {human_count(length)}"
        parts += [(text, "bold" if shown else ""), ("  ", "")]
    if not parts:
        return Content("No output yet.")
    if view.following:
        parts.append(("following" if view.live else "end", "$text-success" if view.live else ""))
    else:
        parts.append((f"at {human_count(view.cursor + 1)}" + (", G follows" if view.live else ""), "$text-warning"))
    if view.wrapped:
        parts.append(("  wrapped", ""))
    return Content.assemble(*parts)
