"""Sampling what running steps use: one shared thread, five times a second, and nothing at all while nothing runs."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Protocol

import psutil

from cursus_tui.records.run import ResourceSample
from cursus_tui.worker.processes import descendants

INTERVAL_SECONDS = 0.2


class Sampled(Protocol):
    """A step that is to be sampled."""

    @property
    def pid(self) -> int | None:
        """Of its process; None before it is known."""

    def sampled(self, sample: ResourceSample) -> None:
        """Take a reading; called on the sampler's thread."""


class ProcessTree:
    """Reads the figures of a process and everything below it.

    Args:
        pid: The root of the tree.
        started: Monotonic time at which the step started; its process may have waited for it.

    Raises:
        psutil.Error: When there is no such process.
    """

    def __init__(self, pid: int, started: float) -> None:
        self._root = psutil.Process(pid)
        self._started = started
        self._children: dict[int, psutil.Process] = {}
        self._cpu_seconds = 0.0
        self._read_at = time.monotonic()
        self._first = True

    def read(self) -> ResourceSample:
        """A sample; processor use is that since the last one, 100 for each busy core.

        Raises:
            psutil.Error: When the root is gone.
        """
        rss = threads = read_bytes = written_bytes = 0
        cpu = 0.0
        for process in (self._root, *self._below()):
            try:
                with process.oneshot():
                    rss += process.memory_info().rss
                    threads += process.num_threads()
                    times = process.cpu_times()
                    cpu += times.user + times.system
                    counters = process.io_counters()
                    read_bytes += counters.read_bytes
                    written_bytes += counters.write_bytes
            except psutil.Error:
                if process == self._root:
                    raise
        now = time.monotonic()
        elapsed = now - self._read_at
        percent = 0.0 if self._first or elapsed <= 0 else max(0.0, 100 * (cpu - self._cpu_seconds) / elapsed)
        self._cpu_seconds, self._read_at, self._first = cpu, now, False
        return ResourceSample(now - self._started, rss, percent, threads, read_bytes, written_bytes)

    def _below(self) -> list[psutil.Process]:
        # psutil's own children() reads every process of the machine.
        pids = descendants(self._root.pid)
        known = {pid: process for pid, process in self._children.items() if pid in pids}
        for pid in pids:
            with contextlib.suppress(psutil.Error):
                known[pid] = known.get(pid) or psutil.Process(pid)
        self._children = known
        return list(known.values())


class ResourceSampler:
    """The shared thread. It starts with the first step and ends when the last one is gone."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._trees: dict[Sampled, ProcessTree | float] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, step: Sampled) -> None:
        """Sample a step from now on."""
        with self._lock:
            self._trees[step] = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="resources", daemon=True)
                self._thread.start()

    def remove(self, step: Sampled) -> None:
        """Stop sampling a step; nothing happens where it is not sampled."""
        with self._lock:
            self._trees.pop(step, None)

    def _run(self) -> None:
        while True:
            self._wake.wait(self._interval)
            with self._lock:
                if not self._trees:
                    self._thread = None
                    return
                trees = list(self._trees.items())
            for step, tree in trees:
                self._sample(step, tree)

    def _sample(self, step: Sampled, tree: ProcessTree | float) -> None:
        pid = step.pid
        if pid is None:
            return
        try:
            if isinstance(tree, float):
                tree = ProcessTree(pid, tree)
                with self._lock:
                    if step in self._trees:
                        self._trees[step] = tree
            sample = tree.read()
        except psutil.Error:
            return
        step.sampled(sample)
