"""Reading a ``*.dag.json`` and answering what its shape says: order, cycles, ancestors, what is wrong with it.

Order and neighbours, which every pipeline needs before its first picture, are found here; networkx, whose import takes
longer than all of that, answers the other questions and is imported when one of them is asked.
"""

from __future__ import annotations

import difflib
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cursus_tui.pipeline.documents import check
from cursus_tui.pipeline.given_files import parse_json, read_text
from cursus_tui.pipeline.shapes import Before, shape
from cursus_tui.records.pipeline import Finding, Severity

if TYPE_CHECKING:
    import networkx as nx

WHAT = 'a pipeline DAG: {"dag": {"nodes": ["A", "B"], "edges": [["A", "B"]]}}'
SUPPORTED_MAJOR_VERSION = "1"


def _named(name: Any) -> Any:
    if name == "":
        raise ValueError("String should have at least 1 character")
    if isinstance(name, str) and not name.isascii() and any("\ud800" <= character <= "\udfff" for character in name):
        raise ValueError("half a surrogate pair is no character")
    return name


def _supported(version: Any) -> Any:
    if version is not None and str(version).split(".", 1)[0] != SUPPORTED_MAJOR_VERSION:
        raise ValueError(f"version {version!r} is not supported; only major version 1 is")
    return version


StepName = Annotated[str, Before(_named)]


@shape
class _Shape:
    nodes: list[StepName]
    edges: list[tuple[StepName, StepName]] = field(default_factory=list)
    description: str | None = None


@shape
class _DagDocument:
    dag: _Shape
    metadata: dict[str, Any] | None = None
    version: Annotated[str | int | float | None, Before(_supported)] = None


@dataclass(frozen=True, slots=True)
class PipelineDAG:
    """A ``*.dag.json``, as it was written: with its mistakes."""

    file: Path
    name: str
    nodes: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def read_dag(file: Path) -> PipelineDAG:
    """Read a ``*.dag.json``.

    Raises:
        UserError: It cannot be read, is not JSON or not a DAG; names the field and its line.
    """
    return parse_dag(read_text(file, WHAT), file)


def parse_dag(text: str, file: Path) -> PipelineDAG:
    """A DAG from the text of its file.

    Raises:
        UserError: It is not JSON or not a DAG; names the field and its line.
    """
    document = check(_DagDocument, parse_json(text, file, WHAT), file, WHAT, text)
    metadata = document.metadata or {}
    name = metadata.get("name")
    return PipelineDAG(
        file=file,
        name=name if isinstance(name, str) and name else file.name.split(".")[0],
        nodes=tuple(document.dag.nodes),
        edges=tuple(document.dag.edges),
        description=document.dag.description or "",
        metadata=metadata,
    )


class PipelineDAGResolver:
    """Answers questions about the shape of a DAG, whatever is wrong with it.

    Names that only edges know, repeated nodes and edges, and edges from a step to itself are left out of the graph
    and reported by ``findings``. A cycle stays in it: its steps, and what comes after them, stand last in every order.

    Args:
        dag: The DAG, as it was read.
    """

    def __init__(self, dag: PipelineDAG) -> None:
        self.dag = dag
        self.nodes = tuple(dict.fromkeys(dag.nodes))
        known = set(self.nodes)
        wanted = dict.fromkeys(dag.edges)
        self.edges = tuple((src, dst) for src, dst in wanted if src in known and dst in known and src != dst)
        self._position = {node: place for place, node in enumerate(self.nodes)}
        self._before: dict[str, list[str]] = {node: [] for node in self.nodes}
        self._after: dict[str, list[str]] = {node: [] for node in self.nodes}
        for src, dst in self.edges:
            self._before[dst].append(src)
            self._after[src].append(dst)

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The sound part of the DAG as a networkx graph."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(self.edges)
        return graph

    @cached_property
    def _sorted(self) -> tuple[str, ...]:
        """Every step that no cycle holds back, each as soon as those before it stand; among equals as in the file."""
        waits_for = {node: len(before) for node, before in self._before.items()}
        ready = [place for node, place in self._position.items() if not waits_for[node]]  # sorted, and so a heap
        order = []
        while ready:
            node = self.nodes[heapq.heappop(ready)]
            order.append(node)
            for after in self._after[node]:
                waits_for[after] -= 1
                if not waits_for[after]:
                    heapq.heappush(ready, self._position[after])
        return tuple(order)

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """One cycle of every knot of cycles, each beginning with its first step in the file."""
        if len(self._sorted) == len(self.nodes):
            return ()
        import networkx as nx

        knots = [knot for knot in nx.strongly_connected_components(self.graph) if len(knot) > 1]
        knots.sort(key=lambda knot: min(self._position[node] for node in knot))
        return tuple(self._cycle_through(knot) for knot in knots)

    def _cycle_through(self, knot: set[str]) -> tuple[str, ...]:
        import networkx as nx

        start = min(knot, key=self._position.__getitem__)
        inside: nx.DiGraph[str] = self.graph.subgraph(knot)
        back = min(inside.predecessors(start), key=self._position.__getitem__)
        return tuple(nx.shortest_path(inside, start, back))

    @cached_property
    def topological_order(self) -> tuple[str, ...]:
        """Every step after the steps before it; among equals as in the file; steps held back by a cycle last."""
        free = set(self._sorted)
        return (*self._sorted, *(node for node in self.nodes if node not in free))

    def extended(self, edges: Iterable[tuple[str, str]]) -> PipelineDAGResolver:
        """The DAG with further edges, such as a user's own wiring draws; one that would close a cycle is left out."""
        wanted = tuple(edges)
        if not wanted:
            return self
        import networkx as nx

        graph = self.graph.copy()
        added = []
        for src, dst in wanted:
            is_new = {src, dst} <= self._position.keys() and src != dst and not graph.has_edge(src, dst)
            if is_new and not nx.has_path(graph, dst, src):
                graph.add_edge(src, dst)
                added.append((src, dst))
        return PipelineDAGResolver(replace(self.dag, edges=(*self.dag.edges, *added))) if added else self

    def predecessors(self, step: str) -> tuple[str, ...]:
        """The steps right before a step, in the order of the edges."""
        return tuple(self._before[step])

    def ancestors(self, step: str) -> tuple[str, ...]:
        """Every step that a step needs, in topological order."""
        import networkx as nx

        found = nx.ancestors(self.graph, step)
        return tuple(node for node in self.topological_order if node in found)

    def descendants(self, step: str) -> tuple[str, ...]:
        """Every step that needs a step, in topological order."""
        import networkx as nx

        found = nx.descendants(self.graph, step)
        return tuple(node for node in self.topological_order if node in found)

    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong with the DAG itself, in a fixed order."""
        return (*self._node_findings(), *self._edge_findings(), *self._cycle_findings())

    def _finding(self, severity: Severity, code: str, step: str | None, message: str, hint: str) -> Finding:
        return Finding(severity, code, step, message, hint, file=self.dag.file)

    def _node_findings(self) -> Iterator[Finding]:
        if not self.nodes:
            yield self._finding(
                Severity.ERROR, "empty-dag", None, "The DAG has no steps.", 'Add step names to "dag": {"nodes": [...]}.'
            )
        for node, count in Counter(self.dag.nodes).items():
            if count > 1:
                message = f"{node} stands {count} times in the nodes; it is taken once."
                yield self._finding(Severity.WARNING, "duplicate-step", node, message, "Remove the repetition.")

    def _edge_findings(self) -> Iterator[Finding]:
        seen: set[tuple[str, str]] = set()
        phantoms: dict[str, tuple[str, str]] = {}
        for src, dst in self.dag.edges:
            if (src, dst) in seen:
                message = f"The edge {src} -> {dst} stands more than once; it is taken once."
                yield self._finding(Severity.INFO, "duplicate-edge", dst, message, "Remove the repetition.")
                continue
            seen.add((src, dst))
            if src == dst:
                message = f"{src} has an edge to itself; the edge is left out."
                yield self._finding(Severity.ERROR, "self-loop", src, message, "Remove the edge from the DAG.")
            for name in (src, dst):
                if name not in self._position:
                    phantoms.setdefault(name, (src, dst))
        for name, (src, dst) in phantoms.items():
            near = difflib.get_close_matches(name, self.nodes, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Add {name} to the nodes, or remove its edges."
            message = f"The edge {src} -> {dst} names {name}, which is no step of the DAG; it is left out."
            yield self._finding(Severity.ERROR, "phantom-step", None, message, hint)

    def _cycle_findings(self) -> Iterator[Finding]:
        for cycle in self.cycles:
            path = " -> ".join((*cycle, cycle[0]))
            message = f"These steps wait for each other: {path}."
            yield self._finding(Severity.ERROR, "cycle", cycle[0], message, "Remove one of these edges from the DAG.")
