"""The data process: ``python -m cursus_tui.data.server``. Requests come in on stdin, answers go out on stdout.

Messages are frames of JSON (``frames.py``):

- request ``{id, op, args}``; ``{op: "cancel", args: {id}}`` has no answer;
- answer ``{id, ok: ...}`` or ``{id, error: {kind, message, file, expected, hint}}`` with kind ``data``, ``cancelled``
  or ``bug``;
- event ``{event: "info", view, info}`` while a view is indexed.

It ends when its stdin does: with the front that started it, however that ended.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from cursus_tui.data.desk import Desk
from cursus_tui.data.frames import BrokenStreamError, encode, read_frame
from cursus_tui.data.jobs import Job, JobCancelledError, Lane, Workers
from cursus_tui.data.operations import OPERATIONS
from cursus_tui.data.results import DataError

_READ_THREADS = 2
_BACKGROUND_THREADS = 2
_SWITCH_SECONDS = 0.001
"""So that indexing does not make a window wait for the interpreter."""


class Server:
    """Takes requests off a stream and answers them from its workers.

    Args:
        requests: Frames from the client.
        answers: Frames to the client.
        memory_limit: Bytes that DuckDB may use.
        temporary: Where DuckDB may spill.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO, memory_limit: int, temporary: Path | None) -> None:
        self._requests = requests
        self._answers = answers
        self._writing = threading.Lock()
        self._lock = threading.Lock()
        self._jobs: set[Job] = set()
        self._opening: dict[int, list[Job]] = {}
        self._desk = Desk(self._send, self._begin, memory_limit, temporary)
        self._lanes = {
            Lane.READ: Workers("read", self._run, threads=_READ_THREADS, newest_first=True),
            Lane.BACKGROUND: Workers("background", self._run, threads=_BACKGROUND_THREADS, newest_first=False),
        }

    def serve(self) -> None:
        """Until the client is gone."""
        while (message := read_frame(self._requests)) is not None:
            arguments = message.get("args", {})
            if message["op"] == "cancel":
                self._cancel(lambda job, number=arguments["id"]: job.number == number)
                continue
            self._begin(Job(message["id"], message["op"], arguments, arguments.get("view")))

    def _send(self, message: dict[str, Any]) -> None:
        frame = encode(message)
        # A client that is gone hears nothing; the end of its requests ends the process.
        with self._writing, suppress(BrokenPipeError):
            self._answers.write(frame)
            self._answers.flush()

    def _cancel(self, wanted: Any) -> None:
        with self._lock:
            jobs = [job for job in self._jobs if wanted(job)]
        for job in jobs:
            job.cancel()
            lane = self._lanes.get(OPERATIONS[job.operation].lane)
            if lane is not None and lane.withdraw(job):
                self._run(job)

    def _begin(self, job: Job) -> None:
        operation = OPERATIONS.get(job.operation)
        if operation is None:
            self._fail(job, "bug", DataError(f"the data process knows no operation {job.operation!r}"))
            return
        if job.operation == "close":
            self._cancel(lambda other: other.view == job.view)
        elif operation.newest_wins:
            self._cancel(lambda other: (other.view, other.operation) == (job.view, job.operation))
        with self._lock:
            self._jobs.add(job)
            if job.operation == "open" and job.view is not None:
                self._opening[job.view] = []
            elif job.view in self._opening and operation.lane is not Lane.AT_ONCE:
                # Its table comes into being in another thread.
                self._opening[job.view].append(job)
                return
        self._put(job)

    def _put(self, job: Job) -> None:
        lane = self._lanes.get(OPERATIONS[job.operation].lane)
        if lane is None:
            self._run(job)
        else:
            lane.put(job)

    def _run(self, job: Job) -> None:
        try:
            job.check()
            answer = OPERATIONS[job.operation].run(self._desk, job)
            job.check()
            if job.number is not None:
                self._send({"id": job.number, "ok": answer})
        except JobCancelledError:
            self._fail(job, "cancelled", DataError("cancelled"))
        except DataError as error:
            self._fail(job, "data", error)
        except MemoryError:
            self._fail(job, "data", DataError("needs more memory than the data process may use"))
        except BrokenStreamError:
            self._fail(job, "data", DataError("the answer is too large to be shown"))
        except Exception as error:
            # A bug of ours must not end the process: the client shows it, the next request goes on.
            traceback.print_exc()
            self._fail(job, "bug", DataError(f"the data process failed: {type(error).__name__}: {error}"))
        finally:
            self._done(job)

    def _done(self, job: Job) -> None:
        with self._lock:
            self._jobs.discard(job)
            waiting = self._opening.pop(job.view, []) if job.operation == "open" and job.view is not None else []
        for other in waiting:
            self._put(other)

    def _fail(self, job: Job, kind: str, error: DataError) -> None:
        if job.number is None:
            return
        fields = {"kind": kind, "message": error.message, "expected": error.expected, "hint": error.hint}
        fields["file"] = str(error.file) if error.file else ""
        self._send({"id": job.number, "error": fields})


def _limit_process(memory_limit: int) -> None:
    """An address space several times what DuckDB may use: what runs away fails here, alone."""
    limit = max(8 << 30, memory_limit * 4)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def main() -> None:
    """Serve the process that started this one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory-limit", type=int, default=1 << 30)
    parser.add_argument("--temporary", type=Path)
    options = parser.parse_args()
    # Nothing that a library prints may get between the frames.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.setswitchinterval(_SWITCH_SECONDS)
    _limit_process(options.memory_limit)
    try:
        Server(sys.stdin.buffer, answers, options.memory_limit, options.temporary).serve()
    except Exception:
        traceback.print_exc()
    finally:
        # Without waiting for threads: a query may be running for nobody.
        os._exit(0)


if __name__ == "__main__":
    main()
