"""The app: wires the main screen, the keys and the theme, and opens the session behind the first picture."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import App
from textual.binding import BindingType

from cursus_tui.app import messages
from cursus_tui.app.actions import ACTIONS, Scope
from cursus_tui.app.commands import VERBS
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.leaving import Leaving
from cursus_tui.app.ports import DeskPort
from cursus_tui.app.resume import resume_question
from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.main import MainScreen
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import Phase, RunRecord

ANSI_THEME = "ansi-dark"
"""Uses the terminal's own colours: few bytes, and right for NO_COLOR."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How the screen is painted."""

    theme: str | None = None
    plain: bool = False
    """The terminal's own colours, no animation: for slow lines and NO_COLOR."""


class CursusApp(App[Leaving], inherit_bindings=False):
    """One pipeline on one screen."""

    TITLE = "cursus-tui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, desk: DeskPort, keymap: Keymap, looks: Looks | None = None) -> None:
        """Make the app; nothing is started yet.

        Args:
            desk: The opened pipeline.
            keymap: The keys in force.
            looks: How it is painted.
        """
        super().__init__()
        self._desk = desk
        self._keys = keymap
        self._looks = looks or Looks()
        self.set_keymap(keymap.of_widgets())
        for action, key, scope in keymap.bound():
            if action.binding:
                continue
            self.bind(key, f"perform('{action.id}', '{scope.name}')", description=action.title, show=False)
        self.bind("ctrl+c", "copy_or_tell", show=False)

    def on_mount(self) -> None:
        """Paint first; the session opens behind."""
        if self._looks.plain:
            self.theme = ANSI_THEME
            self.animation_level = "none"
        elif self._looks.theme:
            self.choose_theme(self._looks.theme)
        self._listen_to_signals()
        self._main = MainScreen(self._desk, self._keys, VERBS)
        self.push_screen(self._main)
        self._look_for_unfinished()

    def choose_theme(self, name: str) -> None:
        """Use a theme of this name.

        Raises:
            UserError: There is none.
        """
        if name not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            raise UserError(f"there is no theme {name!r}", expected=f"one of {known}")
        self.theme = name

    # --- keys --------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key does something only where its scope says so."""
        if action != "perform" or len(parameters) < 2:
            return True
        pane = self._main.current
        scope = Scope[str(parameters[1])]
        if scope is Scope.STEPPING:
            return pane.STEPPING
        if scope is Scope.DATA:
            return not pane.STEPPING
        return scope is Scope.EVERYWHERE or scope.value == self._main.situation.pane

    def action_perform(self, action_id: str, scope: str) -> None:
        """Do an action of the registry."""
        self._main.perform(action_id)

    def action_copy_or_tell(self) -> None:
        """Ctrl+C copies what the mouse selected; it does not quit."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
        else:
            label = self._keys.label(ACTIONS["quit"].id)
            self.notify(f"{label} quits" if label else "quit is in the palette", markup=False)

    # --- the session ---------------------------------------------------------------------------------

    @work(thread=True, exit_on_error=False)
    def _look_for_unfinished(self) -> None:
        try:
            found = self._desk.unfinished()
        except (UserError, OSError) as problem:
            self._main.post_message(messages.SessionRefused(str(problem)))
            return
        # A run in which nothing was started has nothing to resume.
        begun = found is not None and found.phase is not Phase.IDLE
        self.call_from_thread(self._ask_to_resume if begun else self._start, found if begun else None)

    def _ask_to_resume(self, found: RunRecord | None) -> None:
        if found is None:
            return

        def answered(answer: str | None) -> None:
            self._start(found if answer != "new" else None)

        title, text, answers = resume_question(found)
        self.push_screen(Choose(title, text, answers, escape="resumes"), answered)

    def _start(self, found: RunRecord | None) -> None:
        self._open_session(found.run_id if found else None)

    @work(thread=True, exit_on_error=False)
    def _open_session(self, run_id: str | None) -> None:
        try:
            session = self._desk.start(run_id)
        except Exception as problem:
            # Whatever keeps the session from starting, the pipeline can still be looked at.
            self._main.post_message(messages.SessionRefused(str(problem) or type(problem).__name__))
            return
        self._main.post_message(messages.SessionStarted(session))

    # --- the terminal goes away ----------------------------------------------------------------------

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self._leave_for, number)
            except (NotImplementedError, RuntimeError, ValueError):
                return

    def _leave_for(self, number: int) -> None:
        """A cut line or a kind kill: the running step is left to be adopted by the next start."""
        self.exit(Leaving(keep_running=True, terminal_gone=number == signal.SIGHUP), return_code=128 + number)
