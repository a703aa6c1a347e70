"""How the user left the screen, and what is to be said once the terminal is restored."""

from __future__ import annotations

from dataclasses import dataclass

from cursus_tui.records.run import SessionState, StepStatus
from cursus_tui.storage.secrets import MASK
from cursus_tui.text import safe

_LIVE = (StepStatus.IMPORTING, StepStatus.RUNNING, StepStatus.PAUSED)


@dataclass(frozen=True, slots=True)
class Leaving:
    """The result of the app."""

    keep_running: bool
    """A running step goes on in the background; the next start adopts it."""
    terminal_gone: bool = False
    """The line was cut: nothing can be printed any more."""
    problem: Exception | None = None
    """Why the pipeline could not be opened."""


def farewell(state: SessionState | None, command: str) -> tuple[str, ...]:
    """The lines to print where a step goes on without the screen; none where nothing of ours does.

    Args:
        state: The session's last.
        command: How the program was called, the values of secrets hidden.
    """
    if state is None or state.read_only:
        return ()
    on = [name for name, step in state.steps.items() if step.status in _LIVE]
    if not on:
        return ()
    goes = "runs on without the screen; what comes after it waits"
    if len(on) > 1:
        goes = "run on without the screen; what comes after them waits"
    filled_in = f"  (with the value itself in the place of {MASK})" if MASK in command else ""
    return f"cursus-tui: {safe(', '.join(on))} {goes}", f"  come back: {safe(command)}{filled_in}"
