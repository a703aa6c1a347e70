"""A DAG as rows with connector lanes, one row a node: pure, no screen.

The picture is that of ``git log --graph`` turned downwards. A node stands in a lane; its lane runs on
below it until its last child, and a child that is not the last one branches off into a lane of its own::

    o load
    o train
    | o load_more        a root opens a lane
    |-o evaluate         joins train, whose lane goes on
    o | package          the last child takes its parent's lane over
    o-' register         a lane that ends here joins in
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

MAX_LANES = 40
"""Lanes kept at most; what needs more is told by ``LaneRow.undrawn`` instead of a line."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """One node's row.

    Attributes:
        key: The node.
        before: Connector text to the left of the node's own mark, two cells a lane.
        after: Connector text to its right.
        lane: Lane of the node, from 0; its mark stands at cell ``2 * lane``.
        hidden: Nodes folded away under this one.
        undrawn: Parents whose connection could not be drawn (too many lanes, or part of a cycle).
    """

    key: str
    before: str
    after: str
    lane: int
    hidden: int = 0
    undrawn: tuple[str, ...] = ()


def _clean_edges(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    known = set(keys)
    return [edge for edge in dict.fromkeys(edges) if edge[0] in known and edge[1] in known and edge[0] != edge[1]]


def _adjacency(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> tuple[dict[str, list[str]], ...]:
    parents: dict[str, list[str]] = {key: [] for key in keys}
    children: dict[str, list[str]] = {key: [] for key in keys}
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    return parents, children


def tree_order(keys: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """The nodes in topological order.

    An order that already is topological stays as it is, so that a caller's order of execution is kept.
    Otherwise chains are followed down before another branch is begun. Nodes of a cycle come in the given
    order, as soon as nothing else can.
    """
    keys = list(dict.fromkeys(keys))
    kept = _clean_edges(keys, edges)
    place = {key: index for index, key in enumerate(keys)}
    if all(place[source] < place[target] for source, target in kept):
        return keys
    parents, children = _adjacency(keys, kept)
    waiting = {key: len(parents[key]) for key in keys}
    stack = [key for key in reversed(keys) if not waiting[key]]
    left = iter(keys)
    order: dict[str, None] = {}
    while len(order) < len(keys):
        key = stack.pop() if stack else next(key for key in left if key not in order)
        if key in order:
            continue
        order[key] = None
        for child in reversed(children[key]):
            waiting[child] -= 1
            if waiting[child] == 0 and child not in order:
                stack.append(child)
    return list(order)


def primary_parents(order: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """For each node the parent it is folded under: of its parents above it, the one nearest to it."""
    place = {key: index for index, key in enumerate(order)}
    nearest: dict[str, str | None] = dict.fromkeys(order)
    for source, target in _clean_edges(order, edges):
        best = nearest[target]
        if place[source] < place[target] and (best is None or place[source] > place[best]):
            nearest[target] = source
    return nearest


def fold(
    order: Sequence[str], edges: Sequence[tuple[str, str]], collapsed: Collection[str]
) -> tuple[list[str], list[tuple[str, str]], dict[str, int]]:
    """What is left to see when some nodes are collapsed.

    Returns:
        The visible nodes; the edges between them, where an edge out of a hidden node starts at the node it is
        hidden under; and how many nodes each collapsed node hides.
    """
    if not collapsed:
        return list(order), list(edges), {}
    parent = primary_parents(order, edges)
    shown_as: dict[str, str] = {}
    hidden: dict[str, int] = {}
    visible: list[str] = []
    for key in order:
        above = parent[key]
        owner = shown_as[above] if above is not None and (shown_as[above] != above or above in collapsed) else None
        shown_as[key] = owner if owner is not None else key
        if owner is None:
            visible.append(key)
        else:
            hidden[owner] = hidden.get(owner, 0) + 1
    lifted = [(shown_as[source], target) for source, target in _clean_edges(order, edges) if shown_as[target] == target]
    return visible, list(dict.fromkeys(edge for edge in lifted if edge[0] != edge[1])), hidden


@dataclass(slots=True)
class _Lanes:
    """The lanes as they stand between two rows."""

    owner: list[str | None] = field(default_factory=list)
    of: dict[str, int] = field(default_factory=dict)
    just_freed: int = -1

    def take(self, lane: int, key: str) -> None:
        while len(self.owner) <= lane:
            self.owner.append(None)
        self.owner[lane] = key
        self.of[key] = lane

    def release(self, lane: int) -> None:
        key = self.owner[lane]
        if key is not None:
            self.of.pop(key, None)
        self.owner[lane] = None
        while self.owner and self.owner[-1] is None:
            self.owner.pop()

    def first_free(self, start: int, avoid: int = -1) -> int:
        lane = start
        while lane == avoid or (lane < len(self.owner) and self.owner[lane] is not None):
            lane += 1
        return lane


def lane_rows(
    order: Sequence[str], edges: Iterable[tuple[str, str]], hidden: dict[str, int] | None = None
) -> list[LaneRow]:
    """The rows of a DAG whose nodes are given in topological order.

    Edges that point upwards (of a cycle) are told in ``undrawn``. Takes time in the nodes and edges times at
    most ``MAX_LANES``.
    """
    place = {key: index for index, key in enumerate(order)}
    kept = _clean_edges(order, edges)
    down = [edge for edge in kept if place[edge[0]] < place[edge[1]]]
    upward: dict[str, list[str]] = {}
    for source, target in kept:
        if place[source] > place[target]:
            upward.setdefault(target, []).append(source)
    parents, children = _adjacency(order, down)
    last_child = {key: max((place[child] for child in below), default=-1) for key, below in children.items()}
    lanes = _Lanes()
    return [
        _place(key, index, parents[key], last_child, place, lanes, (hidden or {}).get(key, 0), upward.get(key, []))
        for index, key in enumerate(order)
    ]


def _place(
    key: str,
    index: int,
    parents: list[str],
    last_child: dict[str, int],
    place: dict[str, int],
    lanes: _Lanes,
    hidden: int,
    upward: list[str],
) -> LaneRow:
    drawn = {lanes.of[parent]: last_child[parent] == index for parent in parents if parent in lanes.of}
    undrawn = [parent for parent in parents if parent not in lanes.of] + upward
    ending = sorted(lane for lane, ends in drawn.items() if ends)
    if ending:
        lane = ending[0]
    elif drawn:
        nearest = max(drawn, key=lambda lane: place[lanes.owner[lane] or key])
        lane = lanes.first_free(nearest + 1)
    else:
        # Straight below a leaf it would look like the leaf's child.
        lane = lanes.first_free(0, avoid=lanes.just_freed)
    lane = min(lane, MAX_LANES)
    before, after = _connectors(lane, drawn, lanes)
    for ended in ending:
        lanes.release(ended)
    lanes.just_freed = -1
    if last_child[key] > index and lane < MAX_LANES:
        lanes.take(lane, key)
    elif lane < MAX_LANES:
        lanes.just_freed = lane
    return LaneRow(key, before, after, lane, hidden, tuple(undrawn))


def _connectors(lane: int, drawn: dict[int, bool], lanes: _Lanes) -> tuple[str, str]:
    reach = [lane, *drawn]
    leftmost, rightmost = min(reach), max(reach)
    width = max(len(lanes.owner), rightmost + 1, lane + 1)
    cells: list[str] = []
    for position in range(width):
        taken = position < len(lanes.owner) and lanes.owner[position] is not None
        if position == lane:
            glyph = "\0"
        elif position in drawn:
            glyph = _junction(drawn[position], position == leftmost, position == rightmost)
        elif taken:
            glyph = "│"
        else:
            glyph = "─" if leftmost < position < rightmost else " "
        cells.append(glyph + ("─" if leftmost <= position < rightmost else " "))
    before, _, after = "".join(cells).partition("\0")
    return before, after.rstrip()


def _junction(ends: bool, at_left: bool, at_right: bool) -> str:
    if at_left:
        return "╰" if ends else "├"
    if at_right:
        return "╯" if ends else "┤"
    return "┴" if ends else "┼"
