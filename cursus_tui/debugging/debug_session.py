"""The debugger as the session and the screen use it. Nothing is started before there is something to debug."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from cursus_tui.debugging.debug_loop import NOT_DEBUGGED, DebugLoop
from cursus_tui.debugging.followed import Followed
from cursus_tui.debugging.hold_limit import HOLD_SECONDS, HoldLimit
from cursus_tui.debugging.hub import Hub
from cursus_tui.debugging.ide_server import IdeServer
from cursus_tui.debugging.lending import lent_folder
from cursus_tui.debugging.live_tables import show_expression, table_of
from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.readings import (
    completions_of,
    frames_of,
    scopes_of,
    sentence,
    threads_of,
    value_of,
    variables_of,
)
from cursus_tui.debugging.upstream import EVALUATE_SECONDS
from cursus_tui.execution.outcome import frame_of
from cursus_tui.execution.ports import DebugOrder, StepProcess, WorkerEvent
from cursus_tui.records.debug import (
    DebugError,
    DebuggerState,
    DebugStop,
    DebugThread,
    IdeState,
    LineBreakpoint,
    LiveTable,
    Resume,
    Scope,
    StackFrame,
    Variable,
)
from cursus_tui.records.events import Noticed, SessionEvent
from cursus_tui.records.run import Attempt, Frame
from cursus_tui.storage.regular_file import real_path

Answer = TypeVar("Answer")
LOG = logging.getLogger(__name__)


class DebugSession:
    """Implements ``DebugPort`` and ``DebuggerPort``.

    Args:
        hold_seconds: How long a failed step is held without being asked anything.
        cache: Where debugpy is lent from; the user's cache folder otherwise.
    """

    def __init__(self, *, hold_seconds: float = HOLD_SECONDS, cache: Path | None = None) -> None:
        self._cache = cache
        self._callbacks: tuple[Callable[[SessionEvent], None], ...] = ()
        self._hub = Hub(self._say, lambda stop: self._limit.begin(stop))
        self._limit = HoldLimit(self._hub, hold_seconds, lambda: self.resume(Resume.CONTINUE))
        self._ides = IdeServer(self._hub)
        self._loop = DebugLoop(self._hub.link.dialled)
        self._orders: dict[str, Followed] = {}
        self._lines: tuple[LineBreakpoint, ...] = ()
        self._runs_to: frozenset[str] = frozenset()
        self._lent: tuple[Path, Path] | None = None
        self._blocks = itertools.count(1)

    # --- the session's side: DebugPort

    def order(
        self, step: str, script: Path, scripts_of_others: frozenset[Path], *, entry: bool, hold: bool
    ) -> DebugOrder:
        """What an attempt that is about to start needs to know."""
        others = frozenset(real_path(str(path)) for path in scripts_of_others - {script})
        wanted = {real_path(str(one.path)) for one in (*self._lines, *self.state.ide_breakpoints) if one.enabled}
        at_start = entry or bool((wanted | self._runs_to) - others)
        try:
            lent, pycache = self.lent()
        except DebugError as error:
            self._say(Noticed("warning", str(error)))
            lent, pycache = self._loop.folder / "debugpy", self._loop.folder / "compiled"
        if at_start:
            self._loop.start()
        order = DebugOrder(
            socket=self._loop.socket,
            token=secrets.token_hex(16),
            lent=lent,
            pycache=pycache,
            at_start=at_start,
            entry=entry,
            hold=hold,
        )
        followed = self._orders[order.token] = Followed(order, step, others)
        self._loop.post(self._hub.expect, followed)
        return order

    def lent(self) -> tuple[Path, Path]:
        """(folder with debugpy, folder for its compiled modules): what an executor lends to its interpreters.

        Raises:
            DebugError: There is no debugpy to lend.
        """
        if self._lent is None:
            self._lent = lent_folder(self._cache)
        return self._lent

    def follow(
        self, order: DebugOrder, attempt: Attempt, process: StepProcess, told: Callable[[DebugStop | None], None]
    ) -> None:
        """The attempt runs."""
        followed = self._orders.get(order.token)
        if followed is not None:
            self._loop.post(self._hub.follow, followed, attempt, process, told)

    def heard(self, order: DebugOrder, event: WorkerEvent) -> None:
        """The step is about to enter main, is parked on an exception, or called ``breakpoint()``."""
        followed = self._orders.get(order.token)
        if followed is None:
            return
        self._start()
        if self._loop.is_running:
            self._loop.post(self._hub.heard, followed, event)
        elif followed.process is not None:
            # Its debugger cannot come: it waits no longer.
            followed.process.request("release" if event.name == "parked" else "go")

    def ended(self, order: DebugOrder) -> None:
        """The attempt is over."""
        followed = self._orders.pop(order.token, None)
        self._runs_to = frozenset()
        if followed is not None:
            self._loop.post(self._hub.ended, followed)

    def resume(self, how: Resume) -> None:
        """Let a stopped step go on; nothing happens where none is stopped."""
        self._wish(self._hub.resume(how))

    def suspend(self) -> None:
        """Stop the running step on the line that it is at."""
        self._start()
        self._wish(self._hub.suspend())

    def run_to(self, path: Path, line: int) -> None:
        """Let a stopped step go on as far as a line; one that is about to start stops there, too."""
        self._runs_to |= {real_path(str(path))}
        self._start()
        self._wish(self._hub.run_to(str(path), line))

    def set_lines(self, lines: tuple[LineBreakpoint, ...]) -> None:
        """All breakpoints on lines that the session holds, enabled or not."""
        self._lines = lines
        if any(one.enabled for one in lines):
            self._start_for_step()
        self._loop.post(self._hub.set_lines, lines)

    def close(self) -> None:
        """Let go of everything; a step goes on."""
        self._loop.close(self._farewell)

    # --- the screen's side: DebuggerPort

    @property
    def state(self) -> DebuggerState:
        """The newest snapshot."""
        return self._hub.state

    def subscribe(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """Call back on each ``DebuggerChanged`` and ``Noticed``; returns how to stop that."""
        self._callbacks += (callback,)

        def stop() -> None:
            self._callbacks = tuple(one for one in self._callbacks if one is not callback)

        return stop

    def threads(self) -> Future[tuple[DebugThread, ...]]:
        """Threads of the step."""
        return self._ask("threads", lambda body: threads_of(body, stopped=self._hub.stops.halted is not None))

    def frames(self, thread: int, first: int = 0, count: int = 40) -> Future[tuple[StackFrame, ...]]:
        """Frames of a stopped thread, innermost first."""
        return self._ask("stackTrace", frames_of, threadId=thread, startFrame=first, levels=count)

    def scopes(self, frame: int) -> Future[tuple[Scope, ...]]:
        """Locals and globals of a frame."""
        return self._ask("scopes", scopes_of, frameId=frame)

    def variables(self, reference: int, first: int = 0, count: int = 100) -> Future[tuple[Variable, ...]]:
        """Names and values in a scope, or children of a value."""
        # The debugger ignores ``start`` and ``count``.
        return self._ask(
            "variables", lambda body: variables_of(body)[first : first + count], variablesReference=reference
        )

    def evaluate(self, expression: str, frame: int, *, quiet: bool = False) -> Future[Variable]:
        """Evaluate in a frame; ``quiet`` for a watch. Statements are executed."""
        return self._ask(
            "evaluate",
            lambda body: value_of(body, expression, expression),
            expression=expression,
            frameId=frame,
            context="watch" if quiet else "repl",
        )

    def interrupt(self) -> None:
        """End an evaluation that goes on, and nothing else; where it does not listen, that is said."""
        self._wish(self._hub.interrupt())

    def set_variable(self, reference: int, name: str, value: str) -> Future[Variable]:
        """Give a variable another value, an expression of its frame."""
        return self._ask(
            "setVariable",
            lambda body: value_of(body, name, ""),
            variablesReference=reference,
            name=name,
            value=value,
        )

    def complete(self, text: str, column: int, frame: int) -> Future[tuple[str, ...]]:
        """What the text up to the column, from 0, could go on with: whole texts."""
        return self._ask(
            "completions",
            lambda body: completions_of(body, text, column),
            text=text,
            column=column + 1,
            frameId=frame,
        )

    def live_table(self, expression: str, frame: int | None, first: int = 0) -> Future[LiveTable]:
        """Rows of a value; with no frame, of a local of the running step's main thread, as a sample."""
        self._start_for_step()
        return self._loop.run(self._live_table(expression, frame, first))

    def sample(self) -> Future[tuple[Frame, ...]]:
        """Where the running step's main thread is, without a debugger; outermost first."""
        self._start_for_step()
        return self._loop.run(self._sample())

    def open_ide(self, port: int | None = None) -> Future[IdeState]:
        """Open the door for IDEs: at this port, else 5678 or the next that is free."""
        self._start()
        return self._loop.run(self._ides.open(port))

    def close_ide(self) -> Future[IdeState]:
        """Close it; attached IDEs are let go."""
        return self._loop.run(self._ides.close())

    # --- how it is done

    def _start(self) -> None:
        try:
            self._loop.start()
        except DebugError as error:
            self._say(Noticed("warning", str(error)))

    def _start_for_step(self) -> None:
        if self._orders:
            self._start()

    def _wish(self, work: Coroutine[Any, Any, None]) -> None:
        """A command of the session's: nobody waits for it, so what goes wrong is said."""
        if self._loop.is_running:
            self._loop.run(self._said(work))
        else:
            work.close()

    async def _said(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DebugError as error:
            self._hub.warn(str(error))

    async def _farewell(self) -> None:
        await self._ides.close()
        self._hub.link.close()

    def _ask(self, command: str, read: Callable[[dict[str, Any]], Answer], **arguments: Any) -> Future[Answer]:
        async def asked() -> Answer:
            hub = self._hub
            if hub.stops.halted is None and command != "threads":
                raise DebugError("it is not stopped" if hub.link.is_attached else NOT_DEBUGGED)
            try:
                answer = read(await hub.request(command, arguments))
            except DebugError as error:
                raise DebugError(sentence(str(error))) from None
            if command == "setVariable" or arguments.get("context") == "repl":
                hub.values_changed(hub.terminal)
            return answer

        return self._loop.run(asked())

    async def _live_table(self, expression: str, frame: int | None, first: int) -> LiveTable:
        running = self._hub.running
        if running is None or running.attempt is None or running.process is None:
            raise DebugError("no step runs")
        folder = running.attempt.folder / "live"
        try:
            if folder.is_symlink():
                raise NotADirectoryError(f"{folder} leads elsewhere")
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise DebugError(f"there is nowhere to put its rows: {error}") from error
        path = folder / f"{next(self._blocks)}"
        if frame is not None:
            show = {"expression": show_expression(expression, path, first), "frameId": frame, "context": "clipboard"}
            try:
                body = await self._hub.request("evaluate", show)
            except DebugError as error:
                raise DebugError(sentence(str(error))) from None
            return table_of(body.get("result"), expression, path, first, sampled=False)
        wish = running.process.request("peek", expression=expression, path=str(path), first=first, rows=1000)
        return table_of(await _answered(wish), expression, path, first, sampled=True)

    async def _sample(self) -> tuple[Frame, ...]:
        running = self._hub.running
        if running is None or running.process is None:
            raise DebugError("no step runs")
        frames = await _answered(running.process.request("stack"))
        try:
            return tuple(map(frame_of, frames))
        except (TypeError, ValueError, KeyError, OverflowError) as error:
            raise DebugError("what the step answered is no stack") from error

    def _say(self, event: SessionEvent) -> None:
        for callback in self._callbacks:
            try:
                callback(event)
            except Exception:
                # The thread that calls serves the step and the IDEs, too.
                LOG.exception("a listener failed at %s", type(event).__name__)


async def _answered(wish: Future[Any]) -> Any:
    try:
        return await within(EVALUATE_SECONDS, asyncio.wrap_future(wish))
    except (RuntimeError, TimeoutError) as error:
        raise DebugError(str(error) or "the step did not answer") from error
