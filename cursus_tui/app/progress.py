"""What is known of the running step between two snapshots: time, memory, last printed line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cursus_tui.app.standing import Progress
from cursus_tui.app.tail import last_line
from cursus_tui.records.run import Attempt, ResourceSample, SessionState

if TYPE_CHECKING:
    from cursus_tui.records.events import OutputGrew, ResourcesSampled


class ProgressReader:
    """Collects readings as they come, and reads the last line only when it is going to be shown."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._sample: tuple[str, ResourceSample] | None = None
        self._unread = False
        self._line: tuple[str, str] = ("", "")

    def sampled(self, event: ResourcesSampled) -> None:
        """A reading of the process tree."""
        self._sample = (event.step, event.sample)

    def printed(self, event: OutputGrew) -> None:
        """The logs grew."""
        self._unread = True

    def look(self, state: SessionState | None) -> None:
        """Read the last line if the logs grew since."""
        attempt = self._attempt(state)
        if attempt is not None and (self._unread or self._line[0] != attempt.step):
            self._unread = False
            self._line = (attempt.step, last_line(attempt.folder))

    def newest(self, state: SessionState | None) -> Progress | None:
        """What to show of the running step."""
        attempt = self._attempt(state)
        if attempt is None:
            return None
        seconds = max(0.0, self._clock() - attempt.started) if attempt.started else 0.0
        sample = self._sample[1] if self._sample and self._sample[0] == attempt.step else None
        line = self._line[1] if self._line[0] == attempt.step else ""
        return Progress(attempt.step, seconds, sample, line)

    @staticmethod
    def _attempt(state: SessionState | None) -> Attempt | None:
        found = state.steps.get(state.current) if state and state.current else None
        return found.attempt if found else None
