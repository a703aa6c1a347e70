"""Finding the script of a step on this box, though its config names folders of another machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cursus_tui.pipeline.config import StepConfig
from cursus_tui.records.pipeline import Interface, ProjectLayout

ENTRY_POINTS = (
    ("processing_entry_point", ("processing_source_dir", "source_dir")),
    ("training_entry_point", ("source_dir",)),
)
"""Config field of a script's name, and the fields of its folder, the first that is given wins."""

MAX_TRIED = 40
"""Places that are looked at for one script; a stored path has few folders, so this is never reached by honest ones."""


@dataclass(frozen=True, slots=True)
class ScriptSearch:
    """Where a script was looked for."""

    script: Path | None
    tried: tuple[Path, ...]
    """In order, up to and with the one that was found."""


def find_script(layout: ProjectLayout, config: StepConfig, interface: Interface | None) -> ScriptSearch:
    """Look for a step's script: where its config says, then in the script folders; then the interface's entry point."""
    tried: dict[Path, None] = {}
    for place in _places(layout, config, interface):
        if place in tried:
            continue
        tried[place] = None
        if _is_file(place):
            return ScriptSearch(place, tuple(tried))
        if len(tried) >= MAX_TRIED:
            break
    return ScriptSearch(None, tuple(tried))


def entry_point(config: StepConfig, interface: Interface | None) -> str | None:
    """The script's name as config or interface give it."""
    for field, _ in ENTRY_POINTS:
        if (name := config.text(field)) is not None:
            return name
    return interface.contract.entry_point if interface else None


def _places(layout: ProjectLayout, config: StepConfig, interface: Interface | None) -> Iterator[Path]:
    names = []
    for field, folders in ENTRY_POINTS:
        name = config.text(field)
        if name is None:
            continue
        names.append(name)
        folder = next((text for each in folders if (text := config.text(each))), None)
        if folder is not None:
            yield from _below(layout, PurePosixPath(folder), name)
    if interface is not None and interface.contract.entry_point:
        names.append(interface.contract.entry_point)
    for name in dict.fromkeys(names):
        yield from (folder / name for folder in layout.scripts)


def _below(layout: ProjectLayout, folder: PurePosixPath, name: str) -> Iterator[Path]:
    """A stored folder here: as it is, and every end of it below the root and the script folders, longest first.

    ``/home/ec2-user/work/project/dockers/scripts`` is ``dockers/scripts`` below a root that is that project.
    """
    if folder.is_absolute():
        yield Path(folder) / name
        for start in range(1, len(folder.parts)):
            yield layout.root.joinpath(*folder.parts[start:]) / name
    else:
        yield from (base / folder / name for base in (layout.root, *layout.scripts))


def _is_file(place: Path) -> bool:
    try:
        return place.is_file()
    except (OSError, ValueError):
        return False


def exists(place: Path) -> bool:
    """Whether a path that a file names is there; a path that the system cannot even ask for is not."""
    try:
        return place.exists()
    except (OSError, ValueError):
        return False


def python_folders(layout: ProjectLayout, scripts: Iterable[Path]) -> tuple[Path, ...]:
    """Folders that scripts import from: the script folders, then those that hold the packages they belong to.

    A script below ``src/cursus/steps/scripts`` may import ``cursus.x``, so ``src`` is one of them.
    """
    folders = dict.fromkeys(layout.scripts)
    for folder in dict.fromkeys((*layout.scripts, *(script.parent for script in scripts))):
        top = _package_top(folder)
        if top is not None:
            folders.setdefault(top)
    return tuple(folders)


def _package_top(folder: Path) -> Path | None:
    """The folder above the outermost package that a folder belongs to; None where it is no package.

    A folder named ``src`` holds packages and is none, even where it has an ``__init__.py``, as Cursus' own has.
    """
    start = folder
    while _is_file(folder / "__init__.py") and folder.name != "src" and folder.parent != folder:
        folder = folder.parent
    return folder if folder != start else None
