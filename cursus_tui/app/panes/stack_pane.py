"""Threads and frames of a step that is stopped inside."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from cursus_tui.app.messages import FrameAsked, StepAsked
from cursus_tui.app.panes.list_pane import ListPane
from cursus_tui.app.panes.row_list import Row, RowList, heading, remark
from cursus_tui.app.situation import Situation
from cursus_tui.records.debug import DebugThread, StackFrame

_MORE = "more"


class StackPane(ListPane):
    """The frames of one thread, innermost first; other threads can be chosen."""

    TITLE: ClassVar[str] = "Stack"
    VERBS: ClassVar[tuple[str, ...]] = (
        "step-over",
        "step-into",
        "finish",
        "continue",
        "frame-up",
        "frame-down",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "Where a step is stopped inside: the frames of its thread, the innermost first. The one that is looked at has "
        "a ▶: its source and its variables are shown. The cursor chooses another one, and so do u (the caller) and d "
        "(what was called) from anywhere; enter goes to its source. Other threads stand below; enter looks at one."
    )

    def show(self, now: Situation, before: Situation | None) -> None:
        """Show the frames; the cursor stands on the one that is looked at."""
        old = before.frame if before else None
        if before is not None and _seen(before) == _seen(now):
            return
        self.list.set_rows(self.rows(now))
        if now.frame is not None and now.frame != old:
            places = [index for index, row in enumerate(self.list.rows) if _frame_of(row) == now.frame]
            self.list.move_cursor(places[0] if places else 0)

    def rows(self, now: Situation) -> list[Row]:
        """A row a frame, then the other threads."""
        if now.stop is None:
            return [remark(line) for line in _nothing(now)]
        names = {thread.id: thread.name for thread in now.threads}
        several = len(now.threads) > 1
        rows = [heading(f"thread {names.get(now.thread, now.thread)}")] if several and now.thread is not None else []
        rows += [_frame_row(frame, frame.id == now.frame) for frame in now.frames]
        if now.more_frames:
            rows.append(Row(("", "more frames: enter", ""), ("muted",), _MORE))
        if several:
            rows.append(heading("other threads"))
            rows += [Row(("", f"thread {each.name}", ""), value=each) for each in now.threads if each.id != now.thread]
        return rows or [remark("its frames could not be had")]

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """The frame under the cursor is the one that is looked at."""
        event.stop()
        frame = _frame_of(event.row)
        if self.list.has_focus and frame is not None:
            self.post_message(FrameAsked(frame))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go to the frame's source, to another thread, or ask for more frames."""
        event.stop()
        if isinstance(event.row.value, DebugThread):
            self.post_message(FrameAsked(thread=event.row.value.id))
        elif event.row.value == _MORE:
            self.post_message(FrameAsked())
        elif self.situation is not None and self.situation.step is not None:
            self.post_message(FrameAsked(_frame_of(event.row)))
            self.post_message(StepAsked(self.situation.step, "source"))


def _frame_row(frame: StackFrame, looked_at: bool) -> Row:
    place = f"{Path(frame.file).name}:{frame.line}" if frame.file else f"line {frame.line}"
    tone = "active" if looked_at else "plain" if frame.user else "muted"
    note = "" if frame.user else "library"
    return Row(("▶" if looked_at else "", frame.name, place, note), (tone,), frame.id, indent=1)


def _frame_of(row: Row) -> int | None:
    return row.value if isinstance(row.value, int) else None


def _seen(now: Situation) -> tuple[object, ...]:
    """Everything of a situation that the rows are made of."""
    return (
        now.stop is None,
        now.running,
        now.debuggable,
        now.frames,
        now.frame,
        now.threads,
        now.thread,
        now.more_frames,
    )


def _nothing(now: Situation) -> tuple[str, ...]:
    """Why there is no stack, and how to come to one."""
    if not now.debuggable:
        return ("steps cannot be stopped inside here",)
    if now.running:
        return ("a step is running", "p stops it on the line that it is at")
    return ("no step is stopped inside", "s runs the selected step and stops in its main")
