"""Running small scripts through the real executor, for the engine's tests."""

from __future__ import annotations

import itertools
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.ports import ExecutionContext, ExecutionResult, StepProcess, WorkerEvent
from cursus_tui.records.pipeline import Isolation

SIGNATURE = "def main(input_paths, output_paths, environ_vars, job_args):\n"
BLOCK = """
if __name__ == "__main__":
    main({}, {}, {}, None)
"""


def context(script: Path, folder: Path, **fields: Any) -> ExecutionContext:
    """An attempt with nothing but a script and a folder, and whatever is given besides."""
    folder.mkdir(parents=True, mode=0o700)
    plain: dict[str, Any] = {
        "run_id": "run",
        "step": script.stem,
        "attempt": 1,
        "python": Path(sys.executable),
        "isolation": Isolation.ZYGOTE,
        "contract_inputs": {},
        "contract_outputs": {},
        "input_paths": {},
        "output_paths": {},
        "environment": {},
        "argv": (),
        "job_type": None,
    }
    return ExecutionContext(folder=folder, script=script, **{**plain, **fields})


def script_with_main(body: str, before: str = "", block: str = BLOCK) -> str:
    """A script whose ``main`` has this body."""
    lines = textwrap.indent(textwrap.dedent(body).strip() or "pass", "    ")
    return f"{textwrap.dedent(before)}\n{SIGNATURE}{lines}\n{block}"


class Attempt:
    """One attempt that was started, with everything that was heard of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[WorkerEvent] = []
        self._heard = threading.Condition()
        self.process: StepProcess | None = None

    def listen(self, event: WorkerEvent) -> None:
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()

    def wait_for(self, name: str, seconds: float = 10) -> WorkerEvent:
        def found() -> WorkerEvent | None:
            return next((event for event in self.events if event.name == name), None)

        with self._heard:
            assert self._heard.wait_for(lambda: found() is not None, seconds), (name, [e.name for e in self.events])
        event = found()
        assert event is not None
        return event

    def wait_for_output(self, text: str, seconds: float = 10) -> None:
        with self._heard:
            assert self._heard.wait_for(lambda: text in self.stdout, seconds), self.stdout + self.stderr

    @property
    def result(self) -> ExecutionResult:
        assert self.process is not None
        return self.process.result.result(60)

    @property
    def stdout(self) -> str:
        return self._read("stdout.log")

    @property
    def stderr(self) -> str:
        return self._read("stderr.log")

    def named(self, name: str) -> list[WorkerEvent]:
        return [event for event in self.events if event.name == name]

    def notices(self) -> str:
        return "\n".join(str(event.fields["message"]) for event in self.named("notice"))

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""


class Runner:
    """Starts scripts in folders of their own."""

    def __init__(self, executor: LocalExecutor, folder: Path) -> None:
        self.executor = executor
        self.folder = folder
        self._numbers = itertools.count(1)

    def start(self, source: str, *, name: str = "step_script.py", **fields: Any) -> Attempt:
        """Start a script; its source is dedented."""
        number = next(self._numbers)
        script = self.folder / f"scripts-{number}" / name
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(textwrap.dedent(source))
        return self.start_file(script, **fields)

    def start_file(self, script: Path, **fields: Any) -> Attempt:
        """Start a script that is already there."""
        attempt = Attempt(self.folder / f"attempt-{next(self._numbers)}")
        attempt.process = self.executor.start(context(script, attempt.folder, **fields), attempt.listen)
        return attempt

    def run(self, source: str, **fields: Any) -> Attempt:
        """Run a script to its end."""
        attempt = self.start(source, **fields)
        assert attempt.result is not None
        return attempt

    def run_main(self, body: str, *, before: str = "", block: str = BLOCK, **fields: Any) -> Attempt:
        """Run a script whose ``main`` has this body."""
        return self.run(script_with_main(body, before, block), **fields)

    def start_main(self, body: str, *, before: str = "", block: str = BLOCK, **fields: Any) -> Attempt:
        """Start a script whose ``main`` has this body."""
        return self.start(script_with_main(body, before, block), **fields)
