"""An attempt that another front started, and that its zygote carries to its end without one."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from cursus_tui.execution.left_behind import stop_left_behind
from cursus_tui.execution.outcome import NEVER_BEGAN, never_began, outcome_of, read_outcome, worker_lost
from cursus_tui.execution.ports import ExecutionResult, WorkerEvent
from cursus_tui.execution.resources import ResourceSampler
from cursus_tui.records.run import ResourceSample
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.regular_file import open_regular, read_regular
from cursus_tui.worker.channel import LineReader
from cursus_tui.worker.environment import ATTEMPT
from cursus_tui.worker.outcome import write_atomically, write_once
from cursus_tui.worker.processes import boot_id, environment_has, is_alive, is_worker

_LOG = logging.getLogger(__name__)
_MOST_AT_ONCE = 16 << 20
LOOK_SECONDS = 0.1
APPEAR_SECONDS = 2.0
"""How long a step that was asked for just before its front died may take to leave its first trace."""
ESCALATION_SECONDS = 1.0
GONE = "its worker process ended without an outcome, while no session was there"


class Trace(NamedTuple):
    """What ``process.json`` says: pids, and start times that tell them from later processes of the same number."""

    zygote: int
    zygote_start: int
    step: int
    step_start: int


_GIVEN_UP = {"boot": "", "given up": True}
NOBODY = Trace(-1, -1, -1, -1)
"""Whoever it was is gone."""


class AdoptedStep:
    """Implements ``StepProcess`` by watching an attempt's folder.

    Args:
        folder: The attempt's.
        listener: Told of the events that were and will be recorded, on this step's own thread.
        sampler: Measures the step while it runs.
    """

    def __init__(
        self, folder: AttemptFolder, listener: Callable[[WorkerEvent], None], sampler: ResourceSampler
    ) -> None:
        self._folder = folder
        self._listener = listener
        self._sampler = sampler
        self._trace: Trace | None = None
        self._lines = LineReader()
        self._read_to = 0
        self._sizes = (0, 0)
        self._let_go = threading.Event()
        self._reason: str | None = None
        self._memory_limit: int | None = None
        self._result: Future[ExecutionResult] = Future()

    @property
    def pid(self) -> int | None:
        """Process id of the step, while it runs."""
        trace = self._trace
        return trace.step if trace is not None and is_step(self._folder, trace) else None

    @property
    def result(self) -> Future[ExecutionResult]:
        """Done exactly once; never, where the executor is closed before."""
        return self._result

    def follow(self) -> None:
        """Start watching."""
        threading.Thread(target=self._watch, name=f"adopted-{self._folder.path.name}", daemon=True).start()

    def let_go(self) -> None:
        """Stop watching; the step goes on."""
        self._let_go.set()

    def cancel(self, *, reason: str = "cancelled") -> None:
        """Ask it to stop: INT, then TERM, then KILL to its process group. Returns at once."""
        if self._reason is not None or self._result.done():
            return
        self._reason = reason
        # A disk that is full, or a step that is in the way there, keeps nobody from ending it.
        with contextlib.suppress(OSError):
            write_atomically(str(self._folder.path / "cancel.json"), {"reason": reason})
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        for position, number in enumerate(numbers):
            timer = threading.Timer(position * ESCALATION_SECONDS, self._signal, (number,))
            timer.daemon = True
            timer.start()

    def clock(self, *, held: bool) -> None:
        """Nothing: it is never stopped inside, for no debugger can reach it."""

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        """Always fails: only the front that started a step has a line to its agent."""
        answer: Future[Any] = Future()
        answer.set_exception(RuntimeError("this step was started by an earlier session and cannot be asked"))
        return answer

    def sampled(self, sample: ResourceSample) -> None:
        """Pass a reading on, and stop a step that is over its memory limit."""
        if self._memory_limit is not None and sample.rss_bytes > self._memory_limit:
            self.cancel(reason="memory")
        self._tell("resources", asdict(sample))

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid
        if pid is not None:
            try:
                os.killpg(pid, number)
            except OSError:
                return

    def _watch(self) -> None:
        try:
            self._watch_to_its_end()
        except Exception as error:
            _LOG.exception("watching %s failed", self._folder.path)
            self._end(worker_lost(f"it cannot be watched: {type(error).__name__}: {error}"))

    def _watch_to_its_end(self) -> None:
        waited = 0.0
        while not self._let_go.is_set():
            # Whoever is gone now wrote all that it would write: look at the process first, at its files after.
            alive = self._is_carried_on()
            self._tail()
            # A script can write into its own folder: an outcome counts once nobody is left who would correct it.
            result = None if alive and self.pid is not None else read_outcome(self._folder)
            if result is not None:
                self._tail()
                self._end(result)
                return
            if not alive and self._trace is not None:
                self._lose(GONE)
                return
            if self._trace is None and self._never_begins(waited):
                self._lose(NEVER_BEGAN)
                return
            self._let_go.wait(LOOK_SECONDS)
            waited += LOOK_SECONDS
        self._sampler.remove(self)

    def _is_carried_on(self) -> bool:
        if self._trace is None:
            self._trace = read_trace(self._folder)
            if self._trace is not None and self.pid is not None:
                self._memory_limit = memory_limit_of(self._folder)
                self._sampler.add(self)
        trace = self._trace
        return trace is not None and is_alive(trace.zygote, trace.zygote_start)

    def _never_begins(self, waited: float) -> bool:
        """Give up a step that has left no trace for so long; False where it did begin after all."""
        if waited < APPEAR_SECONDS and self._reason is None:
            return False
        # A trace that stays unreadable is of a zygote that was killed, or found the disk full, while it wrote it.
        return give_up(self._folder) or waited >= 2 * APPEAR_SECONDS

    def _tail(self) -> None:
        """Pass on what has been recorded since the last look."""
        try:
            with open_regular(self._folder.events) as file:
                file.seek(self._read_to)
                data = file.read(_MOST_AT_ONCE)
        except OSError:
            data = b""
        self._read_to += len(data)
        for event in self._lines.feed(data) if data else ():
            name = str(event.pop("event", ""))
            if name != "ended":
                self._tell(name, event)
        sizes = (_size(self._folder.stdout), _size(self._folder.stderr))
        if sizes != self._sizes:
            self._sizes = sizes
            self._tell("output", {"stdout_bytes": sizes[0], "stderr_bytes": sizes[1]})

    def _lose(self, why: str) -> None:
        # The zygote is gone; whatever it left behind in the step's group has nobody to answer to.
        self._signal(signal.SIGKILL)
        lost = never_began() if was_given_up(self._folder) else worker_lost(why)
        if self._reason == "cancelled":
            lost = ExecutionResult("cancelled", None)
        result = replace(lost, orphans=stop_left_behind(self._folder.path))
        try:
            write_atomically(str(self._folder.outcome), outcome_of(result))
        except OSError as error:
            self._tell("notice", {"message": f"its outcome could not be written: {error}"})
        self._end(result)

    def _end(self, result: ExecutionResult) -> None:
        self._sampler.remove(self)
        self._tell("ended", {})
        self._result.set_result(result)

    def _tell(self, name: str, fields: Mapping[str, Any]) -> None:
        try:
            self._listener(WorkerEvent(name, fields))
        except Exception:
            # The sampler's thread serves every other step, too.
            _LOG.exception("a listener failed at %s in %s", name, self._folder.path)


def memory_limit_of(folder: AttemptFolder) -> int | None:
    """The limit, in bytes, that an attempt was started with."""
    try:
        limit = json.loads(read_regular(folder.job))["memory_limit_bytes"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return limit if type(limit) is int else None


def give_up(folder: AttemptFolder) -> bool:
    """Keep an attempt that has left no trace from ever running: a zygote may be about to give it to a process.

    Returns:
        Whether it is given up; False where it began meanwhile, or that cannot be told.
    """
    try:
        write_once(str(folder.process), _GIVEN_UP)
    except OSError:
        return False
    return True


def was_given_up(folder: AttemptFolder) -> bool:
    """Whether a front gave this attempt up before it began: this one, or one before it."""
    try:
        return bool(json.loads(read_regular(folder.process)) == _GIVEN_UP)
    except (OSError, ValueError, RecursionError):
        return False


def read_trace(folder: AttemptFolder) -> Trace | None:
    """Where an attempt runs, or ran; None without a readable trace, nobody with one from before a reboot."""
    try:
        trace = json.loads(read_regular(folder.process))
        if trace["boot"] != boot_id():
            return NOBODY
        numbers = [trace[who][what] for who in ("zygote", "step") for what in ("pid", "start")]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Trace(*numbers) if all(type(each) is int and each > 0 for each in numbers) else NOBODY


def is_step(folder: AttemptFolder, trace: Trace) -> bool:
    """Whether the process that a trace names as the step is one of ours, and runs.

    A script can write its own trace, and whom it names is going to be killed: so that process must be a worker of
    ours, or have been started by this very attempt.
    """
    return is_alive(trace.step, trace.step_start) and (
        is_worker(trace.step) or bool(environment_has(trace.step, f"{ATTEMPT}={folder.path}"))
    )


def _size(path: os.PathLike[str]) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
