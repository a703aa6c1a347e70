"""Opening a pipeline: its files found, read, wired and checked; none of its steps runs.

What looks into the scripts is imported when it is first asked for: the screen is painted before that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cursus_tui.execution.interpreter import Interpreter, check_interpreter, choose_interpreter, probe_of
from cursus_tui.pipeline.discovery import find_project, project_folders
from cursus_tui.pipeline.given_files import FILE, FOLDER, existing
from cursus_tui.pipeline.overrides import merge, unknown_names
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.settings import FILE_NAME, Settings, read_settings
from cursus_tui.pipeline.target import Target, find_target
from cursus_tui.pipeline.values import BuilderValues
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags, OpenOptions
from cursus_tui.records.pipeline import Finding, Overrides, Pipeline, ProjectLayout, Severity


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
        return options.settings, read_settings(
            existing(options.settings, "--settings", FILE, expected="a short YAML file")
        )
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
            existing(file, f"--input {step}.{channel}", FILE, FOLDER, expected="a file or a folder with the data")
    for step, script in given.scripts.items():
        existing(script, f"--stand-in {step}", FILE, expected="a Python script with a main")
