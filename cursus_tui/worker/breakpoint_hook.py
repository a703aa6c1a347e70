"""What ``breakpoint()`` does in a step: stop where it is debugged, pass by elsewhere. Never ``pdb``: nobody types."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Optional

from .debugger import Debugger


class BreakpointHook:
    """Is ``sys.breakpointhook`` while a step runs.

    Args:
        send: Reports an event.
        debugger: The step's; None where nobody could debug the step.
    """

    def __init__(self, send: Callable[..., None], debugger: Optional[Debugger]) -> None:
        self._send = send
        self._debugger = debugger
        self._pid = os.getpid()
        self._has_said = False

    def __call__(self, *arguments: Any, **options: Any) -> None:
        """Called by ``breakpoint()``; whatever a script hands to its own debugger is ignored."""
        if os.getpid() != self._pid:
            # A process that the script forked has no debugger.
            return
        caller = sys._getframe(1)
        if self._debugger is None:
            self._pass_by(caller.f_code.co_filename, caller.f_lineno, "nobody debugs this run")
            return
        if self._debugger.is_over:
            self._pass_by(caller.f_code.co_filename, caller.f_lineno, "the step's debugger was let go")
            return
        if not self._debugger.attached:
            self._debugger.go.close()
            self._send("breakpoint", file=caller.f_code.co_filename, line=caller.f_lineno)
            if not (self._debugger.go.wait(self._debugger.patience) and self._debugger.attached):
                self._pass_by(caller.f_code.co_filename, caller.f_lineno, "no debugger came")
                return
        self._debugger.stop_here(caller)

    def _pass_by(self, file: str, line: int, why: str) -> None:
        if not self._has_said:
            self._has_said = True
            self._send("notice", message="breakpoint() at %s:%d was passed by: %s" % (file, line, why))
