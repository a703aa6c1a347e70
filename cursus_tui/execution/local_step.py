"""An attempt that this front started."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import asdict, replace
from typing import Any

from cursus_tui.execution.adopted_step import read_trace
from cursus_tui.execution.left_behind import stop_left_behind
from cursus_tui.execution.outcome import outcome_of, result_of, worker_lost
from cursus_tui.execution.ports import ExecutionContext, ExecutionResult, WorkerEvent
from cursus_tui.execution.resources import ResourceSampler
from cursus_tui.execution.zygote_client import ZygoteClient
from cursus_tui.records.run import ResourceSample
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.worker.outcome import write_atomically

_LOG = logging.getLogger(__name__)
KILL_AFTER_SECONDS = 8.0
"""A zygote kills a cancelled step after 2 s; one that has not by then is itself stuck, and is killed with the step."""


class LocalStep:
    """Implements ``StepProcess`` for a job of a zygote.

    Args:
        number: The job's number on the zygote's socket.
        context: What runs.
        zygote: Where it runs.
        listener: Told of every event, on the zygote's reader thread (``resources``: on the sampler's).
        sampler: Measures it while it runs.
    """

    def __init__(
        self,
        number: int,
        context: ExecutionContext,
        zygote: ZygoteClient,
        listener: Callable[[WorkerEvent], None],
        sampler: ResourceSampler,
    ) -> None:
        self._number = number
        self._context = context
        self._zygote = zygote
        self._listener = listener
        self._sampler = sampler
        self._pid: int | None = None
        self._result: Future[ExecutionResult] = Future()
        self._requests = itertools.count(1)
        self._answers: dict[int, Future[Any]] = {}
        self._lock = threading.Lock()
        self._backstop: threading.Timer | None = None
        self._reason: str | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the step, once it is known."""
        return self._pid

    @property
    def result(self) -> Future[ExecutionResult]:
        """Done exactly once, whatever happens to the process."""
        return self._result

    def cancel(self, *, reason: str = "cancelled") -> None:
        """Ask it to stop: the zygote sends INT, then TERM, then KILL to its process group. Returns at once.

        Args:
            reason: ``cancelled``, ``timeout`` or ``memory``; the first one given counts.
        """
        with self._lock:
            if self._result.done() or self._backstop is not None:
                return
            self._reason = reason
            self._backstop = threading.Timer(KILL_AFTER_SECONDS, self._zygote.kill)
            self._backstop.daemon = True
            self._backstop.start()
        self._zygote.send({"op": "cancel", "id": self._number, "reason": reason})

    def clock(self, *, held: bool) -> None:
        """Let its time limit stand still, or run on."""
        self._zygote.send({"op": "clock", "id": self._number, "held": held})

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        """Ask the agent inside of the step; fails with ``RuntimeError`` where it cannot or does not answer."""
        answer: Future[Any] = Future()
        answer.set_running_or_notify_cancel()  # whoever waits no longer must not cancel what is answered later
        number = next(self._requests)
        with self._lock:
            ended = self._result.done()
            if not ended:
                self._answers[number] = answer
        message = {"op": "ask", "id": self._number, "request": number, "name": operation, "args": arguments}
        if ended or not self._zygote.send(message):
            self._answers.pop(number, None)
            if not answer.done():
                answer.set_exception(RuntimeError("the step has ended"))
        return answer

    def received(self, message: Mapping[str, Any]) -> None:
        """Take a message of the zygote about this job."""
        name = str(message.get("event"))
        if name == "reply":
            self._answered(message)
        elif name == "outcome":
            self._finish(result_of(message.get("outcome")))
        elif name == "refused":
            self._lose(str(message.get("message")))
        else:
            if name == "forked":
                self._pid = int(message["pid"])
                self._sampler.add(self)
            elif name == "ended":
                self._sampler.remove(self)
            self._tell(name, {key: value for key, value in message.items() if key not in ("event", "job")})

    def lost(self, why: str) -> None:
        """Its zygote ended."""
        self._lose(f"{why}, while {self._context.step} ran")

    def sampled(self, sample: ResourceSample) -> None:
        """Pass a reading on, and stop a step that is over its memory limit."""
        limit = self._context.memory_limit_bytes
        if limit is not None and sample.rss_bytes > limit:
            self.cancel(reason="memory")
        if not self._result.done():
            self._tell("resources", asdict(sample))

    def _lose(self, why: str) -> None:
        hint = "a script may have killed its parent process, or memory ran out; the next step gets a new worker"
        result = ExecutionResult("cancelled", None) if self._reason == "cancelled" else worker_lost(why, hint)
        result = replace(result, orphans=self._stop_left_behind())
        outcome = AttemptFolder(self._context.folder).outcome
        if not outcome.exists():
            try:
                write_atomically(str(outcome), outcome_of(result))
            except OSError as error:
                self._tell("notice", {"message": f"its outcome could not be written: {error}"})
        self._tell("ended", {})
        self._finish(result)

    def _stop_left_behind(self) -> tuple[str, ...]:
        # The zygote may have been lost before it said which process the step is; its trace came first.
        trace = read_trace(AttemptFolder(self._context.folder)) if self._pid is None else None
        session = trace.step if trace is not None else self._pid
        return stop_left_behind(self._context.folder, session, certain=trace is None)

    def _finish(self, result: ExecutionResult) -> None:
        self._sampler.remove(self)
        with self._lock:
            if self._backstop is not None:
                self._backstop.cancel()
            answers, self._answers = list(self._answers.values()), {}
            if not self._result.done():
                self._result.set_result(result)
        for answer in answers:
            answer.set_exception(RuntimeError("the step ended before it answered"))

    def _answered(self, message: Mapping[str, Any]) -> None:
        with self._lock:
            answer = self._answers.pop(int(message.get("id") or 0), None)
        if answer is None:
            return
        if message.get("ok"):
            answer.set_result(message.get("body"))
        else:
            answer.set_exception(RuntimeError(str(message.get("error"))))

    def _tell(self, name: str, fields: Mapping[str, Any]) -> None:
        try:
            self._listener(WorkerEvent(name, fields))
        except Exception:
            # The thread that calls serves every other step, too.
            _LOG.exception("a listener failed at %s of %s", name, self._context.step)
