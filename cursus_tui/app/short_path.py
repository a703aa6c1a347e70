"""Paths as they are shown: relative to the project, since its folder is the same for all of them."""

from __future__ import annotations

from pathlib import Path


def short(text: str | Path, root: Path) -> str:
    """A path, or a text that begins with one, without the project's folder."""
    shown, prefix = str(text), f"{root}/"
    return shown.removeprefix(prefix) if prefix != "//" else shown
