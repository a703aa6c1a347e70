"""Reading DAGs, whatever is in the file, and answering questions about their shape."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.pipeline.dag import PipelineDAGResolver, parse_dag, read_dag
from cursus_tui.records.errors import UserError

FILE = Path("some.dag.json")

junk_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["dag", "nodes", "edges"]), inner)
    ),
    max_leaves=12,
)
small_names = st.sampled_from(["A", "B", "C", "D", "E"])
small_edges = st.lists(st.tuples(small_names, small_names), max_size=12)


def resolver(nodes: list[str], edges: list[tuple[str, str]]) -> PipelineDAGResolver:
    return PipelineDAGResolver(parse_dag(json.dumps({"dag": {"nodes": nodes, "edges": edges}}), FILE))


def codes(dag: PipelineDAGResolver) -> list[str]:
    return [finding.code for finding in dag.findings()]


def problem(text: str) -> UserError:
    with pytest.raises(UserError) as caught:
        parse_dag(text, FILE)
    assert caught.value.file == FILE
    assert caught.value.hint
    return caught.value


def test_name_comes_from_metadata_then_from_the_file() -> None:
    named = {"dag": {"nodes": ["A"]}, "metadata": {"name": "mine"}, "version": "1.2", "statistics": {"x": 1}}
    assert parse_dag(json.dumps(named), FILE).name == "mine"
    assert parse_dag('{"dag": {"nodes": ["A"]}}', FILE).name == "some"


def test_json_error_has_its_line() -> None:
    error = problem('{"dag": {\n  "nodes": ["A",]\n}}')
    assert error.line == 2
    assert "not valid JSON" in error.message


def test_missing_section_is_named() -> None:
    error = problem('{"nodes": ["A"]}')
    assert error.message == "dag is missing"
    assert '"nodes"' in error.expected


def test_wrong_field_is_named_with_its_line_and_what_was_expected() -> None:
    error = problem('{"dag": {\n  "nodes": [\n    "A",\n    5\n  ]\n}}')
    assert (error.message, error.line, error.expected) == ("dag.nodes[1] is 5", 4, "a valid string")


@pytest.mark.parametrize("text", ["[]", '{"dag": "A"}', "5"])
def test_what_was_expected_names_nothing_of_the_program(text: str) -> None:
    error = problem(text)
    assert error.expected == "a mapping of names to values"
    assert '"nodes": ["A", "B"]' in error.hint


def test_edge_that_is_no_pair_is_named() -> None:
    assert "dag.edges[0][1] is missing" in problem('{"dag": {"nodes": ["A"], "edges": [["A"]]}}').message


def test_empty_name_is_refused() -> None:
    assert "dag.nodes[0]" in problem('{"dag": {"nodes": [""]}}').message


def test_other_major_version_is_refused() -> None:
    assert "version '2.0' is not supported" in problem('{"dag": {"nodes": ["A"]}, "version": "2.0"}').message


def test_several_mistakes_are_counted() -> None:
    assert "(and 1 more)" in problem('{"dag": {"nodes": [1, 2]}}').message


@pytest.mark.parametrize("text", ["", "[", "nul", "[" * 100_000, '{"dag": {"nodes": ["\\ud800"]}}', "1" * 5000])
def test_unusable_text_is_a_user_error(text: str) -> None:
    problem(text)


def test_missing_and_binary_files_are_user_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: No such file"):
        read_dag(tmp_path / "none.dag.json")
    binary = tmp_path / "binary.dag.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8 text"):
        read_dag(binary)
    with pytest.raises(UserError, match="cannot be read"):
        read_dag(tmp_path)


@given(st.text(max_size=200))
def test_junk_text_is_never_anything_but_a_user_error(text: str) -> None:
    with contextlib.suppress(UserError):
        parse_dag(text, FILE)


@given(junk_json, st.booleans())
def test_junk_json_is_never_anything_but_a_user_error(value: object, wrapped: bool) -> None:
    try:
        dag = parse_dag(json.dumps({"dag": value} if wrapped else value), FILE)
    except UserError:
        return
    assert set(PipelineDAGResolver(dag).topological_order) == set(dag.nodes)


@given(st.lists(small_names, max_size=6), small_edges)
def test_every_shape_has_an_order_of_all_its_steps(nodes: list[str], edges: list[tuple[str, str]]) -> None:
    dag = resolver(nodes, edges)
    order = dag.topological_order
    assert sorted(order) == sorted(set(nodes))
    place = {node: index for index, node in enumerate(order)}
    held = {node for cycle in dag.cycles for node in cycle}
    held |= {after for node in held for after in dag.descendants(node)}
    assert all(place[src] < place[dst] for src, dst in dag.edges if dst not in held)
    assert all(place[node] >= len(order) - len(held) for node in held)
    if not held:
        as_networkx = nx.lexicographical_topological_sort(dag.graph, key=dag.nodes.index)
        assert order == tuple(as_networkx)
    assert dag.findings() == resolver(nodes, edges).findings()


def test_order_is_that_of_the_file_among_equals() -> None:
    dag = resolver(["C", "B", "A", "D"], [("A", "D")])
    assert dag.topological_order == ("C", "B", "A", "D")
    assert resolver(["D", "C", "A"], [("A", "D")]).topological_order == ("C", "A", "D")


def test_ancestors_and_descendants() -> None:
    dag = resolver(["A", "B", "C", "D"], [("A", "C"), ("B", "C"), ("C", "D")])
    assert dag.ancestors("D") == ("A", "B", "C")
    assert dag.descendants("A") == ("C", "D")
    assert dag.predecessors("C") == ("A", "B")


def test_cycle_is_found_and_its_steps_and_followers_stand_last() -> None:
    dag = resolver(["A", "B", "C", "D", "E"], [("B", "C"), ("C", "B"), ("C", "D"), ("A", "E")])
    assert dag.cycles == (("B", "C"),)
    assert dag.topological_order == ("A", "E", "B", "C", "D")
    (finding,) = dag.findings()
    assert finding.code == "cycle"
    assert "B -> C -> B" in finding.message


def test_phantom_is_left_out_and_the_near_name_is_suggested() -> None:
    dag = resolver(["Training", "Package"], [("Traning", "Package"), ("Package", "Zebra")])
    assert dag.edges == ()
    first, second = dag.findings()
    assert (first.code, first.hint) == ("phantom-step", "Did you mean Training?")
    assert "Zebra" in second.hint


def test_repetitions_self_loops_and_an_empty_dag_are_findings() -> None:
    dag = resolver(["A", "A", "B"], [("A", "B"), ("A", "B"), ("B", "B")])
    assert codes(dag) == ["duplicate-step", "duplicate-edge", "self-loop"]
    assert dag.edges == (("A", "B"),)
    assert codes(resolver([], [])) == ["empty-dag"]
