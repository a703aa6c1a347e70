"""Which names hold secrets, for everything that is stored or shown; the worker has the rule, since it masks first."""

from __future__ import annotations

from functools import lru_cache

from cursus_tui.worker.masking import MASK, is_secret_name
from cursus_tui.worker.masking import masked as mask

__all__ = ["MASK", "is_secret", "mask"]


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value of a variable, argument or config field of this name must never be shown or stored."""
    return is_secret_name(name)
