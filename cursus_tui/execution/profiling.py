"""Profiling a running step with py-spy: nothing is loaded into it, and a run that nobody profiles pays nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeoutError
from pathlib import Path

from cursus_tui import worker
from cursus_tui.execution.line_breakpoints import source_lines
from cursus_tui.execution.ports import StepProcess
from cursus_tui.records.profile import HOT_SHARE, LineShare, Profile, is_library
from cursus_tui.records.run import Attempt

RATE = 100
"""Looks a second."""
_ANSWER_SECONDS = 5.0
"""How long the step may take to permit the look; a long C call keeps it from answering, and few kernels ask."""
_FEWEST_SHARE = 0.001
"""Lines below it are noise, and not kept."""
_FRAME = re.compile(r"(?P<function>[^;]*?) \((?P<file>[^;]*):(?P<line>\d+)\)(?:;|$)")
_OURS = os.path.join(os.path.dirname(worker.__file__), "")
_DEBUGGER = "/debugpy/"
_REFUSED = re.compile(r"permission denied|not permitted|EPERM|EACCES", re.IGNORECASE)
_POLL_SECONDS = 0.02


class ProfileError(Exception):
    """A step could not be profiled; the text is a sentence for the user."""


class Profiler:
    """Looks into one attempt's process until it ends, on a thread of its own.

    Args:
        attempt: The attempt.
        process: Its process, which may not have begun yet.
        done: Called once on that thread, with the profile or why there is none.
    """

    def __init__(self, attempt: Attempt, process: StepProcess, done: Callable[[Profile | ProfileError], None]) -> None:
        self.attempt = attempt
        self._process = process
        self._done = done
        self._found: Profile | ProfileError | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="profile", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> Profile | ProfileError | None:
        """End it now; what was seen so far, or None where it does not end."""
        self._stop.set()
        self._thread.join(seconds)
        return self._found

    def _run(self) -> None:
        try:
            result: Profile | ProfileError = self._profile()
        except ProfileError as problem:
            result = problem
        except OSError as problem:
            result = ProfileError(f"the profiler cannot be run: {problem.strerror or problem}")
        except Exception as problem:  # Whatever it is: who waits for it must hear that nothing comes.
            result = ProfileError(f"the profiler failed: {type(problem).__name__}: {problem}")
        self._found = result
        self._done(result)

    def _profile(self) -> Profile:
        program = py_spy()
        while (pid := self._process.pid) is None:
            if self._is_over or self._stop.wait(_POLL_SECONDS):
                raise ProfileError("it ended before it could be looked at")
        self._ask_permission()
        with tempfile.TemporaryDirectory() as folder:
            file, began = Path(folder, "raw"), time.monotonic()
            command = [str(program), "record", "--pid", str(pid), "--format", "raw", "--output", str(file)]
            command += ["--rate", str(RATE), "--duration", "unlimited", "--full-filenames", "--nonblocking"]
            told = self._record(command, Path(folder, "told"))
            seconds = time.monotonic() - began
            text = file.read_text(errors="replace") if file.exists() else ""
        lines, samples = lines_of(text)
        if not samples:
            raise ProfileError(_why_nothing(told))
        attempt = self.attempt
        since = attempt.started if attempt.started is not None else time.time()
        lines = with_texts(lines, since)
        return Profile(attempt.run_id, attempt.step, attempt.number, samples, seconds, RATE, lines)

    @property
    def _is_over(self) -> bool:
        return self._process.result.done()

    def _ask_permission(self) -> None:
        # The kernel (Yama) counts our children in: py-spy is one.
        with contextlib.suppress(FutureTimeoutError, RuntimeError, OSError):
            self._process.request("allow_tracer", pid=os.getpid()).result(_ANSWER_SECONDS)

    def _record(self, command: list[str], told: Path) -> str:
        """Run py-spy until the step has ended or nobody wants more; what it said."""
        with told.open("wb") as output:
            spy = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        try:
            while spy.poll() is None and not self._is_over and not self._stop.wait(_POLL_SECONDS):
                pass
            # It writes down what it saw; one that notices the end by itself does so, too.
            if spy.poll() is None:
                spy.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                spy.wait(5)
        finally:
            if spy.poll() is None:
                spy.kill()
                spy.wait()
        return told.read_text(errors="replace")


def py_spy() -> Path:
    """Where py-spy is.

    Raises:
        ProfileError: It is not installed.
    """
    beside = Path(sys.executable).parent / "py-spy"
    found = str(beside) if beside.exists() else shutil.which("py-spy")
    if found is None:
        raise ProfileError("py-spy is not installed beside cursus-tui: there is no profiler")
    return Path(found)


def lines_of(text: str) -> tuple[tuple[LineShare, ...], int]:
    """The lines of py-spy's raw format, hottest first, and how many samples they come from.

    Frames of the worker's and the debugger's are left out, and with them what they do beside the script. What a library
    does is counted for the line of the library, as its own, and for every line that waits for it, in total.

    Args:
        text: ``function (file:line);function (file:line) count``, outermost first, a stack a line.
    """
    total: Counter[tuple[str, int]] = Counter()
    own: Counter[tuple[str, int]] = Counter()
    functions: dict[tuple[str, int], str] = {}
    samples = 0
    for stack, count in _stacks(text):
        everything = list(_FRAME.finditer(stack))
        frames = [each for each in everything if not each["file"].startswith(_OURS)]
        workers = len(frames) < len(everything) and all(is_library(each["file"]) for each in frames)
        if workers or _is_debuggers(frames):
            continue
        frames = [each for each in frames if _DEBUGGER not in each["file"]]
        if not frames:
            continue
        samples += count
        places = [(each["file"], int(each["line"])) for each in frames]
        functions.update(zip(places, (each["function"] for each in frames), strict=True))
        for place in set(places):  # a line that calls itself waits once
            total[place] += count
        own[places[-1]] += count
    shares = (
        LineShare(file, line, functions[file, line], seen / samples, own[file, line] / samples)
        for (file, line), seen in total.most_common()
        if seen / samples >= _FEWEST_SHARE
    )
    return tuple(shares), samples


def _is_debuggers(frames: list[re.Match[str]]) -> bool:
    """Whether a debugger that is attached was at work: in its own threads, or while it traces or holds the script."""
    files = [each["file"] for each in frames]
    last = max((index for index, file in enumerate(files) if _DEBUGGER in file), default=None)
    return last is not None and all(is_library(file) for file in files[last + 1 :])


def with_texts(lines: tuple[LineShare, ...], since: float) -> tuple[LineShare, ...]:
    """The same, the hot ones with their texts; those of a file that was edited after ``since`` have an empty one."""
    sources: dict[str, list[str]] = {}

    def text(file: str, line: int) -> str:
        if file not in sources:
            edited = os.path.exists(file) and os.stat(file).st_mtime > since
            sources[file] = [] if edited else source_lines(Path(file))
        return sources[file][line - 1].strip() if line <= len(sources[file]) else ""

    return tuple(
        dataclasses.replace(each, text=text(each.file, each.line)) if each.total >= HOT_SHARE else each
        for each in lines
    )


def _stacks(text: str) -> list[tuple[str, int]]:
    found = []
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        if count.isdigit():
            found.append((stack, int(count)))
    return found


def _why_nothing(told: str) -> str:
    if _REFUSED.search(told):
        return (
            "this system does not let one process look into another (ptrace): a container needs the capability "
            "SYS_PTRACE, kernel.yama.ptrace_scope must be below 2"
        )
    problem = next((line.strip() for line in told.splitlines() if line.startswith("Error:")), "")
    return problem or "it ended, or did nothing but wait, before anything was seen of it"
