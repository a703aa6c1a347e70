"""One line of a benchmark: a measurement, its reference in the same run, and the budget between them."""

from __future__ import annotations

import statistics
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
        budget: In words, such as ``budget <= 3x``.
        holds: Whether the budget holds.
    """

    item: str
    measured: float
    reference: float
    against: str
    unit: str
    budget: str
    holds: bool

    def line(self) -> str:
        """One line for the report."""
        mark = "    " if not self.against else "ok  " if self.holds else "OVER"
        compared = f", {self.against}: {self.reference:.4g} {self.unit}" if self.against else ""
        ratio = f"{self.measured / self.reference:.2f}x; " if self.against else ""
        return f"  {mark} {self.item}: {self.measured:.4g} {self.unit}{compared} ({ratio}{self.budget})"


def at_most(item: str, measured: float, reference: float, against: str, times: float, unit: str = "s") -> Row:
    """A budget of so many times the reference."""
    return Row(item, measured, reference, against, unit, f"budget <= {times}x", measured <= times * reference)


def plus(item: str, measured: float, reference: float, against: str, extra: float, unit: str = "s") -> Row:
    """A budget of the reference and so much more."""
    return Row(
        item, measured, reference, against, unit, f"budget <= {extra} {unit} more", measured <= reference + extra
    )


def medians(ours: Callable[[], float], theirs: Callable[[], float], times: int) -> tuple[float, float]:
    """Medians of two measurements, taken in turns after one that warms up: what disturbs one disturbs the other."""
    ours(), theirs()
    pairs = [(ours(), theirs()) for _ in range(times)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def within(item: str, measured: float, limit: float, unit: str = "s") -> Row:
    """A budget that is a figure of its own."""
    return Row(item, measured, limit, "limit", unit, f"budget <= {limit} {unit}", measured <= limit)


def told(item: str, measured: float, unit: str = "s") -> Row:
    """A figure without a budget, for whoever wants to know."""
    return Row(item, measured, measured, "", unit, "no budget", True)
