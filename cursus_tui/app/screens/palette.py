"""The palette: every action and every step by name. What cannot be done now stays listed, with the reason."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.fuzzy import Matcher
from textual.widgets import Input

from cursus_tui.app.actions import ACTIONS
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.row_list import Row, RowList, remark
from cursus_tui.app.screens.dialog import Dialog, told
from cursus_tui.app.situation import Situation

_MOST = 200


class Palette(Dialog[str]):
    """Type to narrow, arrows to move, enter to do it. Answers ``action ID`` or ``step NAME``."""

    TITLE_TEXT: ClassVar[str] = "Palette"
    WIDE: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, id="palette.up"),
        Binding("down", "move(1)", show=False, id="palette.down"),
    ]

    def __init__(self, situation: Situation, keymap: Keymap) -> None:
        super().__init__()
        self._all = [*_actions(situation, keymap), *_steps(situation)]
        self._detail = Detail()

    def parts(self) -> ComposeResult:
        """Input and list."""
        yield Input(placeholder="an action or a step", select_on_focus=False)
        yield RowList()
        yield self._detail
        yield told("enter does it · esc closes", "muted")

    def on_mount(self) -> None:
        """Begin with everything."""
        self._narrow("")
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._narrow(event.value)

    def _narrow(self, text: str) -> None:
        rows = self._all
        if text:
            matcher = Matcher(text)
            scored = [(max(map(matcher.match, _names(row))), row) for row in self._all]
            rows = [row for score, row in sorted(scored, key=lambda pair: -pair[0]) if score > 0]
        found = self.query_one(RowList)
        found.set_rows(rows[:_MOST] or [remark("nothing is called that")])
        found.styles.height = max(3, min(16, self.app.size.height - 10))
        found.move_cursor(0)
        # Another action may stand where the cursor was: no message says so.
        self._tell(found.selected)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Tell what the action does, or why not now."""
        event.stop()
        self._tell(self.query_one(RowList).selected)

    def _tell(self, row: Row | None) -> None:
        """In full what the row cuts: what the action does, and why it cannot be done now."""
        if row is None or row.value is None:
            self._detail.tell()
            return
        kind, _, name = str(row.value).partition(" ")
        about = f"{ACTIONS[name].title}. {ACTIONS[name].help}" if kind == "action" else ""
        self._detail.tell((about, "$text-muted"), (row.cells[2], "$text-warning"))

    def action_move(self, rows: int) -> None:
        """Move in the list while the input keeps the focus."""
        found = self.query_one(RowList)
        found.move_cursor(found.cursor + rows)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what the cursor is on."""
        event.stop()
        row = self.query_one(RowList).selected
        if row is not None and row.value is not None:
            self.dismiss(str(row.value))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """A double click."""
        event.stop()
        self.dismiss(str(event.row.value))


def _actions(situation: Situation, keymap: Keymap) -> list[Row]:
    rows = []
    for action in ACTIONS.values():
        reason = action.why_not(situation)
        tones = ("muted", "muted", "warn") if reason else ("accent", "plain", "muted")
        note = f"not now: {reason}" if reason else ""
        rows.append(Row((keymap.label(action.id), action.title, note), tones, f"action {action.id}", indent=1))
    return rows


def _names(row: Row) -> tuple[str, ...]:
    """What a row may be called: its title, and for an action its verb and id, too."""
    kind, _, name = str(row.value).partition(" ")
    return (row.cells[1], name, ACTIONS[name].verb) if kind == "action" else (row.cells[1], name)


def _steps(situation: Situation) -> list[Row]:
    return [
        Row(("", f"Go to step {name}", ""), ("muted", "plain"), f"step {name}", indent=1)
        for name in situation.pipeline.steps
    ]
