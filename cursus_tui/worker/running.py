"""A step as its zygote sees it: its process, its pipes, its files, its deadlines."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Tuple

from .channel import Json, LineSocket, encode, read_lines
from .environment import ATTEMPT, ignored_thread_counts
from .forking import ForkedChild
from .job import REPORTS_FILE, Job
from .log_drain import LogDrain
from .outcome import AttemptReport, write_atomically, write_once
from .processes import boot_id, cleans_up, command_line, descendants

OUTPUT_INTERVAL_SECONDS = 0.05
DRAIN_SECONDS = 0.3
"""How long after its exit a step's descendants may go on by themselves and hold its pipes."""
CLEAN_UP_SECONDS = 3.0
"""How long those may that clean up after a pool; killed, they leave semaphores and shared memory behind."""
ESCALATION_SECONDS = 1.0
"""Between INT and TERM, and between TERM and KILL."""
LEAVE_SECONDS = 10.0
"""How long a step may take for its exit handlers and lingering threads after everything is reported."""
BOOT_ID = boot_id()

REPORTED = frozenset(
    [
        "started",
        "importing",
        "imported",
        "called",
        "blocked",
        "override",
        "notice",
        "exception",
        "result",
        "packed",
        "modules",
        "sysexit",
        "cancelled",
        "finishing",
        "debugger",
        "entering",
        "breakpoint",
        "parked",
        "unparked",
    ]
)
"""What a step may report. A script can write to its control socket, too: nothing that is the zygote's to say counts."""

_SECONDS = {"imported": "seconds", "result": "main_seconds", "exception": "main_seconds"}
"""Events that tell how long something took, and in which field."""

FindOrphans = Callable[["RunningStep"], List[int]]


class Ending(NamedTuple):
    """How a process ended."""

    exit_code: int
    peak_rss_bytes: int
    cpu_seconds: float


def leave_trace(job: Job, zygote: Json, step: Json) -> None:
    """Say where an attempt is going to run, so that a later front finds it.

    Raises:
        FileExistsError: A later front has given the attempt up and may run the step anew.
        OSError: The trace cannot be written.
    """
    write_once(job.file("process.json"), {"boot": BOOT_ID, "zygote": zygote, "step": step})


class RunningStep:
    """One attempt, from the moment that its child gets the job until its outcome is written.

    Args:
        job: What runs.
        child: Waits for the job; belongs to this object from now on.
        selector: The zygote's.
        send: Sends lines to the front, if there is one: at once, or soon together with others.
    """

    def __init__(
        self, job: Job, child: ForkedChild, selector: selectors.BaseSelector, send: Callable[[bytes, bool], None]
    ) -> None:
        self.job = job
        self.pid = child.pid
        self.done = False
        self.reaped = False
        self.parts: List[str] = []
        """Parts of warm libraries that it had to import itself."""
        self._send = send
        self._report = AttemptReport(time.time(), job.is_user_file)
        self._signals: List[Tuple[float, int]] = []
        self._was_asked = False
        self._reason: Optional[str] = None
        self._guard = ""
        self._ending: Optional[Ending] = None
        self._orphans: List[str] = []
        self._drain_until: Optional[float] = None
        self._announced = (0, 0)
        self._output_due: Optional[float] = None
        self._leave_by: Optional[float] = None
        self._time_left: Optional[float] = None
        self._held_since: Optional[float] = None
        self._held_seconds = 0.0
        self._held_told = 0.0
        self._cleaned_up = False
        self._timeout_at = time.monotonic() + job.timeout_seconds if job.timeout_seconds else None
        self._control = LineSocket(child.control, selector, self._received)
        self._out = LogDrain(child.output, job.file("stdout.log"), job.log_limit_bytes, selector)
        self._err = LogDrain(child.errors, job.file("stderr.log"), job.log_limit_bytes, selector)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._events = os.open(job.file("events.jsonl"), flags, 0o600)

    def start(self, message: Json, guard: str) -> None:
        """Give the child its job."""
        self._guard = guard
        self._control.send(encode(dict(message, short_tmp=self.job.short_tmp)))
        now = time.time()
        text = "%s comes too late in a warm process: run this step as a subprocess"
        late = [{"event": "notice", "message": text % name, "time": now} for name in ignored_thread_counts(self.job)]
        self._emit([{"event": "forked", "pid": self.pid, "guard": guard, "time": now}, *late])

    def close_in_fork(self) -> None:
        """In a fork: close the zygote's ends."""
        for descriptor in (self._control.fileno(), self._events, *self._out.descriptors(), *self._err.descriptors()):
            if descriptor >= 0:
                os.close(descriptor)

    # -- while it runs -------------------------------------------------------------------------------------------

    def ask(self, message: Json) -> None:
        """Pass a request on to the agent inside of the step."""
        request = {"id": message.get("request"), "op": message.get("name"), "args": message.get("args")}
        self._control.send(encode(request))

    def clock(self, held: bool) -> None:
        """Let the time limit stand still, or run on."""
        now = time.monotonic()
        if held and self._held_since is None:
            self._held_since = now
        elif not held and self._held_since is not None:
            self._held_seconds, self._held_since = self._held_seconds + now - self._held_since, None
        if held and self._timeout_at is not None:
            self._time_left, self._timeout_at = self._timeout_at - now, None
        elif not held and self._time_left is not None:
            self._timeout_at, self._time_left = now + self._time_left, None

    def front_gone(self) -> None:
        """Nobody is left to let it go on: what holds it lets go."""
        self.clock(False)
        if self.job.debug is not None:
            self.ask({"name": "alone"})

    def cancel(self, reason: str, escalation: float = ESCALATION_SECONDS) -> None:
        """Stop it: INT, then TERM, then KILL to its process group."""
        if self.exited or self._signals:
            return
        self._was_asked = True
        if not self._report.returned_from_main:
            self._reason = reason
        now = time.monotonic()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        self._signals = [(now + step * escalation, int(number)) for step, number in enumerate(numbers)]
        self._signal_when_due(now)

    def exit(self, status: int, usage: Any) -> None:
        """Its process has ended and was reaped."""
        self.reaped = True
        peak, cpu = usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime
        self._end(Ending(os.waitstatus_to_exitcode(status), peak, cpu))
        for stream in (self._control, self._out, self._err):
            if stream.is_open:
                stream.ready(selectors.EVENT_READ)

    def _leave(self, event: Json) -> None:
        """Its process is about to end and will do nothing else: unless it leaves others behind, that is the end."""
        if not descendants(self.pid):
            try:
                ending = Ending(int(event["code"]), int(event["peak_rss_bytes"]), float(event["cpu_seconds"]))
            except (KeyError, TypeError, ValueError, OverflowError):
                return
            self._end(ending)
            self._control.close()
            for stream in (self._out, self._err):
                if stream.is_open:
                    stream.ready()

    def _end(self, ending: Ending) -> None:
        if self._ending is None:
            self._ending = ending
            self._signals = []
            self._drain_until = time.monotonic() + DRAIN_SECONDS

    @property
    def exited(self) -> bool:
        """Whether its process has ended, or does nothing any more but end."""
        return self._ending is not None

    @property
    def deadline(self) -> Optional[float]:
        """When ``tick`` is due though nothing happens."""
        candidates = [self._output_due, self._drain_until]
        if not self.exited:
            candidates += [self._timeout_at, self._leave_by, self._signals[0][0] if self._signals else None]
        return min((moment for moment in candidates if moment is not None), default=None)

    def tick(self, now: float, find_orphans: FindOrphans) -> None:
        """Do what is due. ``done`` is True once the outcome is written and announced."""
        sizes = (self._out.bytes, self._err.bytes)
        if sizes != self._announced:
            self._announce_output(now, sizes)
        if self._ending is not None:
            self._wind_up(now, self._ending, find_orphans)
            return
        if self._timeout_at is not None and now >= self._timeout_at:
            self._timeout_at = None
            self.cancel("timeout")
        if self._leave_by is not None and now >= self._leave_by:
            self._leave_by = None
            text = "it did not leave within %g s after its end (threads or exit handlers): killed" % LEAVE_SECONDS
            self._emit([{"event": "notice", "message": text, "time": time.time()}])
            self.cancel("late")
        self._signal_when_due(now)

    def _signal_when_due(self, now: float) -> None:
        while self._signals and now >= self._signals[0][0]:
            self._signal(self._signals.pop(0)[1])

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            # It has not made its own group yet. It is not reaped either, so the pid is still its own.
            os.kill(self.pid, number)
        except PermissionError:
            os.kill(self.pid, number)

    def _announce_output(self, now: float, sizes: Tuple[int, int]) -> None:
        if self._output_due is None:
            self._output_due = now if self._announced == (0, 0) else now + OUTPUT_INTERVAL_SECONDS
        if now >= self._output_due or self.exited:
            self._announced = sizes
            self._output_due = None
            self._forward({"event": "output", "stdout_bytes": sizes[0], "stderr_bytes": sizes[1]})

    def _received(self, events: List[Json]) -> None:
        replies = [event for event in events if event.get("event") == "reply"]
        if replies:
            self._forward(*replies, at_once=True)
        self._emit(_reported(events))
        for event in events:
            if event.get("event") == "left":
                self._leave(event)

    def _emit(self, events: List[Json]) -> None:
        """Keep events, then announce them."""
        if not events:
            return
        events = [self._without_stops(event) for event in events]
        self._send(self._record(events), False)
        for event in events:
            self._report.take(event)
            if event.get("event") == "modules" and isinstance(event.get("parts"), list):
                self.parts = [part for part in event["parts"] if isinstance(part, str)]
            elif event.get("event") == "started" and self._reason is not None:
                # The first INT may have come before the child listened.
                self._signal(signal.SIGINT)
            elif event.get("event") == "finishing":
                self._leave_by = time.monotonic() + LEAVE_SECONDS

    def _without_stops(self, event: Json) -> Json:
        """What took a time took it without standing stopped inside: that time is the user's."""
        field = _SECONDS.get(str(event.get("event")))
        seconds = event.get(field) if field else None
        if field is None or not isinstance(seconds, (int, float)):
            return event
        before, self._held_told = self._held_told, self._held()
        return dict(event, **{field: max(0.0, seconds - (self._held_told - before))})

    def _held(self) -> float:
        """How long it stood stopped inside so far."""
        return self._held_seconds + (time.monotonic() - self._held_since if self._held_since is not None else 0.0)

    def _record(self, events: List[Json]) -> bytes:
        lines = self._lines(events)
        with contextlib.suppress(OSError):  # a full disk must not keep the step from ending
            os.write(self._events, lines)
        return lines

    def _forward(self, *events: Json, at_once: bool = False) -> None:
        self._send(self._lines(events), at_once)

    def _lines(self, events: Iterable[Json]) -> bytes:
        return b"".join(encode(dict(event, job=self.job.id)) for event in events)

    # -- end -----------------------------------------------------------------------------------------------------

    def _wind_up(self, now: float, ending: Ending, find_orphans: FindOrphans) -> None:
        orphans = find_orphans(self)
        streams = (self._control, self._out, self._err)
        if not orphans and not any(stream.is_open for stream in streams):
            self._complete(ending)
            return
        if self._drain_until is not None and now < self._drain_until:
            return
        if orphans and not self._cleaned_up and any(map(cleans_up, orphans)):
            self._cleaned_up, self._drain_until = True, now + CLEAN_UP_SECONDS
            return
        if orphans and not self._orphans:
            self._kill(orphans)
            self._drain_until = now + DRAIN_SECONDS
            return
        for stream in streams:
            stream.close()
        self._complete(ending)

    def _kill(self, orphans: List[int]) -> None:
        names = {pid: command_line(pid) for pid in orphans}
        self._orphans = ["%s (pid %d)" % (name, pid) for pid, name in names.items()]
        now = time.time()
        self._emit([{"event": "orphan", "pid": pid, "name": name, "time": now} for pid, name in names.items()])
        for pid in orphans:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def _complete(self, ending: Ending) -> None:
        self._emit(_reported(read_lines(self.job.file(REPORTS_FILE)) or []))
        sizes = (self._out.bytes, self._err.bytes)
        if sizes != self._announced:
            self._announce_output(time.monotonic(), sizes)
        outcome = self._report.outcome(
            ending.exit_code,
            self._why_it_stopped(ending),
            self._stderr_tail() if ending.exit_code < 0 else b"",
            ended=time.time(),
            peak_rss_bytes=ending.peak_rss_bytes,
            cpu_seconds=ending.cpu_seconds,
            held_seconds=self._held(),
            orphans=self._orphans,
            guard=self._guard,
        )
        ended = self._record([{"event": "ended", "time": outcome["ended"]}])
        os.close(self._events)
        try:
            write_atomically(self.job.file("outcome.json"), outcome)
        except OSError as error:
            self._forward({"event": "notice", "message": "its outcome could not be written: %s" % error})
        self._send(ended + self._lines([{"event": "outcome", "outcome": outcome}]), True)
        # Only now: on some disks this takes as long as all of the above.
        self._remove_short_tmp()
        self.done = True

    def _why_it_stopped(self, ending: Ending) -> Optional[str]:
        """What it was asked to stop for; None where it ended by itself, or had passed by then."""
        if self._reason == "late":
            return None
        if self._reason is None and self._was_asked and self._report.interrupted:
            return "cancelled"
        return self._reason or (self._reason_of_later_front() if ending.exit_code != 0 else None)

    def _reason_of_later_front(self) -> Optional[str]:
        """A front that adopted the step cannot talk to us: it leaves its reason in a file before it sends a signal."""
        reasons = read_lines(self.job.file("cancel.json"))
        return str(reasons[0].get("reason")) if reasons else None

    def _stderr_tail(self) -> bytes:
        try:
            with open(self.job.file("stderr.log"), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - (1 << 16)))
                return file.read()
        except OSError:
            return b""

    def _remove_short_tmp(self) -> None:
        if self.job.short_tmp is not None:
            with contextlib.suppress(OSError):
                os.unlink(self.job.short_tmp)

    def marker(self) -> str:
        """What the environment of each of its processes holds."""
        return "%s=%s" % (ATTEMPT, self.job.folder)


def _reported(events: List[Json]) -> List[Json]:
    return [event for event in events if isinstance(event.get("event"), str) and event["event"] in REPORTED]
