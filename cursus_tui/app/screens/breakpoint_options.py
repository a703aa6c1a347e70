"""The breakpoints of one step: at which moments, and from which hit on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from cursus_tui.app.panes.row_list import Row, RowList
from cursus_tui.app.screens.dialog import Dialog, told
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint

_WORDS = {
    BreakpointWhen.BEFORE: "before it runs",
    BreakpointWhen.AFTER: "after it passed",
    BreakpointWhen.ON_FAILURE: "when it fails",
}


class BreakpointOptions(Dialog[tuple[StepBreakpoint, ...]]):
    """Moments to tick and a hit count; the answer is all breakpoints the step shall have."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "Tick", show=False, id="dialog.tick")]

    def __init__(self, step: str, points: tuple[StepBreakpoint, ...]) -> None:
        super().__init__(f"Stop at {step}")
        self._step = step
        self._points = {point.when: point for point in points if point.step == step}
        self._ticked = set(self._points)

    def parts(self) -> ComposeResult:
        """Moments and hit count."""
        yield RowList()
        hits = max((point.hit_count for point in self._points.values()), default=0)
        yield told("from which hit on (1: always)")
        yield Input(str(max(1, hits)), type="integer", select_on_focus=True)
        yield Static("", classes="problem", markup=False)
        yield told("space ticks · tab goes to the number · enter takes it · esc leaves it as it was", "muted")

    def on_mount(self) -> None:
        """Begin at the first moment."""
        self._tell()
        self.query_one(RowList).focus()

    def _tell(self) -> None:
        moments = self.query_one(RowList)
        moments.styles.height = len(_WORDS)
        moments.set_rows(
            [Row((f"[{'x' if when in self._ticked else ' '}] {words}",), value=when) for when, words in _WORDS.items()]
        )

    def action_tick(self) -> None:
        """Tick the moment under the cursor, or not."""
        row = self.query_one(RowList).selected
        if row is not None:
            self._ticked ^= {row.value}
            self._tell()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter in the list."""
        event.stop()
        self._take()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the number."""
        event.stop()
        self._take()

    def _take(self) -> None:
        text = self.query_one(Input).value.strip()
        if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
            self.query_one(".problem", Static).update(Content("a whole number from 1 is needed"))
            return
        hits = int(text) if int(text) > 1 else 0
        enabled = {when: point.enabled for when, point in self._points.items()}
        self.dismiss(
            tuple(
                StepBreakpoint(self._step, when, enabled.get(when, True), hits)
                for when in _WORDS
                if when in self._ticked
            )
        )
