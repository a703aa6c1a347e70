"""The one-line parts of the screen: headings of panes, the status line and the footer of verbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cursus_tui.app.standing import Next
from cursus_tui.text import fit

_BREAKS = {"Breakpoints": "Breaks"}
_BRIEF = {**_BREAKS, "Variables": "Vars"}
_TIGHTER: tuple[tuple[str, Mapping[str, str], int], ...] = (
    (" ", {}, 99),
    ("", _BREAKS, 99),
    *(("", _BRIEF, longest) for longest in (99, 5, 4, 2)),
)
"""(after a heading, short names, most letters of one): the first with which all headings fit. At 80 cells nine do."""
_SURE_KEYS = 2
"""Keys of the status line that stay even where the sentence has to be cut for them."""


class Line(Widget):
    """A line of text of its own: never wraps, never scrolls, takes no focus."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False


class PaneBar(Line):
    """The headings of some panes: number and title; the current one is marked, and so is the one with the focus."""

    DEFAULT_CSS = """
    PaneBar { background: $panel; color: $text-muted; }
    """

    panes: reactive[tuple[tuple[str, str, str], ...]] = reactive(())
    """(pane id, its number, its title with a count or mark) in the order shown."""
    current: reactive[str] = reactive("")
    focused_pane: reactive[str] = reactive("")

    class Chosen(Message):
        """A heading was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def _headings(self) -> list[tuple[str, str]]:
        """(pane id, heading); in little room gaps go first, then words are cut, that of the pane with the focus not."""
        for gap, short, longest in _TIGHTER:
            found = []
            for pane, number, title in self.panes:
                words = _cut(_shorter(title, short), 99 if pane == self.focused_pane else longest)
                found.append((pane, f" {number} {words}{gap}"))
            if sum(cell_len(text) for _, text in found) <= self.size.width:
                break
        return found

    def render(self) -> Content:
        """The headings with a mark that does not depend on colour."""
        parts: list[tuple[str, str]] = []
        for pane, text in self._headings():
            style = "$text-muted"
            if pane == self.focused_pane:
                style = "bold reverse"
            elif pane == self.current:
                style = "bold underline $text"
            parts.append((text, style))
        return Content.assemble(*parts)

    def on_click(self, event: object) -> None:
        """Choose the heading under the mouse."""
        x = getattr(event, "x", 0)
        start = 0
        for pane, text in self._headings():
            start += cell_len(text)
            if x < start:
                self.post_message(self.Chosen(pane))
                return


def _shorter(title: str, short: Mapping[str, str]) -> str:
    """A title with the short name of its pane, where there is one."""
    name, gap, rest = title.partition(" ")
    return short.get(name, name) + gap + rest


def _cut(title: str, longest: int) -> str:
    """A title whose first word, the name of the pane, has so many letters at most."""
    name, gap, rest = title.partition(" ")
    return (name if len(name) <= longest + 1 else name[:longest]) + gap + rest


class VerbLine(Line):
    """Keys and what they do, clickable; the verb of a disabled action is dim and struck through."""

    DEFAULT_CSS = """
    VerbLine { background: $panel; color: $text; }
    """

    verbs: reactive[tuple[tuple[str, str, str, bool], ...]] = reactive(())
    """(action id, key, words, can be done now)."""

    class Chosen(Message):
        """A verb was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    def _fitting(self) -> list[tuple[str, str, str, bool]]:
        """As many as fit; help stays whatever else goes, and what cannot be done now goes first."""
        kept = [verb for verb in self.verbs if verb[0] == "help"]
        crowded = sum(map(_cells, self.verbs)) > self.size.width
        listed = [verb for verb in self.verbs if verb[3] or verb in kept] if crowded else self.verbs
        left = self.size.width - sum(map(_cells, kept))
        shown: list[tuple[str, str, str, bool]] = []
        for verb in listed:
            left -= 0 if verb in kept else _cells(verb)
            if left < 0:
                return [each for each in shown if each not in kept] + kept
            shown.append(verb)
        return shown

    def render(self) -> Content:
        """As many verbs as fit."""
        parts: list[tuple[str, str] | str] = []
        for _, key, words, able in self._fitting():
            parts += [(f" {key}", "bold $text-accent" if able else "dim"), " "]
            parts += [(words, "" if able else "dim strike"), " "]
        return Content.assemble(*parts)

    def on_click(self, event: object) -> None:
        """Do what is under the mouse."""
        x = getattr(event, "x", 0)
        start = 0
        for verb in self._fitting():
            start += _cells(verb)
            if x < start:
                self.post_message(self.Chosen(verb[0]))
                return


def _cells(verb: tuple[str, str, str, bool]) -> int:
    return cell_len(verb[1]) + cell_len(verb[2]) + 3


def _shortened(sentence: str, room: int) -> str:
    """As much as fits; what comes after the first dot, such as the seconds, is worth more than a whole name."""
    if cell_len(sentence) <= room:
        return sentence
    head, dot, rest = sentence.partition(" · ")
    second = dot + rest.partition(" · ")[0]
    if not rest or cell_len(head + second) <= room or cell_len(second) > room // 2:
        return fit(sentence, room).rstrip()
    return fit(head, room - cell_len(second)).rstrip() + second


class StatusLine(Line):
    """Where execution stands and the next keys, in words."""

    DEFAULT_CSS = """
    StatusLine { background: $primary-muted; color: $text; }
    StatusLine.-failure { background: $error-muted; }
    StatusLine.-running { background: $success-muted; }
    StatusLine:ansi { background: ansi_default; text-style: reverse; }
    """

    sentence: reactive[str] = reactive("")
    keys: reactive[tuple[tuple[str, Next], ...]] = reactive(())
    """(key label, (action id, words))."""

    def plain(self) -> str:
        """The whole line as text, cut to the width; the first keys always stay."""
        keys = [f" · {label} {words}" for label, (_, words) in self.keys if label]
        head = cell_len(self.sentence.partition(" · ")[0])
        while len(keys) > _SURE_KEYS and head > self._room(keys):
            keys.pop()
        return f" {_shortened(self.sentence, max(self._room(keys), 8))}{''.join(keys)}"

    def _room(self, keys: list[str]) -> int:
        """Cells that these keys leave for the sentence."""
        return self.size.width - sum(map(cell_len, keys)) - 1

    def render(self) -> Content:
        """The sentence is bold up to its first dot; text from scripts is never markup."""
        text = self.plain()
        head = len(text) if " · " not in text else text.index(" · ")
        return Content(text).stylize("bold", 0, head)
