"""Finding everything that belongs to a pipeline by walking its project."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cursus_tui.pipeline.given_files import FILE, FOLDER, existing, read_json
from cursus_tui.pipeline.target import Target, config_nodes, dag_nodes, is_config
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import ProjectLayout

_INTERFACES = ("interfaces", "steps/interfaces", "src/cursus/steps/interfaces", "cursus/steps/interfaces")
_SCRIPTS = (
    "scripts",
    "dockers/scripts",
    "dockers",
    "steps/scripts",
    "src/cursus/steps/scripts",
    "cursus/steps/scripts",
)
_CONFIG_FOLDERS = (".", "pipeline_config", "config")
_HYPERPARAMETER_FOLDERS = (".", "hyperparams", "dockers/hyperparams", "dockers", "pipeline_config", "config")
_TOP_MARKS = (".git", "pyproject.toml", "setup.py")
_PROJECT_MARKS = ("dockers", "pipeline_config", "interfaces", "scripts")
_MAX_LEVELS = 12
_CONFIG = "a config JSON: `configuration` with `shared` and `specific`"
_HYPERPARAMETERS = "hyperparameters: one JSON object"
_STEP_FILES = "a folder of step interfaces"


def find_project(
    target: Target,
    flags: LayoutFlags,
    *,
    dag_file: Path | None = None,
    settings: Path | None = None,
    cursus_package: Path | None = None,
) -> ProjectLayout:
    """Where everything of a pipeline is: as given, else by walking up from the DAG.

    Args:
        target: The DAG, from ``find_target``.
        flags: What the user gave.
        dag_file: The JSON copy, where the target is a Python file.
        settings: The settings file in force.
        cursus_package: The folder of the ``cursus`` package that the chosen interpreter has, looked at last of all.

    Raises:
        UserError: Something given is not there, or no interfaces are found; with every place that was looked at.
    """
    dag = dag_file or target.file
    levels = _levels(target.home)
    root, root_note = _root(flags.root, target.home, levels)
    if root not in levels:
        levels = [*levels, root]
    packages = [cursus_package.parent] if cursus_package else []
    interfaces, interface_notes = _interfaces(flags.interfaces, [*levels, *packages])
    scripts, script_notes = _scripts(flags.scripts, target, [*levels, *packages])
    nodes = dag_nodes(read_json(dag, "a pipeline DAG"))
    config, config_note = _config(flags.config or target.config, nodes, _near(target.home, root))
    hyperparameters, hyperparameter_note = _hyperparameters(flags.hyperparameters, config, _near(target.home, root))
    notes = (*target.notes, root_note, *interface_notes, *script_notes, config_note, hyperparameter_note)
    return ProjectLayout(
        dag_file=dag,
        root=root,
        interfaces=interfaces,
        scripts=scripts,
        config=config,
        hyperparameters=hyperparameters,
        settings=settings,
        notes=tuple(note for note in notes if note),
        dag_source=target.file if target.is_python else None,
    )


def _levels(home: Path) -> list[Path]:
    """The folder and those above it, up to the top of its repository.

    Never the user's home, the disk's top, or a common folder such as ``/tmp``: what lies there is not the project's,
    and another user could have put scripts there.
    """
    levels: list[Path] = []
    outside = {Path.home(), Path(home.anchor)}
    for folder in [home, *home.parents][:_MAX_LEVELS]:
        if levels and (folder in outside or _is_shared(folder)):
            break
        levels.append(folder)
        if (folder / ".git").exists():
            break
    return levels


def _is_shared(folder: Path) -> bool:
    try:
        return folder.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH | stat.S_ISVTX
    except OSError:
        return True


def project_folders(home: Path) -> list[Path]:
    """The pipeline's folder and those above it up to its project's root: where the project's ``.venv`` may lie."""
    levels = _levels(home)
    root, _ = _root(None, home, levels)
    return levels[: levels.index(root) + 1]


def _root(given: Path | None, home: Path, levels: list[Path]) -> tuple[Path, str]:
    if given:
        return existing(given, "--root", FOLDER), f"Root: {given}, as given"
    for folder in levels:
        if any((folder / mark).is_dir() for mark in _PROJECT_MARKS):
            return folder, f"Root: {folder}, since it has " + _and(m for m in _PROJECT_MARKS if (folder / m).is_dir())
        if any((folder / mark).exists() for mark in _TOP_MARKS):
            return folder, f"Root: {folder}, the top of its repository"
    return home, f"Root: {home}, the pipeline's own folder"


def _interfaces(given: tuple[Path, ...], levels: list[Path]) -> tuple[tuple[Path, ...], list[str]]:
    for folder in given:
        if not any(existing(folder, "--interfaces", FOLDER).glob("*.step.yaml")):
            message = "--interfaces: there is no *.step.yaml in this folder"
            raise UserError(message, file=folder, expected=_STEP_FILES, hint="give the folder that has them")
    if given:
        return given, [f"Interfaces: {_and(given)}, as given"]
    tried = [level / name for level in levels for name in _INTERFACES]
    found = _distinct(each for each in tried if each.is_dir() and any(each.glob("*.step.yaml")))
    if not found:
        raise UserError(
            "no step interfaces (*.step.yaml) were found",
            file=levels[0],
            expected=f"a folder {' or '.join(_INTERFACES)} in {' or '.join(map(str, levels[:4]))}"
            + (" or further up" if len(levels) > 4 else ""),
            hint="give their folder with --interfaces, or install cursus in the chosen interpreter",
        )
    return found, [f"Interfaces: {folder}, {_count(folder, '*.step.yaml')}" for folder in found]


def _scripts(given: tuple[Path, ...], target: Target, levels: list[Path]) -> tuple[tuple[Path, ...], list[str]]:
    if given:
        return tuple(existing(each, "--scripts", FOLDER) for each in given), [f"Scripts: {_and(given)}, as given"]
    tried = [level / name for level in levels for name in _SCRIPTS]
    tried += [each for level in levels if (level / "dockers").is_dir() for each in _docker_folders(level / "dockers")]
    found = _distinct(each for each in tried if _has_modules(each))
    if not found and not target.is_python and _has_modules(target.home):
        found = (target.home,)
    if not found:
        return (), [f"Scripts: none; looked for {_and(_SCRIPTS, 'or')} in {levels[0]} and above; give --scripts"]
    return found, [f"Scripts: {folder}, {_count(folder, '*.py')}" for folder in found]


def _has_modules(folder: Path) -> bool:
    return folder.is_dir() and any(each.name != "__init__.py" for each in folder.glob("*.py"))


def _docker_folders(dockers: Path) -> list[Path]:
    """One image a folder: ``dockers/<image>`` and its ``scripts``."""
    images = sorted(each for each in dockers.iterdir() if each.is_dir() and each.name != "scripts")
    return [place for image in images for place in (image / "scripts", image) if _is_image(image)]


def _is_image(folder: Path) -> bool:
    return (folder / "scripts").is_dir() or any(folder.glob("*_training.py"))


def _config(given: Path | None, nodes: set[str], near: list[Path]) -> tuple[Path | None, str]:
    if given:
        document = read_json(existing(given, "--config", FILE, expected=_CONFIG), _CONFIG)
        if not is_config(document):
            message = "--config: this is no Cursus config"
            raise UserError(message, file=given, expected=_CONFIG, hint="give another file, or leave --config out")
        return given, f"Config: {given}, as given; {_coverage(document, nodes)}"
    found: list[tuple[int, int, Path, Any]] = []
    for order, file in enumerate(_json_files(near, _CONFIG_FOLDERS, "config")):
        document = _quietly(file)
        if is_config(document):
            found.append((-len(config_nodes(document) & nodes), order, file, document))
    if not found:
        return None, "Config: none found; interface defaults are used"
    found.sort(key=lambda each: each[:2])
    (_, _, file, document), others = found[0], [each[2].name for each in found[1:]]
    passed = f" (passed over {_and(others)}; choose with --config)" if others else ""
    return file, f"Config: {file}, {_coverage(document, nodes)}{passed}"


def _hyperparameters(given: Path | None, config: Path | None, near: list[Path]) -> tuple[Path | None, str]:
    if given:
        existing(given, "--hyperparameters", FILE, expected=_HYPERPARAMETERS)
        return given, f"Hyperparameters: {given}, as given"
    files = [
        file for file in _json_files(near, _HYPERPARAMETER_FOLDERS, "hyperparam") if isinstance(_quietly(file), dict)
    ]
    if not files:
        return None, ""
    region = _region(config)
    exact = [file for file in files if file.stem == "hyperparameters"]
    regional = [file for file in files if region and file.stem.endswith(f"_{region}")]
    chosen = (exact or regional or files)[0]
    why = f", for region {region}" if not exact and regional else ""
    others = [file.name for file in files if file != chosen]
    passed = f" (passed over {_and(others)}; choose with --hyperparameters)" if others else ""
    return chosen, f"Hyperparameters: {chosen}{why}{passed}"


def _region(config: Path | None) -> str | None:
    """The config's region; it names the hyperparameter files of projects that have one a region."""
    document = _quietly(config) if config else None
    shared = (document or {}).get("configuration", {})
    shared = shared.get("shared", {}) if isinstance(shared, dict) else {}
    region = shared.get("region") if isinstance(shared, dict) else None
    return region if isinstance(region, str) else None


def _coverage(document: Any, nodes: set[str]) -> str:
    known = len(config_nodes(document) & nodes)
    return f"which has {known} of the {len(nodes)} steps" if known < len(nodes) else "which has all steps"


def _near(home: Path, root: Path) -> list[Path]:
    return list(dict.fromkeys((home, root)))


def _json_files(near: Iterable[Path], folders: Iterable[str], word: str) -> list[Path]:
    """JSON files with a word in their names, the plainest name of each folder first."""
    found: list[Path] = []
    for place in near:
        for folder in folders:
            files = [each for each in (place / folder).glob("*.json") if word in each.name.lower()]
            found += sorted(files, key=lambda each: (each.stem not in (word, f"{word}eters"), each.name))
    return list(_distinct(found))


def _quietly(file: Path) -> Any:
    try:
        return read_json(file, "JSON")
    except UserError:
        return None


def _distinct(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Without repetitions, links followed for the comparison only."""
    return tuple({os.path.realpath(each): Path(os.path.normpath(each)) for each in reversed(list(paths))}.values())[
        ::-1
    ]


def _count(folder: Path, pattern: str) -> str:
    count = sum(1 for _ in folder.glob(pattern))
    return f"{count} file" if count == 1 else f"{count} files"


def _and(items: Iterable[object], word: str = "and") -> str:
    texts = [str(each) for each in items]
    return f" {word} ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)
