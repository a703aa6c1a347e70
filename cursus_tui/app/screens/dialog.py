"""What all questions on top of the main screen share: a titled box that esc closes without an answer."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static

from cursus_tui.text import safe

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """A box in the middle of the screen. A subclass gives its parts."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > .box {
        width: 76; max-width: 96%; height: auto; max-height: 96%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    Dialog > .box.-wide { width: 110; }
    Dialog .told { height: auto; color: $text; }
    Dialog .detail { height: auto; max-height: 3; color: $text-muted; }
    Dialog .muted { color: $text-muted; height: auto; }
    Dialog .problem { color: $text-error; height: auto; }
    Dialog Input, Dialog Input:focus { border: none; height: 1; padding: 0 1; background: $boost; }
    Dialog RowList { height: auto; max-height: 16; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", show=False, id="dialog.close")]
    TITLE_TEXT: ClassVar[str] = ""
    WIDE: ClassVar[bool] = False

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self._title = title or self.TITLE_TEXT

    def compose(self) -> ComposeResult:
        """The box around the parts."""
        with Vertical(classes="box -wide" if self.WIDE else "box") as box:
            box.border_title = Content(safe(self._title))
            yield from self.parts()

    def parts(self) -> ComposeResult:
        """What stands in the box."""
        raise NotImplementedError

    def action_close(self) -> None:
        """No answer."""
        self.dismiss(None)


def told(text: str, classes: str = "told") -> Widget:
    """A paragraph; never markup."""
    return Static(harmless(text), classes=classes, markup=False)


def harmless(text: str) -> Content:
    """Lines of text that may hold names and values of anybody's."""
    return Content("\n".join(map(safe, text.split("\n"))))


class Field(Input):
    """A line to type in whose value may come from anywhere: each character shows as one that does nothing."""

    @property
    def _value(self) -> Text:
        return Text("".join(map(_one_sign, self.value)), no_wrap=True, overflow="ignore", end="")


def _one_sign(char: str) -> str:
    shown = safe(char)
    return shown if len(shown) == 1 else "\N{REPLACEMENT CHARACTER}"
