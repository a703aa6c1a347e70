"""Asks for a row of a grid."""

from __future__ import annotations

import sys
from typing import ClassVar

from textual.app import ComposeResult
from textual.widgets import Input, Static

from cursus_tui.text import human_count
from cursus_tui.widgets.grid_dialog import GridDialog


def parse_row(text: str, rows: int) -> int:
    """A row from 0, from what a user typed: ``1,000,000``, ``1_000``, ``50%`` or ``end``.

    Raises:
        ValueError: It is none of these; the message is for the user.
    """
    text = text.strip().lower().replace(",", "").replace("_", "").replace(" ", "")
    if text in ("end", "$"):
        return sys.maxsize
    try:
        if text.endswith("%"):
            share = float(text[:-1])
            if not 0 <= share <= 100:
                raise ValueError
            return max(0, round(share / 100 * (rows - 1)))
        row = int(text)
    except ValueError:
        raise ValueError("Type a row number, a percentage such as 50%, or end.") from None
    if row < 1:
        raise ValueError("Rows are numbered from 1.")
    return row - 1


class GoToRow(GridDialog[int]):
    """A line to type a row number into; gives the row from 0.

    Args:
        rows: How many are known.
        exact: Whether there are no more.
    """

    SMALL = True
    HINT: ClassVar[str] = "a number, 50% or end · enter goes · esc closes"

    def __init__(self, rows: int, exact: bool) -> None:
        super().__init__()
        self._rows = rows
        self._exact = exact

    def parts(self) -> ComposeResult:
        """The line."""
        yield Input(placeholder=f"1 to {human_count(self._rows)}{'' if self._exact else ' and more'}", compact=True)
        yield Static("", classes="grid-dialog--problem", markup=False)

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_title("Go to row")
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, or say why not."""
        event.stop()
        try:
            row = parse_row(event.value, self._rows)
        except ValueError as error:
            self.query_one(".grid-dialog--problem", Static).update(str(error))
            return
        if self._exact and row >= self._rows and row != sys.maxsize:
            problem = f"There are {human_count(self._rows)} rows."
            self.query_one(".grid-dialog--problem", Static).update(problem)
            return
        self.dismiss(row)
