"""What the selected step prints: live, followed, searchable."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.situation import Situation
from cursus_tui.records.run import StepStatus
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.widgets import log_pane
from cursus_tui.widgets.log_files import LogSource

_LIVE = (StepStatus.IMPORTING, StepStatus.RUNNING, StepStatus.PAUSED)


class LogPane(Pane):
    """Both streams of the newest attempt of the selected step, one at a time."""

    TITLE: ClassVar[str] = "Log"
    VERBS: ClassVar[tuple[str, ...]] = (
        "log.other",
        "log.wrap",
        "search",
        "next-hit",
        "pause",
        "cancel",
        "copy",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "What the step printed, as it prints it. a shows the other stream (stdout or stderr), G follows the newest "
        "line, moving up stops that, _ wraps long lines. Progress bars show their last state; everything, raw, is in "
        "the attempt's folder."
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._box = log_pane.LogPane()
        self._led_to = ""

    def compose(self) -> ComposeResult:
        """The log under its own status line."""
        yield self._box

    @property
    def focus_target(self) -> Widget:
        """The log."""
        return self._box.log_view

    def show(self, now: Situation, before: Situation | None) -> None:
        """Follow the newest attempt of the selected step."""
        attempt = now.attempt
        log = self._box.log_view
        if attempt is None:
            log.show()
            return
        logs = AttemptFolder(attempt.folder)
        sources = (LogSource("stdout", logs.stdout), LogSource("stderr", logs.stderr))
        fresh = log.files.sources != sources
        log.show(*sources, live=attempt.status in _LIVE)
        if fresh:
            self._led_to = log.source_name
        self._lead()

    def on_log_view_status_changed(self) -> None:
        """It grew."""
        self._lead()

    def _lead(self) -> None:
        """Show the stream with the failure, or the only one with lines, unless the user chose one."""
        attempt = self._shown.attempt if self._shown else None
        log = self._box.log_view
        if attempt is None or log.source_name != self._led_to or log.source_name == "stderr":
            return
        logs = AttemptFolder(attempt.folder)
        failed = attempt.status is StepStatus.FAILED
        if _is_written(logs.stderr) and (failed or not _is_written(logs.stdout)):
            log.show_source("stderr")
            self._led_to = "stderr"

    def log_action(self, name: str) -> None:
        """Do what one of the log's keys does."""
        log = self._box.log_view
        {"log.other": log.action_other, "log.wrap": log.action_wrap}[name]()

    def search(self, text: str) -> None:
        """Find text in the stream that is shown."""
        self._box.log_view.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous line found."""
        self._box.log_view.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The line under the cursor."""
        return self._box.log_view.line_text or None


def _is_written(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False
