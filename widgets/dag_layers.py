"""The layers of a DAG drawing and the order within them: Sugiyama's first steps. Pure, no screen."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cursus_tui.widgets.dag_rows import tree_order

PASS_WIDTH = 3
"""Cells that a line takes where it passes a layer: it may enter in any of them."""
MOST_PASSES = 30_000
"""Passes of lines through layers; beyond them long edges are left out of the drawing."""
_SWEEPS = 4


@dataclass(slots=True)
class Slot:
    """A place in a layer: a node, or a line that passes.

    Attributes:
        source: The node, or the one whose lines pass.
        layer: From 0 at the top.
        width: Cells.
        passes: True for a line that passes.
        x: Leftmost cell, once it is known.
        up: Slots of the layer above that it is joined to.
        down: Slots of the layer below.
    """

    source: str
    layer: int
    width: int
    passes: bool = False
    x: int = 0
    place: int = 0
    up: list[Slot] = field(default_factory=list)
    down: list[Slot] = field(default_factory=list)

    @property
    def centre(self) -> int:
        """The middle cell."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True)
class Layers:
    """Slots by layer, the edges with the slots their lines go through, and the edges left out."""

    slots: list[list[Slot]]
    paths: dict[tuple[str, str], list[Slot]]
    undrawn: tuple[tuple[str, str], ...]


def layer_numbers(order: list[str], edges: Iterable[tuple[str, str]]) -> dict[str, int]:
    """A layer for each node: below all its parents, and near its children where that makes no line longer.

    Args:
        order: The nodes in topological order.
        edges: Edges that point downwards in it.
    """
    parents: dict[str, list[str]] = {key: [] for key in order}
    children: dict[str, list[str]] = {key: [] for key in order}
    for source, target in edges:
        parents[target].append(source)
        children[source].append(target)
    layer: dict[str, int] = {}
    for key in order:
        layer[key] = 1 + max((layer[parent] for parent in parents[key]), default=-1)
    for key in reversed(order):
        if children[key] and len(parents[key]) <= len(children[key]):
            layer[key] = min(layer[child] for child in children[key]) - 1
    return layer


def build_layers(widths: Mapping[str, int], edges: Iterable[tuple[str, str]]) -> Layers:
    """Layers with their slots in an order of few crossings; deterministic.

    Args:
        widths: Cells of each node's box, in the order the nodes are known.
        edges: Source and target; unknown nodes and repetitions are passed over.
    """
    known = [edge for edge in dict.fromkeys(edges) if edge[0] in widths and edge[1] in widths and edge[0] != edge[1]]
    order = tree_order(list(widths), known)
    place = {key: index for index, key in enumerate(order)}
    down = [edge for edge in known if place[edge[0]] < place[edge[1]]]
    undrawn = [edge for edge in known if place[edge[0]] > place[edge[1]]]
    layer = layer_numbers(order, down)
    nodes = {key: Slot(key, layer[key], widths[key]) for key in order}
    slots: list[list[Slot]] = [[] for _ in range(1 + max(layer.values(), default=-1))]
    for key in order:
        slots[layer[key]].append(nodes[key])
    paths: dict[tuple[str, str], list[Slot]] = {}
    targets: dict[str, list[str]] = {}
    for source, target in down:
        targets.setdefault(source, []).append(target)
    passes = 0
    for source in order:
        trunk = [nodes[source]]
        for target in sorted(targets.get(source, []), key=lambda key: (layer[key], place[key])):
            length = layer[target] - layer[source]
            if passes + length - len(trunk) > MOST_PASSES:
                undrawn.append((source, target))
                continue
            while len(trunk) < length:
                through = Slot(source, layer[source] + len(trunk), PASS_WIDTH, passes=True)
                slots[through.layer].append(through)
                _join(trunk[-1], through)
                trunk.append(through)
                passes += 1
            _join(trunk[length - 1], nodes[target])
            paths[source, target] = [*trunk[:length], nodes[target]]
    _order(slots)
    return Layers(slots, paths, tuple(undrawn))


def _join(upper: Slot, lower: Slot) -> None:
    upper.down.append(lower)
    lower.up.append(upper)


def _order(slots: list[list[Slot]]) -> None:
    """Barycentre sweeps down and up; the order with the fewest crossings stays."""
    _number(slots)
    best, fewest = [list(layer) for layer in slots], crossings(slots)
    for sweep in range(2 * _SWEEPS):
        if not fewest:
            break
        downwards = sweep % 2 == 0
        for layer in slots[1:] if downwards else reversed(slots[:-1]):
            layer.sort(key=lambda slot: (_barycentre(slot, slot.up if downwards else slot.down), slot.place))
            for index, slot in enumerate(layer):
                slot.place = index
        found = crossings(slots)
        if found < fewest:
            best, fewest = [list(layer) for layer in slots], found
    slots[:] = best
    _number(slots)


def _number(slots: list[list[Slot]]) -> None:
    for layer in slots:
        for index, slot in enumerate(layer):
            slot.place = index


def _barycentre(slot: Slot, neighbours: list[Slot]) -> float:
    return sum(other.place for other in neighbours) / len(neighbours) if neighbours else slot.place


def crossings(slots: list[list[Slot]]) -> int:
    """How often lines between neighbouring layers cross."""
    total = 0
    for layer in slots:
        seen: list[int] = []
        for slot in layer:
            ends = sorted(lower.place for lower in slot.down)
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def set_columns(slots: list[list[Slot]], gap: int) -> None:
    """Give every slot its column: near what it is joined to, at least ``gap`` cells apart, from 0 on."""
    for layer in slots:
        at = 0
        for slot in layer:
            slot.x = at
            at += slot.width + gap
    for _ in range(3):
        for layer in slots[1:]:
            _settle(layer, gap, upwards=True)
        for layer in reversed(slots[:-1]):
            _settle(layer, gap, upwards=False)
    for layer in slots[1:]:
        _settle(layer, gap, upwards=True)
    leftmost = min((slot.x for layer in slots for slot in layer), default=0)
    for layer in slots:
        for slot in layer:
            slot.x -= leftmost


def _settle(layer: list[Slot], gap: int, *, upwards: bool) -> None:
    """Move the slots of a layer as near to what they wish as their order allows: isotonic regression."""
    packed = 0
    offsets: list[int] = []
    blocks: list[tuple[float, float, int]] = []  # wished position, weight, slots
    for slot in layer:
        offsets.append(packed)
        neighbours = slot.up if upwards else slot.down
        centre = sum(other.centre for other in neighbours) / len(neighbours) if neighbours else float(slot.centre)
        wish, weight, count = centre - slot.width // 2 - packed, 4.0 if slot.passes else 1.0, 1
        while blocks and blocks[-1][0] > wish:
            other, other_weight, other_count = blocks.pop()
            wish = (wish * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        blocks.append((wish, weight, count))
        packed += slot.width + gap
    index = 0
    for wish, _, count in blocks:
        for _ in range(count):
            # Floors of a rising sequence rise, so the distances stay.
            layer[index].x = int(wish // 1) + offsets[index]
            index += 1
