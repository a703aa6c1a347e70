"""The pipeline as a navigable tree or graph, each step with its live state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.widget import Widget

from cursus_tui.app.faces import face, figures_that_fit, nodes
from cursus_tui.app.messages import StepAsked
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.situation import Situation
from cursus_tui.widgets.dag_nodes import NodeChosen, NodeHighlighted
from cursus_tui.widgets.dag_tree import DagTree

if TYPE_CHECKING:
    from cursus_tui.widgets.dag_graph import DagGraph


class PipelinePane(Pane):
    """Steps in the order of execution; the cursor selects the step that all other panes show."""

    TITLE: ClassVar[str] = "Pipeline"
    VERBS: ClassVar[tuple[str, ...]] = (
        "step-over",
        "step-into",
        "continue",
        "breakpoint",
        "rerun",
        "run-to",
        "graph",
        "search",
        "edit",
        "open-editor",
        "zoom",
        "help",
        "quit",
    )
    HELP: ClassVar[str] = (
        "Every step with its state (a sign and a word), rows it wrote, seconds, peak memory and findings. "
        "Up and down select a step, enter shows its data, left and right close and open branches. "
        "● marks a breakpoint before the step, ◒ after it, ◆ on its failure, ○ one that is switched off; "
        "→ marks the step that execution stands at; 'stale' says that what a step wrote is out of date."
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tree = DagTree(id="tree")
        self._graph: DagGraph | None = None
        self._figures = 0

    def compose(self) -> ComposeResult:
        """The tree; the graph is made when it is first asked for."""
        yield self._tree

    @property
    def view(self) -> DagTree | DagGraph:
        """The one in sight."""
        return self._graph if self._graph is not None and self._graph.display else self._tree

    @property
    def focus_target(self) -> Widget:
        """The tree or the graph."""
        return self.view

    def toggle_view(self) -> None:
        """Tree instead of graph, or the other way round."""
        focused = self.view.has_focus
        was = self.view
        graph = self._graph or self._made_graph()
        graph.display = was is self._tree
        self._tree.display = not graph.display
        now = self.situation
        if now is not None:
            # Only the one in sight was told what changed.
            self.view.set_graph(nodes(now, self._figures), now.pipeline.edges)
        if now is not None and now.step and self.view is not was:
            self.view.select(now.step)
        if focused:
            self.view.focus()

    def _made_graph(self) -> DagGraph:
        from cursus_tui.widgets.dag_graph import DagGraph

        self._graph = DagGraph(id="graph")
        self._graph.display = False
        self.mount(self._graph)
        return self._graph

    def on_resize(self, event: events.Resize) -> None:
        """As many figures as leave the names whole."""
        now = self._shown
        if now is not None and self._measure(now):
            self.view.set_graph(nodes(now, self._figures), now.pipeline.edges)

    def _measure(self, now: Situation) -> bool:
        """Whether another number of figures fits now."""
        before, self._figures = self._figures, figures_that_fit(self.size.width, now.pipeline.steps)
        return self._figures != before

    def show(self, now: Situation, before: Situation | None) -> None:
        """Repaint the steps that changed; lay out anew only for another pipeline."""
        view = self.view
        if self._measure(now) or before is None or before.pipeline is not now.pipeline:
            view.set_graph(nodes(now, self._figures), now.pipeline.edges)
        else:
            for name in self._changed(now, before):
                view.update_node(name, face(now, name, self._figures))
        if now.step and view.selected != now.step:
            view.select(now.step)

    @staticmethod
    def _changed(now: Situation, before: Situation) -> Iterator[str]:
        """Steps that may look different: snapshots share what did not change."""
        everywhere = now.breakpoints != before.breakpoints or now.findings != before.findings
        standing = {now.stands_at, before.stands_at}
        for name in now.pipeline.steps:
            if everywhere or name in standing or now.of(name) is not before.of(name):
                yield name

    def on_node_highlighted(self, event: NodeHighlighted) -> None:
        """The cursor selects a step."""
        event.stop()
        # A message of a layout that is no longer so must not move the selection back.
        current = event.view is self.view and event.key == self.view.selected
        if current and (self.situation is None or event.key != self.situation.step):
            self.post_message(StepAsked(event.key))

    def on_node_chosen(self, event: NodeChosen) -> None:
        """Enter shows the step's data."""
        event.stop()
        self.post_message(StepAsked(event.key, "data"))

    def search(self, text: str) -> None:
        """Find a step by a part of its name."""
        self.view.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous step found."""
        self.view.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The name of the selected step."""
        return self.view.selected
