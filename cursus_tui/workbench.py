"""The one composition root: builds the session of an opened pipeline, with data process and debugger, for every face.

What only a run needs (store, executor, session, data process) is imported when it is first asked for: the screen is
painted before that.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cursus_tui.checks.opening import Opened, open_pipeline
from cursus_tui.execution.interpreter import probe_of
from cursus_tui.execution.options import RunOptions
from cursus_tui.pipeline.settings_writer import write_settings
from cursus_tui.pipeline.source_files import SourceFiles, names_of, source_files
from cursus_tui.records.debug import DebugError
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import OpenOptions, Saved
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import RunRecord
from cursus_tui.storage.secrets import is_secret

if TYPE_CHECKING:
    from cursus_tui.data.client import DataClient
    from cursus_tui.debugging.debug_session import DebugSession
    from cursus_tui.execution.local_executor import LocalExecutor
    from cursus_tui.execution.session import Session
    from cursus_tui.storage.store import RunStore
    from cursus_tui.storage.workspace import Workspace

__all__ = ["OpenOptions", "Opened", "Workbench", "open_pipeline"]


class _Shelf(NamedTuple):
    """Where runs are kept, and what looks at their data."""

    workspace: Workspace
    store: RunStore
    data: DataClient


class Workbench:
    """An opened pipeline with everything a run needs: workspace, store, executor, data process, session.

    Nothing but the pipeline is there at first; workspace, store and data client are opened together on first use.

    Args:
        opened: The pipeline.
        options: How the run is to be treated; its interpreter is the one that was chosen on opening.
        workspace: The folder that the user named, if any.
        debugs: Have a debugger at hand, to stop inside of steps.

    Attributes:
        session: The newest session, from ``new_session`` or ``start`` on.
        debugger: The debugger, from then on or from ``open_ide`` on; None where nobody debugs.
    """

    def __init__(
        self, opened: Opened, options: RunOptions, workspace: Path | None = None, *, debugs: bool = False
    ) -> None:
        python = opened.interpreter
        self._opened = opened
        self._options = dataclasses.replace(options, python=python.python)
        self._folder = workspace
        self._shelf: _Shelf | None = None
        self._opening = threading.Lock()
        self._debugs = debugs
        self.session: Session | None = None
        self.debugger: DebugSession | None = None
        self._files = SourceFiles()
        self._files.take(self._files.look(self._source_files()))

    def _shelved(self) -> _Shelf:
        """Opens it, on whichever thread asks first."""
        from cursus_tui.data.client import DataClient
        from cursus_tui.storage.store import RunStore
        from cursus_tui.storage.workspace import open_workspace

        with self._opening:
            if self._shelf is None:
                workspace = open_workspace(self._opened.home, self._folder)
                self._shelf = _Shelf(workspace, RunStore(workspace), DataClient(workspace.path / "cache"))
            return self._shelf

    @property
    def workspace(self) -> Workspace:
        """Where the runs are kept.

        Raises:
            UserError: The folder that the user named cannot be used.
        """
        return self._shelved().workspace

    @property
    def store(self) -> RunStore:
        """What is known about the runs."""
        return self._shelved().store

    @property
    def data(self) -> DataClient:
        """Looks at data; its process starts on first use."""
        return self._shelved().data

    @property
    def pipeline(self) -> Pipeline:
        """As the session has it now; as it was opened, before."""
        return self.session.pipeline if self.session else self._opened.pipeline

    def require_owner(self) -> None:
        """Refuse to go on where another front owns the workspace.

        Raises:
            UserError: It does; names it.
        """
        if self.workspace.read_only:
            raise UserError(
                f"the workspace is in use by {self.workspace.read_only}",
                file=self.workspace.path,
                hint="close that one, or run in another folder with --workspace",
            )

    def check(self) -> Pipeline:
        """The pipeline with what its scripts' source tells, looked at now if that was left for later. Blocks."""
        if self._opened.check is not None:
            self._opened = dataclasses.replace(
                self._opened, pipeline=self._opened.check(self._opened.pipeline), check=None
            )
        return self.pipeline

    def unfinished(self) -> RunRecord | None:
        """The newest run of this pipeline, if it did not come to its end; else None."""
        return self.store.read.unfinished_run(self._opened.pipeline.layout.dag_file)

    def new_session(self, run_id: str | None = None) -> Session:
        """A session that is yet to be started, while the interpreters warm up.

        Args:
            run_id: The run to resume; None for a new one.

        Returns:
            The session; ``session`` is this one from now on.

        Raises:
            UserError: An interpreter or the workspace cannot be used.
        """
        from cursus_tui.execution.local_executor import LocalExecutor
        from cursus_tui.execution.session import Session

        self.check()
        executor = LocalExecutor(noticed=self._heard)
        shelf = self._shelved()
        self._take_debugger(wanted=self._debugs and not shelf.workspace.read_only)
        self.session = Session(
            self._opened.pipeline,
            resolve=self._opened.resolve,
            store=shelf.store,
            executor=executor,
            probe=shelf.data,
            options=self._options,
            run_id=run_id,
            debugger=self.debugger,
        )
        if not shelf.workspace.read_only:
            self._warm(executor)
        return self.session

    def _take_debugger(self, *, wanted: bool) -> None:
        """The debugger of a new session: the one whose door is open already, else a new one; an old one is closed."""
        if self.session is not None:
            self.debugger = None
        if self.debugger is not None and not wanted:
            self.debugger.close()
            self.debugger = None
        if self.debugger is None and wanted:
            from cursus_tui.debugging.debug_session import DebugSession

            self.debugger = DebugSession(hold_seconds=self._options.hold_seconds)

    def open_ide(self, port: int | None = None) -> None:
        """Open the door for IDEs ahead of the session: they may attach before anything runs.

        Args:
            port: On loopback; None for 5678 or the next that is free.

        Raises:
            UserError: It is in use.
        """
        if self.debugger is None:
            self._take_debugger(wanted=True)
        assert self.debugger is not None
        try:
            self.debugger.open_ide(port).result()
        except DebugError as error:
            if self.session is None:
                self._take_debugger(wanted=False)
            hint = "take another one, or --ide alone for the next that is free"
            raise UserError(f"IDEs cannot attach: {error}", hint=hint) from None

    def start(self, run_id: str | None = None) -> Session:
        """A session that is started: blocks until its run is in the store.

        Args:
            run_id: The run to resume; None for a new one.

        Returns:
            The session, which has done nothing yet.

        Raises:
            UserError: An interpreter or the store cannot be used, or there is no such run.
        """
        session = self.new_session(run_id)
        session.start().result()
        return session

    def _warm(self, executor: LocalExecutor) -> None:
        """Import ahead what the scripts import, as far as the interpreter has it."""
        from cursus_tui.checks.static import preloadable

        lent = self._lent()
        for python, modules in preloadable(self._opened.pipeline).items():
            interpreter = python or self._options.python
            absent = probe_of(interpreter).absent(name.partition(".")[0] for name in modules)
            present = sorted(name for name in modules if name.partition(".")[0] not in absent)
            executor.warm(interpreter, tuple(present), allow_network=self._options.allow_network)
            if lent is not None:
                executor.lend(interpreter, *lent)

    def _lent(self) -> tuple[Path, Path] | None:
        """What the interpreters of the scripts need of the debugger; None where there is none."""
        if self.debugger is None or self.session is None:
            return None
        try:
            return self.debugger.lent()
        except DebugError as error:
            self.session.tell(str(error))
            return None

    def _heard(self, python: Path, message: Mapping[str, Any]) -> None:
        """Tell what happened to a worker rather than to a step. Called on the thread that listens to it."""
        failed = message.get("failed")
        if not failed or self.session is None:
            return
        broken = {name.partition(".")[0]: why for name, why in reversed(failed.items())}
        for name, why in broken.items():
            self.session.tell(f"{name} is there, but {python} cannot import it: {why}")

    def save(self, overrides: Overrides) -> Saved:
        """Write decisions to the settings file, where they last, but for secrets that are not in it yet.

        Args:
            overrides: All decisions that are in force.

        Returns:
            The file, and which secrets were left out.

        Raises:
            UserError: The file cannot be read or written.
        """
        saved = write_settings(self._opened.settings_file, overrides, is_secret)
        self._files.take(self._files.look([saved.file]))
        return saved

    def _source_files(self) -> tuple[Path, ...]:
        return source_files(self.pipeline, self._opened.settings_file)

    def changed_files(self) -> tuple[Path, ...]:
        """Files of the pipeline (not scripts) whose content is another one than the one that was read."""
        return self._files.changed(self._source_files())

    def reload(self, changed: Iterable[Path]) -> bool:
        """Read the pipeline's files anew, and have the session go on with what they say. Blocks.

        Args:
            changed: The files that changed, for the notice.

        Returns:
            False where the session would not have it now, since a step runs.

        Raises:
            UserError: A file became invalid: the pipeline stays as it was.
        """
        from cursus_tui.execution.legality import IllegalCommand

        assert self.session is not None
        stamps = self._files.look(self._source_files())
        try:
            found = self._opened.read_anew()
            found.resolve(found.given)  # Here, not on the session's thread: asking Cursus' builders may take a minute.
            self.session.reload(found.given, found.resolve, f"{names_of(changed)} changed on disk").result()
        except IllegalCommand:
            return False
        except Exception:
            self._files.take(stamps)  # It will be no better until they change again.
            raise
        self._files.take(stamps)
        return True

    def close(self, *, keep_running: bool = False) -> None:
        """End the session and release everything.

        Args:
            keep_running: A running step goes on, and the next session adopts it; else it is cancelled.
        """
        if self.session:
            self.session.quit(keep_running=keep_running).result()
        elif self.debugger:
            self.debugger.close()
        if self._shelf:
            self._shelf.data.close()
            self._shelf.store.close()
            self._shelf.workspace.close()
