"""A question with some answers: quit while running, resume a run, save edits, what feeds an input."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from cursus_tui.app.panes.row_list import Row, RowList
from cursus_tui.app.screens.dialog import Dialog, told

_MOST, _FEWEST = 16, 3
"""Answers that are in view at once: as many as there is room for."""


class Choose(Dialog[str]):
    """Some lines of text and a list of answers; enter takes the one under the cursor."""

    def __init__(
        self,
        title: str,
        text: str,
        answers: Sequence[tuple[str, str, str]],
        *,
        selected: str | None = None,
        escape: str = "closes",
    ) -> None:
        """Make the question.

        Args:
            title: In the border.
            text: What is asked and why; empty for nothing.
            answers: (answer, its words, a remark).
            selected: The answer that the cursor stands on at first.
            escape: What no answer means, in a word.
        """
        super().__init__(title)
        self._text = text
        self._rows = [Row((words, note), ("plain", "muted"), answer, indent=1) for answer, words, note in answers]
        self._selected = selected
        self._escape = escape

    def parts(self) -> ComposeResult:
        """Text and answers."""
        if self._text:
            yield told(self._text)
        yield RowList()
        yield told(f"enter chooses · esc {self._escape}", "muted")

    def on_mount(self) -> None:
        """Fill the list."""
        answers = self.query_one(RowList)
        answers.set_rows(self._rows)
        self._fit()
        places = [index for index, row in enumerate(self._rows) if row.value == self._selected]
        answers.move_cursor(places[0] if places else 0)
        answers.focus()

    def on_resize(self) -> None:
        """Another size of the terminal: other room for the answers."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """The answers scroll in what the text leaves of the screen: none may be where it cannot be seen."""
        box, answers = self.query_one(".box"), self.query_one(RowList)
        others = sum(each.outer_size.height for each in box.children if each is not answers)
        room = int(self.size.height * 0.96) - box.gutter.height - others
        answers.styles.height = max(_FEWEST, min(_MOST, len(self._rows), room))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """The answer."""
        event.stop()
        self.dismiss(str(event.row.value))
