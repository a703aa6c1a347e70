"""The front's side of one zygote: starting it, talking to it, noticing its end."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from cursus_tui.records.errors import UserError
from cursus_tui.worker import launch
from cursus_tui.worker.channel import RECEIVE_BYTES, LineReader, encode
from cursus_tui.worker.environment import NETWORK, of_worker

_LOG = logging.getLogger(__name__)
STOP_SECONDS = 3.0
"""How long a zygote may take to stop its steps and itself before it is killed."""


class JobListener(Protocol):
    """What hears of one job. Called on the zygote's reader thread."""

    def received(self, message: Mapping[str, Any]) -> None:
        """The zygote sent something about the job."""

    def lost(self, why: str) -> None:
        """The zygote ended, and the job with it."""


class ZygoteClient:
    """A running zygote.

    Args:
        python: The interpreter.
        allow_network: Fixed for a zygote's life: its network namespace is its steps'.
        environment: The front's environment.
        noticed: Called on the reader thread with messages that belong to no job.

    Raises:
        UserError: When the interpreter cannot be started at all.
    """

    def __init__(
        self,
        python: Path,
        *,
        allow_network: bool,
        environment: Mapping[str, str],
        noticed: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self.python = python
        self._noticed = noticed
        self._jobs: dict[int, JobListener] = {}
        self._lock = threading.Lock()
        self._alive = True
        self._left = False
        self._unusable = ""
        self._why_lost = "the worker process was lost"
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        ours, theirs = socket.socketpair()
        self._socket = ours
        settings = {**of_worker(environment, allow_network), NETWORK: "allowed" if allow_network else "refused"}
        try:
            self.process = subprocess.Popen(
                [python, launch.__file__, "zygote", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env=settings,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            self._stderr.close()
            raise UserError(
                f"the interpreter does not start: {error.strerror or error}",
                file=python,
                expected="a Python 3.9 or newer",
                hint="name another one with --python",
            ) from error
        finally:
            theirs.close()
        self._reader = threading.Thread(target=self._read, name=f"zygote-{self.process.pid}", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can still be given work."""
        return self._alive

    def send(self, message: Mapping[str, Any]) -> bool:
        """Send a request; False when the zygote is gone."""
        with self._lock:
            if not self._alive:
                return False
            try:
                self._socket.sendall(encode(dict(message)))
            except OSError:
                return False
        return True

    def run(self, message: Mapping[str, Any], listener: JobListener) -> None:
        """Send a job; its listener hears of everything, of the zygote's end too."""
        with self._lock:
            self._jobs[message["id"]] = listener
        if not self.send(message):
            # The reader thread tells all jobs that it finds; if it was done before, it finds this one no more.
            self._reader.join(STOP_SECONDS)
            if self._forget(message["id"]):
                listener.lost(self._why_lost)

    def stop(self) -> None:
        """Stop its steps, then the zygote; blocks for :data:`STOP_SECONDS` at most."""
        self.send({"op": "stop"})
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join(STOP_SECONDS)

    def leave(self) -> None:
        """Let go of it: it finishes what it runs, then ends."""
        with self._lock:
            self._alive = False
            self._left = True
            self._jobs.clear()
        self._shut()

    def kill(self) -> None:
        """End it at once, and (through their parent-death signal) its steps."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()

    def _shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _read(self) -> None:
        lines = LineReader()
        while True:
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            for message in lines.feed(data):
                self._take(message)
        self._end()

    def _take(self, message: Mapping[str, Any]) -> None:
        number = message.get("job")
        if number is None:
            if message.get("event") == "unusable":
                self._unusable = str(message.get("reason"))
            self._noticed(message)
            return
        with self._lock:
            listener = self._jobs.get(number)
        if listener is not None:
            try:
                listener.received(message)
            except Exception:
                # This thread serves every other step, too, and must live to tell of this one's end.
                _LOG.exception("an odd message of a step: %s", message.get("event"))
        if message.get("event") in ("outcome", "refused"):
            self._forget(number)

    def _forget(self, number: int) -> bool:
        with self._lock:
            return self._jobs.pop(number, None) is not None

    def _end(self) -> None:
        with self._lock:
            self._alive = False
            jobs, self._jobs = list(self._jobs.values()), {}
        if not self._left:
            # The socket closes a moment before the process is gone.
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._why_lost = self._find_out_why()
        for listener in jobs:
            listener.lost(self._why_lost)
        self._socket.close()
        self._stderr.close()

    def _find_out_why(self) -> str:
        code = self.process.poll()
        if self._unusable:
            return f"{self.python} cannot run scripts: {self._unusable}"
        how = "was lost"
        if code is not None:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        last = self._last_words()
        return f"the worker process of {self.python} {how}" + (f": {last}" if last else "")

    def _last_words(self) -> str:
        try:
            size = self._stderr.seek(0, os.SEEK_END)
            self._stderr.seek(max(0, size - 2000))
            text = self._stderr.read().decode("utf-8", "replace").strip()
        except (OSError, ValueError):
            return ""
        return text.rpartition("\n")[2]
