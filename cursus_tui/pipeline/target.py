"""What a ``PATH`` on the command line means: which DAG, and beside what."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_tui.pipeline.given_files import FILE, FOLDER, absolute, kind_of, near_miss, read_json
from cursus_tui.pipeline.samples import open_sample
from cursus_tui.records.errors import UserError

DAG_SUFFIX = ".dag.json"
SAMPLE_PREFIX = "sample:"

_ACCEPTED = (
    "a *.dag.json, a folder that holds one, a config JSON beside one, a Python file with a PipelineDAG, or sample:NAME"
)
_ANY_JSON = "a DAG or a config, as JSON"
_MAX_ENTRIES = 50_000
_MAX_DEPTH = 8
_NEVER_ENTERED = {"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "tests", "test"}


@dataclass(frozen=True, slots=True)
class Target:
    """The file that defines the DAG, and what else the path says."""

    file: Path
    """Absolute: a ``*.dag.json``, or a Python file."""
    dag_name: str | None = None
    """Which DAG of a Python file."""
    config: Path | None = None
    """The config JSON, where the path was one."""
    notes: tuple[str, ...] = ()
    """How it was found, where it was not named outright."""

    @property
    def home(self) -> Path:
        """The folder that the pipeline lives in; settings and workspace lie there."""
        return self.file.parent

    @property
    def is_python(self) -> bool:
        """True where the DAG has to be read in a process of its own."""
        return self.file.suffix == ".py"


def find_target(path: str) -> Target:
    """What a path from the command line means.

    Raises:
        UserError: There is nothing there, nothing in it that can be opened, or several things.
    """
    if not path.strip():
        raise UserError("the path is empty", expected=_ACCEPTED)
    if path.startswith(SAMPLE_PREFIX):
        sample = open_sample(path.removeprefix(SAMPLE_PREFIX))
        found = _in_folder(sample.folder)
        return Target(found.file, notes=(sample.note,))
    file, name = _split_name(path)
    kind = kind_of(file, "PATH", _ACCEPTED)
    if kind == FOLDER:
        return _in_folder(file)
    if not kind:
        raise UserError("there is no such file or folder", file=file, expected=_ACCEPTED, hint=_near_miss(file))
    if kind != FILE:
        raise UserError(f"this is {kind}", file=file, expected=_ACCEPTED)
    if file.suffix == ".py":
        return Target(file, dag_name=name)
    if file.suffix == ".ipynb":
        raise UserError(
            "a notebook cannot be opened", file=file, expected=_ACCEPTED, hint="move the DAG into a .py file"
        )
    if file.suffix == ".json":
        return _of_json(file)
    raise UserError("this is no pipeline", file=file, expected=_ACCEPTED)


def is_dag(document: Any) -> bool:
    """Whether this JSON looks like a DAG."""
    return isinstance(document, dict) and ("dag" in document or {"nodes", "edges"} <= document.keys())


def is_config(document: Any) -> bool:
    """Whether this JSON looks like a Cursus config."""
    if not isinstance(document, dict):
        return False
    metadata = document.get("metadata")
    return "configuration" in document or (isinstance(metadata, dict) and "config_types" in metadata)


def dag_nodes(document: Any) -> set[str]:
    """The node names of a DAG, as far as they can be seen without judging its form."""
    dag = document.get("dag", document) if isinstance(document, dict) else {}
    nodes = dag.get("nodes") if isinstance(dag, dict) else None
    return {node for node in nodes if isinstance(node, str)} if isinstance(nodes, list) else set()


def config_nodes(document: Any) -> set[str]:
    """The node names that a config says something about."""
    found: set[str] = set()
    for section, part in (("configuration", "specific"), ("metadata", "config_types")):
        outer = document.get(section) if isinstance(document, dict) else None
        inner = outer.get(part) if isinstance(outer, dict) else None
        found |= set(inner) if isinstance(inner, dict) else set()
    return found


def _split_name(path: str) -> tuple[Path, str | None]:
    """``pipeline.py:create_dag`` names one DAG of a Python file."""
    front, colon, name = path.rpartition(":")
    named = bool(colon) and front.endswith(".py") and not os.path.exists(path)
    return absolute(front if named else path), name if named else None


def _of_json(file: Path) -> Target:
    document = read_json(file, _ANY_JSON)
    if is_dag(document) or file.name.endswith(DAG_SUFFIX):
        return Target(file)
    if not is_config(document):
        raise UserError("this JSON is neither a DAG nor a config", file=file, expected="`dag` with `nodes` and `edges`")
    return _beside_config(file, config_nodes(document))


def _beside_config(config: Path, nodes: set[str]) -> Target:
    """The DAG that a config belongs to: beside it or above it, and the one whose steps it configures."""
    looked: list[str] = []
    for folder in _upwards(config.parent, 3):
        looked.append(str(folder))
        dags = list(_walk(folder, DAG_SUFFIX))
        matching = [dag for dag in dags if nodes and dag_nodes(_try_json(dag)) == nodes] or [
            dag for dag in dags if nodes and (own := dag_nodes(_try_json(dag))) and own <= nodes
        ]
        if len(chosen := matching or dags) == 1:
            note = (
                f"DAG: {chosen[0].name}, {'whose steps the config has' if matching else 'the only one near the config'}"
            )
            return Target(chosen[0], config=config, notes=(note,))
        if chosen:
            raise _several(config, chosen, f"--config {config}")
        if len(python := _python_files(folder)) == 1:
            return Target(python[0], config=config, notes=(f"Chosen: {python[0].name}, near the config",))
        if python:
            raise _several(config, python, f"--config {config}")
    raise UserError(
        "this is a config, and there is no DAG near it",
        file=config,
        expected=f"one *{DAG_SUFFIX} or one Python file with a PipelineDAG in " + " or ".join(looked),
        hint=f"name the DAG, with --config {config}",
    )


def _in_folder(folder: Path) -> Target:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UserError("you may not read this folder", file=folder, expected=_ACCEPTED)
    direct = sorted(each for each in folder.glob(f"*{DAG_SUFFIX}") if each.is_file())
    dags = direct or list(_walk(folder, DAG_SUFFIX))
    if len(dags) == 1:
        return Target(dags[0], notes=() if direct else (f"Chosen: {dags[0]}, the only one below {folder}",))
    if dags:
        raise _several(folder, dags)
    python = _python_files(folder)
    if len(python) == 1:
        return Target(python[0], notes=(f"Chosen: {python[0].name}, the only Python file here with a PipelineDAG",))
    if python:
        raise _several(folder, python)
    raise UserError(
        "there is no pipeline in this folder",
        file=folder,
        expected=_ACCEPTED,
        hint="name the file itself if it lies elsewhere; cursus-tui sample lists pipelines to try",
    )


def _several(place: Path, found: Sequence[Path], options: str = "") -> UserError:
    base = place if place.is_dir() else place.parent
    names = [os.path.relpath(each, base) for each in found]
    shown = "".join(f"\n    {name}" for name in names[:12])
    more = f"\n    and {len(names) - 12} more" if len(names) > 12 else ""
    return UserError(
        f"there are {len(found)} pipelines here:{shown}{more}",
        file=place,
        hint=f"name one, such as {found[0]}{' ' + options if options else ''}",
    )


def _walk(folder: Path, suffix: str) -> Iterator[Path]:
    """Files below a folder, sorted; without hidden folders, environments, tests and what is very deep."""
    seen = 0
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(
            each for each in folders if depth < _MAX_DEPTH and not each.startswith(".") and each not in _NEVER_ENTERED
        )
        seen += len(folders) + len(files)
        if seen > _MAX_ENTRIES:
            return
        yield from (Path(place) / each for each in sorted(files) if each.endswith(suffix))


def _python_files(folder: Path) -> list[Path]:
    """Python files directly in a folder that make a ``PipelineDAG``, as far as their text tells."""
    found = []
    for file in sorted(folder.glob("*.py")):
        try:
            text = file.read_bytes()[: 4 << 20] if file.is_file() else b""
        except OSError:
            continue
        if b"PipelineDAG(" in text:
            found.append(file)
    return found


def _try_json(file: Path) -> Any:
    try:
        return read_json(file, _ANY_JSON)
    except UserError:
        return None


def _upwards(folder: Path, levels: int) -> list[Path]:
    return [folder, *folder.parents][:levels]


def _near_miss(file: Path) -> str:
    with_suffix = f"{file}{DAG_SUFFIX}"
    return with_suffix if os.path.exists(with_suffix) else near_miss(file) or "cursus-tui sample lists the samples"
