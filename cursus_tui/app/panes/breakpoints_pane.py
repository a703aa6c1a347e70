"""All breakpoints: where, when, enabled or not, from which hit on."""

from __future__ import annotations

from typing import ClassVar

from cursus_tui.app.messages import StepAsked
from cursus_tui.app.panes.list_pane import ListPane
from cursus_tui.app.panes.row_list import Row, RowList, remark
from cursus_tui.app.situation import Situation
from cursus_tui.records.run import StepBreakpoint


class BreakpointsPane(ListPane):
    """The list; space switches one off or on, ``b`` removes it, ``B`` edits it."""

    TITLE: ClassVar[str] = "Breakpoints"
    VERBS: ClassVar[tuple[str, ...]] = (
        "toggle-breakpoint",
        "breakpoint",
        "breakpoint-options",
        "step-over",
        "continue",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "Where execution stops: before or after a step, or on its failure. Space switches the one under the cursor "
        "off or on, b removes it, B edits its moments and hit count, enter goes to the step. They are kept in the "
        "workspace until you remove them."
    )

    @property
    def point(self) -> StepBreakpoint | None:
        """The breakpoint under the cursor."""
        row = self.list.selected
        return row.value if row and isinstance(row.value, StepBreakpoint) else None

    def rows(self, now: Situation) -> list[Row]:
        """One row a breakpoint."""
        if not now.breakpoints:
            return [remark("no breakpoints: b sets one before the selected step")]
        rows = []
        for point in now.breakpoints:
            hits = f"from hit {point.hit_count}" if point.hit_count > 1 else ""
            tone = "plain" if point.enabled else "muted"
            sign = "● on" if point.enabled else "◌ off"
            rows.append(Row((sign, point.when.value, point.step, hits), (tone,), point))
        return rows

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go to the step."""
        event.stop()
        if isinstance(event.row.value, StepBreakpoint):
            self.post_message(StepAsked(event.row.value.step, "pipeline"))

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """The selected breakpoint is what the verbs are about."""
        event.stop()
        if self.list.has_focus and isinstance(event.row.value, StepBreakpoint):
            self.post_message(StepAsked(event.row.value.step))
