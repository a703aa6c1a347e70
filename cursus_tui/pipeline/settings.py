"""The settings file ``cursus-tui.yaml``: what a user decides about a pipeline, lastingly."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import yaml

from cursus_tui.pipeline.given_files import absolute, read_text
from cursus_tui.pipeline.overrides import nearest
from cursus_tui.pipeline.process_environment import impossible_variable
from cursus_tui.pipeline.shapes import FORBID_OTHERS, Before, read_shape, shape
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import Isolation, Overrides

if TYPE_CHECKING:
    from pydantic import ValidationError

FILE_NAME = "cursus-tui.yaml"

_MAX_BYTES = 4 << 20
_BASE: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc,valid-type]  # which one is known at run time
    """Keeps numbers and dates as they are written: ``0.10`` and ``2024-01-01`` go to a script as such."""


for _kind in ("int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", lambda loader, node: loader.construct_scalar(node))


@dataclass(frozen=True, slots=True)
class Settings:
    """A settings file that was read; all paths are absolute."""

    file: Path | None = None
    layout: LayoutFlags = field(default_factory=LayoutFlags)
    python: Path | None = None
    overrides: Overrides = field(default_factory=Overrides)


def _as_text(value: object) -> object:
    """A value as Cursus would put it into an environment: booleans in lower case, lists joined by commas."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(_as_text(item)) for item in value)
    return value


def _as_source(value: object) -> object:
    """``STEP.OUTPUT`` as a pair; None unwires."""
    if value is None:
        return None
    step, dot, output = str(value).rpartition(".")
    if not (dot and step and output):
        raise ValueError("not STEP.OUTPUT")
    return step, output


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Before(_as_text)]
Source = Annotated[tuple[str, str] | None, Before(_as_source)]
Paths = Annotated[list[str], Before(_as_list)]


@shape
class _SettingsFile:
    """The schema of ``cursus-tui.yaml``, with what is expected of each section for the error messages."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_OTHERS

    interfaces: Paths = field(
        default_factory=list, metadata={"expected": "a folder, or a list of folders, of *.step.yaml files"}
    )
    scripts: Paths = field(
        default_factory=list, metadata={"expected": "a folder, or a list of folders, that hold step scripts"}
    )
    config: str | None = field(default=None, metadata={"expected": "the path of a config JSON"})
    hyperparameters: str | None = field(default=None, metadata={"expected": "the path of a hyperparameters JSON"})
    root: str | None = field(default=None, metadata={"expected": "the path of the project's top folder"})
    python: str | None = field(default=None, metadata={"expected": "the path of a Python interpreter"})
    stubs: Paths = field(
        default_factory=list, metadata={"expected": "a list of libraries that may be replaced by a stub"}
    )
    inputs: dict[str, dict[str, str]] = field(default_factory=dict, metadata={"expected": "STEP: {CHANNEL: PATH}"})
    environment: dict[str, dict[str, Text]] = field(default_factory=dict, metadata={"expected": "STEP: {NAME: VALUE}"})
    arguments: dict[str, dict[str, Text]] = field(default_factory=dict, metadata={"expected": "STEP: {NAME: VALUE}"})
    wiring: dict[str, dict[str, Source]] = field(
        default_factory=dict, metadata={"expected": "STEP: {INPUT: SOURCE_STEP.OUTPUT}, or null to unwire"}
    )
    job_types: dict[str, str] = field(default_factory=dict, metadata={"expected": "STEP: JOB_TYPE"})
    stand_ins: dict[str, str] = field(
        default_factory=dict, metadata={"expected": "STEP: the path of a script that runs for it"}
    )
    isolation: dict[str, Isolation] = field(default_factory=dict, metadata={"expected": "STEP: zygote or subprocess"})
    pythons: dict[str, str] = field(
        default_factory=dict, metadata={"expected": "STEP: the path of a Python interpreter"}
    )


def read_settings(file: Path) -> Settings:
    """Read and validate a settings file. Relative paths in it are relative to its folder.

    Raises:
        UserError: It cannot be read, is not YAML, or says something that it may not; with file, line and what was
            expected.
    """
    text = read_text(file, "settings, a short YAML file", _MAX_BYTES)
    node, data = _parse(file, text)
    if node is None:
        return Settings(file=file)
    lines = _lines(file, node)
    if not isinstance(data, dict):
        raise UserError(
            "the settings are not a mapping", file=file, line=1, expected="lines like `config: config.json`"
        )
    try:
        parsed = read_shape(_SettingsFile, data)
    except ValueError as error:
        from pydantic import ValidationError

        if not isinstance(error, ValidationError):
            raise
        raise _user_error(file, lines, error) from None
    _refuse_impossible(file, lines, parsed)
    return _to_settings(file, parsed)


def _refuse_impossible(file: Path, lines: Mapping[tuple[str | int, ...], int], parsed: _SettingsFile) -> None:
    for step, values in parsed.environment.items():
        for name, value in values.items():
            if why := impossible_variable(name, value):
                raise UserError(
                    f"environment.{step}.{name} is no environment variable: {why}",
                    file=file,
                    line=lines.get(("environment", step, name)),
                    expected="environment: STEP: {NAME: VALUE}, as a process can have them",
                )


def _parse(file: Path, text: str) -> tuple[yaml.Node | None, Any]:
    """The nodes, for their lines, and the data."""
    try:
        return yaml.compose(text, Loader=_Loader), yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UserError(
            f"not valid YAML: {error.problem or error.context}", file=file, line=mark.line + 1 if mark else None
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise UserError(
            f"not valid YAML: {str(error).splitlines()[0] if str(error) else 'nested too deeply'}", file=file
        ) from None


def _lines(file: Path, node: yaml.Node) -> dict[tuple[str | int, ...], int]:
    """Path of keys -> line, from 1. A key that is given twice is an error here, since YAML would drop the first."""
    lines: dict[tuple[str | int, ...], int] = {}

    def walk(at: yaml.Node, path: tuple[str | int, ...], depth: int) -> None:
        if depth > 6:
            return
        if isinstance(at, yaml.MappingNode):
            for key, value in at.value:
                where = (*path, str(key.value))
                if where in lines:
                    raise UserError(
                        f"{'.'.join(map(str, where))} is given twice, here and in line {lines[where]}",
                        file=file,
                        line=key.start_mark.line + 1,
                    )
                lines[where] = key.start_mark.line + 1
                walk(value, where, depth + 1)
        elif isinstance(at, yaml.SequenceNode):
            for index, item in enumerate(at.value):
                lines[(*path, index)] = item.start_mark.line + 1
                walk(item, (*path, index), depth + 1)

    walk(node, (), 0)
    return lines


def _user_error(file: Path, lines: Mapping[tuple[str | int, ...], int], error: ValidationError) -> UserError:
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    where = tuple(part for part in first["loc"] if part != "[key]")
    line = next((lines[where[:end]] for end in range(len(where), 0, -1) if where[:end] in lines), None)
    section = str(where[0])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    expected = {each.name: each.metadata["expected"] for each in fields(_SettingsFile)}
    if first["type"] == "unexpected_keyword_argument":
        close = nearest(section, expected)
        return UserError(
            f"unknown setting {section!r}{more}",
            file=file,
            line=line,
            expected="one of " + ", ".join(expected),
            hint=f"did you mean {close!r}?" if close else "",
        )
    shown = repr(first["input"])
    return UserError(
        f"{'.'.join(str(part) for part in where)} cannot be {shown if len(shown) < 60 else shown[:59] + '…'}{more}",
        file=file,
        line=line,
        expected=f"{section}: {expected[section]}",
    )


def _to_settings(file: Path, parsed: _SettingsFile) -> Settings:
    folder = Path(os.path.abspath(file)).parent

    def path(text: str) -> Path:
        return absolute(text, folder)

    def optional(text: str | None) -> Path | None:
        return path(text) if text else None

    return Settings(
        file=file,
        layout=LayoutFlags(
            tuple(map(path, parsed.interfaces)),
            tuple(map(path, parsed.scripts)),
            optional(parsed.config),
            optional(parsed.hyperparameters),
            optional(parsed.root),
        ),
        python=optional(parsed.python),
        overrides=Overrides(
            inputs={s: {channel: path(p) for channel, p in each.items()} for s, each in parsed.inputs.items()},
            environment=parsed.environment,
            arguments={s: {k.lstrip("-"): v for k, v in each.items()} for s, each in parsed.arguments.items()},
            wiring=parsed.wiring,
            job_types=parsed.job_types,
            scripts={s: path(p) for s, p in parsed.stand_ins.items()},
            isolation=parsed.isolation,
            pythons={s: path(p) for s, p in parsed.pythons.items()},
            stubs=tuple(parsed.stubs),
        ),
    )
