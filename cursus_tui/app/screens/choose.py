"""A question with some answers: quit while running, resume a run, save edits, what feeds an input."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult

from cursus_tui.app.panes.row_list import Row, RowList
from cursus_tui.app.screens.dialog import Dialog, told


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
        answers.styles.height = min(16, len(self._rows))
        places = [index for index, row in enumerate(self._rows) if row.value == self._selected]
        answers.move_cursor(places[0] if places else 0)
        answers.focus()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """The answer."""
        event.stop()
        self.dismiss(str(event.row.value))
