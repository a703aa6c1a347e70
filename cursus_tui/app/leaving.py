"""How the user left the screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leaving:
    """The result of the app."""

    keep_running: bool
    """A running step goes on in the background; the next start adopts it."""
    terminal_gone: bool = False
    """The line was cut: nothing can be printed any more."""
    problem: Exception | None = None
    """Why the pipeline could not be opened."""
