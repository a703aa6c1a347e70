"""The breakpoints of one step: at which moments, and from which hit on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Checkbox, Input, Static

from cursus_tui.app.screens.dialog import Dialog, told
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint

_WORDS = {
    BreakpointWhen.BEFORE: "before it runs",
    BreakpointWhen.AFTER: "after it passed",
    BreakpointWhen.ON_FAILURE: "when it fails",
}


class BreakpointOptions(Dialog[tuple[StepBreakpoint, ...]]):
    """A check box for each moment and a hit count; the answer is all breakpoints the step shall have."""

    DEFAULT_CSS = """
    BreakpointOptions Checkbox { border: none; padding: 0; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", show=False, id="dialog.up"),
        Binding("down", "app.focus_next", show=False, id="dialog.down"),
    ]

    def __init__(self, step: str, points: tuple[StepBreakpoint, ...]) -> None:
        super().__init__(f"Stop at {step}")
        self._step = step
        self._points = {point.when: point for point in points if point.step == step}

    def parts(self) -> ComposeResult:
        """Moments and hit count."""
        for when, words in _WORDS.items():
            yield Checkbox(Content(words), when in self._points, id=f"when-{when.name.lower()}", compact=True)
        hits = max((point.hit_count for point in self._points.values()), default=0)
        yield told("from which hit on (1: always)")
        yield Input(str(max(1, hits)), type="integer", select_on_focus=True)
        yield Static("", classes="problem", markup=False)
        yield told("space ticks · enter in the number takes it · esc leaves it as it was", "muted")

    def on_mount(self) -> None:
        """Begin at the first moment."""
        self.query(Checkbox).first().focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is ticked."""
        event.stop()
        text = event.value.strip()
        if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
            self.query_one(".problem", Static).update(Content("a whole number from 1 is needed"))
            return
        hits = int(text) if int(text) > 1 else 0
        ticked = [when for when in _WORDS if self.query_one(f"#when-{when.name.lower()}", Checkbox).value]
        enabled = {when: self._points[when].enabled for when in self._points}
        self.dismiss(tuple(StepBreakpoint(self._step, when, enabled.get(when, True), hits) for when in ticked))
