"""How the step's main is called: contract, wiring, environment, arguments, their origins; edited in place."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from cursus_tui.app.call_rows import CallRow, call_rows
from cursus_tui.app.edits import EditTarget
from cursus_tui.app.messages import ActionAsked
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.situation import Situation
from cursus_tui.widgets.value_table import ValueTable


class CallPane(Pane):
    """Every value of the selected step and where it comes from."""

    TITLE: ClassVar[str] = "Call"
    VERBS: ClassVar[tuple[str, ...]] = (
        "edit",
        "undo",
        "step-over",
        "rerun",
        "search",
        "copy",
        "save-edits",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "How main is called: what feeds each input with the reason and Cursus' score, every environment variable and "
        "argument with its origin. ? marks what is doubtful or a guess, * what you set yourself. = or enter edits the "
        "value under the cursor: the step and those after it become stale; U takes it back. Once the step ran, the "
        "last rows tell what main was really called with."
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table = ValueTable()
        self._detail = Detail()
        self._rows: dict[str, CallRow] = {}
        self._listed: list[CallRow] = []

    def compose(self) -> ComposeResult:
        """The values, and the one under the cursor in full."""
        yield self._table
        yield self._detail

    @property
    def focus_target(self) -> Widget:
        """The values."""
        return self._table

    @property
    def target(self) -> EditTarget | None:
        """What the cursor is on, if it can be edited."""
        row = self._table.selected
        found = self._rows.get(row.key) if row else None
        return found.target if found else None

    def show(self, now: Situation, before: Situation | None) -> None:
        """The selected step's call; another step begins at the top."""
        step = now.selected
        listed = call_rows(now.pipeline, step, now.attempt) if step else []
        if listed == self._listed:
            return
        if before is not None and before.step != now.step:
            self._table.set_rows([])
        self._listed = listed
        self._rows = {found.row.key: found for found in listed}
        self._table.set_rows([found.row for found in listed], note="select a step in the pipeline")
        self._tell()

    def on_value_table_row_highlighted(self, event: ValueTable.RowHighlighted) -> None:
        """Another row is under the cursor."""
        event.stop()
        self._tell()

    def _tell(self) -> None:
        """The whole value and origin; the same row may have another value after an edit."""
        found = self._table.selected
        if found is None or found.heading:
            self._detail.tell()
        else:
            value = "not set" if found.value is None else found.value or "(empty)"
            self._detail.tell((f"{found.name} = {value}", "bold"), (found.origin, "$text-muted"))

    def on_value_table_edit_requested(self, event: ValueTable.EditRequested) -> None:
        """The table's own key, or enter."""
        event.stop()
        self.post_message(ActionAsked("edit"))

    def on_value_table_edit_refused(self, event: ValueTable.EditRefused) -> None:
        """It is a fact, not a setting."""
        event.stop()
        self.notify("this is how it was, or follows from the contract: it cannot be edited", markup=False)

    def search(self, text: str) -> None:
        """Find a name, value or origin."""
        self._table.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous hit."""
        self._table.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The value; with ``row`` name, value and origin."""
        found = self._table.selected
        if found is None or found.heading:
            return None
        return f"{found.name}\t{found.value or ''}\t{found.origin}" if row else found.value
