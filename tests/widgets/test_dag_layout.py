"""The drawing of a DAG: nothing lies on anything else, every edge is drawn, and always the same way."""

from __future__ import annotations

import json
import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from cursus_tui.widgets.dag_layout import BOX_HEIGHT, DOWN, LEFT, RIGHT, UP, DagLayout

Dag = tuple[dict[str, int], list[tuple[str, str]]]


@st.composite
def dags(draw: st.DrawFn) -> Dag:
    count = draw(st.integers(1, 16))
    widths = {f"n{index}": draw(st.integers(1, 24)) for index in range(count)}
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    keys = list(widths)
    edges = [(keys[min(p)], keys[max(p)]) for p in draw(st.lists(pairs, max_size=24)) if p[0] != p[1]]
    return widths, edges


def cells(points: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    found = [points[0]]
    for (x1, y1), (x2, y2) in pairwise(points):
        assert (x1 == x2) != (y1 == y2), "a piece is level or upright"
        while found[-1] != (x2, y2):
            x, y = found[-1]
            found.append((x + (x2 > x) - (x2 < x), y + (y2 > y) - (y2 < y)))
    return found


@settings(deadline=None)
@given(dags())
def test_boxes_keep_apart_and_stand_below_what_feeds_them(dag: Dag) -> None:
    widths, edges = dag
    layout = DagLayout(widths, edges)
    assert set(layout.boxes) == set(widths)
    for layer in layout.layers:
        for left, right in pairwise(layout.boxes[key] for key in layer):
            assert left.x + left.width < right.x
    tops = [layout.boxes[layer[0]].y for layer in layout.layers if layer]
    assert all(below - above > BOX_HEIGHT for above, below in pairwise(tops))
    assert all(layout.boxes[source].layer < layout.boxes[target].layer for source, target in edges)
    assert all(box.x >= 0 and box.x + box.width <= layout.width for box in layout.boxes.values())


@settings(deadline=None)
@given(dags())
def test_every_edge_leads_from_its_source_to_its_target_past_all_boxes(dag: Dag) -> None:
    widths, edges = dag
    layout = DagLayout(widths, edges)
    assert {(route.source, route.target) for route in layout.routes} == set(edges)
    assert layout.undrawn == ()
    inside = {
        (x, y): box.key
        for box in layout.boxes.values()
        for x in range(box.x, box.x + box.width)
        for y in range(box.y, box.y + BOX_HEIGHT)
    }
    for route in layout.routes:
        way = cells(route.points)
        source, target = layout.boxes[route.source], layout.boxes[route.target]
        assert way[0] == (source.centre, source.y + BOX_HEIGHT - 1)
        assert way[-1][1] == target.y - 1
        assert target.x < way[-1][0] < target.x + target.width - 1
        assert way[-1][0] in layout.arrows_in_row(way[-1][1])
        assert not any(cell in inside for cell in way[1:])


@settings(deadline=None)
@given(dags())
def test_lines_of_different_nets_only_cross(dag: Dag) -> None:
    widths, edges = dag
    layout = DagLayout(dict.fromkeys(widths, 24), edges)
    steps: dict[tuple[tuple[int, int], tuple[int, int]], str] = {}
    for route in layout.routes:
        for step in pairwise(cells(route.points)):
            assert steps.setdefault(min(step, step[::-1]), route.net) == route.net


@settings(deadline=None)
@given(dags())
def test_what_is_painted_is_what_the_routes_say(dag: Dag) -> None:
    widths, edges = dag
    layout = DagLayout(widths, edges)
    painted = {y: layout.lines_in_row(y, 0, layout.width) for y in range(layout.height)}
    ways: dict[tuple[int, int], dict[str, int]] = {}
    for route in layout.routes:
        for (x1, y1), (x2, y2) in pairwise(cells(route.points)):
            out = {(1, 0): RIGHT, (-1, 0): LEFT, (0, 1): DOWN}[x2 - x1, y2 - y1]
            back = {RIGHT: LEFT, LEFT: RIGHT, DOWN: UP}[out]
            for cell, way in (((x1, y1), out), ((x2, y2), back)):
                ways.setdefault(cell, {}).setdefault(route.net, 0)
                ways[cell][route.net] |= way
    assert {(x, y) for y, row in painted.items() for x in row} == set(ways)
    for (x, y), by_net in ways.items():
        assert painted[y][x] in by_net.values()
        if len(by_net) > 1:
            assert painted[y][x] & (UP | DOWN)
    some_row = max(painted, key=lambda y: len(painted[y]))
    middle = layout.width // 2
    assert layout.lines_in_row(some_row, middle, layout.width) == {
        x: way for x, way in painted[some_row].items() if x >= middle
    }


@settings(deadline=None)
@given(dags())
def test_the_same_dag_is_always_drawn_alike(dag: Dag) -> None:
    first, second = DagLayout(*dag), DagLayout(*dag)
    assert first.boxes == second.boxes
    assert first.routes == second.routes


def test_a_chain_is_a_straight_line() -> None:
    layout = DagLayout({"a": 9, "b": 21, "c": 14}, [("a", "b"), ("b", "c")])
    assert all(len(route.points) == 2 for route in layout.routes)
    assert layout.height == 3 * BOX_HEIGHT + 2


def test_many_lines_to_one_node_are_joined() -> None:
    keys = [f"n{index}" for index in range(100)]
    layout = DagLayout(dict.fromkeys(["root", *keys, "end"], 10), [e for k in keys for e in (("root", k), (k, "end"))])
    assert layout.height < 3 * BOX_HEIGHT + 6
    assert len({route.net for route in layout.routes}) == 2
    assert len({route.points[-1] for route in layout.routes if route.target == "end"}) == 1


def test_a_cycle_is_drawn_but_for_one_edge() -> None:
    layout = DagLayout({"a": 9, "b": 9}, [("a", "b"), ("b", "a"), ("a", "ghost"), ("a", "a")])
    assert layout.undrawn == (("b", "a"),)
    assert len(layout.routes) == 1


def test_a_root_stands_near_what_it_feeds() -> None:
    widths = dict.fromkeys(["a", "b", "c", "late"], 9)
    layout = DagLayout(widths, [("a", "b"), ("b", "c"), ("late", "c")])
    assert layout.boxes["late"].layer == layout.boxes["b"].layer


def test_nothing_is_drawn_of_nothing() -> None:
    layout = DagLayout({}, [])
    assert (layout.width, layout.height, layout.layers) == (0, 0, ())
    assert layout.boxes_in_row(0) == []
    assert layout.lines_in_row(0, 0, 80) == {}


def test_every_public_dag_is_drawn_whole(cursus_data) -> None:
    for path in sorted(cursus_data.glob("dags/*/*.dag.json")):
        dag = json.loads(path.read_text())["dag"]
        layout = DagLayout({key: len(key) + 4 for key in dag["nodes"]}, [tuple(edge) for edge in dag["edges"]])
        assert len(layout.routes) == len(dag["edges"])
        assert layout.undrawn == ()


def test_two_thousand_nodes_are_laid_out() -> None:
    random.seed(7)
    keys = [f"step_{index}" for index in range(2000)]
    near = [(keys[random.randrange(max(0, n - 40), n)], keys[n]) for n in range(1, 2000) for _ in range(2)]
    shapes = {
        "chain": list(pairwise(keys)),
        "fan out and in": [(keys[0], key) for key in keys[1:-1]] + [(key, keys[-1]) for key in keys[1:-1]],
        "near": near,
        "chain and hub": [*pairwise(keys), *((keys[0], key) for key in keys[2::4])],
    }
    for name, edges in shapes.items():
        layout = DagLayout(dict.fromkeys(keys, 12), edges)
        assert len(layout.boxes) == 2000, name
        assert len(layout.routes) + len(layout.undrawn) == len(set(edges)), name
