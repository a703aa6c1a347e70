"""The warm process of one interpreter: imports libraries once, forks a child for every step, and outlives the front."""

from __future__ import annotations

import contextlib
import gc
import glob
import os
import re
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Callable, Dict, List, Optional, Set

from . import guards
from .channel import Json, LineSocket, encode
from .entry import exec_fresh_interpreter, rehearse, wait_and_run
from .forking import ChildEnds, ForkedChild, fork_child
from .job import Job
from .kernel import become_subreaper
from .lending import DebuggerUnusableError, lend
from .modules import ModuleRecord
from .preload import STANDARD_LIBRARY, preload
from .processes import descendants, environment_has, identity, is_alive, main_thread_children
from .running import RunningStep, leave_trace
from .streams import open_streams

LONGEST_TMP = 60
"""Sockets that pools put below ``TMPDIR`` add about 35 characters, and the kernel allows 107."""
SHORT_FOLDER = "cursus-"
STOP_SECONDS = 1.0
REHEARSALS = 20
_PART = re.compile(r"[^\W\d]\w*(\.\w+)+\Z")
GATHER_SECONDS = 0.01
"""Events wait this long for others to go with: each message wakes the front, and a small step has many events."""


def serve(descriptor: int) -> None:
    """Be the zygote of the front at the other end of this socket. Returns when there is nothing left to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # The zygote's own files are the user's alone; a script makes its files as it would in the user's shell, and may
    # depend on that (a shared group, say): the folders that they are in are private.
    users_umask = os.umask(0o077)
    become_subreaper()
    open_streams()
    allow_network = os.environ.pop("CURSUS_TUI_NETWORK", "refused") == "allowed"
    network_guard = guards.install(allow_network, isolate=True)
    failed, _ = preload(STANDARD_LIBRARY)
    zygote = Zygote(socket.socket(fileno=descriptor), network_guard, users_umask)
    zygote.announce("ready", pid=os.getpid(), python=sys.version.split()[0], guard=network_guard, failed=failed)
    try:
        zygote.run()
    finally:
        zygote.clean_up()


def new_short_folder() -> str:
    """A folder for short links, named after this process; those of zygotes that were killed are removed."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), SHORT_FOLDER + "*-*")):
        owner = os.path.basename(folder)[len(SHORT_FOLDER) :].partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
    return tempfile.mkdtemp(prefix="%s%d-" % (SHORT_FOLDER, os.getpid()))


class Zygote:
    """The loop over the front's socket, the steps' sockets and pipes, and the deaths of children.

    Args:
        front: Connected to the front; when it closes, running steps finish and then the zygote ends.
        guard: What keeps steps off the network.
        users_umask: What steps start with.
    """

    def __init__(self, front: socket.socket, guard: str, users_umask: int) -> None:
        self._guard = guard
        self._users_umask = users_umask
        self._steps: Dict[int, RunningStep] = {}
        self._probes: Dict[int, int] = {}
        self._preloads: List[Json] = []
        self._to_lend: Optional[Json] = None
        self._identity = identity(os.getpid())
        self._stopping = False
        self._outbox = b""
        self._flush_at: Optional[float] = None
        self._spare: Optional[ForkedChild] = None
        self._leaving: Set[int] = set()
        self._modules: Optional[ModuleRecord] = None
        self._is_settled = False
        self._learned: Set[str] = set()
        self._short_folder: Optional[str] = None
        self._selector = selectors.PollSelector()
        self._wake_up, self._wake_up_writer = os.pipe()
        os.set_blocking(self._wake_up, False)
        os.set_blocking(self._wake_up_writer, False)
        signal.set_wakeup_fd(self._wake_up_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._wake_up, selectors.EVENT_READ, self._reap)
        self._front = LineSocket(front, self._selector, self._obey, self._front_gone)

    def announce(self, event: str, **fields: object) -> None:
        """Send the front a message of the zygote's own."""
        self._send(encode(dict(fields, event=event)), True)

    def run(self) -> None:
        """Serve until the front is gone (or says stop) and no step runs."""
        while True:
            ready = self._selector.select(self._seconds_to_wait())
            for key, mask in ready:
                key.data(mask)
            if not self._steps:
                if not ready:
                    self._use_idle_time()
            elif self._spare is None and not any(step.exited for step in self._steps.values()):
                # As soon as a step has its job: it needs nothing of the zygote for about as long as this takes.
                self._spare = self._fork_waiting()
            now = time.monotonic()
            if self._flush_at is not None and now >= self._flush_at:
                self._flush()
            for step in list(self._steps.values()):
                step.tick(now, self._orphans_of)
                if step.done:
                    del self._steps[step.job.id]
                    self._learn(step)
                    if not step.reaped:
                        self._leaving.add(step.pid)
            if not self._steps and (self._stopping or not self._front.is_open):
                return

    def clean_up(self) -> None:
        """Leave nothing behind."""
        if self._short_folder is not None:
            shutil.rmtree(self._short_folder, ignore_errors=True)

    def _send(self, lines: bytes, at_once: bool) -> None:
        self._outbox += lines
        if at_once:
            self._flush()
        elif self._flush_at is None:
            self._flush_at = time.monotonic() + GATHER_SECONDS

    def _flush(self) -> None:
        lines, self._outbox, self._flush_at = self._outbox, b"", None
        self._front.send(lines)

    def _seconds_to_wait(self) -> Optional[float]:
        if not self._steps:
            return 0.0 if self._preloads or self._to_lend or self._spare is None else None
        deadlines = [self._flush_at, *(step.deadline for step in self._steps.values())]
        soonest = min((deadline for deadline in deadlines if deadline is not None), default=None)
        return None if soonest is None else max(0.0, soonest - time.monotonic())

    def _use_idle_time(self) -> None:
        """Nothing runs and nobody asks: import what was asked for, then have a child ready for the next step."""
        if self._preloads:
            self._preload_next()
        elif self._to_lend is not None:
            self._lend(self._to_lend)
        elif self._spare is None:
            self._spare = self._fork_waiting()

    def _obey(self, messages: List[Json]) -> None:
        for message in messages:
            kind = message.get("op")
            step = self._steps.get(message.get("id", -1))
            if kind == "run":
                self._start(message)
            elif kind == "preload":
                self._preloads.append(message)
                if not self._steps:
                    # Before any step that was asked for later, which would have to import them itself.
                    self._preload_next()
            elif kind == "cancel" and step is not None:
                step.cancel(str(message.get("reason") or "cancelled"))
            elif kind == "ask" and step is not None:
                step.ask(message)
            elif kind == "clock" and step is not None:
                step.clock(bool(message.get("held")))
            elif kind == "lend":
                self._to_lend = message
            elif kind == "fork_probe":
                self._fork_probe(int(message["id"]))
            elif kind == "stop":
                self._stopping = True
                for running in self._steps.values():
                    running.cancel("cancelled", STOP_SECONDS / 2)

    def _preload_next(self) -> None:
        self._drop_spare()
        message = self._preloads.pop(0)
        started = time.monotonic()
        failed, left = preload(message.get("modules") or [])
        self._is_settled = False
        if message.get("op") == "preload":
            self.announce("preloaded", failed=failed, left=left, seconds=time.monotonic() - started)

    def _lend(self, message: Json) -> None:
        """Import the debugger, so that no step that wants it has to wait for that."""
        from .live_files import warm as warm_live_files

        self._to_lend = None
        self._drop_spare()
        failed: Dict[str, str] = {}
        try:
            lend(str(message.get("folder")), str(message.get("pycache")))
            warm_live_files()
        except DebuggerUnusableError as error:
            failed["debugpy"] = str(error)
        self._is_settled = False
        self.announce("lent", failed=failed)

    def _front_gone(self) -> None:
        for step in self._steps.values():
            step.front_gone()

    def _learn(self, step: RunningStep) -> None:
        """Import, when there is time, what a step had to import of libraries that were to be warm.

        Pandas, for one, imports the writer of a kind of file when the first such file is written: in each step anew.
        """
        if step.job.isolation == "subprocess":
            return
        parts = [part for part in step.parts if part not in self._learned and part not in sys.modules]
        parts = [part for part in parts if part.partition(".")[0] in sys.modules and _PART.match(part)]
        self._learned.update(parts)
        if parts:
            self._preloads.append({"modules": parts})

    # -- children ------------------------------------------------------------------------------------------------

    def _start(self, message: Json) -> None:
        job = Job.from_json(message)
        if len(job.file("tmp")) > LONGEST_TMP:
            if self._short_folder is None:
                self._short_folder = new_short_folder()
            job = Job.from_json(dict(message, short_tmp=os.path.join(self._short_folder, str(job.id))))
        try:
            child = self._child_for(job)
        except OSError as error:
            self.announce("refused", job=job.id, message="no process for the step: %s" % error)
            return
        try:
            # First of all: from then on nobody gives the attempt up while it is alive.
            leave_trace(job, self._identity, child.identity)
            step = RunningStep(job, child, self._selector, self._send)
        except OSError as error:
            child.close()
            self.announce("refused", job=job.id, message="no files for the step: %s" % error)
            return
        self._steps[job.id] = step
        step.start(message, self._guard)

    def _child_for(self, job: Job) -> ForkedChild:
        if job.isolation == "subprocess" or self._settle().is_outdated():
            return self._fork(lambda ends: exec_fresh_interpreter(ends, job))
        child, self._spare = self._spare, None
        return child or self._fork_waiting()

    def _fork_waiting(self) -> ForkedChild:
        modules = self._settle()
        return self._fork(lambda ends: wait_and_run(ends, modules))

    def _fork(self, live: Callable[[ChildEnds], None]) -> ForkedChild:
        def forget_and_live(ends: ChildEnds) -> None:
            self._forget_in_fork()
            os.umask(self._users_umask)
            live(ends)

        return fork_child(forget_and_live)

    def _drop_spare(self) -> None:
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _settle(self) -> ModuleRecord:
        """Note what is imported, and keep interpreter and collector from writing to (so copying) it in each child."""
        if self._modules is None:
            for _ in range(REHEARSALS):
                rehearse()
        if self._modules is None or not self._is_settled:
            gc.collect()
            gc.freeze()
            self._modules = ModuleRecord.of_now(self._modules)
            self._is_settled = True
        return self._modules

    def _forget_in_fork(self) -> None:
        """In a fork: close whatever is the zygote's."""
        signal.set_wakeup_fd(-1)
        for step in self._steps.values():
            step.close_in_fork()
        if self._spare is not None:
            self._spare.close()
        for descriptor in (self._wake_up, self._wake_up_writer, self._front.fileno()):
            if descriptor >= 0:
                os.close(descriptor)

    def _fork_probe(self, number: int) -> None:
        """Fork a child that does nothing: the yardstick of the benchmark."""
        self._settle()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        self._probes[pid] = number

    def _reap(self, mask: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_up, 4096)
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._spare is not None and self._spare.pid == pid:
                self._drop_spare()
            if pid in self._probes:
                self.announce("probed", id=self._probes.pop(pid))
            self._leaving.discard(pid)
            for step in self._steps.values():
                if step.pid == pid:
                    step.exit(status, usage)

    def _orphans_of(self, step: RunningStep) -> List[int]:
        """What a step that has ended left running."""
        others = {other.pid for other in self._steps.values() if other is not step}
        known = {step.pid, *others, *self._leaving}
        if self._spare is not None:
            known.add(self._spare.pid)
        if known.issuperset(main_thread_children()):
            return []
        found = descendants(os.getpid(), without=known)
        return [pid for pid in found if environment_has(pid, step.marker())] if others else found
