"""The lanes of the tree: every node once, parents above children, every edge drawn."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.widgets.dag_rows import MAX_LANES, LaneRow, fold, lane_rows, primary_parents, tree_order


def picture(order: list[str], edges: list[tuple[str, str]]) -> list[str]:
    return [f"{row.before}o{row.after} {row.key}" for row in lane_rows(order, edges)]


@st.composite
def dags(draw: st.DrawFn, largest: int = 24) -> tuple[list[str], list[tuple[str, str]]]:
    count = draw(st.integers(1, largest))
    keys = [f"n{index}" for index in range(count)]
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = [(keys[min(pair)], keys[max(pair)]) for pair in draw(st.lists(pairs, max_size=40)) if pair[0] != pair[1]]
    return draw(st.permutations(keys)), edges


def test_a_branch_that_is_joined_again_is_drawn_with_lanes() -> None:
    edges = [("train", "eval"), ("train", "package"), ("load", "eval"), ("eval", "register"), ("package", "register")]
    assert picture(["train", "load", "eval", "package", "register"], edges) == [
        "o train",
        "│ o load",
        "├─o eval",
        "o │ package",
        "o─╯ register",
    ]


def test_a_line_that_is_crossed_stays_whole() -> None:
    edges = [("a", "d"), ("b", "z"), ("c", "d"), ("a", "z")]
    assert picture(["a", "b", "c", "d", "z"], edges) == ["o a", "│ o b", "│ │ o c", "├─│─o d", "o─╯ z"]


def test_a_root_never_stands_straight_below_a_leaf() -> None:
    lanes = [row.lane for row in lane_rows(["a", "b", "c"], [])]
    assert lanes == [0, 1, 0]


def test_an_order_of_execution_is_kept_and_any_other_mended() -> None:
    edges = [("a", "b"), ("c", "d")]
    assert tree_order(["a", "c", "b", "d"], edges) == ["a", "c", "b", "d"]
    assert tree_order(["b", "a", "d", "c"], edges) == ["a", "b", "c", "d"]


def test_a_cycle_and_unknown_nodes_are_survived_and_told() -> None:
    edges = [("a", "b"), ("b", "a"), ("ghost", "a"), ("a", "a")]
    order = tree_order(["a", "b"], edges)
    rows = lane_rows(order, edges)
    assert [row.key for row in rows] == ["a", "b"]
    assert rows[0].undrawn == ("b",)


def test_a_collapsed_node_hides_what_hangs_from_it_and_keeps_its_edges() -> None:
    order = ["a", "b", "c", "d"]
    edges = [("a", "b"), ("b", "c"), ("a", "d"), ("c", "d")]
    assert fold(order, edges, {"b"}) == (["a", "b"], [("a", "b")], {"b": 2})
    assert fold(["x", "a", "b", "y"], [("a", "b"), ("b", "y"), ("x", "y")], {"a"})[0] == ["x", "a"]


def test_lanes_are_bounded_and_the_rest_is_told() -> None:
    roots = [f"r{index}" for index in range(100)]
    rows = lane_rows([*roots, "join"], [(root, "join") for root in roots])
    assert max(row.lane for row in rows) <= MAX_LANES
    assert len(rows[-1].undrawn) == 100 - MAX_LANES


@given(dags())
def test_order_is_topological_and_complete(dag: tuple[list[str], list[tuple[str, str]]]) -> None:
    keys, edges = dag
    order = tree_order(keys, edges)
    assert sorted(order) == sorted(keys)
    assert all(order.index(source) < order.index(target) for source, target in edges)
    assert tree_order(keys, edges) == order
    for key, parent in primary_parents(order, edges).items():
        assert parent is None or (parent, key) in edges


def attached(rows: list[LaneRow], index: int) -> set[int]:
    """Lanes that the horizontal line of a row touches, the node's own included."""
    text = rows[index].before + "o" + rows[index].after
    own = rows[index].lane * 2
    start, end = own, own
    while start > 0 and text[start - 1] == "─":
        start -= 2
    while end + 1 < len(text) and text[end + 1] == "─":
        end += 2
    return {cell // 2 for cell in range(start, end + 1, 2) if text[cell] in "├┤┼╰╯┴o"}


@given(dags())
def test_following_the_lines_gives_back_exactly_the_edges(dag: tuple[list[str], list[tuple[str, str]]]) -> None:
    keys, edges = dag
    order = tree_order(keys, edges)
    rows = lane_rows(order, edges)
    found: set[tuple[str, str]] = set()
    lane_owner: dict[int, str] = {}
    for index, row in enumerate(rows):
        text = row.before + "o" + row.after
        touched = attached(rows, index)
        follows = any(source == lane_owner.get(row.lane) for source, target in edges if target == row.key)
        for lane in touched:
            if lane in lane_owner and (lane != row.lane or follows):
                found.add((lane_owner[lane], row.key))
        for lane in list(lane_owner):
            cell = text[2 * lane] if 2 * lane < len(text) else " "
            if cell not in "│├┤┼":
                del lane_owner[lane]
        lane_owner[row.lane] = row.key
    assert found == set(edges)


@given(dags(), st.data())
def test_folding_shows_each_node_once_or_counts_it(dag, data: st.DataObject) -> None:
    keys, edges = dag
    order = tree_order(keys, edges)
    collapsed = data.draw(st.sets(st.sampled_from(order)))
    visible, lifted, hidden = fold(order, edges, collapsed)
    assert len(visible) + sum(hidden.values()) == len(order)
    assert all(source in visible and target in visible for source, target in lifted)
    assert set(hidden) <= collapsed & set(visible)


def test_every_public_dag_is_drawn(cursus_data) -> None:
    for path in sorted(cursus_data.glob("dags/*/*.dag.json")):
        dag = json.loads(path.read_text())["dag"]
        edges = [(edge[0], edge[1]) for edge in dag["edges"]]
        rows = lane_rows(tree_order(dag["nodes"], edges), edges)
        assert len(rows) == len(dag["nodes"])
        assert not any(row.undrawn for row in rows), path
