"""The session's thread: one thing at a time, each in one store transaction, announced once it is stored."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from itertools import compress
from operator import is_not

from cursus_tui.execution import session_commands as commands
from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.position import Position
from cursus_tui.execution.run_control import RunControl
from cursus_tui.execution.starting import FULL
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import PipelineChanged, SessionChanged, SessionEvent, StepChanged
from cursus_tui.records.run import PauseReason, Phase, SessionState
from cursus_tui.storage.store import RunStore

LOG = logging.getLogger(__name__)
ENDED = "this session has ended"
Done = Future[SessionState]


@dataclass(slots=True)
class _Message:
    """Something to do on the session's thread, in one store transaction."""

    call: Callable[[], None]
    done: Done | None = None
    """Of a command; None for what the executor or the probe brought."""
    runs: bool = False
    """A command that starts something."""


class SessionLoop:
    """Takes in commands and news from any thread and handles them one by one.

    What a message changes is taken back whole when it raises or cannot be stored. News that a full disk kept from
    being stored wait for the next command that runs something.

    Args:
        store: Where everything is written.
        closing: Called last, with whether a running step goes on.

    Attributes:
        run: What messages act on; set before the first.
        at: Where the run stood when it was last stored; safe to read from any thread.
        state: The same, as subscribers see it.
        ended: Whether it takes no more messages.
    """

    run: RunControl

    def __init__(self, store: RunStore, closing: Callable[[bool], None]) -> None:
        self._store = store
        self._closing = closing
        self._messages: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self._unstored: list[_Message] = []
        self._subscribers: tuple[Callable[[SessionEvent], None], ...] = ()
        self._guard = threading.Lock()
        self._settled = threading.Condition(self._guard)
        self._pending = 0
        self._running = False
        self._counting = 0
        self._stopping: bool | None = None
        self._stopped: list[Done] = []
        self._thread = threading.Thread(target=self._work, name="session", daemon=True)
        self.ended = False

    def attach(self, run: RunControl) -> None:
        """Act on this run."""
        self.run = run
        self.at: Position = run.at
        self.state: SessionState = run.at.snapshot()

    # From any thread

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    @property
    def started(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive()

    def post(self, call: Callable[[], None]) -> None:
        """Take in news."""
        self._messages.put(_Message(call))

    def submit(self, call: Callable[[], None], *, runs: bool = False) -> Done:
        """Take in a command.

        Args:
            call: What to do; raises ``IllegalCommand`` or ``UserError`` to refuse.
            runs: Whether it starts something: what could not be stored before is stored first.
        """
        done: Done = Future()
        done.set_running_or_notify_cancel()
        with self._guard:
            ended = self.ended
            if not ended:
                self._pending += 1
                self._messages.put(_Message(call, done, runs))
        if ended:
            done.set_exception(IllegalCommand(ENDED))
        return done

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Send every event there, on the session's thread; returns what ends it."""
        with self._guard:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._guard:
                self._subscribers = tuple(each for each in self._subscribers if each is not callback)

        return unsubscribe

    def wait_settled(self, timeout: float | None) -> SessionState:
        """Block until every command so far took effect, was announced, and nothing runs."""
        return self._wait(timeout, lambda: not self._running)

    def wait_counted(self, timeout: float | None) -> SessionState:
        """Block until every command so far took effect and no rows are being counted."""
        return self._wait(timeout, lambda: self._counting == 0)

    def _wait(self, timeout: float | None, reached: Callable[[], bool]) -> SessionState:
        with self._settled:
            if not self._settled.wait_for(lambda: self.ended or (self._pending == 0 and reached()), timeout):
                raise TimeoutError
        return self.state

    def when_stopped(self) -> Done:
        """A future that is done once everything is stored, announced and closed."""
        done: Done = Future()
        done.set_running_or_notify_cancel()
        with self._guard:
            if not self.ended:
                self._stopped.append(done)
                return done
        done.set_result(self.state)
        return done

    def stop_unstarted(self) -> None:
        """End a session whose thread was never started."""
        self._finish(False)

    # On the session's thread

    def stop(self, keep_running: bool) -> None:
        """End once the message at hand is stored and announced."""
        self._stopping = keep_running

    @property
    def has_unstored(self) -> bool:
        """Whether a full disk kept something from being stored."""
        return bool(self._unstored)

    def _work(self) -> None:
        while self._stopping is None:
            message = self._messages.get()
            if message is None:
                return
            stop = self.run.at.stop
            if message.runs and self._unstored and not self._store_again():
                self._answer(message, IllegalCommand("the disk is still full: free some space first"))
            elif self.run.at.stop is not stop:
                # Nobody has seen yet where it stands: what was asked for was to go on from the full disk.
                self._answer(message, None)
            else:
                self._handle(message)
        self._finish(self._stopping)

    def _finish(self, keep_running: bool) -> None:
        with self._settled:
            self.ended = True
            stopped, self._stopped = self._stopped, []
            self._settled.notify_all()
        self._safely(lambda: self._closing(keep_running))
        while not self._messages.empty():
            if (left := self._messages.get_nowait()) is not None:
                self._answer(left, IllegalCommand(ENDED))
        for done in stopped:
            done.set_result(self.state)

    def _store_again(self) -> bool:
        """Handle once more what a full disk kept us from storing."""
        waiting, self._unstored = self._unstored, []
        self.run.at = commands.pausing(self.run.at)
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
        run, before = self.run, self.run.at
        run.forget_unsaid()
        failure: Exception | None = None
        stored = True
        try:
            with self._store.transaction():
                message.call()
        except Exception as error:
            run.forget_unsaid()
            run.at = before
            failure = error
            stored = not (isinstance(error, OSError) and error.errno in FULL)
            self._take_back(message, error, stored)
        self.at, self.state = run.at, run.at.snapshot()
        for effect in tuple(run.effects):
            self._safely(effect)
        self._announce(before)
        self._answer(message, failure)
        return stored

    def _take_back(self, message: _Message, error: Exception, stored: bool) -> None:
        """Nothing of a message was stored: stand still, and say why."""
        run = self.run
        if not stored:
            run.at = run.at.but(phase=Phase.PAUSED, reason=PauseReason.DISK_FULL)
            run.notice("the run cannot be stored: the disk is full. Free some space, then continue", "error")
            if message.done is None:
                self._unstored.append(message)
            if self._stopped:
                self.stop(keep_running=False)
        elif message.done is None:
            LOG.error("the session could not take something in", exc_info=error)
            if run.at.live is not None and run.at.live.process is not None:
                # Nobody listens to it any more.
                run.after_commit(run.at.live.process.cancel)
            if self._stopped:
                self.stop(keep_running=False)
            run.at = run.at.but(phase=Phase.PAUSED, reason=PauseReason.FAILURE, live=None, stop=None, going=False)
            run.notice(f"cursus-tui itself failed: {type(error).__name__}: {error}", "error")
        elif not isinstance(error, IllegalCommand | UserError):
            LOG.error("a command failed", exc_info=error)

    def _announce(self, before: Position) -> None:
        at, state, said = self.at, self.state, tuple(self.run.outbox)
        # First of all: steps may be other ones now.
        for event in said:
            if isinstance(event, PipelineChanged):
                self._publish(event)
        for name in _changed_steps(before, at):
            self._publish(StepChanged(name, state))
        for event in said:
            if not isinstance(event, PipelineChanged):
                self._publish(event)
        now, then = ((each.run_id, each.phase, each.reason, each.current) for each in (at, before))
        if now != then:
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
            waited_for = (self._pending == 0, self._running, self._counting == 0)
            self._pending -= message.done is not None
            self._running = self.at.phase is Phase.RUNNING or self.at.going
            self._counting = self.run.counting
            if waited_for != (self._pending == 0, self._running, self._counting == 0):
                # At nothing less: whoever wakes up takes the interpreter from this thread, while a step is to start.
                self._settled.notify_all()
        if message.done is not None and failure is None:
            message.done.set_result(self.state)
        elif message.done is not None:
            message.done.set_exception(failure)


def _changed_steps(before: Position, at: Position) -> list[str]:
    if at.states is before.states:
        return []
    if before.plan is at.plan and len(before.states) == len(at.states):
        # For each of a thousand steps at each change of one: in C.
        return list(compress(at.states, map(is_not, before.states.values(), at.states.values())))
    return [name for name, new in at.states.items() if before.states.get(name) is not new]
