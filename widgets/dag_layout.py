"""Where the boxes and lines of a DAG drawing go, in character cells. Pure, no screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from cursus_tui.widgets.dag_layers import Layers, Slot, build_layers, set_columns

BOX_HEIGHT = 3
NARROWEST = 8
"""Cells that a box has at least."""
_GAP = 2
_BUS_FROM = 7
"""So many lines to one node, and those that lead nowhere else are joined into one."""

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box: left and top cell, cells across, and its layer."""

    key: str
    x: int
    y: int
    width: int
    layer: int

    @property
    def centre(self) -> int:
        """The middle column; the lines to what the node feeds start below it."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Line:
    """A straight piece of an edge, ends included; pieces of one net may lie on each other.

    Attributes:
        net: What it is joined with: the edges from one node, or many to one node.
        start: Its upper or left end, as column and row.
        end: Its lower or right end.
    """

    net: str
    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Route:
    """The way of an edge: corners from the source's lower border to the arrow above the target."""

    source: str
    target: str
    net: str
    points: tuple[Point, ...]

    def lines(self) -> list[Line]:
        """Its straight pieces."""
        pairs = pairwise(self.points)
        return [Line(self.net, min(a, b), max(a, b)) for a, b in pairs if a != b]


class DagLayout:
    """A drawing: boxes by key, layers of keys from left to right, routes, size, and what it left out."""

    def __init__(self, widths: Mapping[str, int], edges: Iterable[tuple[str, str]]) -> None:
        """Lay out a DAG; the same input gives the same drawing.

        Args:
            widths: Cells of each node's box, at least ``NARROWEST`` of which are taken.
            edges: Source and target of each edge.
        """
        layers = build_layers({key: max(NARROWEST, width) for key, width in widths.items()}, edges)
        set_columns(layers.slots, _GAP)
        self.undrawn = layers.undrawn
        """Edges left out: those that close a cycle, and long ones where there are too many."""
        self._bends: dict[tuple[int, int], tuple[int, int]] = {}
        self._buses: dict[int, Slot] = {}
        self._tops: list[int] = []
        self.height = self._set_rows(layers)
        self.width = max((slot.x + slot.width for layer in layers.slots for slot in layer), default=0)
        boxes = [
            [Box(s.source, s.x, self._tops[s.layer], s.width, s.layer) for s in layer if not s.passes]
            for layer in layers.slots
        ]
        self.layers = tuple(tuple(box.key for box in layer) for layer in boxes)
        self.boxes = {box.key: box for layer in boxes for box in layer}
        self.routes = tuple(self._route(*edge, path) for edge, path in layers.paths.items())
        self._routes_of: dict[str, list[Route]] = {}
        for route in self.routes:
            self._routes_of.setdefault(route.source, []).append(route)
            self._routes_of.setdefault(route.target, []).append(route)
        self._bends.clear()
        self._buses.clear()
        self._rows = self._index_lines()

    # --- rows --------------------------------------------------------------------------------------

    def _set_rows(self, layers: Layers) -> int:
        """Give layers their rows and lines their bends; the height."""
        y = 0
        for layer in layers.slots:
            self._tops.append(y)
            y += BOX_HEIGHT
            if layer[0].layer < len(layers.slots) - 1:
                y += self._set_bends(layer, layers.slots[layer[0].layer + 1], y) + 1
        return y

    def _set_bends(self, upper: list[Slot], lower: list[Slot], y: int) -> int:
        """Choose where each line of a gap enters the lower layer and in which row it goes sideways.

        No two lines of different nets then share more than a crossing: the columns where lines leave the
        upper layer and enter the lower one are all different, and so are the rows of lines beside each other.

        Returns:
            Rows taken by lines that go sideways.
        """
        leaving = {slot.centre: slot for slot in upper if slot.down}
        entries: dict[tuple[int, int], int] = {}
        for slot in lower:
            self._enter(slot, leaving, entries)
        columns: dict[int, list[int]] = {}
        for slot in upper:
            net = id(self._buses.get(id(slot), slot))
            columns.setdefault(net, []).append(slot.centre)
            columns[net] += [entries[id(slot), id(below)] for below in slot.down]
        spans = sorted((min(found), max(found), net) for net, found in columns.items() if min(found) < max(found))
        ends: list[int] = []
        rows: dict[int, int] = {}
        for left, right, net in spans:
            row = next((row for row, end in enumerate(ends) if end + 1 < left), len(ends))
            ends[row : row + 1] = [right]
            rows[net] = y + row
        for slot in upper:
            row = rows.get(id(self._buses.get(id(slot), slot)), y)
            for below in slot.down:
                self._bends[id(slot), id(below)] = (entries[id(slot), id(below)], row)
        return len(ends)

    def _enter(self, slot: Slot, leaving: dict[int, Slot], entries: dict[tuple[int, int], int]) -> None:
        """Choose the columns in which lines enter a slot."""
        bus = [above for above in slot.up if not above.passes and len(above.down) == 1]
        if len(slot.up) < _BUS_FROM or slot.passes:
            bus = []
        taken = []
        if bus:
            own = {above.centre for above in bus}
            inner = range(slot.x + 1, slot.x + slot.width - 1)
            free = [column for column in inner if column not in leaving or column in own]
            taken.append(min(free, key=lambda column: abs(column - slot.centre)))
            for above in bus:
                self._buses[id(above)] = slot
                entries[id(above), id(slot)] = taken[0]
        others = [above for above in slot.up if id(above) not in self._buses]
        for above, port in _entries(slot, others, leaving, taken):
            entries[id(above), id(slot)] = port

    # --- lines -------------------------------------------------------------------------------------

    def _route(self, source: str, target: str, path: list[Slot]) -> Route:
        points = [(path[0].centre, self._tops[path[0].layer] + BOX_HEIGHT - 1)]
        for above, below in pairwise(path):
            port, row = self._bends[id(above), id(below)]
            top = self._tops[below.layer]
            points += [(above.centre, row), (port, row)]
            points += [(port, top), (below.centre, top)] if below.passes else [(port, top - 1)]
        # No key begins so: a bus is not taken for a node.
        net = f"\0{target}" if id(path[0]) in self._buses else source
        return Route(source, target, net, _corners(points))

    def _index_lines(self) -> dict[int, list[Line]]:
        """The lines by the layer (with the gap below it) in whose rows they lie."""
        found: dict[int, list[Line]] = {}
        for line in dict.fromkeys(line for route in self.routes for line in route.lines()):
            for band in range(self._band(line.start[1]), self._band(line.end[1]) + 1):
                found.setdefault(band, []).append(line)
        return found

    def _band(self, y: int) -> int:
        return bisect_right(self._tops, y) - 1

    def routes_of(self, key: str) -> list[Route]:
        """The edges from and to a node."""
        return self._routes_of.get(key, [])

    def boxes_in_row(self, y: int) -> list[Box]:
        """Boxes that a row goes through."""
        band = self._band(y)
        if band < 0 or y >= self._tops[band] + BOX_HEIGHT:
            return []
        return [self.boxes[key] for key in self.layers[band]]

    def arrows_in_row(self, y: int) -> set[int]:
        """Columns where lines of a row end in an arrow."""
        band = self._band(y + 1)
        if band < 1 or self._tops[band] != y + 1:
            return set()
        return {
            line.end[0] for line in self._rows.get(band - 1, []) if line.end[1] == y and line.start[0] == line.end[0]
        }

    def lines_in_row(self, y: int, left: int, right: int) -> dict[int, int]:
        """For each column of a row where there is a line: the directions it goes in, as a sum.

        Where lines of two nets cross, the upright one is given, so that the other seems to pass under it.
        """
        upright: dict[int, tuple[str, int]] = {}
        level: dict[int, tuple[str, int]] = {}
        for line in self._rows.get(self._band(y), []):
            (x1, y1), (x2, y2) = line.start, line.end
            if not y1 <= y <= y2 or x2 < left or x1 >= right:
                continue
            if x1 == x2:
                way = (UP if y > y1 else 0) | (DOWN if y < y2 else 0)
                upright[x1] = line.net, way | (upright[x1][1] if x1 in upright else 0)
            else:
                for x in range(max(x1, left), min(x2 + 1, right)):
                    way = (LEFT if x > x1 else 0) | (RIGHT if x < x2 else 0)
                    level[x] = line.net, way | (level[x][1] if x in level else 0)
        found = {x: way for x, (_, way) in level.items()}
        for x, (net, way) in upright.items():
            found[x] = way | level[x][1] if x in level and level[x][0] == net else way
        return found


def _corners(points: list[Point]) -> tuple[Point, ...]:
    """The points without repetitions and without those on a straight way."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) >= 2 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _entries(slot: Slot, lines: list[Slot], leaving: dict[int, Slot], taken: list[int]) -> list[tuple[Slot, int]]:
    """A column for each of the lines that enter a slot from above.

    A line that comes from straight above goes straight on. No other enters where one leaves straight above,
    for there they would lie on each other.
    """
    first, last = (slot.x, slot.x + slot.width - 1) if slot.passes else (slot.x + 1, slot.x + slot.width - 2)
    straight = [(above, above.centre) for above in lines if first <= above.centre <= last]
    slanted = sorted((above for above in lines if not first <= above.centre <= last), key=lambda s: s.centre)
    free = [column for column in range(first, last + 1) if column not in leaving and column not in taken]
    if len(slanted) == 1 and not straight:
        return [(slanted[0], min(free, key=lambda column: abs(column - slot.centre)))]
    from_left = [above for above in slanted if above.centre < first]
    from_right = [above for above in slanted if above.centre > last][::-1]
    step = 2 if len(slanted) * 2 <= len(free) else 1
    entered = [(above, free[min(at * step, len(free) - 1)]) for at, above in enumerate(from_left)]
    entered += [(above, free[max(-1 - at * step, -len(free))]) for at, above in enumerate(from_right)]
    return [*straight, *entered]
