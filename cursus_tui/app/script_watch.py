"""Noticing that a script was edited outside: modification times, compared once a second."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[int, int]


class ScriptWatch:
    """Remembers the stamps of scripts and tells which changed. Safe to call from a thread of its own."""

    def __init__(self) -> None:
        self._stamps: dict[Path, Stamp | None] = {}

    @property
    def known(self) -> int:
        """How many scripts it remembers."""
        return len(self._stamps)

    def changed(self, scripts: Iterable[Path]) -> frozenset[Path]:
        """Those that are different from the last time they were asked for; a new one is only remembered."""
        found = {script: _stamp(script) for script in scripts}
        changed = {
            script for script, stamp in found.items() if script in self._stamps and self._stamps[script] != stamp
        }
        self._stamps.update(found)
        return frozenset(changed)


def _stamp(script: Path) -> Stamp | None:
    try:
        found = script.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
