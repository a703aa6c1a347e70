"""How long a step has been silent: counted is only the time in which this process ran itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Answer = TypeVar("Answer")
TURN_SECONDS = 1.0


async def within(seconds: float, work: Awaitable[Answer]) -> Answer:
    """Wait for something; it is cancelled where that takes longer.

    The clock also runs while this process is stopped (Ctrl+Z): what was answered meanwhile came in time. So it is
    waited for in turns, and a turn counts as a second, however long it took.

    Raises:
        TimeoutError: It took longer.
    """
    task = asyncio.ensure_future(work)
    try:
        left = seconds
        while left > 0:
            done, _ = await asyncio.wait({task}, timeout=min(left, TURN_SECONDS))
            if done:
                return task.result()
            left -= TURN_SECONDS
        raise TimeoutError
    finally:
        task.cancel()
