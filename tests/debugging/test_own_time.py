"""A front that was stopped (Ctrl+Z) has not waited in that time: what came meanwhile came in time."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hub_desk import Desk, until

from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.step_link import HANDSHAKE_SECONDS
from cursus_tui.debugging.upstream import ANSWER_SECONDS
from cursus_tui.execution.ports import DebugOrder

STOPPED = """
import asyncio, os, signal, sys
from cursus_tui.debugging.own_time import within

async def wait():
    ends = asyncio.Event()
    asyncio.get_running_loop().call_later(1.2, ends.set)
    asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGSTOP)
    await within(2, ends.wait())
    print("in time")

asyncio.run(wait())
"""


async def jump(seconds: float) -> None:
    """The clock of the running loop goes on by so much at once, as after Ctrl+Z and fg."""
    loop = asyncio.get_running_loop()
    before: Callable[[], float] = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


async def test_what_comes_as_soon_as_the_process_runs_again_comes_in_time() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(within(20, answer))
    await asyncio.sleep(0)
    await jump(100)
    asyncio.get_running_loop().call_later(0.05, answer.set_result, "here")
    assert await waiting == "here"


async def test_what_does_not_come_is_cancelled() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await within(0.05, answer)
    assert answer.cancelled()


async def test_who_waits_and_is_cancelled_waits_for_nothing_more() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(within(20, answer))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert answer.cancelled()


def test_a_process_that_is_stopped_for_longer_than_it_waits_hears_what_came() -> None:
    process = subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)[0])
        time.sleep(2.5)
        os.kill(process.pid, signal.SIGCONT)
        assert process.communicate(timeout=20)[0] == "in time\n"
    finally:
        process.kill()


def test_a_step_waits_for_longer_than_the_front_takes_to_give_up(desk: Desk) -> None:
    # Parked: the wish is heard, the debugger dials in, and is told on which exceptions to stop.
    assert isinstance(desk.start(7), DebugOrder)
    assert desk.order is not None
    assert desk.order.patience > 2 * HANDSHAKE_SECONDS + ANSWER_SECONDS
