"""The app: keys and theme, the pipeline as the first picture where it opens quickly, and behind it the session."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType

from cursus_tui.app.actions import Scope
from cursus_tui.app.awaiting import Awaiting
from cursus_tui.app.key_order import KeyOrder
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.leaving import Leaving
from cursus_tui.app.line import LineDriver, wait_until_cut
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import Phase, RunRecord

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel

    from cursus_tui.app.ports import DeskPort
    from cursus_tui.app.screens.main import MainScreen, Verb

ANSI_THEME = "ansi-dark"
"""Uses the terminal's own colours: few bytes, and right for NO_COLOR."""
_QUICK_SECONDS = 0.2
"""A pipeline that is open by then is the first picture; for any other, the first picture says what is awaited."""

_GONE_SECONDS = 0.3
"""How long after its time a notice has certainly left the screen."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How the screen is painted."""

    theme: str | None = None
    plain: bool = False
    """The terminal's own colours, no animation: for slow lines and NO_COLOR."""


def _verbs() -> dict[str, Verb]:
    """Imported with the first action: the dialogs of all of them take longer than a picture."""
    from cursus_tui.app.commands import VERBS

    return VERBS


class CursusApp(App[Leaving], inherit_bindings=False):
    """One pipeline on one screen.

    Attributes:
        desk: The opened pipeline; None until it is opened. Whoever runs the app closes it.
        main: The main screen; None until the pipeline is opened.
    """

    TITLE = "cursus-tui"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self, desk: Future[DeskPort], keymap: Keymap, looks: Looks | None = None, *, opening: str = ""
    ) -> None:
        """Make the app; nothing is started yet.

        Args:
            desk: The pipeline, which another thread may still be opening.
            keymap: The keys in force.
            looks: How it is painted.
            opening: What is being opened, as the user named it.

        Raises:
            UserError: There is no such theme.
        """
        super().__init__(driver_class=LineDriver)
        self.desk: DeskPort | None = None
        self.main: MainScreen | None = None
        self._awaited = desk
        self._keys = keymap
        self._opening = opening
        self._key_order = KeyOrder(self, self._hand_on)
        self._awaiting = Awaiting(lambda: self._key_order.more)
        self._wear(looks or Looks())
        self.set_keymap(keymap.of_widgets())
        for action, key, scope in keymap.bound():
            if not action.binding:
                self.bind(key, f"perform('{action.id}', '{scope.name}')", description=action.title, show=False)
        self.bind("ctrl+c", "copy_or_tell", show=False)
        self.bind("ctrl+z", "suspend_process", show=False)

    def _wear(self, looks: Looks) -> None:
        if looks.plain:
            self.theme = ANSI_THEME
            self.animation_level = "none"
        elif looks.theme is not None:
            if looks.theme not in self.available_themes:
                known = ", ".join(sorted(self.available_themes))
                raise UserError(f"there is no theme {looks.theme!r}", expected=f"one of {known}")
            self.theme = looks.theme

    def on_mount(self) -> None:
        """Listen; the first picture comes when Textual lets pictures through, which it does not while it starts."""
        self._listen_to_signals()
        self._listen_to_line()
        self.call_later(self._show_first)

    # --- keys --------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Keys take turns; anything else is handled as it comes."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._key_order.take(event)
            return
        if isinstance(event, events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            self._awaiting.touched()
        await super().on_event(event)

    async def _hand_on(self, event: events.Event) -> None:
        self._awaiting.touched()
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A key does something only where its scope says so."""
        if action != "perform" or len(parameters) < 2:
            return True
        if self.main is None or not self.main.is_mounted:
            return parameters[0] == "quit"
        scope = Scope[str(parameters[1])]
        if scope is Scope.STEPPING:
            return self.main.current.STEPPING or self._keys.free_in_data(str(parameters[0]))
        return scope is Scope.EVERYWHERE or scope.value == self.main.situation.pane

    def action_perform(self, action_id: str, scope: str) -> None:
        """Do an action of the registry."""
        if self.main is None or not self.main.is_mounted:
            self.exit(Leaving(keep_running=False))
        elif scope == Scope.STEPPING.name and not self.main.current.STEPPING:
            here = self._keys.label_in(action_id, stepping=False)
            told = f"{self._keys.label(action_id)} does not work among the data" + (f": {here} does" if here else "")
            self.main.say(told, "warning")
        else:
            self.main.perform(action_id)

    def action_copy_or_tell(self) -> None:
        """Ctrl+C copies what the mouse selected; it does not quit."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
        else:
            label = self._keys.label("quit")
            self.notify(f"{label} quits" if label else "quit is in the palette", markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Show a short notice, and what was below it once it is gone."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
        # Where more notices came than fit, Textual scrolls them, and does not know any more where they were painted.
        self.set_timer((self.NOTIFICATION_TIMEOUT if timeout is None else timeout) + _GONE_SECONDS, self._paint_over)

    def _paint_over(self) -> None:
        self.screen.refresh()

    # --- opening -------------------------------------------------------------------------------------

    def _show_first(self) -> None:
        """The pipeline where it opens quickly, else what is being opened; what takes time follows behind."""
        wait([self._awaited], _QUICK_SECONDS)
        if self._awaited.done():
            self._show()
        else:
            from cursus_tui.app.opening import Opening

            self.push_screen(Opening(self._opening))
            self._show_once_opened()

    @work(exit_on_error=False)
    async def _show_once_opened(self) -> None:
        with suppress(Exception):
            await asyncio.wrap_future(self._awaited)
        self._show()

    def _show(self) -> None:
        from cursus_tui.app.screens.main import MainScreen

        try:
            self.desk = desk = self._awaited.result()
            self.main = main = MainScreen(desk, self._keys, _verbs, self._awaiting)
        except Exception as problem:
            self._give_up(problem)
            return
        self.push_screen(main)
        main.call_after_refresh(self._follow, desk, main)

    def _give_up(self, problem: Exception) -> None:
        """End; whoever runs the app tells why, once the terminal is restored."""
        self.exit(Leaving(keep_running=False, problem=problem))

    def _follow(self, desk: DeskPort, main: MainScreen) -> None:
        gc.enable()  # whoever started us may have held it up for the first picture
        main.call_later(main.complete)
        self._look_for_unfinished(desk, main)

    @work(thread=True, exit_on_error=False)
    def _look_for_unfinished(self, desk: DeskPort, main: MainScreen) -> None:
        try:
            self.call_from_thread(main.checked, desk.check())
            workspace = desk.workspace
        except Exception as problem:
            self.call_from_thread(self._give_up, problem)
            return
        try:
            found = desk.unfinished()
        except (UserError, OSError) as problem:
            self.call_from_thread(main.refuse, str(problem))
            return
        if workspace.read_only:
            # Another front has it: its run is looked on, there is nothing to decide.
            self.call_from_thread(self._start, found.run_id if found else None)
        elif found is not None and found.phase is not Phase.IDLE:
            # A run in which nothing was started has nothing to resume.
            self.call_from_thread(self._ask_to_resume, found)
        else:
            self.call_from_thread(self._start, None)

    def _ask_to_resume(self, found: RunRecord) -> None:
        from cursus_tui.app.resume import resume_question
        from cursus_tui.app.screens.choose import Choose

        def answered(answer: str | None) -> None:
            self._start(None if answer == "new" else found.run_id)

        title, text, answers = resume_question(found)
        self.push_screen(Choose(title, text, answers, escape="resumes"), answered)

    @work(thread=True, exit_on_error=False)
    def _start(self, run_id: str | None) -> None:
        assert self.desk is not None
        assert self.main is not None
        try:
            session = self.desk.start(run_id)
        except Exception as problem:
            # Whatever keeps the session from starting, the pipeline can still be looked at.
            self.call_from_thread(self.main.refuse, str(problem) or type(problem).__name__)
            return
        debugger = self.desk.debugger
        self.call_from_thread(self.main.begin, session, debugger)
        if debugger is not None and (port := debugger.state.ide.port) is not None:
            self.call_from_thread(self.main.say, f"IDEs can attach to 127.0.0.1:{port}")
        if not self.is_headless:
            # All that is alive now lives to the end: to look through it for garbage took 40 ms, every few seconds,
            # in which no key was answered. A headless app is one of many in its process.
            gc.freeze()
            gc.set_threshold(5_000, 20, 20)

    # --- the end that nobody asked for ----------------------------------------------------------------

    @property
    def crash(self) -> Exception | None:
        """The error of ours that ended the app; whoever runs it tells of it."""
        if self._exception is None and self.return_value is None:
            return RuntimeError("the screen could not go on")  # Textual panicked outside of our code
        return self._exception

    def _print_error_renderables(self) -> None:
        """Print nothing: Textual's own traceback shows the values of variables, and escape sequences as they are."""
        self._exit_renderables.clear()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self._leave_for, number)
            for number in (signal.SIGINT, signal.SIGQUIT):
                # Ctrl+C in an editor that has the terminal is for the editor; a screen gets it as a key.
                loop.add_signal_handler(number, lambda: None)
        except (NotImplementedError, RuntimeError, ValueError):
            return  # not the main thread: whoever runs us there listens

    def _listen_to_line(self) -> None:
        driver, loop = self._driver, asyncio.get_running_loop()
        if not isinstance(driver, LineDriver):
            return

        def listen() -> None:
            if wait_until_cut(driver.fileno):
                with suppress(RuntimeError):  # the loop is closed: we are leaving anyway
                    loop.call_soon_threadsafe(self._leave_for, signal.SIGHUP)

        threading.Thread(target=listen, name="line", daemon=True).start()

    def _leave_for(self, number: int) -> None:
        """A cut line or a kind kill: the running step is left to be adopted by the next start."""
        self.exit(Leaving(keep_running=True, terminal_gone=number == signal.SIGHUP), return_code=128 + number)
