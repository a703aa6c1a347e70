"""What was noticed before and while running, worst first, with what to do about it."""

from __future__ import annotations

from typing import ClassVar

from cursus_tui.app.messages import StepAsked
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
            return [remark("nothing was noticed")]
        rows = []
        if here:
            rows.append(heading(f"{now.step}: {_count(here)}"))
            rows += [row for found in here for row in _finding(found, with_step=False)]
        if others:
            rows.append(heading(f"The rest of the pipeline: {_count(others)}" if here else _count(others)))
            rows += [row for found in others for row in _finding(found, with_step=True)]
        return rows

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


def _finding(found: Finding, *, with_step: bool) -> list[Row]:
    sign, tone = _SIGNS[found.severity]
    where = f"{found.file.name}:{found.line}" if found.file and found.line else ""
    place = f"{found.step}: " if with_step and found.step else ""
    place += f"{where}: " if where else ""
    rows = [Row((sign, f"{place}{found.message}"), (tone, "plain"), found)]
    if found.hint:
        rows.append(Row(("", f"→ {found.hint}"), ("muted",)))
    return rows
