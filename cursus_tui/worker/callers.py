"""For whom a library works at a breakpoint: for the script, or for this worker around it."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Optional

from .conditions import FILE as CONDITIONS_FILE
from .failure import is_worker
from .missed_stops import MissedStops
from .modules import is_installed

_LOOKS = (MissedStops.watch.__code__.co_filename, CONDITIONS_FILE)
"""Pydevd comes by them where it looks at a breakpoint."""


def is_called_by_worker() -> bool:
    """Whether the library's code in which this is asked works for us; a breakpoint asks it before it stops."""
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_worker(file):
            if file not in _LOOKS:
                return True
        elif not (file.startswith("<") or is_installed(file)):
            return False
        frame = frame.f_back
    return False
