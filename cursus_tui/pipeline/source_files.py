"""The files that a pipeline is read from, and whether they are other ones since."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.pipeline.catalog import SUFFIXES
from cursus_tui.records.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file was like at one look; an absent one is nothing but empty."""

    modified: int = 0
    """Nanoseconds."""
    size: int = -1
    digest: str = ""
    """Of its content; of a folder, the names of the interfaces in it."""


ABSENT = Stamp()


def source_files(pipeline: Pipeline, settings_file: Path) -> tuple[Path, ...]:
    """DAG, config, hyperparameters, settings, and the interfaces in use; and where what is missing may appear.

    Scripts that are there are not among them: the session looks at those before it runs anything.

    Args:
        pipeline: The pipeline as it is resolved now.
        settings_file: Where its settings are, or would be.
    """
    layout, steps = pipeline.layout, pipeline.steps.values()
    files = [layout.dag_source or layout.dag_file, layout.config, layout.hyperparameters, settings_file]
    files += [step.interface.file for step in steps if step.interface]
    files += [place for step in steps if step.script is None for place in step.tried]
    if any(step.interface is None for step in steps):
        files += layout.interfaces
    return tuple(dict.fromkeys(file for file in files if file is not None))


class SourceFiles:
    """Remembers what a pipeline's files were like when they were read. Safe on any one thread at a time."""

    def __init__(self) -> None:
        self._read: dict[Path, Stamp] = {}
        self._seen: dict[Path, Stamp] = {}

    def look(self, files: Iterable[Path]) -> Mapping[Path, Stamp]:
        """What these are like now; content is read only where time or size are other ones than at the last look."""
        return {file: _stamp(file, self._seen.get(file, ABSENT)) for file in files}

    def take(self, stamps: Mapping[Path, Stamp]) -> None:
        """The files were read when they were like this."""
        self._read.update(stamps)
        self._seen.update(stamps)

    def changed(self, files: Iterable[Path]) -> tuple[Path, ...]:
        """Those whose content is not what was read, once it has been the same at two looks.

        So a file that is being written, or one of many that a checkout replaces, is not read half way. Files that
        were never asked for are only remembered.
        """
        before, now = self._seen, self.look(files)
        self._seen = dict(now)
        self._read = {file: self._read.get(file, stamp) for file, stamp in now.items()}
        return tuple(
            file
            for file, stamp in now.items()
            if stamp.digest != self._read[file].digest and stamp.digest == before.get(file, ABSENT).digest
        )


def names_of(files: Iterable[Path], limit: int = 3) -> str:
    """The names of some files, for a sentence."""
    names = [file.name for file in files]
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def _stamp(file: Path, known: Stamp) -> Stamp:
    try:
        found = file.stat()
        if (found.st_mtime_ns, found.st_size) == (known.modified, known.size):
            return known
        content = _names(file) if file.is_dir() else file.read_bytes() if file.is_file() else b"a pipe, a device"
    except (OSError, ValueError):
        return ABSENT
    return Stamp(found.st_mtime_ns, found.st_size, hashlib.sha256(content).hexdigest())


def _names(folder: Path) -> bytes:
    return "\0".join(sorted(name for name in os.listdir(folder) if name.endswith(SUFFIXES))).encode(errors="replace")
