"""What was noticed before and while running, worst first, with what to do about it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from cursus_tui.app.messages import StepAsked
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.list_pane import ListPane
from cursus_tui.app.panes.row_list import Row, RowList, heading, remark
from cursus_tui.app.situation import Situation
from cursus_tui.records.pipeline import Finding, Severity

_SIGNS = {
    Severity.ERROR: ("✗ error", "bad"),
    Severity.WARNING: ("⚠ warning", "warn"),
    Severity.INFO: ("· info", "muted"),
}
_ORDER = list(_SIGNS)


class ChecksPane(ListPane):
    """Findings of the selected step first, then those of the others."""

    TITLE: ClassVar[str] = "Checks"
    VERBS: ClassVar[tuple[str, ...]] = ("step-over", "continue", "search", "copy", "open-editor", "zoom", "help")
    HELP: ClassVar[str] = (
        "Findings: what is wrong or doubtful before anything runs, with a hint for each. "
        "Those of the selected step come first. Enter goes to the step, or to the line of its script."
    )

    def rows(self, now: Situation) -> list[Row]:
        """All findings in two groups."""
        ordered = sorted(now.findings, key=lambda found: _ORDER.index(found.severity))
        here = [found for found in ordered if now.step and found.step == now.step]
        others = [found for found in ordered if not (now.step and found.step == now.step)]
        if not ordered:
            return [remark("looking into the scripts" if now.checking else "nothing was noticed")]
        rows = []
        if here:
            rows.append(heading(f"{now.step}: {_count(here)}"))
            rows += [_finding(found, with_step=False) for found in here]
        if others:
            rows.append(heading(f"The rest of the pipeline: {_count(others)}" if here else _count(others)))
            rows += [_finding(found, with_step=True) for found in others]
        return rows

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._detail = Detail()

    def compose(self) -> ComposeResult:
        """The findings, and the one under the cursor in full."""
        yield self.list
        yield self._detail

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show all of it, with what to do."""
        event.stop()
        found = event.row.value
        if not isinstance(found, Finding):
            self._detail.tell()
            return
        place = f"{found.file}:{found.line}" if found.file and found.line else str(found.file or "")
        hint = f"→ {found.hint}" if found.hint else ""
        self._detail.tell((found.message, "bold"), (hint, "$text-accent"), (f"{found.code}  {place}", "$text-muted"))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go where the finding is."""
        event.stop()
        found = event.row.value
        if isinstance(found, Finding) and found.step:
            self.post_message(StepAsked(found.step, "source" if found.line else "pipeline", found.line))


def _count(found: list[Finding]) -> str:
    counts = [(severity, sum(one.severity is severity for one in found)) for severity in _ORDER]
    plural = {Severity.INFO: ("remark", "remarks")}
    return ", ".join(
        f"{count} {plural.get(severity, (severity.value, severity.value + 's'))[count != 1]}"
        for severity, count in counts
        if count
    )


def _finding(found: Finding, *, with_step: bool) -> Row:
    sign, tone = _SIGNS[found.severity]
    place = f"{found.step}: " if with_step and found.step else ""
    place += f"{found.file.name}:{found.line}: " if found.file and found.line else ""
    message = found.message.removeprefix(f"{found.step}.")
    return Row((sign, f"{place}{message}"), (tone, "plain"), found)
