"""Running scripts on this box: one zygote for each interpreter, one forked child for each attempt."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from cursus_tui.execution.adopted_step import AdoptedStep
from cursus_tui.execution.job_message import job_message, stored_job
from cursus_tui.execution.local_step import LocalStep
from cursus_tui.execution.ports import ExecutionContext, StepProcess, WorkerEvent
from cursus_tui.execution.resources import ResourceSampler
from cursus_tui.execution.zygote_client import ZygoteClient
from cursus_tui.pipeline.process_environment import impossible_variable
from cursus_tui.records.errors import UserError
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.workspace import write_private
from cursus_tui.worker.channel import encode

Listener = Callable[[WorkerEvent], None]


class LocalExecutor:
    """The default back end; implements ``PipelineScriptExecutor``. Thread-safe.

    Args:
        environment: What step processes inherit; the front's own by default.
        noticed: Told of what happens to a zygote rather than to a step: ``ready``, ``preloaded``, ``unusable``.
            Called on the zygote's reader thread.
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        noticed: Callable[[Path, Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._environment = dict(os.environ if environment is None else environment)
        self._noticed = noticed
        self._numbers = itertools.count(1)
        self._sampler = ResourceSampler()
        self._lock = threading.Lock()
        self._zygotes: dict[tuple[Path, bool], ZygoteClient] = {}
        self._probes: dict[int, Future[None]] = {}
        self._adopted: list[AdoptedStep] = []
        self._lent: dict[Path, Mapping[str, Any]] = {}
        self._closed = False

    def start(self, context: ExecutionContext, listener: Listener) -> StepProcess:
        """Start an attempt.

        Raises:
            UserError: When the interpreter cannot be started, or no process can have the step's environment.
            RuntimeError: When the executor is closed.
        """
        for name, value in context.environment.items():
            if why := impossible_variable(name, value):
                raise UserError(f"no process can be given the environment variable {name!r}: {why}")
        number = next(self._numbers)
        zygote = self._zygote(context.python, context.allow_network)
        message = job_message(context, number)
        write_private(AttemptFolder(context.folder).job, encode(stored_job(message, context)))
        step = LocalStep(number, context, zygote, listener, self._sampler)
        zygote.run(message, step)
        return step

    def adopt(self, folder: Path, listener: Listener) -> StepProcess:
        """Take over an attempt that another front started; its zygote lets it finish without a front."""
        step = AdoptedStep(AttemptFolder(folder), listener, self._sampler)
        with self._lock:
            self._adopted.append(step)
        step.follow()
        return step

    def warm(self, python: Path, modules: tuple[str, ...], *, allow_network: bool = False) -> None:
        """Start an interpreter's zygote ahead of need and import these libraries there. Returns at once.

        Raises:
            UserError: When the interpreter cannot be started.
        """
        self._zygote(python, allow_network).send({"op": "preload", "modules": list(modules)})

    def lend(self, python: Path, folder: Path, pycache: Path) -> None:
        """Let an interpreter's zygotes import the debugger in this folder when they are idle. Returns at once.

        Where that fails, starting the debugger in a step says why.
        """
        python = python.absolute()
        message = {"op": "lend", "folder": str(folder), "pycache": str(pycache)}
        with self._lock:
            self._lent[python] = message
            zygotes = [zygote for (each, _), zygote in self._zygotes.items() if each == python]
        for zygote in zygotes:
            zygote.send(message)

    def fork_probe(self, python: Path) -> Future[None]:
        """Let the zygote fork a child that exits at once: the yardstick of the benchmarks."""
        number = next(self._numbers)
        done: Future[None] = Future()
        self._probes[number] = done
        self._zygote(python, False).send({"op": "fork_probe", "id": number})
        return done

    def close(self, *, keep_running: bool = False) -> None:
        """Stop every zygote; with ``keep_running`` let them finish what they run."""
        with self._lock:
            self._closed = True
            zygotes, self._zygotes = list(self._zygotes.values()), {}
            adopted, self._adopted = self._adopted, []
        for step in adopted:
            step.let_go()
        for zygote in zygotes:
            if keep_running:
                zygote.leave()
        if not keep_running:
            stopping = [threading.Thread(target=zygote.stop) for zygote in zygotes]
            for thread in stopping:
                thread.start()
            for thread in stopping:
                thread.join()

    def _zygote(self, python: Path, allow_network: bool) -> ZygoteClient:
        python = python.absolute()
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor is closed")
            zygote = self._zygotes.get((python, allow_network))
            if zygote is None or not zygote.alive:
                zygote = ZygoteClient(
                    python,
                    allow_network=allow_network,
                    environment=self._environment,
                    noticed=lambda message: self._heard(python, message),
                )
                self._zygotes[python, allow_network] = zygote
                if python in self._lent:
                    zygote.send(self._lent[python])
        return zygote

    def _heard(self, python: Path, message: Mapping[str, Any]) -> None:
        if message.get("event") == "probed":
            self._probes.pop(int(message["id"])).set_result(None)
        elif self._noticed is not None:
            self._noticed(python, message)
