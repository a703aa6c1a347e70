"""What is known of the running step between two snapshots: time, memory, last printed line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cursus_tui.app.standing import Progress
from cursus_tui.app.tail import last_line
from cursus_tui.records.run import Attempt, Phase, ResourceSample, SessionState

if TYPE_CHECKING:
    from cursus_tui.records.events import OutputGrew, ResourcesSampled


class ProgressReader:
    """Collects readings as they come, and reads the last line only when it is going to be shown."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._sample: tuple[str, ResourceSample] | None = None
        self._unread = False
        self._line: tuple[str, str] = ("", "")
        self._of: tuple[str, int] | None = None
        self._stood = 0.0
        self._since: float | None = None

    def sampled(self, event: ResourcesSampled) -> None:
        """A reading of the process tree."""
        self._sample = (event.step, event.sample)

    def printed(self, event: OutputGrew) -> None:
        """The logs grew."""
        self._unread = True

    def look(self, state: SessionState | None) -> None:
        """Take the time of a stop, and read the last line if the logs grew since."""
        attempt = self._attempt(state)
        self._clock_stops(attempt, stopped=state is not None and state.phase is Phase.PAUSED)
        if attempt is not None and (self._unread or self._line[0] != attempt.step):
            self._unread = False
            self._line = (attempt.step, last_line(attempt.folder))

    def newest(self, state: SessionState | None) -> Progress | None:
        """What to show of the running step."""
        attempt = self._attempt(state)
        if attempt is None:
            return None
        stood = self._stood if self._of == (attempt.step, attempt.number) else 0.0
        seconds = max(0.0, self._clock() - attempt.started - stood) if attempt.started else 0.0
        sample = self._sample[1] if self._sample and self._sample[0] == attempt.step else None
        line = self._line[1] if self._line[0] == attempt.step else ""
        return Progress(attempt.step, seconds, sample, line)

    def _clock_stops(self, attempt: Attempt | None, *, stopped: bool) -> None:
        """The seconds that an attempt stands still inside are not its own."""
        now, key = self._clock(), (attempt.step, attempt.number) if attempt is not None else None
        if key != self._of:
            self._of, self._stood, self._since = key, 0.0, None
        inside = stopped and attempt is not None and attempt.ended is None
        if inside and self._since is None:
            self._since = now
        elif not inside and self._since is not None:
            self._stood, self._since = self._stood + now - self._since, None

    @staticmethod
    def _attempt(state: SessionState | None) -> Attempt | None:
        found = state.steps.get(state.current) if state and state.current else None
        return found.attempt if found else None
