"""Counting the rows of what a step wrote, without waiting for it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from cursus_tui.execution.artifacts import TABLES
from cursus_tui.execution.ports import DataProbe
from cursus_tui.records.run import Artifact

MOST_COUNTED = 200
"""Table files that are counted for one attempt."""


def count_rows(probe: DataProbe, artifacts: tuple[Artifact, ...], done: Callable[[tuple[Artifact, ...]], None]) -> bool:
    """Have the tables among some artifacts counted.

    Args:
        probe: Counts rows.
        artifacts: All artifacts of an attempt.
        done: Called once, on the probe's thread, with all of them again, counted where that was possible.

    Returns:
        False when there is nothing to count; then ``done`` is never called.
    """
    paths = [each.path for each in artifacts if each.kind in TABLES and each.rows is None][:MOST_COUNTED]
    if not paths:
        return False
    counts: dict[Path, int | None] = {}
    lock = threading.Lock()

    def arrived(path: Path, future: Future[int | None]) -> None:
        failed = future.cancelled() or future.exception() is not None
        with lock:
            counts[path] = None if failed else future.result()
            complete = len(counts) == len(paths)
        if complete:
            done(tuple(dataclasses.replace(each, rows=counts.get(each.path, each.rows)) for each in artifacts))

    for path in paths:
        try:
            future = probe.count_rows(path)
        except Exception as error:  # A probe that cannot start leaves rows uncounted, and the run goes on.
            future = Future()
            future.set_exception(error)
        future.add_done_callback(partial(arrived, path))
    return True
