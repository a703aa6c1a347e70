"""The breakpoint of one line: whether it stops there, when, and what it says instead."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult
from textual.widgets import Input, Static

from cursus_tui.app.screens.dialog import Dialog, Field, harmless, told
from cursus_tui.execution.line_breakpoints import HITS
from cursus_tui.execution.logpoint import pieces
from cursus_tui.records.debug import LineBreakpoint


class LineBreakpointOptions(Dialog[LineBreakpoint]):
    """Three fields, each of them optional; the answer is the breakpoint as it shall be."""

    def __init__(self, point: LineBreakpoint) -> None:
        super().__init__(f"Stop at line {point.line} of {point.path.name}")
        self._point = point
        self._condition = Field(point.condition, placeholder="len(frame) < 1000", select_on_focus=False)
        self._hits = Field(point.hits, placeholder="5, >= 5, or % 5 for every fifth", select_on_focus=False)
        self._message = Field(point.message, placeholder="{len(frame)} rows, step {i}", select_on_focus=False)

    def parts(self) -> ComposeResult:
        """The line and the fields."""
        if self._point.text:
            yield told(f"  {self._point.text}", "muted")
        yield told("only where this is true (a Python expression; empty: always)")
        yield self._condition
        yield told("only at these hits (empty: at each)")
        yield self._hits
        yield told("print this instead ({values}, as {x:.2f}, in it; empty: stop)")
        yield self._message
        yield Static("", classes="problem", markup=False)
        yield told("tab goes to the next field · enter takes it · esc leaves it as it was", "muted")

    def on_mount(self) -> None:
        """Begin with the condition."""
        self._condition.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is wrong while typing, in quiet."""
        event.stop()
        self.query_one(".problem", Static).update(harmless(self._problem() or ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take all fields if they are valid."""
        event.stop()
        if self._problem():
            self.app.bell()
            return
        wanted = replace(
            self._point,
            enabled=True,
            condition=self._condition.value.strip(),
            hits=self._hits.value.strip(),
            message=self._message.value.strip(),
        )
        self.dismiss(wanted)

    def _problem(self) -> str | None:
        return (
            condition_refusal(self._condition.value)
            or hits_refusal(self._hits.value)
            or message_refusal(self._message.value)
        )


def condition_refusal(text: str) -> str | None:
    """Why a condition cannot be taken."""
    return _refusal(text, "the condition") if text.strip() else None


def hits_refusal(text: str) -> str | None:
    """Why a count of hits cannot be taken."""
    if not text.strip() or HITS.fullmatch(text):
        return None
    return "the hits must be a number such as 5, or >= 5, or % 5 for every fifth"


def message_refusal(text: str) -> str | None:
    """Why a message cannot be taken."""
    try:
        pieces(text)
    except ValueError as problem:
        return str(problem)
    return None


def _refusal(text: str, what: str) -> str | None:
    try:
        compile(text.strip(), "<breakpoint>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return f"{what} is no Python expression: {getattr(problem, 'msg', None) or problem}"
    return None
