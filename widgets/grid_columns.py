"""Which columns of a grid are where: order, hidden and frozen ones, widths. No screen, no cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from cursus_tui.widgets.grid_source import GridColumn

NARROWEST = 3
USUAL_WIDTH = 28
"""Cells of a column at most, until it is asked to be as wide as it needs."""
WIDEST = 500
_GAP = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A column in sight."""

    column: int
    x: int
    width: int
    frozen: bool


class ColumnLayout:
    """The columns of one view, by their number in the source.

    Args:
        columns: Their headers.
    """

    def __init__(self, columns: Sequence[GridColumn]) -> None:
        self._columns: Sequence[GridColumn] = ()
        self._natural: dict[int, int] = {}
        self._wide: set[int] = set()
        self.hidden: set[int] = set()
        self.frozen: list[int] = []
        self.scrolled: list[int] = []
        """Columns that are neither hidden nor frozen, in order."""
        self._places: dict[int, int] = {}
        self.set_columns(columns)

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Their headers."""
        return self._columns

    def set_columns(self, columns: Sequence[GridColumn]) -> None:
        """Take in the headers: those known already keep everything, later ones are added."""
        self._columns = columns
        for number in range(len(self._natural), len(columns)):
            self._natural[number] = max(cell_len(columns[number].name), cell_len(columns[number].type), NARROWEST)
        self._arrange()

    def _arrange(self) -> None:
        left_out = self.hidden | set(self.frozen)
        self.scrolled = [number for number in range(len(self._columns)) if number not in left_out]
        self._places = {column: place for place, column in enumerate((*self.frozen, *self.scrolled))}

    @property
    def shown(self) -> list[int]:
        """All columns that are not hidden, in the order on screen."""
        return [*self.frozen, *self.scrolled]

    def place_of(self, column: int) -> int:
        """A column's place among those shown; 0 where it is hidden."""
        return self._places.get(column, 0)

    def neighbour(self, column: int, by: int) -> int:
        """The column some places further, or the last there is."""
        shown = self.shown
        return shown[max(0, min(len(shown) - 1, self.place_of(column) + by))] if shown else 0

    def sample(self, column: int, cells: Iterable[str | None]) -> bool:
        """Make room for some cells of a column; it never becomes narrower. Returns whether its width changed."""
        before = self.width(column)
        longest = max((cell_len(cell) for cell in cells if cell), default=0)
        self._natural[column] = min(WIDEST, max(self._natural.get(column, NARROWEST), longest))
        return self.width(column) != before

    def width(self, column: int) -> int:
        """Cells that a column takes."""
        natural = self._natural.get(column, NARROWEST)
        return natural if column in self._wide else min(natural, USUAL_WIDTH)

    def toggle_width(self, column: int) -> None:
        """As wide as its cells need, or no wider than usual."""
        if self._natural.get(column, 0) > USUAL_WIDTH:
            self._wide ^= {column}

    def hide(self, column: int) -> bool:
        """Hide a column, unless it is the last one in sight. Returns whether it is hidden now."""
        if column not in self._places or len(self._places) <= 1:
            return False
        self.hidden.add(column)
        self.frozen = [number for number in self.frozen if number != column]
        self._arrange()
        return True

    def show(self, columns: Iterable[int]) -> None:
        """Bring hidden columns back; the others stay as they are."""
        self.hidden -= set(columns)
        self._arrange()

    def toggle_frozen(self, column: int) -> None:
        """Keep a column at the left whatever is scrolled, or let it go again."""
        if column in self.frozen:
            self.frozen.remove(column)
        elif column in self._places:
            self.frozen.append(column)
        self._arrange()

    def place(self, left: int, width: int) -> list[Placed]:
        """The columns in sight.

        Args:
            left: The first of ``scrolled`` in sight.
            width: Cells there are. Frozen columns get no more than half of it while any other is shown.
        """
        placed: list[Placed] = []
        x = 0
        share = width // 2 if self.scrolled else width
        for column in self.frozen:
            cells = min(self.width(column), share - x)
            if cells < min(NARROWEST, self.width(column)):
                break
            placed.append(Placed(column, x, cells, True))
            x += cells + _GAP
        x += 2 * bool(placed and self.scrolled)
        for column in self.scrolled[left:]:
            cells = min(self.width(column), width - x)
            if cells <= 0:
                break
            placed.append(Placed(column, x, cells, False))
            x += cells + _GAP
        return placed

    def left_for(self, column: int, left: int, width: int) -> int:
        """The first scrolled column to begin with, nearest to ``left``, so that a column is in sight as a whole."""
        left = max(0, min(left, len(self.scrolled) - 1))
        frozen = [placed for placed in self.place(len(self.scrolled), width) if placed.frozen]
        room = width - (frozen[-1].x + frozen[-1].width + _GAP + 2 if frozen else 0)
        if column in self._places and column not in self.frozen:
            target = self._places[column] - len(self.frozen)
            left = min(target, max(left, self._first_before(target, room)))
        # No room stays empty at the right while there are columns at the left.
        return min(left, self._first_before(len(self.scrolled) - 1, room))

    def _first_before(self, last: int, room: int) -> int:
        """The first of ``scrolled`` such that all from there to ``last`` fit into some cells."""
        if last < 0:
            return 0
        first, used = last, self.width(self.scrolled[last])
        while first > 0 and used + _GAP + self.width(self.scrolled[first - 1]) <= room:
            first -= 1
            used += _GAP + self.width(self.scrolled[first])
        return first
