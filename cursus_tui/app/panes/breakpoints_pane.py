"""All breakpoints: where, when, enabled or not, from which hit on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from cursus_tui.app.line_marks import UNVERIFIED, kind_of, words_of
from cursus_tui.app.messages import PlaceAsked, StepAsked
from cursus_tui.app.panes.list_pane import ListPane
from cursus_tui.app.panes.row_list import Row, RowList, remark
from cursus_tui.app.situation import Situation
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.run import StepBreakpoint
from cursus_tui.widgets.source_marks import BREAKPOINT_GLYPHS


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
        "Where execution stops: before or after a step, on its failure, or on a line of a script. Space switches the "
        "one under the cursor off or on, b removes it, B edits its moments, condition and hit count, enter goes to the "
        "step or line. Those of an attached IDE are listed, too; the IDE changes them. They are kept in the workspace "
        "until you remove them."
    )

    @property
    def point(self) -> StepBreakpoint | LineBreakpoint | None:
        """The breakpoint under the cursor, if it is ours."""
        row = self.list.selected
        found = row.value if row else None
        if isinstance(found, LineBreakpoint):
            return found if self.situation is not None and found in self.situation.line_breakpoints else None
        return found if isinstance(found, StepBreakpoint) else None

    def show(self, now: Situation, before: Situation | None) -> None:
        """Show the rows, where anything of them is new."""
        if before is None or _seen(before) != _seen(now):
            self.list.set_rows(self.rows(now))

    def rows(self, now: Situation) -> list[Row]:
        """One row a breakpoint."""
        rows = []
        for point in now.breakpoints:
            hits = f"from hit {point.hit_count}" if point.hit_count > 1 else ""
            tone = "plain" if point.enabled else "muted"
            sign = "● on" if point.enabled else "○ off"
            rows.append(Row((sign, point.when.value, point.step, hits), (tone,), point))
        folders = _folders((*now.line_breakpoints, *now.debugger.ide_breakpoints))
        rows += [_line_row(now, line, "line", folders[line.path]) for line in now.line_breakpoints]
        rows += [_line_row(now, line, "IDE", folders[line.path]) for line in now.debugger.ide_breakpoints]
        return rows or [remark("no breakpoints: b sets one before the selected step, in the source on the line")]

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go to the step or line."""
        event.stop()
        if isinstance(event.row.value, StepBreakpoint):
            self.post_message(StepAsked(event.row.value.step, "pipeline"))
        elif isinstance(event.row.value, LineBreakpoint):
            self.post_message(PlaceAsked(event.row.value.path, event.row.value.line))

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """The selected breakpoint is what the verbs are about."""
        event.stop()
        if self.list.has_focus and isinstance(event.row.value, StepBreakpoint):
            self.post_message(StepAsked(event.row.value.step))


def _folders(points: Iterable[LineBreakpoint]) -> dict[Path, str]:
    """What tells files of the same name apart: the name alone leaves room for the rest."""
    paths = {point.path for point in points}
    names = Counter(path.name for path in paths)
    return {path: f"in {path.parent.name}" if names[path.name] > 1 else "" for path in paths}


def _line_row(now: Situation, line: LineBreakpoint, whose: str, folder: str) -> Row:
    kind = kind_of(line, now.debugger.unverified)
    sign = f"{BREAKPOINT_GLYPHS[kind]} {'off' if kind == 'disabled' else 'on'}"
    note = UNVERIFIED if kind == "unverified" else words_of(line) or line.text
    note = " · ".join(part for part in (folder, note) if part)
    tone = "muted" if kind == "disabled" else "warn" if kind == "unverified" else "plain"
    return Row((sign, whose, line.path.name, str(line.line), note), (tone,), line)


def _seen(now: Situation) -> tuple[object, ...]:
    debugger = now.debugger
    return now.breakpoints, now.line_breakpoints, debugger.ide_breakpoints, debugger.unverified, now.pipeline.layout
