"""Noticing that something on disk is edited outside while the screen is open: scripts, and the pipeline's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.worker import Worker

from cursus_tui.app.messages import NoticeArrived
from cursus_tui.app.script_watch import ScriptWatch
from cursus_tui.records.run import Phase

if TYPE_CHECKING:
    from cursus_tui.app.screens.main import MainScreen


class DiskWatch:
    """Looks when it is told to, on a thread: a slow file system must neither hold the screen up nor pile up looks.

    Attributes:
        scripts: The scripts of the steps.
    """

    def __init__(self, screen: MainScreen) -> None:
        self.scripts = ScriptWatch()
        self._screen = screen
        self._looking: Worker[None] | None = None
        self._waiting: tuple[Path, ...] = ()

    def look(self) -> None:
        """Begin a look, unless the last one still goes on."""
        if self._looking is None or self._looking.is_finished:
            self._looking = self._screen.run_worker(self._compare, thread=True, group="disk", exit_on_error=False)

    def _compare(self) -> None:
        steps = self._screen.situation.pipeline.steps
        edited = self.scripts.changed({step.script for step in steps.values() if step.script})
        if edited:
            self._screen.app.call_from_thread(self._screen.scripts_changed, edited)
        desk = self._screen.desk
        if self._screen.session is None or desk.workspace.read_only:
            return
        changed = desk.changed_files()
        if changed:
            self._take_over(changed)
        else:
            self._waiting = ()

    def _take_over(self, changed: tuple[Path, ...]) -> None:
        session, desk = self._screen.session, self._screen.desk
        names = ", ".join(file.name for file in changed)
        stop = self._screen.situation.stop
        if stop is not None or (session is not None and session.state.phase is Phase.RUNNING):
            if changed != self._waiting:
                self._waiting = changed
                ended = f"once {stop.step} has ended: let it go, then run it again" if stop is not None else ""
                self._say(f"{names} changed on disk: it holds {ended or 'as soon as nothing runs'}", "info")
            return
        try:
            desk.reload(changed)
        except Exception as problem:  # Whatever is wrong with the files, the pipeline that was read goes on.
            told = str(problem) or type(problem).__name__
            self._say(f"{names} changed on disk, but the pipeline stays as it was:\n{told}", "error")

    def _say(self, text: str, severity: str) -> None:
        from cursus_tui.records.events import Noticed

        self._screen.post_message(NoticeArrived(Noticed(severity, text)))
