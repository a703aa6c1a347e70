"""What a script would import, through its project's own modules, and what of that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.checks.facts import Import, ScriptFacts
from cursus_tui.checks.source import read_facts

_MAX_MODULES = 500


@dataclass(frozen=True, slots=True)
class NeededModule:
    """A library that a script, or a project module that it imports, asks for."""

    name: str
    """Top-level name."""
    file: Path
    line: int
    lazy: bool
    """Imported only inside a function that ``main`` reaches."""


@dataclass(frozen=True, slots=True)
class AbsentProjectModule:
    """An import of the project's own that leads nowhere."""

    shown: str
    """As written: ``...processing.encoders``."""
    file: Path
    line: int
    lazy: bool


def needed_modules(
    facts: ScriptFacts, folders: Sequence[Path]
) -> tuple[tuple[NeededModule, ...], tuple[AbsentProjectModule, ...]]:
    """Libraries and absent project modules of a script.

    Args:
        facts: The script's.
        folders: Where its project's modules lie: its own folder, then ``sys.path``'s additions.
    """
    needed: dict[tuple[str, bool], NeededModule] = {}
    absent: dict[str, AbsentProjectModule] = {}
    for file, each, found in _reached(facts, folders):
        if found is None:
            name = each.module.partition(".")[0]
            needed.setdefault((name, each.lazy), NeededModule(name, file, each.line, each.lazy))
        elif not found:
            shown = "." * each.level + each.module
            absent.setdefault(shown, AbsentProjectModule(shown, file, each.line, each.lazy))
    eager = {name for name, lazy in needed if not lazy}
    return tuple(each for each in needed.values() if not (each.lazy and each.name in eager)), tuple(absent.values())


def library_modules(facts: ScriptFacts, folders: Sequence[Path]) -> frozenset[str]:
    """Dotted names of the library modules that a script imports before its ``main`` runs: what a zygote can preload.

    Args:
        facts: The script's.
        folders: Where its project's modules lie.
    """
    return frozenset(
        each.module for _, each, found in _reached(facts, folders) if found is None and not each.lazy and each.module
    )


def _reached(facts: ScriptFacts, folders: Sequence[Path]) -> Iterator[tuple[Path, Import, tuple[Path, ...] | None]]:
    """(importing file, import, the project files that it executes or None for a library's), through project modules."""
    tops = {folder: _top_names(folder) for folder in folders}
    seen = {facts.file}
    pending = [(facts, True)]
    while pending and len(seen) < _MAX_MODULES:
        module, is_script = pending.pop(0)
        for each in module.imports:
            if each.guarded or not each.used or (each.lazy and not is_script):
                continue
            files = _project_files(each, module.file, tops)
            yield module.file, each, files
            for file in files or ():
                if file not in seen and not each.lazy:
                    seen.add(file)
                    pending.append((read_facts(file), False))


def _project_files(each: Import, importer: Path, tops: Mapping[Path, frozenset[str]]) -> tuple[Path, ...] | None:
    """Files that an import executes in the project; None where it is a library's, empty where it leads nowhere."""
    if each.level:
        base = importer.parent
        for _ in range(each.level - 1):
            base = base.parent
        return tuple(_found_in(base, each)) or ((base / "__init__.py",) if not each.module and base.is_dir() else ())
    top = each.module.partition(".")[0]
    owners = [folder for folder, names in tops.items() if top in names]
    if not owners:
        return None
    for folder in owners:
        if found := tuple(_found_in(folder, each)):
            return found
    return ()


def _top_names(folder: Path) -> frozenset[str]:
    """What can be imported from a folder: its modules, and its folders that hold any."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return frozenset()
    modules = {each.stem for each in entries if each.suffix == ".py"}
    return frozenset(modules | {each.name for each in entries if each.name.isidentifier() and _is_package(each)})


def _found_in(base: Path, each: Import) -> Iterator[Path]:
    """The module below a folder, and those of its submodules that ``from`` names."""
    place = base.joinpath(*each.module.split(".")) if each.module else base
    file = _module_file(place)
    if file:
        yield file
    submodules = [found for name in each.names if (found := _module_file(place / name))]
    yield from submodules
    if not file and not submodules and each.module and _is_package(place):
        yield place / "__init__.py"


def _module_file(place: Path) -> Path | None:
    for file in (place.with_name(place.name + ".py"), place / "__init__.py"):
        if file.is_file():
            return file
    return None


def _is_package(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))
