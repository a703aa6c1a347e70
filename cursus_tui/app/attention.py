"""Calling the user back: a bell and a desktop notification when something long has ended, or stands."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual.app import App

from cursus_tui.records.run import PauseReason, Phase, SessionState, StepStatus
from cursus_tui.text import human_seconds, safe

LONG_SECONDS = 10.0
"""Whoever waited longer than this may be looking elsewhere."""

_BELL_ONLY = ("linux", "screen", "tmux", "dumb")
"""Terminals (by ``TERM``) that have no notifications, or print what they do not know."""
_KNOW_777 = ("rxvt", "foot")
_PASSES = ("1", "2", "on", "all")
"""tmux's answers for ``allow-passthrough`` when it is on."""

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


class Patience:
    """How long the user has waited, and what to call them back with.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def told(self, before: SessionState | None, now: SessionState) -> list[str]:
        """What to tell of two snapshots: steps that took long, and that after a long while nothing runs any more."""
        began, self._since = self._since, None
        waited = self._clock() - began if began is not None else 0.0
        if now.phase is Phase.RUNNING:
            self._since = began if began is not None else self._clock()
        if waited <= LONG_SECONDS:
            return []
        told = ended_long(before, now)
        rests = [] if told or now.phase is Phase.RUNNING else [f"{_rest(now)} after {human_seconds(waited)}"]
        return told + rests


def _rest(now: SessionState) -> str:
    if now.phase is not Phase.PAUSED or now.current is None:
        return f"the run is {now.phase.value}"
    return f"{now.current} has failed" if now.reason is PauseReason.FAILURE else f"paused {now.reason}: {now.current}"


def call_user(app: App[object], text: str) -> None:
    """Ring, and where the terminal understands it ask for a notification.

    Args:
        app: The app; the terminal is its.
        text: From anywhere; what reaches the terminal of it is harmless.
    """
    app.bell()
    driver = app._driver
    if driver is None or app.is_headless:
        return
    if not os.environ.get("TMUX"):
        driver.write(notification(text, os.environ, Multiplexer()))
    else:
        # tmux is asked in a thread: whatever it does must not hold up the screen.
        app.run_worker(lambda: _write_through(app, text), thread=True, group="attention", exit_on_error=False)


def _write_through(app: App[object], text: str) -> None:
    found = notification(text, os.environ, ask_tmux(os.environ))
    driver = app._driver
    if found and driver is not None:
        app.call_from_thread(driver.write, found)


@dataclass(frozen=True, slots=True)
class Multiplexer:
    """What tmux says of itself."""

    terminal: str = ""
    """``TERM`` of the terminal that it is shown in."""
    passes: bool = False
    """Whether it lets sequences through to that terminal."""


def ask_tmux(environment: Mapping[str, str]) -> Multiplexer:
    """What the tmux of our own pane says; nothing passes where it does not answer."""
    pane = ["-t", environment["TMUX_PANE"]] if environment.get("TMUX_PANE") else []
    asked = ["tmux", "display-message", "-p", *pane, "#{allow-passthrough} #{client_termname}"]
    try:
        done = subprocess.run(
            asked, capture_output=True, text=True, timeout=1, stdin=subprocess.DEVNULL, env={**environment}, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return Multiplexer()
    passes, _, terminal = done.stdout.strip().partition(" ")
    return Multiplexer(terminal, passes in _PASSES)


def notification(text: str, environment: Mapping[str, str], within: Multiplexer) -> str:
    """The sequence that asks the terminal for a desktop notification; empty where the bell has to do.

    OSC 777 (urxvt, foot, VTE) or else OSC 9 (iTerm2, WezTerm, kitty, Ghostty, Windows Terminal; others ignore it),
    never both: some terminals know both. In tmux it needs tmux's passthrough, which is off by default.

    Args:
        text: What to tell.
        environment: Of this process.
        within: What tmux says, where ``TMUX`` is set.
    """
    tmux = bool(environment.get("TMUX"))
    terminal = within.terminal if tmux else environment.get("TERM", "")
    if (tmux and not within.passes) or terminal.startswith(_BELL_ONLY):
        return ""
    # A semicolon parts fields; and "4;" after OSC 9 would be a progress bar, which the name in front prevents.
    told = safe(text, 200).replace(";", ",")
    if terminal.startswith(_KNOW_777) or (not tmux and environment.get("VTE_VERSION")):
        found = f"\x1b]777;notify;cursus-tui;{told}\x07"
    else:
        found = f"\x1b]9;cursus-tui: {told}\x07"
    return "\x1bPtmux;" + found.replace("\x1b", "\x1b\x1b") + "\x1b\\" if tmux else found
