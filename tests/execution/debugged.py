"""The session's tests once more with a debugger: ``CURSUS_TUI_DEBUGGED=yes``; ``attached`` starts it in each step."""

from __future__ import annotations

import os
from pathlib import Path

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.records.debug import LineBreakpoint

DEBUGGED = os.environ.get("CURSUS_TUI_DEBUGGED", "")


def debugger_for_tests() -> DebugSession | None:
    """A debugger for a session that a test did not give one; None unless the environment asks for it."""
    if not DEBUGGED:
        return None
    debugger = DebugSession()
    start_in_each_step(debugger)
    return debugger


def start_in_each_step(debugger: DebugSession) -> None:
    """Have it attached to each step, where the environment asks for that."""
    if DEBUGGED == "attached":
        # Any step might import that file.
        debugger.set_lines((LineBreakpoint(Path("/nowhere/module.py"), 1),))
