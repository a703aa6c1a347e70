"""One line on stderr for each step of a run without a screen."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cursus_tui.records.events import Noticed, SessionEvent, StepChanged
from cursus_tui.records.run import StepState, StepStatus
from cursus_tui.reporting.run_report import seconds_of
from cursus_tui.reporting.run_text import STYLES
from cursus_tui.text import human_seconds, safe

_ENDED = frozenset({StepStatus.PASSED, StepStatus.REUSED, StepStatus.FAILED, StepStatus.CANCELLED})


def tell(event: SessionEvent) -> None:
    """Print what went wrong with a run, or may, and nothing else: for a log that nobody watches."""
    if isinstance(event, Noticed) and event.severity != "info":
        print(f"cursus-tui: {safe(event.message)}", file=sys.stderr)


class Progress:
    """Shows a run as it goes: a line for each step that ended, and one for what runs now."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._live.start()
        self._told: set[tuple[str, int]] = set()

    def show(self, event: SessionEvent) -> None:
        """Take in what the session tells. Called on its thread."""
        if isinstance(event, Noticed):
            self._console.print(Text(safe(event.message), style="yellow"))
        elif isinstance(event, StepChanged):
            self._step(event.state.steps[event.step])

    def done(self) -> None:
        """Remove the line of what runs now."""
        self._live.stop()

    def _step(self, state: StepState) -> None:
        if state.attempt is None:
            return
        if state.status not in _ENDED:
            self._live.update(Text(safe(f"{state.status.value} {state.step} ...")))
            return
        key = (state.step, state.attempt.number)
        if key not in self._told:
            self._told.add(key)
            line = Text(f"{state.word:10} ", style=STYLES.get(state.status.value, ""))
            self._console.print(line + Text(safe(f"{state.step}  {human_seconds(seconds_of(state.attempt))}")))
