"""The main screen: actions go out to the session, facts come in and change the situation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, ClassVar

from cursus_tui.app import messages
from cursus_tui.app.actions import ACTIONS
from cursus_tui.app.arrangement import PANES, TABS
from cursus_tui.app.attention import Patience, call_user
from cursus_tui.app.awaiting import Awaiting
from cursus_tui.app.disk_watch import DiskWatch
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.line_marks import same_file
from cursus_tui.app.panes.chrome import PaneBar, VerbLine
from cursus_tui.app.panes.data_pane import DataPane
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.pipeline_pane import PipelinePane
from cursus_tui.app.panes.search_line import SearchLine
from cursus_tui.app.ports import DebuggerPort, DeskPort, Done, SessionPort
from cursus_tui.app.screens.paned import PanedScreen
from cursus_tui.app.stops import Stops
from cursus_tui.records.debug import DebugStop
from cursus_tui.records.pipeline import Pipeline
from cursus_tui.records.run import PauseReason, SessionState
from cursus_tui.text import safe

Verb = Callable[["MainScreen"], None]


class MainScreen(PanedScreen, inherit_bindings=False):
    """Everything about one pipeline. Facts arrive as messages and become the situation."""

    TITLE: ClassVar[str] = "cursus-tui"

    def __init__(
        self, desk: DeskPort, keymap: Keymap, verbs: Callable[[], dict[str, Verb]], awaiting: Awaiting
    ) -> None:
        """Make the screen; nothing is started yet.

        Args:
            desk: The opened pipeline.
            keymap: The keys in force.
            verbs: Gives what each action of the registry does; asked when the first one is performed.
            awaiting: Whether the user only waits.
        """
        super().__init__(desk, keymap)
        self._verbs = verbs
        self._awaiting = awaiting
        self._searched: set[Pane] = set()
        self._patience = Patience()
        self._kept = desk.pipeline.overrides
        self.disk = DiskWatch(self)
        self.stops = Stops(self)
        self._unsubscribe: Callable[[], None] = lambda: None

    def on_mount(self) -> None:
        """Show the pipeline; the ticking parts begin."""
        self.go_to("pipeline")
        self.set_interval(0.5, self._tick)
        self.set_interval(1.0, self.disk.look)

    @property
    def debugger(self) -> DebuggerPort | None:
        """What steps are stopped inside with."""
        return self.stops.debugger

    # --- actions -----------------------------------------------------------------------------------

    def perform(self, action_id: str) -> None:
        """Do an action of the registry, or say why it cannot be done now."""
        if len(self._panes) < len(PANES):
            self.call_later(self.complete, partial(self.perform, action_id))
            return
        self._select_what_is_pointed_at()
        self._awaiting.performs(action_id)
        action = ACTIONS[action_id]
        reason = action.why_not(self.situation)
        running = self.situation.state.current if self.situation.running and self.situation.state else None
        if reason and self._awaiting.keeps(action_id, running):
            return
        self._awaiting.steps(action_id, self.situation.stop)
        if reason:
            self.say(f"{action.verb_now(self.situation)}, not now: {reason}", "warning")
        else:
            self._verbs()[action_id](self)

    def stopped_at(self, stop: DebugStop) -> None:
        """A line that was stepped over has ended: go on with the key that was typed ahead for it."""
        action_id = self._awaiting.next_at(stop)
        if action_id is not None:
            self.call_later(self.perform, action_id)

    def _select_what_is_pointed_at(self) -> None:
        """Keys may come faster than the message that the cursor moved: an action is about where the cursor is."""
        if self.situation.pane == "source":
            # Kept aside: nobody shows it, so nothing is handed down.
            self.situation = self.judged
        elif self.situation.pane == "pipeline":
            step = self.query_one(PipelinePane).view.selected
            if step is not None and step != self.situation.step:
                self.change(step=step)

    def say(self, text: str, severity: str = "information") -> None:
        """A short notice. The text may come from anywhere: it is never markup."""
        level: Any = {"info": "information"}.get(severity, severity)
        self.app.notify("\n".join(safe(line, 500) for line in text.splitlines()[:8]), severity=level, markup=False)

    def command(self, given: Callable[[SessionPort], Done]) -> None:
        """Give the session a command; what it refuses becomes a notice."""
        if self.session is None:
            self.say("the run is still being opened", "warning")
            return
        given(self.session).add_done_callback(self._command_done)

    def _command_done(self, done: Future[SessionState]) -> None:
        problem = done.exception() if not done.cancelled() else None
        if problem is not None:
            self.post_message(messages.CommandRefused(str(problem) or type(problem).__name__))

    def on_command_refused(self, event: messages.CommandRefused) -> None:
        """Say what the session said."""
        self.say(event.problem, "warning")

    def on_action_asked(self, event: messages.ActionAsked) -> None:
        """A widget asks for an action."""
        self.perform(event.action_id)

    def on_verb_line_chosen(self, event: VerbLine.Chosen) -> None:
        """A click in the footer."""
        self.perform(event.action_id)

    def on_pane_bar_chosen(self, event: PaneBar.Chosen) -> None:
        """A click on a heading."""
        self.go_to(event.pane)

    def on_data_pane_table_shown(self, event: DataPane.TableShown) -> None:
        """The grid has verbs of its own."""
        self.change(table=event.shown)

    def on_step_asked(self, event: messages.StepAsked) -> None:
        """A pane selects a step, and perhaps wants it shown elsewhere."""
        if event.step != self.situation.step and event.step in self.situation.pipeline.steps:
            self.change(step=event.step)
        if event.pane:
            self.go_to(event.pane)
        if event.line is not None:
            self.source_pane.reveal(event.line)

    def on_place_asked(self, event: messages.PlaceAsked) -> None:
        """A pane wants a line shown."""
        steps = self.situation.pipeline.steps
        names = [name for name, step in steps.items() if same_file(step.script, event.path)]
        if names and self.situation.step not in names:
            self.change(step=names[0])
        self.go_to("source")
        self.source_pane.open(event.path, event.line)

    def on_search_line_asked(self, event: SearchLine.Asked) -> None:
        """The search begins."""
        pane = self.current
        self.close_search()
        if event.text:
            self._searched.add(pane)
            pane.search(event.text)

    def forget_search(self) -> bool:
        """Mark no hits any more in the pane with the focus; False where nothing was searched for."""
        found = self.current in self._searched
        if found:
            self._searched.discard(self.current)
            self.current.search("")
        return found

    def open_search(self) -> None:
        """Ask what to search for."""
        self.query_one(SearchLine).open(self.current.TITLE)

    def close_search(self) -> bool:
        """Put the search line away; False where it was not open."""
        closed = self.query_one(SearchLine).close()
        if closed:
            self.current.focus_target.focus()
        return closed

    # --- facts come up ------------------------------------------------------------------------------

    def checked(self, pipeline: Pipeline) -> None:
        """The scripts were looked into."""
        self.change(pipeline=pipeline, findings=pipeline.findings, checking=False)

    def begin(self, session: SessionPort, debugger: DebuggerPort | None = None) -> None:
        """The session is there: commands can be given from now on."""
        from cursus_tui.app.follow import forward

        self.session = session
        if debugger is not None:
            self.stops.begin(debugger)
        self._unsubscribe = session.subscribe(lambda fact: forward(self, fact))
        self.change(
            pipeline=session.pipeline,
            findings=session.pipeline.findings,
            breakpoints=session.breakpoints,
            refusal=session.why_not,
            edited=session.pipeline.overrides != self._kept,
            debuggable=debugger is not None,
            line_breakpoints=session.line_breakpoints,
            watches=session.watches,
            profiles={(each.step, each.attempt): each for each in session.profiles()},
        )
        self._take(session.state)

    def refuse(self, problem: str) -> None:
        """There will be no session: the screen stays to look at the pipeline, and says why nothing can run."""
        self.problem = problem
        self.say(problem, "error")
        self._tell_standing()

    def on_state_arrived(self, event: messages.StateArrived) -> None:
        """A newer snapshot."""
        self._take(event.state)

    def _take(self, state: SessionState, *, edited: bool = False) -> None:
        """A newer snapshot; who edits a step goes on looking at it, wherever execution stands now."""
        before = self.situation.state
        for told in self._patience.told(before, state):
            call_user(self.app, told)
        moved = not edited and state.current is not None and (before is None or before.current != state.current)
        failed = state.reason is PauseReason.FAILURE and (before is None or before.reason is not PauseReason.FAILURE)
        # A table that is read is not closed because the next step begins.
        follows = (moved and (self._awaiting.waits or self.current.STEPPING)) or (failed and self.waits)
        step = state.current if follows else self.situation.step
        if before is None and state.current is None:
            step = state.upcoming
        self._progress.look(state)
        self.change(state=state, step=step or self.situation.step)
        if failed:
            self.show_source()

    @property
    def waits(self) -> bool:
        """Whether the user only waits: the screen may follow what is executed. Among data nobody only waits."""
        return self._awaiting.waits and self.current.STEPPING

    def show_source(self) -> None:
        """A failure or a stop opens the right place for who waits; who works in a pane keeps it, and its keys."""
        if self.waits:
            self.go_to("source")
        elif not self.arrangement.single and self.situation.pane not in TABS:
            self.show_tab("source")

    def on_pipeline_arrived(self, event: messages.PipelineArrived) -> None:
        """Edited, here or on disk: resolved anew."""
        pipeline = event.event.pipeline
        if event.event.given is not None:
            self._kept = event.event.given
        step = self.situation.step if self.situation.step in pipeline.steps else next(iter(pipeline.steps), None)
        edited = pipeline.overrides != self._kept
        self.change(pipeline=pipeline, findings=pipeline.findings, step=step, edited=edited)
        self._take(event.event.state, edited=True)

    def saved(self) -> None:
        """The edits in force were written into the settings file."""
        self._kept = self.situation.pipeline.overrides
        self.change(edited=False)

    def on_breakpoints_arrived(self, event: messages.BreakpointsArrived) -> None:
        """Set, removed or switched."""
        self.change(breakpoints=event.breakpoints)

    def on_line_breakpoints_arrived(self, event: messages.LineBreakpointsArrived) -> None:
        """Set, changed, moved or removed."""
        self.change(line_breakpoints=event.lines)

    def on_watches_arrived(self, event: messages.WatchesArrived) -> None:
        """Other expressions are watched."""
        self.change(watches=event.watches)

    def on_profile_arrived(self, event: messages.ProfileArrived) -> None:
        """Known where a step spends its time."""
        found = event.profile
        self.change(profiles={**self.situation.profiles, (found.step, found.attempt): found})

    def on_debugger_arrived(self, event: messages.DebuggerArrived) -> None:
        """Stopped, gone on, attached; an IDE came or went."""
        self.stops.arrived(event.debugger)

    def on_frames_arrived(self, event: messages.FramesArrived) -> None:
        """What was asked about a stop."""
        self.stops.told(event)

    def on_frame_asked(self, event: messages.FrameAsked) -> None:
        """A pane looks at another frame or thread."""
        self.stops.look_at(event.frame, event.thread)

    def on_finding_arrived(self, event: messages.FindingArrived) -> None:
        """Noticed while running."""
        self.change(findings=(*self.situation.findings, event.event.finding))

    def on_notice_arrived(self, event: messages.NoticeArrived) -> None:
        """Something to read."""
        self.say(event.event.message, event.event.severity)

    def on_resources_arrived(self, event: messages.ResourcesArrived) -> None:
        """A reading of the running step."""
        self._progress.sampled(event.event)

    def on_output_arrived(self, event: messages.OutputArrived) -> None:
        """The step printed: its last line is read with the next tick."""
        self._progress.printed(event.event)

    # --- scripts edited outside ---------------------------------------------------------------------

    def scripts_changed(self, changed: frozenset[Any]) -> None:
        """Tell the session which steps' scripts are other ones now."""
        for name, step in self.situation.pipeline.steps.items():
            if step.script in changed and self.session is not None:
                self._script_changed(name)
        stopped = self.situation.pipeline.steps.get(self.situation.stop.step) if self.situation.stop else None
        if stopped is not None and stopped.script in changed:
            self.say(f"{stopped.name} runs on with the script as it was: r runs it again with the edit")
        if "source" in self._panes:
            self.source_pane.reload()

    def _script_changed(self, step: str) -> None:
        self.command(lambda session: session.script_changed(step))

    def on_unmount(self) -> None:
        """No more events."""
        self._unsubscribe()
        self.stops.close()
