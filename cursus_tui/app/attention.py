"""Calling the user back: a bell and a desktop notification when something long has ended."""

from __future__ import annotations

from textual.app import App

from cursus_tui.records.run import SessionState, StepStatus
from cursus_tui.text import human_seconds, safe

LONG_SECONDS = 10.0
"""Whoever waited longer than this may be looking elsewhere."""

_ENDED = (StepStatus.PASSED, StepStatus.FAILED, StepStatus.CANCELLED)
_LIVE = (StepStatus.IMPORTING, StepStatus.RUNNING, StepStatus.PAUSED)


def ended_long(before: SessionState | None, now: SessionState) -> list[str]:
    """What to tell of the steps that ended between two snapshots, having taken long."""
    told = []
    for name, state in now.steps.items():
        was = before.steps.get(name) if before else None
        attempt = state.attempt
        if was is None or was is state or attempt is None or state.status not in _ENDED:
            continue
        ran = was.status in _LIVE or (was.attempt is not None and was.attempt.number != attempt.number)
        if ran and attempt.started and attempt.ended and attempt.ended - attempt.started > LONG_SECONDS:
            told.append(f"{name} {state.status.value} after {human_seconds(attempt.ended - attempt.started)}")
    return told


def call_user(app: App[object], text: str) -> None:
    """Ring, and ask the terminal for a notification (OSC 9; terminals that do not know it ignore it)."""
    app.bell()
    driver = app._driver
    if driver is not None and not app.is_headless:
        driver.write(f"\x1b]9;{safe(text, 200)}\x07")
