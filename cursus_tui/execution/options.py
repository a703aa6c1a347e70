"""How a whole run is to be treated: what the command line decides once."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

MINIMUM_FREE_BYTES = 256 * 1024 * 1024

MOST_GIVEN_FILES = 10_000
"""Files of a given folder whose size and time count when it is looked at for changes."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a run; the pipeline's own values are overrides, not options."""

    stop_on_failure: bool = True
    """Pause when a step failed; without it, a failure ends the run."""
    keep_going: bool = False
    """After a failure go on with the steps that do not need it."""
    reuse: bool = False
    """Take up-to-date outputs of earlier runs, too, instead of running a step."""
    use_breakpoints: bool = True
    """A run without a screen passes the breakpoints that a screen left in the workspace."""
    allow_network: bool = False
    as_shipped: bool = False
    """Add nothing to a script's call, so that failures of the container show here."""
    hold_on_failure: bool = False
    """Keep a failed step's frames alive until the user goes on: the screen does."""
    hold_seconds: float = 1800.0
    """Longest time that a failed step is held without being asked anything."""
    timeout_seconds: float | None = None
    memory_limit_bytes: int | None = None
    python: Path = Path(sys.executable)
    """The interpreter of every step that has none of its own."""
    command: str = ""
    """How the run was started, for the list of runs."""
    minimum_free_bytes: int = MINIMUM_FREE_BYTES
    """Pause before a step when the workspace's disk has less than this."""
