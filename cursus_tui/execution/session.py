"""The session: the single owner of truth about a run, on a thread of its own."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

from cursus_tui.execution import adoption
from cursus_tui.execution import session_commands as commands
from cursus_tui.execution.breakpoints import BreakpointTable
from cursus_tui.execution.data_flow import DataFlowManager
from cursus_tui.execution.legality import RUNS, IllegalCommand, why_not
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.plan import Plan
from cursus_tui.execution.ports import DataProbe, PipelineScriptExecutor
from cursus_tui.execution.position import Position
from cursus_tui.execution.run_control import FULL, RunControl
from cursus_tui.execution.step_attempt import AttemptMaker
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import SessionChanged, SessionEvent, StepChanged
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import (
    Attempt,
    BreakpointWhen,
    LineageEdge,
    PauseReason,
    Phase,
    SessionState,
    StepBreakpoint,
)
from cursus_tui.storage.store import RunStore

__all__ = ["IllegalCommand", "Session"]

LOG = logging.getLogger(__name__)
Done = Future[SessionState]


@dataclass(slots=True)
class _Message:
    """Something to do on the session's thread, in one store transaction."""

    call: Callable[[], None]
    done: Done | None = None
    """Of a command; None for what the executor or the probe brought."""
    runs: bool = False
    """A command that starts something."""


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

    Attributes:
        state: The newest snapshot; safe to read from any thread.
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
    ) -> None:
        self._resolve = resolve
        self._store = store
        self._executor = executor
        self._run_id = run_id
        self._messages: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._unstored: list[_Message] = []
        self._subscribers: tuple[Callable[[SessionEvent], None], ...] = ()
        self._guard = threading.Lock()
        self._settled = threading.Condition(self._guard)
        self._pending = 0
        self._running = False
        self._counting = 0
        self._ended = False
        self._quit: Done | None = None
        self._reader = store.reader()
        plan, edits = Plan(pipeline), (pipeline.overrides,)
        self._run = RunControl(
            Position(run_id or "", plan, edits, read_only=store.workspace.read_only),
            store=store,
            executor=executor,
            probe=probe,
            attempts=AttemptMaker(DataFlowManager(store.workspace.path), options),
            breakpoints=BreakpointTable(store.read.breakpoints(pipeline.layout.dag_file)),
            post=lambda call: self._messages.put(_Message(call)),
        )
        self._run.at = self._run.states.all(self._run.at)
        self.state = self._run.at.snapshot()
        self._thread = threading.Thread(target=self._work, name="session", daemon=True)

    # Reading, from any thread

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline as it is resolved now."""
        return self._run.at.plan.pipeline

    @property
    def plan(self) -> Plan:
        """Order and neighbours of the pipeline's steps."""
        return self._run.at.plan

    @property
    def breakpoints(self) -> tuple[StepBreakpoint, ...]:
        """All breakpoints on steps, enabled or not."""
        return self._run.breakpoints.all

    def attempts(self, step: str) -> tuple[Attempt, ...]:
        """Every attempt of a step in this run, oldest first."""
        return self._reader.attempts(self.state.run_id, step)

    def lineage(self, step: str) -> tuple[LineageEdge, ...]:
        """What fed a step's newest attempt; empty where it has none."""
        state = self.state
        attempt = state.steps[step].attempt
        return self._reader.lineage(state.run_id, step, attempt.number) if attempt else ()

    def why_not(self, command: str, step: str | None = None) -> str | None:
        """Why a command would be refused now, in a sentence; None where it is legal.

        Args:
            command: The name of one of the methods below.
            step: The step that it would be given.
        """
        return why_not(self._run.at, command, step, ended=self._ended)

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Be told everything that happens from now on, on the session's thread.

        Returns:
            A function that ends it.
        """
        with self._guard:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._guard:
                self._subscribers = tuple(each for each in self._subscribers if each is not callback)

        return unsubscribe

    def wait_settled(self, timeout: float | None = None) -> SessionState:
        """Block until every command so far took effect and nothing runs.

        Raises:
            TimeoutError: It took longer than ``timeout`` seconds.
        """
        return self._wait(timeout, lambda: self._pending == 0 and not self._running)

    def wait_counted(self, timeout: float | None = None) -> SessionState:
        """Block until the rows of everything that was written are counted, as far as they can be.

        Raises:
            TimeoutError: It took longer than ``timeout`` seconds.
        """
        return self._wait(timeout, lambda: self._pending == 0 and self._counting == 0)

    def _wait(self, timeout: float | None, reached: Callable[[], bool]) -> SessionState:
        with self._settled:
            if not self._settled.wait_for(lambda: self._ended or reached(), timeout):
                raise TimeoutError
        return self.state

    # Commands

    def start(self) -> Done:
        """Begin the run, or resume it and take over what still runs. Give it first, and once."""
        self._thread.start()
        return self._submit(self._start)

    def continue_(self) -> Done:
        """Run to the next breakpoint, failure or the end."""
        return self._command("continue_", lambda: commands.continue_(self._run))

    def step_over(self, step: str | None = None) -> Done:
        """Run one step (the next, unless one is named), and pause before the next."""
        return self._command("step_over", lambda: commands.step_over(self._run, step), step)

    def finish(self) -> Done:
        """Pause after the running step."""
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
        """Pause before the step after the running one."""
        return self._command("pause", lambda: commands.pause(self._run))

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

    def script_changed(self, step: str) -> Done:
        """A step's script may have been edited: see what became stale."""
        return self._command("script_changed", lambda: commands.looked_at_anew(self._run), step)

    def set_breakpoint(self, breakpoint: StepBreakpoint) -> Done:
        """Set a breakpoint, or change the one at the same step and moment."""
        return self._command("set_breakpoint", lambda: commands.set_breakpoint(self._run, breakpoint), breakpoint.step)

    def remove_breakpoint(self, step: str, when: BreakpointWhen) -> Done:
        """Remove a breakpoint."""
        return self._command("remove_breakpoint", lambda: commands.remove_breakpoint(self._run, step, when))

    def quit(self, *, keep_running: bool = False) -> Done:
        """End the session. The running step is cancelled and waited for; with ``keep_running`` it goes on by itself.

        The future is done when everything is stored and closed.
        """
        done: Done = Future()
        if not self._thread.is_alive():
            self._close(keep_running)
            done.set_result(self.state)
            return done
        self._submit(lambda: self._begin_quit(keep_running, done), done, answer=False)
        return done

    # The session's thread

    def _command(self, name: str, call: Callable[[], None], step: str | None = None) -> Done:
        def checked() -> None:
            if name in RUNS and self._run.at.phase is not Phase.RUNNING and not self._run.at.read_only:
                self._run.refresh()
            if reason := self.why_not(name, step):
                raise IllegalCommand(reason)
            call()

        return self._submit(checked, runs=name in RUNS)

    def _submit(
        self, call: Callable[[], None], done: Done | None = None, *, runs: bool = False, answer: bool = True
    ) -> Done:
        done = Future() if done is None else done
        with self._guard:
            ended = self._ended
            if not ended:
                self._pending += 1
                self._messages.put(_Message(call, done if answer else Future(), runs))
        if ended:
            done.set_exception(IllegalCommand("this session has ended"))
        return done

    def _work(self) -> None:
        while (message := self._messages.get()) is not None:
            if message.runs and self._unstored and not self._store_again():
                self._answer(message, IllegalCommand("the disk is still full: free some space first"))
                continue
            self._handle(message)

    def _store_again(self) -> bool:
        """Handle once more what a full disk kept us from storing."""
        waiting, self._unstored = self._unstored, []
        self._run.at = commands.pausing(self._run.at)
        for index, message in enumerate(waiting):
            if not self._handle(message):
                self._unstored += waiting[index + 1 :]
                return False
        return True

    def _handle(self, message: _Message) -> bool:
        """Do one thing: in a transaction, then what follows from it.

        Returns:
            False where the disk was too full to store it.
        """
        run, before = self._run, self._run.at
        run.effects.clear()
        run.outbox.clear()
        failure: Exception | None = None
        stored = True
        try:
            with self._store.transaction():
                message.call()
        except Exception as error:
            run.effects.clear()
            run.outbox.clear()
            run.at = before
            failure = error
            stored = not (isinstance(error, OSError) and error.errno in FULL)
            self._after_failure(message, error, stored)
        self.state = run.at.snapshot()
        for effect in tuple(run.effects):
            self._safely(effect)
        self._announce(before)
        self._answer(message, failure)
        return stored

    def _after_failure(self, message: _Message, error: Exception, stored: bool) -> None:
        """Nothing of a message was stored: stand still, and say why."""
        run = self._run
        if not stored:
            run.at = run.at.but(phase=Phase.PAUSED, reason=PauseReason.DISK_FULL)
            run.notice("the run cannot be stored: the disk is full. Free some space, then continue", "error")
            if message.done is None:
                self._unstored.append(message)
            if self._quit is not None:
                self._stop(keep_running=False)
        elif message.done is None:
            LOG.error("the session could not take something in", exc_info=error)
            run.at = run.at.but(phase=Phase.PAUSED, reason=PauseReason.FAILURE, live=None)
            run.notice(f"cursus-tui itself failed: {type(error).__name__}: {error}", "error")
        elif not isinstance(error, IllegalCommand | UserError):
            LOG.error("a command failed", exc_info=error)

    def _announce(self, before: Position) -> None:
        at, state = self._run.at, self.state
        for name in _changed_steps(before, at):
            self._publish(StepChanged(name, state))
        for event in tuple(self._run.outbox):
            self._publish(event)
        if (at.run_id, at.phase, at.reason, at.current) != (
            before.run_id,
            before.phase,
            before.reason,
            before.current,
        ):
            self._publish(SessionChanged(state))

    def _publish(self, event: SessionEvent) -> None:
        for subscriber in self._subscribers:
            self._safely(partial(subscriber, event))

    def _safely(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception:
            LOG.exception("something that the session called failed")

    def _answer(self, message: _Message, failure: Exception | None) -> None:
        with self._settled:
            self._pending -= message.done is not None
            self._running = self._run.at.phase is Phase.RUNNING
            self._counting = self._run.counting
            self._settled.notify_all()
        if message.done is not None and failure is None:
            message.done.set_result(self.state)
        elif message.done is not None:
            message.done.set_exception(failure)

    # Beginning and ending

    def _start(self) -> None:
        run, read = self._run, self._store.read
        given = run.at.edits[0]
        if run.at.read_only:
            newest = self._run_id or next((each.run_id for each in read.runs(self.pipeline.layout.dag_file)), None)
            if newest is not None:
                at = adoption.stored_position(read, newest, run.at.plan, run.at.edits)
                run.at = run.states.all(at.but(read_only=run.at.read_only))
            return
        if self._run_id is None:
            run.at = commands.create(run, run.at.but(run_id=commands.new_run_id()))
            run.refresh()
            return
        if read.run(self._run_id) is None:
            raise UserError(f"there is no run {self._run_id} in this workspace", hint="`cursus-tui runs` lists them")
        edits = adoption.edits_of(read, self._run_id, given)
        plan = Plan(self._resolve(edits[-1])) if len(edits) > 1 else run.at.plan
        run.at = adoption.stored_position(read, self._run_id, plan, edits)
        adoption.resume(run)

    def _begin_quit(self, keep_running: bool, done: Done) -> None:
        run = self._run
        self._quit = done
        live = run.at.live
        if live is None or keep_running or run.at.read_only:
            if live is None and not run.at.read_only:
                run.leave()
            run.after_commit(lambda: self._stop(keep_running))
            return

        def ended() -> None:
            run.leave()
            run.after_commit(lambda: self._stop(False))

        run.quitting = ended
        commands.cancel(run)

    def _stop(self, keep_running: bool) -> None:
        self._close(keep_running)
        if self._quit is not None:
            self._quit.set_result(self._run.at.snapshot())
        while not self._messages.empty():
            if (left := self._messages.get_nowait()) is not None:
                self._answer(left, IllegalCommand("this session has ended"))
        self._messages.put(None)

    def _close(self, keep_running: bool) -> None:
        with self._settled:
            self._ended = True
            self._settled.notify_all()
        self._safely(lambda: self._executor.close(keep_running=keep_running))
        self._store.close()
        self._reader.close()


def _changed_steps(before: Position, at: Position) -> list[str]:
    if at.states is before.states:
        return []
    if before.plan is at.plan and len(before.states) == len(at.states):
        pairs = zip(before.states.values(), at.states.values(), strict=True)
        return [new.step for old, new in pairs if old is not new]
    return [name for name, new in at.states.items() if before.states.get(name) is not new]
