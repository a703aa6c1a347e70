"""One line of a benchmark: a measurement, its reference in the same run, and the budget between them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A measured budget.

    Attributes:
        item: What was measured.
        measured: In ``unit``.
        reference: In ``unit``, from the same run.
        against: What the reference is.
        budget: In words.
        holds: Whether the budget holds.
    """

    item: str
    measured: float
    reference: float
    against: str
    unit: str
    budget: str
    holds: bool


def at_most(item: str, measured: float, reference: float, against: str, times: float, unit: str = "s") -> Row:
    """A budget of so many times the reference."""
    return Row(item, measured, reference, against, unit, f"<= {times}x", measured <= times * reference)


def plus(item: str, measured: float, reference: float, against: str, extra: float, unit: str = "s") -> Row:
    """A budget of the reference and so much more."""
    return Row(
        item, measured, reference, against, unit, f"<= reference + {extra} {unit}", measured <= reference + extra
    )


def median_seconds(call: Callable[[], object], times: int) -> float:
    """Median wall seconds of so many calls, after one that warms up."""
    call()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
