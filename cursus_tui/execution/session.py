"""The session: the single owner of truth about a run, on a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from cursus_tui.execution import adoption, inside_step, profiled_steps
from cursus_tui.execution import debug_commands as debugging
from cursus_tui.execution import session_commands as commands
from cursus_tui.execution.breakpoints import BreakpointTable
from cursus_tui.execution.data_flow import DataFlowManager
from cursus_tui.execution.legality import RUNS, IllegalCommand, makes_way, why_not
from cursus_tui.execution.line_breakpoints import LineBreakpointTable
from cursus_tui.execution.onlooking import Onlooker
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.plan import Plan
from cursus_tui.execution.ports import DataProbe, DebugPort, PipelineScriptExecutor
from cursus_tui.execution.position import Position
from cursus_tui.execution.quitting import begin_quit
from cursus_tui.execution.reloading import reload
from cursus_tui.execution.run_control import RunControl
from cursus_tui.execution.session_loop import Done, SessionLoop
from cursus_tui.execution.step_attempt import AttemptMaker
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import SessionEvent
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.profile import Profile
from cursus_tui.records.run import (
    Attempt,
    BreakpointWhen,
    LineageEdge,
    ResourceSample,
    SessionState,
    StepBreakpoint,
)
from cursus_tui.storage.schema import OPEN_RUN
from cursus_tui.storage.store import RunStore

__all__ = ["IllegalCommand", "Session"]


class Session:
    """A run of a pipeline, and every command on it.

    Commands may come from any thread; each returns a future of the state in which it took effect, or that raises
    ``IllegalCommand`` (or ``UserError`` for edits that make no sense). What a command starts goes on after that: see
    ``wait_settled``. Everything is stored before it is announced. Subscribers are called on the session's thread and
    must neither block nor wait for a command.

    Args:
        pipeline: The pipeline as it is resolved now.
        resolve: Resolves it anew with other decisions (all of them, not only what changed).
        store: The workspace's run store; when that is read-only, so is the session.
        executor: Runs scripts; closed with the session.
        probe: Counts rows.
        options: Of the run.
        run_id: A run to resume; None begins a new one.
        debugger: Stops inside of steps; closed with the session. None where nobody debugs.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        resolve: Callable[[Overrides], Pipeline],
        store: RunStore,
        executor: PipelineScriptExecutor,
        probe: DataProbe,
        options: RunOptions,
        run_id: str | None = None,
        debugger: DebugPort | None = None,
    ) -> None:
        self._resolve = resolve
        self._store = store
        self._executor = executor
        self._run_id = run_id
        self._onlooker: Onlooker | None = None
        self._reader = store.reader()
        self._loop = SessionLoop(store, self._close)
        self._run = RunControl(
            Position(run_id or "", Plan(pipeline), (pipeline.overrides,), read_only=store.workspace.read_only),
            store=store,
            executor=executor,
            probe=probe,
            attempts=AttemptMaker(DataFlowManager(store.workspace.path), options),
            breakpoints=BreakpointTable(store.read.breakpoints(pipeline.layout.dag_file)),
            lines=LineBreakpointTable(store.read.line_breakpoints(pipeline.layout.dag_file)),
            watches=store.read.watches(pipeline.layout.dag_file),
            debugger=debugger,
            post=self._loop.post,
        )
        self._run.at = self._run.states.all(self._run.at)
        self._loop.attach(self._run)

    # Reading, from any thread

    @property
    def state(self) -> SessionState:
        """The newest snapshot: nothing in it is not stored."""
        return self._loop.state

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is resolved now."""
        return self._loop.at.plan.pipeline

    @property
    def plan(self) -> Plan:
        """Order and neighbours of the pipeline's steps."""
        return self._loop.at.plan

    @property
    def breakpoints(self) -> tuple[StepBreakpoint, ...]:
        """All breakpoints on steps, enabled or not."""
        return self._run.breakpoints.all

    @property
    def line_breakpoints(self) -> tuple[LineBreakpoint, ...]:
        """All breakpoints on lines, enabled or not."""
        return self._run.lines.all

    @property
    def watches(self) -> tuple[str, ...]:
        """The expressions that are evaluated at each stop."""
        return self._run.watches

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        """Every attempt of a step in this run, oldest first; none once the session has ended."""
        return () if self._loop.ended else self._reader.attempts(self.state.run_id, step)

    def lineage(self, step: str) -> tuple[LineageEdge, ...]:
        """What fed a step's newest attempt; empty where it has none, and once the session has ended."""
        state = self.state
        found = state.steps.get(step)
        attempt = found.attempt if found else None
        if attempt is None or self._loop.ended:
            return ()
        return self._reader.lineage(state.run_id, step, attempt.number)

    def profiles(self) -> tuple[Profile, ...]:
        """The attempts of this run that were profiled; none once the session has ended."""
        return () if self._loop.ended else self._reader.profiles(self.state.run_id)

    def resources(self, attempt: Attempt) -> tuple[ResourceSample, ...]:
        """What an attempt used over time, as far as it is stored."""
        if self._loop.ended:
            return ()
        return self._reader.resources(attempt.run_id, attempt.step, attempt.number)

    def why_not(self, command: str, step: str | None = None) -> str | None:
        """Why a command would be refused now, in a sentence; None where it is legal.

        Args:
            command: The name of one of the methods below.
            step: The step that it would be given.
        """
        debugs = self._run.debugger is not None
        return why_not(self._loop.at, command, step, ended=self._loop.ended, debugs=debugs)

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Be told everything that happens from now on, on the session's thread.

        Returns:
            A function that ends it.
        """
        return self._loop.subscribe(callback)

    def wait_settled(self, timeout: float | None = None) -> SessionState:
        """Block until every command so far took effect and nothing runs: a step may be stopped inside.

        Raises:
            TimeoutError: It took longer than ``timeout`` seconds.
        """
        return self._loop.wait_settled(timeout)

    def wait_counted(self, timeout: float | None = None) -> SessionState:
        """Block until the rows of everything that was written are counted, as far as they can be.

        Raises:
            TimeoutError: It took longer than ``timeout`` seconds.
        """
        return self._loop.wait_counted(timeout)

    def tell(self, message: str, severity: str = "warning") -> None:
        """Let the subscribers know of something that happened beside the run, from any thread."""
        self._loop.post(lambda: self._run.notice(message, severity))

    # Commands

    def start(self) -> Done:
        """Begin the run, or resume it and take over what still runs. Give it first, and once."""
        self._loop.start()
        return self._loop.submit(self._start)

    def continue_(self) -> Done:
        """Run to the next breakpoint, failure or the end, also from inside of a step."""
        return self._command("continue_", lambda: commands.continue_(self._run))

    def step_over(self, step: str | None = None) -> Done:
        """Run one step (the next, unless one is named), and pause before the next; at a stop, run one line."""
        return self._command("step_over", lambda: commands.step_over(self._run, step), step)

    def step_into(self, step: str | None = None) -> Done:
        """Run a step (the next, unless one is named) and stop in its ``main``; at a stop, go into what is called.

        A step that is stopped inside makes way for another one that is named, a held failure for itself, too.
        """
        return self._command("step_into", lambda: debugging.step_into(self._run, step), step)

    def run_to_line(self, path: Path, line: int) -> Done:
        """At a stop, run to a line; else run the step whose script it is of, and stop there."""
        return self._command("run_to_line", lambda: debugging.run_to_line(self._run, path, line))

    def let_go(self) -> Done:
        """Let a stopped step go on, and pause once it has ended."""
        return self._command("let_go", lambda: debugging.let_go(self._run))

    def finish(self) -> Done:
        """Pause after the running step; at a stop, run to the end of the function."""
        return self._command("finish", lambda: commands.finish(self._run))

    def run_to(self, step: str) -> Done:
        """Run what a step needs, and pause before it."""
        return self._command("run_to", lambda: commands.run_to(self._run, step), step)

    def run_only(self, step: str) -> Done:
        """Run one step with whatever inputs exist, of this run or an earlier one, and pause after it."""
        return self._command("run_only", lambda: commands.run_only(self._run, step), step)

    def rerun(self, step: str) -> Done:
        """Run a step again; its followers become stale. Pauses after it."""
        return self._command("rerun", lambda: commands.run_only(self._run, step), step)

    def run_through(self, step: str) -> Done:
        """Run what a step needs and the step itself, as far as they are not up to date."""
        return self._command("run_through", lambda: commands.run_through(self._run, step), step)

    def run_from(self, step: str, to: str | None = None) -> Done:
        """Run a step and everything after it again, on what exists of the steps before.

        Args:
            step: The first step to run.
            to: Only what leads to this step, and the step itself.
        """
        return self._command("run_from", lambda: commands.run_from(self._run, step, to), step)

    def restart(self) -> Done:
        """Begin a new run; this one's attempts stay in the store."""
        return self._command("restart", lambda: commands.restart(self._run))

    def pause(self) -> Done:
        """Stop the running step on its line; where it cannot be debugged, pause before the next."""
        return self._command("pause", lambda: commands.pause(self._run))

    def pause_next(self) -> Done:
        """Pause before the step after the running one."""
        return self._command("pause_next", lambda: commands.pause_next(self._run))

    def profile(self, step: str) -> Done:
        """Profile a step until it ends: from now on where it runs, else its next attempt."""
        return self._command("profile", lambda: profiled_steps.profile(self._run, step), step)

    def skip(self, step: str) -> Done:
        """Go on without a step."""
        return self._command("skip", lambda: commands.skip(self._run, step), step)

    def cancel(self) -> Done:
        """Ask the running step to stop; the run pauses once it has."""
        return self._command("cancel", lambda: commands.cancel(self._run))

    def edit(self, overrides: Overrides) -> Done:
        """Decide otherwise: the whole set of decisions, usually ``pipeline.overrides`` with a change."""
        return self._command("edit", lambda: commands.edit(self._run, self._resolve, overrides))

    def undo(self) -> Done:
        """Take the newest edit back."""
        return self._command("undo", lambda: commands.undo(self._run, self._resolve))

    def reload(self, given: Overrides, resolve: Callable[[Overrides], Pipeline], what: str) -> Done:
        """The pipeline's own files changed and were read anew: go on with what they say. Not while a step runs.

        Args:
            given: What settings and flags decide now.
            resolve: Resolves with the new files; from now on for every edit.
            what: What happened to which files, for the notice.
        """

        def taken_over() -> None:
            reload(self._run, resolve, given, what)
            self._run.after_commit(lambda: self._resolve_with(resolve))

        return self._command("reload", taken_over)

    def script_changed(self, step: str) -> Done:
        """A step's script may have been edited: see what became stale, and where its breakpoints are now."""
        return self._command("script_changed", lambda: commands.script_changed(self._run, step), step)

    def set_breakpoint(self, breakpoint: StepBreakpoint) -> Done:
        """Set a breakpoint, or change the one at the same step and moment."""
        return self._command("set_breakpoint", lambda: commands.set_breakpoint(self._run, breakpoint), breakpoint.step)

    def remove_breakpoint(self, step: str, when: BreakpointWhen) -> Done:
        """Remove a breakpoint."""
        return self._command("remove_breakpoint", lambda: commands.remove_breakpoint(self._run, step, when))

    def set_line_breakpoint(self, line: LineBreakpoint) -> Done:
        """Set a breakpoint on a line, or change the one that is there; also while its step runs."""
        return self._command("set_line_breakpoint", lambda: debugging.set_line(self._run, line))

    def remove_line_breakpoint(self, path: Path, line: int) -> Done:
        """Remove the breakpoint on a line."""
        return self._command("remove_line_breakpoint", lambda: debugging.remove_line(self._run, path, line))

    def set_watches(self, watches: tuple[str, ...]) -> Done:
        """Evaluate these expressions at each stop."""
        return self._command("set_watches", lambda: debugging.set_watches(self._run, watches))

    def quit(self, *, keep_running: bool = False) -> Done:
        """End the session. The running step is cancelled and waited for; with ``keep_running`` it goes on by itself.

        One that is held on what it raised fails.

        The future is done when everything is stored and closed.
        """
        done = self._loop.when_stopped()
        if self._loop.started:
            self._loop.submit(lambda: begin_quit(self._run, self._loop, keep_running))
        else:
            self._loop.stop_unstarted()
        return done

    def _command(self, name: str, call: Callable[[], None], step: str | None = None) -> Done:
        run = self._run

        def checked() -> None:
            if name in RUNS and run.at.live is None and not run.at.read_only:
                run.refresh()
            if reason := why_not(run.at, name, step, ended=False, debugs=run.debugger is not None):
                raise IllegalCommand(reason)
            if makes_way(run.at, name, step):
                inside_step.make_way(run, again)
            else:
                call()

        def again() -> None:
            self._command(name, call, step).add_done_callback(refused)

        def refused(done: Done) -> None:
            if (error := done.exception()) is not None:
                self._loop.post(lambda: commands.stand_after(run, str(error)))

        return self._loop.submit(checked, runs=name in RUNS)

    def _resolve_with(self, resolve: Callable[[Overrides], Pipeline]) -> None:
        self._resolve = resolve

    # Beginning and ending

    def _start(self) -> None:
        run, read = self._run, self._store.read
        given = run.at.edits[0]
        if run.at.read_only:
            self._onlooker = Onlooker(run, self._resolve, self._run_id)
            self._onlooker.look()
            self._onlooker.follow(self._loop.post)
            return
        if self._run_id is None:
            run.at = commands.create(run, run.at.but(run_id=commands.new_run_id()))
            run.refresh()
            inside_step.first_lines(run)
            return
        if read.run(self._run_id) is None:
            raise UserError(f"there is no run {self._run_id} in this workspace", hint="`cursus-tui runs` lists them")
        edits = adoption.edits_of(read, self._run_id, given)
        plan = Plan(self._resolve(edits[-1])) if len(edits) > 1 else run.at.plan
        run.at = adoption.stored_position(read, self._run_id, plan, edits)
        adoption.resume(run)
        inside_step.first_lines(run)
        self._store.set_setting(OPEN_RUN, self._run_id)

    def _close(self, keep_running: bool) -> None:
        if self._onlooker is not None:
            self._onlooker.end()
        with ExitStack() as closing:
            # Whatever one of them does, all are closed: the last first.
            closing.callback(self._reader.close)
            closing.callback(self._store.close)
            closing.callback(lambda: self._executor.close(keep_running=keep_running))
            if self._run.debugger is not None:
                closing.callback(self._run.debugger.close)
            profiled_steps.close(self._run)
