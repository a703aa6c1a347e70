"""The selected step's script, with main in view, where it is stopped inside, and where it failed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from cursus_tui.app.failure_text import default_frame, failure_content, held_content, locals_content
from cursus_tui.app.line_marks import breakpoint_marks, hot_marks, same_file, stop_marks
from cursus_tui.app.messages import ActionAsked
from cursus_tui.app.panes.chrome import Line
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.short_path import short
from cursus_tui.app.situation import Situation
from cursus_tui.execution.code_lines import line_with_code
from cursus_tui.records.debug import LineBreakpoint, StopKind
from cursus_tui.records.run import Attempt, Frame, StepStatus
from cursus_tui.storage.regular_file import open_regular
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
        "breakpoint",
        "step-into",
        "open-editor",
        "rerun",
        "step-over",
        "continue",
        "error",
        "frame-up",
        "frame-down",
        "run-to",
        "breakpoint-options",
        "search",
        "copy",
        "zoom",
        "help",
    )
    VERBS_INSIDE: ClassVar[tuple[str, ...]] = (
        "step-over",
        "step-into",
        "finish",
        "continue",
        "breakpoint",
        "run-to",
        "frame-up",
        "frame-down",
        "pane-variables",
        "breakpoint-options",
        "open-editor",
        "rerun",
        "cancel",
        "help",
    )
    VERBS_HELD: ClassVar[tuple[str, ...]] = (
        "pane-variables",
        "frame-up",
        "frame-down",
        "open-editor",
        "rerun",
        "continue",
        "breakpoint",
        "search",
        "copy",
        "help",
    )
    HELP: ClassVar[str] = (
        "The script of the selected step, at its main. b sets a breakpoint on the line under the cursor (●, ◆ with a "
        "condition, ◇ one that only prints, ○ switched off, ? on a line without code), B gives it a condition; s runs "
        "the step and stops on the first line of its main. Where the step is stopped, ▶ is the line that runs next: n "
        "runs it, s goes into its call, f runs to the end of the function, t runs to the line under the cursor, c goes "
        "on; u and d look at the frames of the callers (▷). A stop or a failure comes into view by itself where you "
        "only wait for it; after any other key it leaves you where you are, and the status line says that 3 shows it. "
        "When the step failed: the exception, the values of the "
        "locals and the line (✗, its columns underlined); u and d walk through the frames of the traceback. o opens "
        "the script in $EDITOR at the line under the cursor; an edited script makes the step and those after it stale, "
        "r runs it again. P profiles the step: lines in which it spends its time have a bar (▌) and their share."
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
        self._asked: Path | None = None
        self._main_line = 1
        self._texts: list[str] = []

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

    @property
    def verbs(self) -> tuple[str, ...]:
        """Other ones while the step is stopped inside, and others again once its line has failed."""
        now = self.situation
        stop = now.stop if now is not None else None
        if now is None or stop is None or now.step != stop.step:
            return self.VERBS
        return self.VERBS_HELD if stop.kind is StopKind.EXCEPTION else self.VERBS_INSIDE

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, now: Situation, before: Situation | None) -> None:
        """Another step, another attempt, another place in a stopped step, or another text of the script."""
        attempt, was = now.attempt, before if before and before.step == now.step else None
        anew = was is None or _key(attempt) != _key(was.attempt)
        stop, stop_before = _stop_key(now), _stop_key(was) if was else None
        if anew:
            failed = _failed(now)
            self._frame = default_frame(failed.error) if failed and failed.error else None
        if anew or (stop is not None and stop != stop_before):
            self._asked = None
            self._show_place(now, jump=True)
        else:
            if stop is None and stop_before is not None:
                self._asked = self._file  # it went on: the eye stays where it was
            self._show_place(now, jump=False)

    def _show_place(self, now: Situation, *, jump: bool) -> None:
        file, line = self._place_of(now)
        self._file = file
        changed = self._load(now)
        self._tell_failure(now)
        self._mark(now)
        if jump or (changed and self._read is None):
            self._view.reveal(line or self._main_line)
        state = now.selected_state
        shown = short(self._file, now.pipeline.layout.root) if self._file else ""
        self._heading.tell(shown, state.stale or "" if state else "")

    def _place_of(self, now: Situation) -> tuple[Path | None, int | None]:
        """File and line to show; no line: where main begins."""
        if self._asked is not None:
            return self._asked, None
        live = now.frame_in_view if _stop_key(now) is not None else None
        if live is not None:
            return live.file, live.line
        frame = self._frame_of(_failed(now))
        if frame is not None:
            return Path(frame.file), frame.line
        step = now.selected
        return step.script if step else None, None

    def _frame_of(self, failed: Attempt | None) -> Frame | None:
        if failed is None or failed.error is None or self._frame is None:
            return None
        return failed.error.frames[self._frame] if self._frame < len(failed.error.frames) else None

    def _load(self, now: Situation) -> bool:
        """Read the file if it is another one or was changed; True if the view was."""
        if self._file is None:
            self._view.clear(_no_source(now))
            self._read = None
            return True
        try:
            with open_regular(self._file) as stream:
                found = os.fstat(stream.fileno())
                key = (self._file, found.st_mtime_ns, found.st_size)
                if key == self._read:
                    return False
                text = stream.read(_MOST_BYTES).decode("utf-8", errors="replace")
        except OSError as problem:
            self._view.clear(f"this file cannot be read: {problem.strerror or problem}")
            self._read = None
            return True
        self._read = key
        self._view.show(str(self._file), text)
        self._texts = [line.strip() for line in text.split("\n")]
        main = _MAIN.search(text)
        self._main_line = text.count("\n", 0, main.start()) + 1 if main else 1
        return True

    def _tell_failure(self, now: Situation) -> None:
        stop = now.stop if _stop_key(now) is not None else None
        failed = _failed(now)
        self._locals.display = stop is None
        if stop is not None and stop.kind is StopKind.EXCEPTION:
            self._failure.display = True
            held = now.state.steps.get(stop.step) if now.state is not None else None
            self._failure_text.update(held_content(stop, held.note if held is not None else ""))
        elif stop is None and failed is not None and failed.error is not None:
            self._failure.display = True
            self._failure_text.update(failure_content(failed, failed.error, self._frame))
            self._locals.update(locals_content(failed.error, self._frame))
        else:
            self._failure.display = False

    def _mark(self, now: Situation) -> None:
        if self._file is None:
            self._view.set_marks([])
            return
        stopped = _stop_key(now) is not None
        places = stop_marks(now, self._file) if stopped else self._failure_marks(_failed(now))
        self._view.set_marks([*breakpoint_marks(now, self._file), *places, *hot_marks(now, self._file, self._texts)])

    def _failure_marks(self, failed: Attempt | None) -> list[SourceMark]:
        if failed is None or failed.error is None:
            return []
        marks = []
        frames = failed.error.frames
        here = str(self._file)
        for index, frame in enumerate(frames):
            if frame.file == here and index != self._frame:
                marks.append(SourceMark(frame.line, "frame"))
        current = self._frame_of(failed)
        if current is not None and current.file == here:
            inner = self._frame == len(frames) - 1 or self._frame == default_frame(failed.error)
            marks.append(SourceMark(current.line, "failure" if inner else "current", _columns(current)))
        elif not frames and failed.error.line and failed.error.file == here:
            marks.append(SourceMark(failed.error.line, "failure", None, failed.error.type))
        return marks

    def reload(self) -> None:
        """Show the file as it is on the disk now; the cursor stays on its line."""
        if self._shown is not None and self.display:
            self._show_place(self._shown, jump=False)

    def open(self, path: Path, line: int) -> None:
        """Show a line of any file, until the step or its place becomes another one."""
        self._asked = path
        if self._shown is not None:
            self._show_place(self._shown, jump=False)
        self._view.reveal(line)

    def point_here(self) -> LineBreakpoint | None:
        """The breakpoint on the line under the cursor, or the one to set there: on this line or the next with code."""
        if self._file is None or self.situation is None:
            return None
        found = line_with_code(self._view.lines, self._view.line)
        for line in dict.fromkeys((self._view.line, found)):
            for each in self.situation.line_breakpoints:
                if each.line == line and same_file(each.path, self._file):
                    return each
        text = (self._view.text_at(found) or "").strip()
        if not text or text.startswith("#"):
            return None
        self._view.move_cursor(found - self._view.first_line)
        return LineBreakpoint(self._file, found, text=text)

    # --- moving ------------------------------------------------------------------------------------

    def walk(self, frames: int) -> None:
        """Go through the traceback: -1 to the caller, 1 to what was called."""
        now = self._shown
        attempt = now.attempt if now else None
        if now is None or attempt is None or attempt.error is None or not attempt.error.frames:
            return
        at = self._frame if self._frame is not None else len(attempt.error.frames) - 1
        self._frame = max(0, min(len(attempt.error.frames) - 1, at + frames))
        self._asked = None
        self._show_place(now, jump=True)

    def reveal(self, line: int) -> None:
        """Put the cursor on a line."""
        self._view.reveal(line)

    def on_source_view_line_chosen(self, event: SourceView.LineChosen) -> None:
        """Enter opens the editor there."""
        event.stop()
        self.post_message(ActionAsked("open-editor"))

    def on_source_view_gutter_clicked(self, event: SourceView.GutterClicked) -> None:
        """A click beside a line sets its breakpoint or removes it."""
        event.stop()
        self.post_message(ActionAsked("breakpoint"))

    def search(self, text: str) -> None:
        """Find text in the script."""
        self._view.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous hit."""
        self._view.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The line under the cursor."""
        return self._view.line_text or None


def _key(attempt: Attempt | None) -> tuple[int, StepStatus] | None:
    return (attempt.number, attempt.status) if attempt else None


def _failed(now: Situation) -> Attempt | None:
    """The newest attempt of the selected step, if it failed."""
    attempt = now.attempt
    return attempt if attempt and attempt.status is StepStatus.FAILED and attempt.error else None


def _stop_key(now: Situation) -> tuple[int, int | None] | None:
    """Where the selected step stands inside; None where it does not."""
    stop = now.stop
    return (stop.number, now.frame) if stop is not None and stop.step == now.step else None


def _no_source(now: Situation) -> str:
    """Why there is nothing to show."""
    frame = now.frame_in_view
    if frame is not None and _stop_key(now) is not None:
        return f"{frame.name} has no source file: u goes to its caller"
    return now.selected.why if now.selected else "select a step in the pipeline"


def _columns(frame: Frame) -> tuple[int, int] | None:
    if frame.column is None or frame.end_column is None or frame.end_column <= frame.column:
        return None
    return frame.column, frame.end_column
