"""Breakpoints on steps: which there are, and whether one stops now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cursus_tui.records.run import BreakpointWhen, StepBreakpoint


class BreakpointTable:
    """The breakpoints of a pipeline; one for each step and moment. Hits are counted for as long as this lives."""

    def __init__(self, breakpoints: Iterable[StepBreakpoint] = ()) -> None:
        self._table = {(each.step, each.when): each for each in breakpoints}
        self._hits: Counter[tuple[str, BreakpointWhen]] = Counter()

    @property
    def all(self) -> tuple[StepBreakpoint, ...]:
        """Every breakpoint, in the order they were set."""
        return tuple(self._table.values())

    def set(self, breakpoint: StepBreakpoint) -> None:
        """Set one, or change the one at the same step and moment; a changed hit count counts from nothing."""
        key = (breakpoint.step, breakpoint.when)
        old = self._table.get(key)
        if old is None or old.hit_count != breakpoint.hit_count:
            self._hits.pop(key, None)
        self._table[key] = breakpoint

    def remove(self, step: str, when: BreakpointWhen) -> bool:
        """Remove one; False where there was none."""
        self._hits.pop((step, when), None)
        return self._table.pop((step, when), None) is not None

    def stops(self, step: str, when: BreakpointWhen) -> bool:
        """Count a hit, and say whether execution stops here: from the n-th hit on, for a hit count of n."""
        breakpoint = self._table.get((step, when))
        if breakpoint is None or not breakpoint.enabled:
            return False
        self._hits[step, when] += 1
        return self._hits[step, when] >= breakpoint.hit_count
