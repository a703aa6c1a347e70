"""Help: what the pane shows, and every key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from cursus_tui.app.actions import Action
from cursus_tui.app.key_text import sections
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.screens.dialog import Dialog, told


class Help(Dialog[None]):
    """A page to read; any arrow scrolls, esc or ? closes."""

    WIDE: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,f1,q", "close", "Close", show=False, id="help.close"),
    ]
    DEFAULT_CSS = """
    Help VerticalScroll { height: 1fr; }
    Help > .box { height: 96%; }
    """

    def __init__(self, keymap: Keymap, pane: str, text: str, verbs: list[tuple[Action, str | None]]) -> None:
        """Make the page.

        Args:
            keymap: The keys in force.
            pane: Title of the pane that help was asked for.
            text: What it shows.
            verbs: Its actions, each with the reason why it cannot be done now.
        """
        super().__init__(f"Help: {pane}")
        self._keymap = keymap
        self._text = text
        self._verbs = verbs

    def parts(self) -> ComposeResult:
        """The page."""
        with VerticalScroll():
            yield Static(self._page(), markup=False)
        yield told("arrows scroll · esc closes", "muted")

    def on_mount(self) -> None:
        """Scroll with the arrows at once."""
        self.query_one(VerticalScroll).focus()

    def _page(self) -> Content:
        lines = [Content(self._text), Content("")]
        lines.append(Content("Here").stylize("bold $text-accent"))
        for action, reason in self._verbs:
            note = f" (not now: {reason})" if reason else ""
            lines.append(
                Content.assemble(
                    (f"  {self._keymap.label(action.id) or ':':<9}", "bold"),
                    action.title,
                    (note, "$text-warning"),
                )
            )
        for scope, rows in sections(self._keymap):
            lines += [Content(""), Content(scope.capitalize()).stylize("bold $text-accent")]
            lines += [
                Content.assemble((f"  {keys:<16}", "bold"), title, (f"  [{action_id}]", "$text-muted"))
                for action_id, keys, title in rows
            ]
        return Content("\n").join(lines)
