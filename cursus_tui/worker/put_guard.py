"""Putting a guard in the place of a function, once."""

from __future__ import annotations

import functools
from typing import Any, Callable

_MARK = "_cursus_tui_guarded"


def put_guard(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    """Replace an attribute by what is made of it; what is not there or is guarded already stays.

    Args:
        owner: The module or class that has it.
        name: Of the attribute.
        wrap: Gets the original, and returns the guard.
    """
    original = getattr(owner, name, None)
    if original is not None and not hasattr(original, _MARK):
        guarded = functools.wraps(original)(wrap(original))
        setattr(guarded, _MARK, True)
        setattr(owner, name, guarded)
