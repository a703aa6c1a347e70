"""The selected step's script, with main in view, and where it failed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cursus_tui.app.failure_text import default_frame, failure_content, locals_content
from cursus_tui.app.messages import ActionAsked
from cursus_tui.app.panes.chrome import Line
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.short_path import short
from cursus_tui.app.situation import Situation
from cursus_tui.records.run import Attempt, Frame, StepStatus
from cursus_tui.text import safe
from cursus_tui.widgets.source_view import SourceMark, SourceView

_MOST_BYTES = 4 << 20
_MAIN = re.compile(r"^(?:async )?def main\b", re.MULTILINE)


class SourceHeading(Line):
    """The file in view, and whether it was edited since the step ran."""

    file: str = ""
    note: str = ""

    def tell(self, file: str, note: str) -> None:
        """Show another file or note."""
        self.file, self.note = file, note
        self.refresh()

    def render(self) -> Content:
        """The end of a long path matters more than its beginning."""
        note = f"  {self.note}" if self.note else ""
        room = max(10, self.size.width - 2 - len(note))
        file = self.file if len(self.file) <= room else "…" + self.file[1 - room :]
        return Content.assemble((f" {safe(file)}", "$text-muted"), (safe(note), "$text-warning"))


class SourcePane(Pane):
    """The script; above it the failure of the step's newest attempt, if it failed."""

    TITLE: ClassVar[str] = "Source"
    VERBS: ClassVar[tuple[str, ...]] = (
        "open-editor",
        "rerun",
        "step-over",
        "continue",
        "error",
        "frame-up",
        "frame-down",
        "search",
        "breakpoint",
        "copy",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "The script of the selected step, at its main. When the step failed: the exception, the values of the locals "
        "and the line (✗, its columns underlined); u and d walk through the frames of the traceback (▷). "
        "o opens the script in $EDITOR at the line under the cursor; an edited script makes the step and those after "
        "it stale, r runs it again."
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._failure_text = Static("", markup=False)
        self._locals = Static("", markup=False, id="locals")
        self._failure = VerticalScroll(self._failure_text, self._locals, id="failure", can_focus=False)
        self._failure.display = False
        self._heading = SourceHeading()
        self._view = SourceView()
        self._file: Path | None = None
        self._read: tuple[Path, int, int] | None = None
        self._frame: int | None = None
        self._main_line = 1

    def compose(self) -> ComposeResult:
        """Failure, file name, source."""
        yield self._failure
        yield self._heading
        yield self._view

    @property
    def focus_target(self) -> Widget:
        """The source."""
        return self._view

    @property
    def place(self) -> tuple[Path, int] | None:
        """File and line in view, for an editor."""
        return (self._file, self._view.line) if self._file else None

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, now: Situation, before: Situation | None) -> None:
        """Another step, another attempt or another text of the script."""
        attempt = now.attempt
        previous = before.attempt if before and before.step == now.step else None
        fresh = before is None or before.step != now.step
        failed = attempt is not None and attempt.status is StepStatus.FAILED and attempt.error is not None
        if fresh or _key(attempt) != _key(previous):
            self._frame = default_frame(attempt.error) if failed and attempt and attempt.error else None
            self._show_place(now, attempt if failed else None, jump=True)
        else:
            self._show_place(now, attempt if failed else None, jump=False)

    def _show_place(self, now: Situation, failed: Attempt | None, *, jump: bool) -> None:
        frame = self._frame_of(failed)
        step = now.selected
        self._file = Path(frame.file) if frame else step.script if step else None
        changed = self._load(now)
        self._tell_failure(failed)
        if changed or jump:
            self._mark(failed)
        if jump or (changed and self._read is None):
            self._view.reveal(frame.line if frame else self._main_line)
        state = now.selected_state
        file = short(self._file, now.pipeline.layout.root) if self._file else ""
        self._heading.tell(file, state.stale or "" if state else "")

    def _frame_of(self, failed: Attempt | None) -> Frame | None:
        if failed is None or failed.error is None or self._frame is None:
            return None
        return failed.error.frames[self._frame] if self._frame < len(failed.error.frames) else None

    def _load(self, now: Situation) -> bool:
        """Read the file if it is another one or was changed; True if the view was."""
        if self._file is None:
            step = now.selected
            self._view.clear(step.why if step else "select a step in the pipeline")
            self._read = None
            return True
        try:
            found = self._file.stat()
            key = (self._file, found.st_mtime_ns, found.st_size)
            if key == self._read:
                return False
            with self._file.open("rb") as stream:
                text = stream.read(_MOST_BYTES).decode("utf-8", errors="replace")
        except OSError as problem:
            self._view.clear(f"{self._file} cannot be read: {problem.strerror or problem}")
            self._read = None
            return True
        self._read = key
        self._view.show(str(self._file), text)
        main = _MAIN.search(text)
        self._main_line = text.count("\n", 0, main.start()) + 1 if main else 1
        return True

    def _tell_failure(self, failed: Attempt | None) -> None:
        self._failure.display = failed is not None
        if failed is not None and failed.error is not None:
            self._failure_text.update(failure_content(failed, failed.error, self._frame))
            self._locals.update(locals_content(failed.error, self._frame))

    def _mark(self, failed: Attempt | None) -> None:
        marks = []
        if failed is not None and failed.error is not None:
            frames = failed.error.frames
            here = str(self._file)
            for index, frame in enumerate(frames):
                if frame.file != here or index == self._frame:
                    continue
                marks.append(SourceMark(frame.line, "frame"))
            current = self._frame_of(failed)
            if current is not None:
                inner = self._frame == len(frames) - 1 or self._frame == default_frame(failed.error)
                marks.append(SourceMark(current.line, "failure" if inner else "current", _columns(current)))
            elif not frames and failed.error.line and failed.error.file == here:
                marks.append(SourceMark(failed.error.line, "failure", None, failed.error.type))
        self._view.set_marks(marks)

    def reload(self) -> None:
        """Show the file as it is on the disk now; the cursor stays on its line."""
        now = self._shown
        if now is not None and self.display:
            attempt = now.attempt
            failed = attempt if attempt and attempt.status is StepStatus.FAILED and attempt.error else None
            self._show_place(now, failed, jump=False)

    # --- moving ------------------------------------------------------------------------------------

    def walk(self, frames: int) -> None:
        """Go through the traceback: -1 to the caller, 1 to what was called."""
        now = self._shown
        attempt = now.attempt if now else None
        if now is None or attempt is None or attempt.error is None or not attempt.error.frames:
            return
        at = self._frame if self._frame is not None else len(attempt.error.frames) - 1
        self._frame = max(0, min(len(attempt.error.frames) - 1, at + frames))
        self._show_place(now, attempt, jump=True)

    def reveal(self, line: int) -> None:
        """Put the cursor on a line."""
        self._view.reveal(line)

    def on_source_view_line_chosen(self, event: SourceView.LineChosen) -> None:
        """Enter opens the editor there."""
        event.stop()
        self.post_message(ActionAsked("open-editor"))

    def search(self, text: str) -> None:
        """Find text in the script."""
        self._view.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous hit."""
        if direction > 0:
            self._view.next_hit()
        else:
            self._view.previous_hit()

    def copied(self, *, row: bool) -> str | None:
        """The line under the cursor."""
        return self._view.line_text or None


def _key(attempt: Attempt | None) -> tuple[int, StepStatus] | None:
    return (attempt.number, attempt.status) if attempt else None


def _columns(frame: Frame) -> tuple[int, int] | None:
    if frame.column is None or frame.end_column is None or frame.end_column <= frame.column:
        return None
    return frame.column, frame.end_column
