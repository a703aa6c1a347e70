"""What the user says about opening a pipeline, before anything is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cursus_tui.records.pipeline import Overrides


@dataclass(frozen=True, slots=True)
class LayoutFlags:
    """Where the user says that things are; an empty one is looked for."""

    interfaces: tuple[Path, ...] = ()
    scripts: tuple[Path, ...] = ()
    config: Path | None = None
    hyperparameters: Path | None = None
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """What the command line says; the settings file says the rest."""

    layout: LayoutFlags = field(default_factory=LayoutFlags)
    python: str | None = None
    settings: Path | None = None
    """A settings file elsewhere; None for the one beside the pipeline."""
    overrides: Overrides = field(default_factory=Overrides)


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of writing decisions into the settings file."""

    file: Path
    left_out: tuple[str, ...] = ()
    """Secrets that were not written, as the flag that gives each for one run: ``--env Train.API_TOKEN``."""
