"""Which part of which line stands where when lines of unknown height are wrapped. No screen."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len, chop_cells
from textual.strip import Strip


def wrap(strip: Strip, width: int) -> list[Strip]:
    """A line in pieces of at most this many cells, no wide character cut; an empty line is one piece."""
    cuts: list[int] = []
    for piece in chop_cells(strip.text, max(2, width)):
        cuts.append((cuts[-1] if cuts else 0) + cell_len(piece))
    return [piece.adjust_cell_length(width) for piece in strip.divide(cuts)] or [Strip.blank(width)]


def places(top: int, height: int, row_count: int, rows_of: Callable[[int], int]) -> list[tuple[int, int]]:
    """Line and part for each line of a pane whose first one shows the beginning of line ``top``."""
    found: list[tuple[int, int]] = []
    row = top
    while len(found) < height and row < row_count:
        found += [(row, part) for part in range(rows_of(row))]
        row += 1
    return found[:height]


def top_for(row: int, top: int, height: int, rows_of: Callable[[int], int]) -> int:
    """The line to show first so that all of a line is seen, moving the pane as little as that takes."""
    if row <= top:
        return row
    room = height - rows_of(row)
    first = row
    while first > top and room >= rows_of(first - 1):
        first -= 1
        room -= rows_of(first)
    return first
