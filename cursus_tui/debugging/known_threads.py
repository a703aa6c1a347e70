"""The threads of the step, as its debugger tells of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from cursus_tui.debugging.readings import Body, whole
from cursus_tui.records.debug import DebugError

MOST_THREADS = 1_000
"""What a step says of more is passed on, and forgotten."""


class KnownThreads:
    """Belongs to the debug thread."""

    def __init__(self) -> None:
        self._numbers: dict[int, None] = {}
        self._halted = 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def heard(self, body: Body) -> None:
        """One came or went."""
        number = whole(body.get("threadId"))
        if body.get("reason") == "exited":
            self._numbers.pop(number, None)
            return
        self._numbers[number] = None
        if len(self._numbers) > MOST_THREADS:
            # The first is the main thread.
            del self._numbers[next(itertools.islice(self._numbers, 1, None))]

    def stopped(self, body: Body) -> None:
        """One stands, which need not have been told of before."""
        self._halted = whole(body.get("threadId"))

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Refuse a request for a thread that is none.

        The debugger counts threads, frames and values in one row. It would take the number for what it is of, and end.

        Raises:
            DebugError: Which.
        """
        number = arguments.get("threadId")
        if number is not None and number not in self._numbers and number != self._halted:
            raise DebugError(f"there is no thread {number}")

    def clear(self) -> None:
        """The debugger is gone."""
        self._numbers.clear()
        self._halted = 0
