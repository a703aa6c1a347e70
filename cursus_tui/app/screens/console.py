"""A console in the frame that is looked at: output above, a line to type below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.cells import chop_cells
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Input, Static

from cursus_tui.app.console_log import ConsoleLog, Printed, completed, error_of
from cursus_tui.app.pdb_habits import as_python, command_hint
from cursus_tui.app.ports import DebuggerPort
from cursus_tui.app.screens.dialog import Dialog, Field, told
from cursus_tui.records.debug import Variable
from cursus_tui.text import safe
from cursus_tui.widgets.line_view import LineView, strip_of

_LOOK_SECONDS = 0.1
_DRAIN_SECONDS = 0.25
"""What was printed may come to the log a little after the answer."""
_MOST_OFFERS = 40


@dataclass(frozen=True, slots=True)
class ConsolePlace:
    """Where the console evaluates.

    Attributes:
        frame: The frame that is looked at, asked for each time; None where no step is stopped inside.
        stop: The number of the stop that it is of, asked for each time, too.
        name: What it is called, for the title.
        logs: Files that the step prints to.
        changed: Told after each evaluation: it may have changed values.
    """

    frame: Callable[[], int | None]
    stop: Callable[[], int | None]
    name: Callable[[], str]
    logs: Sequence[Path]
    changed: Callable[[], None]


class ConsoleOutput(LineView, can_focus=False):
    """Lines, wrapped; the last one stays in sight."""

    def __init__(self, log: ConsoleLog) -> None:
        super().__init__()
        self._log = log
        self._rows: list[tuple[str, str]] = []

    @property
    def row_count(self) -> int:
        """Lines as wrapped."""
        return len(self._rows)

    def tell(self) -> None:
        """Show what the log holds now."""
        width = max(10, self.row_width)
        self._rows = [(piece, tone) for text, tone in self._log.lines for piece in chop_cells(text, width) or [""]]
        self.rows_changed()
        self.move_cursor(self.row_count - 1)

    def on_resize(self) -> None:
        """Wrap anew."""
        self.tell()

    def render_row(self, row: int, width: int) -> Strip:
        """A piece of a line."""
        text, tone = self._rows[row]
        return strip_of([(text, self.tone(tone))], width)

    def render_line(self, y: int) -> Strip:
        """No row looks chosen: the cursor only keeps the end in sight."""
        row = y + self.scroll_offset.y
        width = self.row_width
        if row >= self.row_count:
            return Strip.blank(width, self.base)
        return self.render_row(row, width).apply_style(self.base)


class ConsoleField(Field):
    """The line to type in: its own tab, and arrows that walk the history."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "screen.complete", show=False, id="console.complete"),
        Binding("up", "screen.walk(-1)", show=False, id="console.back"),
        Binding("down", "screen.walk(1)", show=False, id="console.forth"),
        Binding("ctrl+c", "screen.interrupt", show=False, id="console.interrupt"),
        Binding("pageup", "screen.scroll_output(-1)", show=False, id="console.page-up"),
        Binding("pagedown", "screen.scroll_output(1)", show=False, id="console.page-down"),
    ]


class Console(Dialog[str]):
    """Evaluates in a frame until it is left; the answer is an expression to open as data, if one was asked for."""

    DEFAULT_CSS = """
    Console { align: center bottom; }
    Console > .box { width: 100%; max-width: 100%; height: 60%; min-height: 8; }
    Console ConsoleOutput { height: 1fr; background: $surface; }
    Console Input, Console Input:focus { padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "open_value", show=False, id="console.open"),
        Binding("ctrl+l", "clear", show=False, id="console.clear"),
    ]
    _IDLE: ClassVar[str] = "tab completes · ↑ ↓ history · ctrl+o opens a table · esc closes"
    _BUSY: ClassVar[str] = "evaluating · esc or ctrl+c interrupts it · esc again leaves it"

    class Came(Message):
        """The debugger answered."""

        def __init__(self, take: Callable[[], None]) -> None:
            super().__init__()
            self.take = take

    def __init__(self, debugger: DebuggerPort, place: ConsolePlace, log: ConsoleLog) -> None:
        """Make the console.

        Args:
            debugger: Who evaluates.
            place: Where.
            log: What was shown and typed before, in this session.
        """
        super().__init__(f"Console: {place.name()}")
        self._debugger = debugger
        self._place = place
        self._stop = place.stop()
        self._log = log
        self._output = ConsoleOutput(log)
        self._pending: Future[Variable] | None = None
        self._interrupted = False
        self._printed = Printed(place.logs)
        self._looking: Timer | None = None
        self._openable = ""

    def parts(self) -> ComposeResult:
        """Output, input, keys."""
        yield self._output
        yield ConsoleField(placeholder="an expression or a statement", select_on_focus=False)
        yield told(self._IDLE, "muted")

    def on_mount(self) -> None:
        """Type at once; what the step prints is looked for while something is evaluated."""
        self._output.tell()
        self._looking = self.set_interval(_LOOK_SECONDS, self._look, pause=True)
        self._field.focus()

    @property
    def _field(self) -> ConsoleField:
        return self.query_one(ConsoleField)

    # --- evaluating --------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Evaluate the line."""
        event.stop()
        text, frame = event.value.strip(), self._place.frame()
        if not text or self._pending is not None or not self._still_there():
            return
        if frame is None:
            return
        self._field.clear()
        self._log.typed(text)
        self._say(f">>> {text}", "accent")
        self._look(whole=True)
        self._interrupted = False
        self._tell(self._BUSY)
        if self._looking is not None:
            self._looking.resume()
        text = as_python(text)
        answer = self._pending = self._debugger.evaluate(text, frame)
        answer.add_done_callback(lambda done: self.post_message(self.Came(lambda: self._take(text, done))))

    def _still_there(self) -> bool:
        """Whether what was typed was meant for where the step stands now; if not it stays in the input, and is said."""
        stop = self._place.stop()
        if stop is None:
            self._say("no step is stopped inside any more: what is typed stays here", "warn")
        elif stop != self._stop:
            self._stop, name = stop, self._place.name()
            self.query_one(".box").border_title = Content(safe(f"Console: {name}"))
            self._say(f"the step went on meanwhile, and stands in {name}: enter evaluates there", "warn")
        else:
            return True
        return False

    def _take(self, text: str, done: Future[Variable]) -> None:
        if done is not self._pending:
            return
        self._pending = None
        self._tell(self._IDLE)
        self._look()
        problem = done.exception() if not done.cancelled() else None
        if problem is not None:
            told = "interrupted" if self._interrupted else error_of(_lines(str(problem)))
            self._say(told, "warn" if self._interrupted else "bad")
            if hint := "" if self._interrupted else command_hint(text):
                self._say(hint, "muted")
        elif not done.cancelled():
            self._show(text, done.result())
        self.set_timer(_DRAIN_SECONDS, self._drained)
        self._place.changed()

    def _show(self, text: str, value: Variable) -> None:
        self._openable = text if value.kind else ""
        if value.value and value.type != "NoneType":
            self._say(_lines(value.value))
        if value.kind:
            self._say(f"a {value.kind}: ctrl+o opens it in the Data pane", "muted")

    def _drained(self) -> None:
        if self._pending is None and self._looking is not None:
            self._look(whole=True)
            self._looking.pause()

    def _look(self, *, whole: bool = False) -> None:
        """Show what the step printed meanwhile."""
        printed = self._printed.news(whole=whole)
        if printed:
            self._say(printed, "muted")

    def _say(self, text: str, tone: str = "plain") -> None:
        self._log.add(text, tone)
        self._output.tell()

    def _tell(self, keys: str) -> None:
        self.query_one(".muted", Static).update(keys)

    def on_console_came(self, event: Came) -> None:
        """Use an answer."""
        event.stop()
        event.take()

    # --- keys --------------------------------------------------------------------------------------

    def action_close(self) -> None:
        """Interrupt what is being evaluated; else, or when it does not listen, leave."""
        if self._computing and not self._interrupted:
            self._interrupt()
        else:
            self.dismiss(None)

    def action_interrupt(self) -> None:
        """Interrupt what is being evaluated; else copy what is selected, or begin the line anew. It never leaves."""
        if self._computing:
            self._interrupt()
        elif self._field.selected_text:
            self._field.action_copy()
        else:
            self._field.clear()

    @property
    def _computing(self) -> bool:
        return self._pending is not None or bool(self._debugger.state.computing)

    def _interrupt(self) -> None:
        if not self._interrupted:
            self._interrupted = True
            self._say("interrupting", "muted")
        self._debugger.interrupt()

    def action_complete(self) -> None:
        """Ask what the line could go on with."""
        field, frame = self._field, self._place.frame()
        text, column = field.value, field.cursor_position
        if frame is None or not text[:column].strip():
            return
        answer = self._debugger.complete(text, column, frame)
        answer.add_done_callback(lambda done: self.post_message(self.Came(lambda: self._offer(text, column, done))))

    def _offer(self, text: str, column: int, done: Future[tuple[str, ...]]) -> None:
        """Go on as far as all offers agree; where they do not, show them."""
        field = self._field
        if done.cancelled() or field.value != text or field.cursor_position != column:
            return
        if done.exception() is not None:
            self._say(str(done.exception()), "warn")
            return
        offers = done.result()
        if not offers:
            self.app.bell()
            return
        longer = completed(text, column, offers)
        if longer != text:
            field.value = longer
            field.cursor_position = len(longer) - len(text[column:])
        elif len(offers) > 1:
            tail = len(text) - column
            names = [safe(offer[: len(offer) - tail].rpartition(".")[2] or offer, 60) for offer in offers]
            more = f"  and {len(names) - _MOST_OFFERS} more" if len(names) > _MOST_OFFERS else ""
            self._say("  ".join(names[:_MOST_OFFERS]) + more, "muted")

    def action_walk(self, by: int) -> None:
        """Go through what was typed before."""
        field = self._field
        field.value = self._log.walk(by, field.value)
        field.cursor_position = len(field.value)

    def action_scroll_output(self, pages: int) -> None:
        """Look at earlier output."""
        self._output.action_page(pages)

    def action_clear(self) -> None:
        """Begin with an empty output."""
        self._log.lines.clear()
        self._output.tell()

    def action_open_value(self) -> None:
        """Leave, and open what is typed, or else what was evaluated last, as data."""
        wanted: Any = self._field.value.strip() or self._openable
        if wanted:
            self.dismiss(wanted)


def _lines(text: str) -> str:
    """The line feeds of a value, which came as one safe line."""
    return text.replace("\N{SYMBOL FOR LINE FEED}", "\n")
