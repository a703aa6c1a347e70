"""Editing one value: a line of text, validated before it is taken."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.widgets import Input, Static

from cursus_tui.app.screens.dialog import Dialog, Field, harmless, told


class EditValue(Dialog[str]):
    """The value as it is, to be changed; enter takes it, esc leaves it."""

    def __init__(
        self, title: str, text: str, value: str, refusal: Callable[[str], str | None], *, offered: bool = False
    ) -> None:
        """Make the question.

        Args:
            title: In the border: what is edited.
            text: Where the value comes from and what is expected.
            value: As it is now.
            refusal: Why a typed value cannot be taken; None when it can.
            offered: The value is only a proposal: what is typed takes its place.
        """
        super().__init__(title)
        self._offered = offered
        self._text = text
        self._value = value
        self._refusal = refusal

    def parts(self) -> ComposeResult:
        """Text, input, problem."""
        if self._text:
            yield told(self._text)
        yield Field(self._value, select_on_focus=self._offered)
        yield Static("", classes="problem", markup=False)
        yield told("enter takes it · esc leaves it as it was", "muted")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong while typing, in quiet."""
        event.stop()
        self.query_one(".problem", Static).update(harmless(self._refusal(event.value) or ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it if it is valid."""
        event.stop()
        problem = self._refusal(event.value)
        if problem:
            self.query_one(".problem", Static).update(harmless(problem))
            self.app.bell()
        else:
            self.dismiss(event.value)
