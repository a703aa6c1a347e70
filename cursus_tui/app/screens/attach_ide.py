"""The door for IDEs: opened with this dialog, closed with it or with the session; who is in, and how to come in."""

from __future__ import annotations

import getpass
import json
import socket
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from cursus_tui.app.follow import forward
from cursus_tui.app.messages import DebuggerArrived
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.row_list import Row, RowList
from cursus_tui.app.ports import DebuggerPort
from cursus_tui.app.screens.dialog import Dialog, harmless, told
from cursus_tui.debugging.ide_config import neovim, pycharm, ssh_line, unnameable, vscode
from cursus_tui.records.debug import IdeState

_CLOSE = "close"
_ROWS = (
    ("vscode", "VS Code", "an entry of .vscode/launch.json"),
    ("pycharm", "PyCharm", "a file in .run, kind Attach to DAP"),
    ("neovim", "Neovim", "nvim-dap, for .nvim.lua"),
    ("ssh", "From another machine", "its IDE goes through SSH"),
    (_CLOSE, "Close the door", "attached IDEs are let go, the step stays"),
)
"""(what, words, remark)."""


class AttachIde(Dialog[None]):
    """Opens the door when it is shown. Leaving the dialog leaves the door open."""

    DEFAULT_CSS = """
    AttachIde .detail { max-height: 9; }
    """
    TITLE_TEXT: ClassVar[str] = "Attach an IDE"

    class Answered(Message):
        """The door was opened or closed, or could not be."""

        def __init__(self, state: IdeState | None, problem: str = "") -> None:
            super().__init__()
            self.state = state
            self.problem = problem

    def __init__(self, debugger: DebuggerPort, project: Path) -> None:
        """Make the dialog.

        Args:
            debugger: Whose door it is.
            project: The folder that the IDE opens.
        """
        super().__init__()
        self._debugger = debugger
        self._project = project
        self._state = debugger.state.ide
        self._standing = Static("", classes="told", markup=False)
        self._problem = Static("", classes="problem", markup=False)
        self._detail = Detail()
        self._unsubscribe: Callable[[], None] = lambda: None

    def parts(self) -> ComposeResult:
        """Where the door is and who is in, the ways to attach, and the text that each of them needs."""
        yield self._standing
        yield self._problem
        yield RowList()
        yield self._detail
        yield told("enter copies what is shown, or closes the door · esc leaves it open", "muted")

    def on_mount(self) -> None:
        """Open the door, unless it is open."""
        rows = self.query_one(RowList)
        rows.set_rows([Row((words, note), ("plain", "muted"), what, indent=1) for what, words, note in _ROWS])
        rows.styles.height = len(_ROWS)
        rows.focus()
        self._unsubscribe = self._debugger.subscribe(lambda fact: forward(self, fact))
        self._show(self._debugger.state.ide)
        if self._state.port is None:
            self._debugger.open_ide().add_done_callback(self._answer)

    def on_unmount(self) -> None:
        """No more events."""
        self._unsubscribe()

    def _answer(self, done: Future[IdeState]) -> None:
        problem = done.exception()
        self.post_message(self.Answered(None, str(problem)) if problem else self.Answered(done.result()))

    def on_attach_ide_answered(self, event: Answered) -> None:
        """Say where the door is, or why there is none."""
        event.stop()
        self._problem.update(harmless(event.problem))
        if event.state is not None:
            self._show(event.state)

    def on_debugger_arrived(self, event: DebuggerArrived) -> None:
        """An IDE came or went."""
        event.stop()
        self._show(event.debugger.ide)

    def _show(self, state: IdeState) -> None:
        self._state = state
        self._standing.update(harmless("\n".join(_words(state))))
        self._tell(self.query_one(RowList).selected)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the text that goes with a row."""
        event.stop()
        self._tell(event.row)

    def _tell(self, row: Row | None) -> None:
        self._detail.tell((self._text(row) if row is not None else "", "$text-muted"))

    def _text(self, row: Row) -> str:
        """What a way to attach needs; empty while the door is closed."""
        port = self._state.port
        if port is None or row.value == _CLOSE:
            return ""
        if row.value != "ssh" and (why := unnameable(self._project)):
            return why
        if row.value == "vscode":
            return json.dumps(vscode(self._project, port), indent=2)
        if row.value == "pycharm":
            return pycharm(self._project, port)
        if row.value == "neovim":
            return neovim(self._project, port)
        return ssh_line(port, _user(), socket.gethostname())

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Copy the text, or close the door."""
        event.stop()
        if event.row.value == _CLOSE:
            self._debugger.close_ide()
            self.dismiss(None)
            return
        text = self._text(event.row)
        if text:
            self.app.copy_to_clipboard(text)
            self.app.notify(f"copied: {event.row.cells[1]}", markup=False)


def _words(state: IdeState) -> list[str]:
    """Where the door is and who is in."""
    if state.port is None:
        return ["the door is being opened"]
    clients = ", ".join(state.clients)
    lines = [f"open at 127.0.0.1:{state.port}, for you alone; attach once, for the whole session"]
    lines.append(f"attached: {clients}" if clients else "nobody is attached yet")
    return [*lines, f"turned away: {state.refused}"] if state.refused else lines


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"
