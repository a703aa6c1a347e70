"""The one composition root: opens a pipeline for every face, and builds its session with data process and checks.

What only checks or a run need (store, executor, session, data process) is imported when it is first asked for: the
screen is painted before that.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cursus_tui.execution.interpreter import Interpreter, check_interpreter, choose_interpreter, probe_of
from cursus_tui.execution.options import RunOptions
from cursus_tui.pipeline.discovery import find_project, project_folders
from cursus_tui.pipeline.overrides import merge, unknown_names
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.settings import FILE_NAME, Settings, read_settings
from cursus_tui.pipeline.settings_writer import write_settings
from cursus_tui.pipeline.source_files import SourceFiles, names_of, source_files
from cursus_tui.pipeline.target import Target, find_target
from cursus_tui.pipeline.values import BuilderValues
from cursus_tui.records.debug import DebugError
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags, OpenOptions, Saved
from cursus_tui.records.pipeline import Finding, Overrides, Pipeline, ProjectLayout, Severity
from cursus_tui.records.run import RunRecord
from cursus_tui.storage.secrets import is_secret

if TYPE_CHECKING:
    from cursus_tui.data.client import DataClient
    from cursus_tui.debugging.debug_session import DebugSession
    from cursus_tui.execution.local_executor import LocalExecutor
    from cursus_tui.execution.session import Session
    from cursus_tui.storage.store import RunStore
    from cursus_tui.storage.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Sources:
    """What the files of a pipeline said when they were read, and how to resolve that."""

    interpreter: Interpreter
    settings_file: Path
    given: Overrides
    """What the settings file and the flags decide."""
    resolve: _Resolver


@dataclass(frozen=True, slots=True)
class Opened:
    """A pipeline that is ready to be looked at, checked or run."""

    pipeline: Pipeline
    """Resolved with the settings file and the flags; once checked, its findings include those of its scripts."""
    interpreter: Interpreter
    resolve: Callable[[Overrides], Pipeline]
    """Resolve anew with these overrides, all of them; quick, since unchanged scripts are not read again."""
    settings_file: Path
    """Where lasting edits go; it need not exist yet."""
    home: Path
    """The folder the pipeline lives in: the workspace goes there."""
    read_anew: Callable[[], Sources]
    """Read all of its files again, for the interpreter that was chosen on opening."""
    check: Callable[[Pipeline], Pipeline] | None
    """Adds what the scripts' source tells; None where that is done."""


def open_pipeline(path: str, options: OpenOptions | None = None, *, check: bool = True) -> Opened:
    """Find, read, wire and check a pipeline. Runs none of its steps.

    Args:
        path: A ``*.dag.json``, a folder, a config JSON, a Python file, or ``sample:NAME``.
        options: What the command line says; the settings file says the rest.
        check: Look into the scripts, too; else ``Opened.check`` does it later, since it takes longer than a picture.

    Raises:
        UserError: Something is missing, invalid, ambiguous or unknown.
    """
    options = options or OpenOptions()
    target = find_target(path)
    found = _read(target, options)
    pipeline = found.resolve.unchecked(found.given)
    _refuse_unknown(pipeline, options.overrides)
    if check:
        pipeline = found.resolve.check(pipeline)
    later = None if check else found.resolve.check
    read_anew = partial(_read, target, options, found.interpreter)
    return Opened(pipeline, found.interpreter, found.resolve, found.settings_file, target.home, read_anew, later)


def _read(target: Target, options: OpenOptions, in_force: Interpreter | None = None) -> Sources:
    settings_file, settings = _settings(target, options)
    wanted = choose_interpreter(options.python, settings.python, project_folders(target.home))
    interpreter = in_force or wanted
    layout = _layout(target, options, settings, interpreter)
    given = merge(settings.overrides, options.overrides)
    for step_python in set(given.pythons.values()):
        check_interpreter(step_python, "per step")
    resolve = _Resolver(layout, interpreter, settings, wanted)
    return Sources(interpreter, settings_file, given, resolve)


def _settings(target: Target, options: OpenOptions) -> tuple[Path, Settings]:
    if options.settings:
        return options.settings, read_settings(options.settings)
    beside = target.home / FILE_NAME
    return beside, read_settings(beside) if beside.exists() else Settings()


def _layout(target: Target, options: OpenOptions, settings: Settings, interpreter: Interpreter) -> ProjectLayout:
    dag_file = None
    if target.is_python:
        from cursus_tui.execution.dag_reader import read_python_dag

        dag_file = read_python_dag(target.file, target.dag_name, interpreter.python)
    package = probe_of(interpreter.python).location("cursus")
    return find_project(
        target,
        _over(options.layout, settings.layout),
        dag_file=dag_file,
        settings=settings.file,
        cursus_package=Path(package) if package else None,
    )


def _over(flags: LayoutFlags, settings: LayoutFlags) -> LayoutFlags:
    """The flags, and the settings' places where they say nothing."""
    return LayoutFlags(
        flags.interfaces or settings.interfaces,
        flags.scripts or settings.scripts,
        flags.config or settings.config,
        flags.hyperparameters or settings.hyperparameters,
        flags.root or settings.root,
    )


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
        session: The session, once ``start`` was called.
        debugger: The debugger, from then on or from ``open_ide`` on; None where nobody debugs.
    """

    def __init__(
        self, opened: Opened, options: RunOptions, workspace: Path | None = None, *, debugs: bool = False
    ) -> None:
        python = opened.interpreter
        self._opened = opened
        self._options = dataclasses.replace(options, python=python.python, python_reason=python.reason)
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
        """The newest run of this pipeline, if it did not come to its end."""
        return self.store.read.unfinished_run(self._opened.pipeline.layout.dag_file)

    def new_session(self, run_id: str | None = None) -> Session:
        """A session that is yet to be started, while the interpreters warm up.

        Args:
            run_id: The run to resume; None for a new one.

        Raises:
            UserError: An interpreter cannot be used.
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
        """Write decisions to the settings file, where they last, but for secrets that are not in it yet."""
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
        """End the session (a running step is cancelled, or goes on with ``keep_running``) and release everything."""
        if self.session:
            self.session.quit(keep_running=keep_running).result()
        elif self.debugger:
            self.debugger.close()
        if self._shelf:
            self._shelf.data.close()
            self._shelf.store.close()
            self._shelf.workspace.close()


class _Resolver:
    """Resolves a layout with overrides, and adds what the scripts' source tells."""

    def __init__(
        self, layout: ProjectLayout, interpreter: Interpreter, settings: Settings, wanted: Interpreter
    ) -> None:
        self._wanted = wanted
        self._layout = layout
        self._interpreter = interpreter
        self._settings = settings

    def __call__(self, overrides: Overrides) -> Pipeline:
        return self.check(self.unchecked(overrides))

    def check(self, pipeline: Pipeline) -> Pipeline:
        """Add what the scripts' source and the data that they are given tell."""
        from cursus_tui.checks.given_data import given_data_findings
        from cursus_tui.checks.static import static_findings

        found = (*static_findings(pipeline, self._absent), *given_data_findings(pipeline))
        return dataclasses.replace(pipeline, findings=(*pipeline.findings, *found))

    def unchecked(self, overrides: Overrides) -> Pipeline:
        """Resolved, without a look into the scripts."""
        builders, problem = self._builders()
        pipeline = resolve(self._layout, overrides, builders=builders)
        found = self._unknown_settings(pipeline)
        if self._wanted.python != self._interpreter.python:
            message = (
                f"{self._wanted.python} is wanted now ({self._wanted.reason}), {self._interpreter.python} is in use"
            )
            hint = "open the pipeline again to run its scripts there"
            found = (*found, Finding(Severity.WARNING, "another-python", None, message, hint, self._settings.file))
        if problem:
            message = f"Cursus' own step builders did not answer for every step: {problem}"
            hint = "those steps' values are derived from the config instead"
            found = (*found, Finding(Severity.INFO, "builders-silent", None, message, hint, self._layout.config))
        return dataclasses.replace(pipeline, findings=(*pipeline.findings, *found))

    def _builders(self) -> tuple[Mapping[str, BuilderValues], str]:
        """The exact values, where the scripts' interpreter has Cursus; and why there are none, if it has."""
        cursus = probe_of(self._interpreter.python).location("cursus")
        if not cursus or self._layout.config is None:
            return {}, ""
        from cursus_tui.execution.cursus_builders import ask_builders

        return ask_builders(self._layout.config, self._interpreter.python, Path(cursus))

    def _absent(self, python: Path | None, names: frozenset[str]) -> frozenset[str]:
        return probe_of(python or self._interpreter.python).absent(names)

    def _unknown_settings(self, pipeline: Pipeline) -> tuple[Finding, ...]:
        """Names in the settings file that this pipeline lacks: a warning, since several DAGs may share the file."""
        return tuple(
            Finding(
                Severity.WARNING,
                "unknown-in-settings",
                None,
                f"{FILE_NAME}, {section}: {problem}",
                hint,
                self._settings.file,
            )
            for section, problem, hint in unknown_names(pipeline, self._settings.overrides)
        )


_FLAGS = {
    "inputs": "--input",
    "environment": "--env",
    "arguments": "--arg",
    "wiring": "--wire",
    "job_types": "--job-type",
    "stand_ins": "--stand-in",
}


def _refuse_unknown(pipeline: Pipeline, given: Overrides) -> None:
    """Names on the command line must exist: a typing error there must not be ignored in silence."""
    for section, problem, hint in unknown_names(pipeline, given):
        raise UserError(f"{_FLAGS.get(section, section)}: {problem}", hint=hint)
    for step, channels in given.inputs.items():
        for channel, file in channels.items():
            if not os.path.exists(file):
                raise UserError(f"--input {step}.{channel}: there is no such file or folder", file=file)
    for step, script in given.scripts.items():
        if not script.is_file():
            raise UserError(f"--stand-in {step}: there is no such file", file=script)
