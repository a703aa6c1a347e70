"""Ending what a step left running after its zygote, which would have done that, is gone."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from cursus_tui.worker.environment import ATTEMPT
from cursus_tui.worker.processes import command_line, environment_has, is_alive, is_worker

SWEEPS = 3
"""What is found may start others before it is killed."""
DEATH_SECONDS = 1.0
"""How long killed processes are waited for."""


def stop_left_behind(folder: Path, session: int | None = None, *, certain: bool = True) -> tuple[str, ...]:
    """Kill every process of an attempt, and wait until they are gone.

    They are told by their environment, which names the attempt's folder, and by their session, which is the step's
    unless they made their own.

    Args:
        folder: The attempt's.
        session: The step's pid, where no later process can have got it.
        certain: Whether that pid is beyond doubt. A script can write a trace of its own: of a session that only its
            trace names, nothing is killed but workers of ours.

    Returns:
        What was killed besides the step itself, as people would name it.
    """
    marker = f"{ATTEMPT}={folder}"
    names: dict[int, str] = {}
    for _ in range(SWEEPS):
        found = [pid for pid in _pids() if _belongs(pid, marker, session, certain)]
        if not found:
            break
        names.update({pid: f"{command_line(pid)} (pid {pid})" for pid in found})
        for pid in found:
            _kill(pid)
        _wait(found)
    names.pop(session or 0, None)
    return tuple(names.values())


def _pids() -> list[int]:
    try:
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and int(entry) != os.getpid()]
    except OSError:
        return []


def _belongs(pid: int, marker: str, session: int | None, certain: bool) -> bool:
    if not is_alive(pid):
        return False
    try:
        if session is not None and os.getsid(pid) == session and (certain or is_worker(pid)):
            return True
    except OSError:
        return False
    return bool(environment_has(pid, marker))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return


def _wait(pids: list[int]) -> None:
    until = time.monotonic() + DEATH_SECONDS
    while any(map(is_alive, pids)) and time.monotonic() < until:
        time.sleep(0.005)
