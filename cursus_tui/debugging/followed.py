"""One attempt as the hub sees it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from cursus_tui.execution.ports import DebugOrder, StepProcess
from cursus_tui.records.debug import DebugStop
from cursus_tui.records.run import Attempt

LOG = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class Followed:
    """An attempt that was ordered, and from ``follow`` on runs."""

    order: DebugOrder
    step: str
    others: frozenset[str]
    """Real paths of other steps' scripts: breakpoints there are none of its business."""
    attempt: Attempt | None = None
    process: StepProcess | None = None
    told: Callable[[DebugStop | None], None] | None = None
    last_told: DebugStop | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Its debugger is connected and configured, or never will be."""
    failure: str = ""
    """Why it never will be."""
    attaching: asyncio.Task[None] | None = None
    """A late attach that is under way."""
    in_breakpoint_call: bool = False
    """Its script called ``breakpoint()``, and the stop is yet to come."""
    parked: bool = False
    """It has failed, and stands still with its frames."""
    warned: bool = False
    """The user knows already that it cannot be debugged."""

    def tell(self, stop: DebugStop | None, *, again: bool = False) -> None:
        """Tell the session, once; again where what it asked for did not happen."""
        if self.told is not None and (again or stop != self.last_told):
            self.last_told = stop
            try:
                self.told(stop)
            except Exception:
                # The thread that tells serves IDEs, too; a session that is being closed listens no more.
                LOG.exception("a stop of %s could not be told", self.step)
