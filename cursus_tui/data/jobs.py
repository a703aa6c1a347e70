"""Work that the data process does on threads of its own and that can be cancelled at any moment."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any


class JobCancelledError(Exception):
    """The job is not wanted any more."""


class Lane(StrEnum):
    """Which threads a job runs on."""

    AT_ONCE = "at once"
    """Nothing but bookkeeping: done by the thread that takes requests, in their order."""
    READ = "read"
    """What somebody waits for with open eyes: the newest first."""
    BACKGROUND = "background"
    """Counting, indexing, and whatever else takes seconds: in order."""


class Job:
    """One request being worked on.

    Args:
        number: The request's id; None for work that the server gave itself.
        operation: Its name.
        arguments: As the client sent them.
        view: The table it is about, if any.
    """

    def __init__(self, number: int | None, operation: str, arguments: dict[str, Any], view: int | None) -> None:
        self.number = number
        self.operation = operation
        self.arguments = arguments
        self.view = view
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether it is still wanted."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """To be called every few milliseconds of work.

        Raises:
            JobCancelledError: It is not wanted any more.
        """
        if self._cancelled.is_set():
            raise JobCancelledError

    def cancel(self) -> None:
        """Stop it as soon as it can: from any thread, more than once."""
        with self._lock:
            self._cancelled.set()
            interrupts = tuple(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    @contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Around a call that does not return soon: ``interrupt`` is called from another thread to end it."""
        with self._lock:
            if self._cancelled.is_set():
                raise JobCancelledError
            self._interrupts.append(interrupt)
        try:
            yield
        except Exception:
            # An interrupted call ends in an error of its own.
            self.check()
            raise
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)


class Workers:
    """The threads of one lane.

    Args:
        run: Does one job; must not raise.
        threads: How many.
        newest_first: Whether a later job goes before those that wait.
    """

    def __init__(self, name: str, run: Callable[[Job], None], *, threads: int, newest_first: bool) -> None:
        self._run = run
        self._newest_first = newest_first
        self._waiting: deque[Job] = deque()
        self._changed = threading.Condition()
        for number in range(threads):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def put(self, job: Job) -> None:
        """Do a job as soon as a thread is free."""
        with self._changed:
            self._waiting.append(job)
            self._changed.notify()

    def withdraw(self, job: Job) -> bool:
        """Take back a job that still waits. False where it has begun."""
        with self._changed:
            if job not in self._waiting:
                return False
            self._waiting.remove(job)
            return True

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                job = self._waiting.pop() if self._newest_first else self._waiting.popleft()
            self._run(job)
