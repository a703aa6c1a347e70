"""A screen of panes: which are made, which are in sight and have the focus, and the situation that all of them show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from cursus_tui.app.arrangement import PANES, TABS, Arrangement, arrange
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.panes.breakpoints_pane import BreakpointsPane
from cursus_tui.app.panes.chrome import PaneBar, StatusLine, VerbLine
from cursus_tui.app.panes.data_pane import DataPane
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.pipeline_pane import PipelinePane
from cursus_tui.app.panes.search_line import SearchLine
from cursus_tui.app.panes.step_line import StepLine
from cursus_tui.app.ports import DebuggerPort, DeskPort, SessionPort
from cursus_tui.app.progress import ProgressReader
from cursus_tui.app.screens.placing import pane_of, place
from cursus_tui.app.screens.telling import tell_headings, tell_standing, tell_verbs
from cursus_tui.app.situation import Situation

if TYPE_CHECKING:
    from cursus_tui.app.panes.source_pane import SourcePane


class PanedScreen(Screen[None], inherit_bindings=False):
    """Headings, panes, status line and footer; the situation goes down from here."""

    CSS_PATH: ClassVar[str] = "main.tcss"

    # As Textual has it, another focus paints the whole screen anew; the widgets concerned paint themselves.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, desk: DeskPort, keymap: Keymap) -> None:
        super().__init__()
        self.desk = desk
        self.keymap = keymap
        self.session: SessionPort | None = None
        self.problem: str | None = None
        pipeline = desk.pipeline
        first = next(iter(pipeline.steps), None)
        self.situation = Situation(pipeline, step=first, findings=pipeline.findings, checking=True)
        self._tab = "data"
        self._zoomed = False
        self._arrangement = Arrangement(True, frozenset({"pipeline"}), self._tab)
        self._panes: dict[str, Pane] = {}
        self._progress = ProgressReader()

    def compose(self) -> ComposeResult:
        """Everything that the first picture shows; the other panes follow behind it."""
        pipeline, breakpoints = PipelinePane(id="pane-pipeline"), BreakpointsPane(id="pane-breakpoints")
        data = DataPane(lambda: self.desk.data, self._lineage, id="pane-data")
        self._panes = {"pipeline": pipeline, "data": data, "breakpoints": breakpoints}
        yield PaneBar(id="bar-all")
        yield StepLine()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield PaneBar(id="bar-left")
                yield pipeline
                yield PaneBar(id="bar-below")
                yield breakpoints
            with Vertical(id="right"):
                yield PaneBar(id="bar-right")
                yield data
        yield SearchLine(id="search")
        yield StatusLine()
        yield VerbLine()

    async def complete(self, then: Callable[[], None] = lambda: None) -> None:
        """Make the panes that the first picture does not show; then do what had to wait for them."""
        if len(self._panes) < len(PANES):
            from cursus_tui.app.panes.later import later_panes

            made = later_panes(lambda: self.debugger)
            stack = made["stack"]
            await self.query_one("#left").mount(stack)
            await self.query_one("#right").mount(*(pane for pane in made.values() if pane is not stack))
            await self.query_one("#right").mount(PaneBar(id="bar-under"), before=made["variables"])
            self._panes |= made
            self._arrange()
            self._hand_down()
        then()

    # --- panes -------------------------------------------------------------------------------------

    def pane(self, name: str) -> Pane:
        """A pane by its name."""
        return self._panes[name]

    @property
    def debugger(self) -> DebuggerPort | None:
        """What steps are stopped inside with; None until there is one."""
        return None

    @property
    def data_pane(self) -> DataPane:
        """The data pane."""
        return self.query_one(DataPane)

    @property
    def source_pane(self) -> SourcePane:
        """The source pane."""
        from cursus_tui.app.panes.source_pane import SourcePane

        return self.query_one(SourcePane)

    @property
    def current(self) -> Pane:
        """The pane that has, or had, the focus."""
        return self.pane(self.situation.pane)

    @property
    def arrangement(self) -> Arrangement:
        """What is in sight."""
        return self._arrangement

    def go_to(self, pane: str) -> None:
        """Bring a pane into sight and give it the focus."""
        if pane not in self._panes:
            self.call_later(self.complete, partial(self.go_to, pane))
            return
        self.situation = replace(self.situation, pane=pane)
        self._arrange()
        self.pane(pane).focus_target.focus()
        self._hand_down()

    def show_tab(self, tab: str) -> None:
        """Show a tab beside the pipeline where there is room, else go to it."""
        if self._arrangement.single or tab not in self._panes:
            self.go_to(tab)
            return
        self._tab = tab
        if self.situation.pane in TABS and self.situation.pane != tab:
            self.go_to(tab)
        else:
            self._arrange()
            self._hand_down()

    def zoom(self, zoomed: bool) -> None:
        """Let the pane fill the screen, or show all again."""
        self._zoomed = zoomed
        self._arrange()
        self.current.focus_target.focus()
        self._hand_down()

    @property
    def zoomed(self) -> bool:
        """Whether the user let one pane fill the screen."""
        return self._zoomed

    def _arrange(self) -> None:
        now = self.situation
        found = arrange(
            self.size.width or self.app.size.width,
            self.size.height or self.app.size.height,
            pane=now.pane,
            tab=self._tab,
            zoomed=self._zoomed,
            breakpoints=bool(now.breakpoints or now.line_breakpoints),
            stopped=now.stop is not None,
        )
        self._arrangement, self._tab = found, found.tab
        place(self, self._panes, found, now)
        self._tell_headings()

    def on_resize(self, event: events.Resize) -> None:
        """Another width, another arrangement."""
        self._arrange()
        self.call_after_refresh(self._hand_down)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane of the focused widget is what verbs and keys are about."""
        name = pane_of(event.widget)
        if name is not None and name != self.situation.pane:
            self.situation = replace(self.situation, pane=name)
            self._hand_down()

    # --- the situation goes down --------------------------------------------------------------------

    def change(self, **parts: Any) -> None:
        """Replace parts of the situation and show it."""
        before, self.situation = self.situation, replace(self.situation, **parts)
        if _wants_below(before) != _wants_below(self.situation):
            self._arrange()
        self._hand_down()

    def _hand_down(self) -> None:
        for pane in self._panes.values():
            pane.situation = self.situation
            if pane.display:
                pane.wake()
        self._tell_headings()
        self._tell_standing()

    def _tell_headings(self) -> None:
        self.query_one(StepLine).show(self.situation)
        tell_headings(self, self.situation, self._arrangement)

    def _tell_standing(self) -> None:
        progress = self._progress.newest(self.situation.state)
        tell_standing(self, self.situation, progress, self.keymap, self.problem)
        tell_verbs(self, self.judged, self.current.verbs, self.keymap)

    @property
    def judged(self) -> Situation:
        """The situation with the line under the cursor of the source, by which actions are judged."""
        if self.situation.pane != "source" or "source" not in self._panes:
            return self.situation
        return replace(self.situation, source_place=self.source_pane.place)

    def _tick(self) -> None:
        """Time passes while a step runs: the status line says so."""
        if self.situation.running:
            self._progress.look(self.situation.state)
            self._tell_standing()

    def _lineage(self, step: str) -> tuple[Any, ...]:
        return self.session.lineage(step) if self.session else ()


def _wants_below(now: Situation) -> tuple[bool, int]:
    """What decides about the places below the pipeline and below the source."""
    return now.stop is not None, len(now.breakpoints) + len(now.line_breakpoints)
