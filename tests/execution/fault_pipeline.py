"""A tiny real pipeline with one step that misbehaves, run through the real session, for the fault-injection tests.

``Seed`` feeds ``Fault`` and ``Next``; ``Fault`` feeds ``Needs``. Seed, Next and Needs run one healthy script, which
prints the state that its process began with: what a fault leaks shows as a difference between Seed's and Next's.
"""

from __future__ import annotations

import contextlib
import json
import os
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import yaml
from debugged import DEBUGGED, start_in_each_step

from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import IllegalCommand, Session
from cursus_tui.records.events import FindingAdded, Noticed, OutputGrew, SessionEvent
from cursus_tui.records.opening import OpenOptions
from cursus_tui.records.pipeline import Finding
from cursus_tui.records.run import Attempt, Phase, SessionState, StepError
from cursus_tui.reporting.run_report import run_report
from cursus_tui.workbench import Workbench, open_pipeline

PATIENCE = 60.0
"""Seconds to wait for what must happen; only a hang takes as long."""
HERE = "# HERE"
"""Marks the line of a script that a report must name."""
BLOCK = """
if __name__ == "__main__":
    main({"data": "/opt/ml/processing/input/data"}, {"result": "/opt/ml/processing/output/result"}, {}, None)
"""
HEALTHY = """
import builtins, json, logging, os, random, resource, signal, sys, threading, warnings

def descriptor(number):
    try:
        return os.readlink("/proc/self/fd/%d" % number).partition("[")[0]
    except OSError:
        return None

def limits(number):
    soft, hard = resource.getrlimit(number)
    # A memory limit is set above what the process has already.
    return [soft < 0 if number == resource.RLIMIT_AS else soft, hard]

def state():
    attempt = os.environ["CURSUS_TUI_ATTEMPT"]
    mask = os.umask(0)
    os.umask(mask)
    environment = dict(os.environ, TMPDIR=os.path.realpath(os.environ["TMPDIR"]), INPUT_NAMES="", OUTPUT_NAMES="")
    return {
        "folder": os.getcwd().replace(attempt, "ATTEMPT"),
        "environment": {name: value.replace(attempt, "ATTEMPT") for name, value in sorted(environment.items())},
        "path": sys.path,
        "umask": mask,
        "signals": [str(signal.getsignal(number)) for number in range(1, 32)],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "limits": [limits(number) for number in range(16)],
        "threads": [thread.name for thread in threading.enumerate()],
        "descriptors": sorted(filter(None, map(descriptor, range(64)))),
        "recursion": sys.getrecursionlimit(),
        "hooks": [getattr(sys, name).__module__ for name in ("excepthook", "displayhook", "breakpointhook")],
        "traced": [str(type(sys.gettrace())), str(type(sys.getprofile()))],
        "builtins": sorted(vars(builtins)),
        "functions": [json.dumps.__module__, os.getcwd.__name__, builtins.print.__module__],
        "logging": [str(each) for each in logging.getLogger().handlers],
        "warnings": len(warnings.filters),
        "nice": os.nice(0),
        "leader": [os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid()],
    }

BEGAN_WITH = state()
CHANCE = random.random()

def main(input_paths, output_paths, environ_vars, job_args):
    for folder in output_paths.values():
        with open(os.path.join(folder, "rows.txt"), "w") as file:
            file.write("a row\\n")
    print(json.dumps({"state": BEGAN_WITH, "chance": CHANCE}))

if __name__ == "__main__":
    inputs, outputs = os.environ.get("INPUT_NAMES", "").split(), os.environ.get("OUTPUT_NAMES", "").split()
    main(
        {name: "/opt/ml/processing/input/" + name for name in inputs},
        {name: "/opt/ml/processing/output/" + name for name in outputs},
        {},
        None,
    )
"""
NODES: dict[str, tuple[tuple[str, str] | None, str]] = {
    "Seed": (None, "data"),
    "Fault": (("Seed", "data"), "result"),
    "Next": (("Seed", "data"), "other"),
    "Needs": (("Fault", "result"), "last"),
}
"""Step -> what feeds it, and its output."""


def script_with_main(body: str, before: str = "", block: str = BLOCK) -> str:
    """A script in Cursus' habits whose ``main`` has this body."""
    lines = textwrap.indent(textwrap.dedent(body).strip() or "pass", "    ")
    head = textwrap.dedent(before).strip()
    return f"{head}\ndef main(input_paths, output_paths, environ_vars, job_args):\n{lines}\n{block}"


def write_pipeline(folder: Path, fault: str, *, training: bool = False) -> Path:
    """Write the pipeline, with this text as the script of ``Fault``. Returns the DAG's file."""
    for name in ("interfaces", "scripts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for step, (feeding, output) in NODES.items():
        kind = "Training" if training and step == "Fault" else "Processing"
        interface = _interface(step, feeding, output, kind)
        (folder / "interfaces" / f"{step.lower()}.step.yaml").write_text(yaml.safe_dump(interface, sort_keys=False))
    (folder / "scripts" / "healthy.py").write_text(HEALTHY)
    (folder / "scripts" / "fault.py").write_text(fault)
    edges = [[feeding[0], step] for step, (feeding, _) in NODES.items() if feeding]
    dag = {"dag": {"nodes": list(NODES), "edges": edges}, "metadata": {"name": "fault"}, "version": "1.0"}
    file = folder / "fault.dag.json"
    file.write_text(json.dumps(dag))
    return file


def _interface(step: str, feeding: tuple[str, str] | None, output: str, kind: str) -> dict[str, Any]:
    inputs = [feeding[1]] if feeding else []
    sources = [feeding[0]] if feeding else []
    return {
        "step_type": step,
        "node_type": "internal" if inputs else "source",
        "registry": {"sagemaker_step_type": kind, "description": step},
        "contract": {
            "entry_point": "fault.py" if step == "Fault" else "healthy.py",
            "inputs": {name: {"path": f"/opt/ml/processing/input/{name}", "required": True} for name in inputs},
            "outputs": {output: {"path": f"/opt/ml/processing/output/{output}"}},
            "env_vars": {"required": [], "optional": {"INPUT_NAMES": " ".join(inputs), "OUTPUT_NAMES": output}},
        },
        "spec": {
            "dependencies": {
                name: {"type": "processing_output", "required": True, "compatible_sources": sources} for name in inputs
            },
            "outputs": {
                output: {
                    "type": "processing_output",
                    "property_path": f"properties.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri",
                }
            },
        },
    }


class FaultRun:
    """The pipeline, opened, with a started session; closing it proves that no process is left.

    Args:
        folder: Empty or absent.
        script: The text of ``Fault``'s script.
        opening: How to open the pipeline.
        run_id: A run to resume, in a folder that holds the pipeline already.
        training: Whether ``Fault`` is a Training step.
        options: Of the run.
    """

    def __init__(
        self,
        folder: Path,
        script: str = "",
        *,
        opening: OpenOptions | None = None,
        run_id: str | None = None,
        training: bool = False,
        **options: Any,
    ) -> None:
        self.script = folder / "scripts" / "fault.py"
        if run_id is None:
            write_pipeline(folder, script, training=training)
        options = {"keep_going": True, "stop_on_failure": False, "minimum_free_bytes": 0, **options}
        self.looked_at: SessionState | None = None
        """Where the run stood when it is looked at; None for now."""
        self._before = {child.pid for child in psutil.Process().children(recursive=True)}
        self.workspace = folder / "workspace"
        opened = open_pipeline(str(folder / "fault.dag.json"), opening)
        self.workbench = Workbench(opened, RunOptions(**options), self.workspace, debugs=bool(DEBUGGED))
        self.events: list[SessionEvent] = []
        self._heard = threading.Condition()
        self.session: Session = self.workbench.new_session(run_id)
        if self.workbench.debugger is not None:
            start_in_each_step(self.workbench.debugger)
        self.session.subscribe(self._hear)
        self.session.start().result(PATIENCE)

    def __enter__(self) -> FaultRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.workbench.close()
        if error is None:
            left = {each.pid for each in psutil.Process().children(recursive=True)} - self._before
            assert not left, f"processes of ours outlived the session: {left}"
            eventually(lambda: not marked_processes(self.workspace), self._left)

    def _hear(self, event: SessionEvent) -> None:
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()

    # Acting

    def begin(self, command: str = "continue_", *arguments: Any) -> None:
        """Give a command; what it starts goes on."""
        getattr(self.session, command)(*arguments).result(PATIENCE)

    def go(self, command: str = "continue_", *arguments: Any) -> SessionState:
        """Give a command and wait until nothing runs."""
        self.begin(command, *arguments)
        return self.session.wait_settled(PATIENCE)

    def go_refused(self) -> None:
        """Continue, where that may be refused for want of disk space at once or pause later."""
        with contextlib.suppress(OSError, IllegalCommand):
            self.begin()
        self.session.wait_settled(PATIENCE)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that comes with an event of the session."""
        with self._heard:
            assert self._heard.wait_for(condition, PATIENCE), (self.log("Fault"), self.log("Fault", "stderr"))

    def wait_for_output(self, text: str) -> None:
        """Wait until ``Fault`` has printed this."""
        self.wait_until(lambda: text in self.log("Fault"))

    def mend(self, body: str | None = None) -> SessionState:
        """Mend the script (or give ``main`` another body) and continue."""
        self.script.write_text(HEALTHY if body is None else script_with_main(body))
        return self.go()

    # Looking

    @property
    def state(self) -> SessionState:
        return self.looked_at or self.session.state

    def attempt(self, step: str = "Fault") -> Attempt:
        """The newest attempt of a step."""
        attempt = self.state.steps[step].attempt
        assert attempt is not None, step
        return attempt

    def status(self, step: str = "Fault") -> str:
        return str(self.state.steps[step].status)

    def error(self) -> StepError:
        """Why ``Fault`` failed."""
        error = self.attempt().error
        assert error is not None, self.attempt()
        return error

    def log(self, step: str = "Fault", stream: str = "stdout") -> str:
        return self.log_bytes(step, stream).decode(errors="replace")

    def log_bytes(self, step: str = "Fault", stream: str = "stdout") -> bytes:
        attempt = self.state.steps[step].attempt
        path = attempt.folder / f"{stream}.log" if attempt else None
        return path.read_bytes() if path and path.exists() else b""

    def began_with(self, step: str) -> dict[str, Any]:
        """The state that a healthy step's process began with."""
        said: dict[str, Any] = json.loads(self.log(step))
        return said

    def notices(self) -> str:
        return "\n".join(event.message for event in self.events if isinstance(event, Noticed))

    def findings(self) -> list[Finding]:
        """What was noticed about what ``Fault`` did."""
        return [e.finding for e in self.events if isinstance(e, FindingAdded) and e.finding.step == "Fault"]

    def line(self, mark: str = HERE) -> int:
        """The line of ``Fault``'s script that holds a mark."""
        lines = self.script.read_text().splitlines()
        (found,) = (number for number, line in enumerate(lines, 1) if mark in line)
        return found

    def report(self, step: str = "Fault") -> dict[str, Any]:
        """The step in the run's JSON report."""
        state = self.state
        report = json.loads(json.dumps(run_report(state.run_id, state.steps.values())))
        return next(each for each in report["steps"] if each["name"] == step)

    def announced_outputs(self, step: str = "Fault") -> list[OutputGrew]:
        return [event for event in self.events if isinstance(event, OutputGrew) and event.step == step]

    # Judging

    def is_contained(self, status: str = "failed", *, mended: bool = True) -> None:
        """``Fault`` ended like this, and nobody else was harmed: the others pass, nothing leaks, nothing stays.

        Args:
            status: What ``Fault`` must be.
            mended: Go on to mend a failed script, and see it and what needs it pass in the same run.
        """
        assert self.status() == status, (self.attempt(), self.log(), self.log(stream="stderr"))
        assert (self.status("Seed"), self.status("Next")) == ("passed", "passed")
        assert self.status("Needs") == ("passed" if status == "passed" else "waiting")
        self.nothing_leaked()
        self.nothing_stays()
        self.report_is_stored()
        if status != "passed" and mended:
            self.goes_on_once_mended()

    def nothing_leaked(self) -> None:
        """``Next`` began as ``Seed`` did, and after ``Fault`` had ended."""
        before, after = self.began_with("Seed"), self.began_with("Next")
        leaked = {name: (value, after["state"][name]) for name, value in before["state"].items()}
        leaked = {name: values for name, values in leaked.items() if values[0] != values[1]}
        assert not leaked, leaked
        assert before["chance"] != after["chance"]
        assert (self.attempt("Next").started or 0) >= (self.attempt().ended or 0)

    def nothing_stays(self) -> None:
        """No process of an attempt is left, below the zygotes or elsewhere."""
        # The step itself may still be giving back its memory, and a killed one be waited for.
        eventually(lambda: not left_below_zygotes() and not marked_processes(self.workspace), self._left)

    def _left(self) -> str:
        return f"{left_below_zygotes()} {marked_processes(self.workspace)}"

    def report_is_stored(self) -> None:
        """What was announced is what the store, the attempt's folder and the JSON report say."""
        attempt = self.attempt()
        stored = self.session.attempts("Fault")[-1]
        assert (stored.status, stored.error, stored.exit_code) == (attempt.status, attempt.error, attempt.exit_code), (
            stored,
            attempt,
        )
        assert (stored.blocked, stored.note) == (attempt.blocked, attempt.note)
        report = self.report()
        assert (report["status"], report["exit"]) == (str(attempt.status), attempt.exit_code)
        assert (report["error"] or {}).get("message") == (attempt.error.message if attempt.error else None)
        assert len(report["blocked_actions"]) == len(attempt.blocked)

    def goes_on_once_mended(self) -> None:
        """The mended script passes in the same run, and so does the step that waited for it; nobody else runs again."""
        number = self.attempt().number
        state = self.mend()
        assert state.phase is Phase.FINISHED
        assert {step: str(each.status) for step, each in state.steps.items()} == dict.fromkeys(NODES, "passed")
        assert self.attempt().number == number + 1
        assert (self.attempt("Seed").number, self.attempt("Next").number) == (1, 1)


def contained(folder: Path, body: str, *, before: str = "", status: str = "failed", **options: Any) -> FaultRun:
    """Run a fault in ``main`` (or in the lines before it) to the end, and prove that it is contained.

    Returns:
        The closed run; what it says of ``Fault`` is of the faulty attempt.
    """
    return contained_script(folder, script_with_main(body, before), status=status, **options)


def contained_script(folder: Path, script: str, *, status: str = "failed", **options: Any) -> FaultRun:
    """The same for a whole script."""
    with FaultRun(folder, script, **options) as run:
        run.go()
        run.is_contained(status, mended=False)
        faulty = run.state
        if status != "passed":
            run.goes_on_once_mended()
            run.script.write_text(script)
    run.looked_at = faulty
    return run


def zygotes() -> list[psutil.Process]:
    """The living zygotes of this process."""
    return [child for child in psutil.Process().children() if _is_zygote(child)]


def left_below_zygotes() -> list[psutil.Process]:
    """What zygotes have besides the one child that waits for the next job."""
    return [child for zygote in zygotes() for child in zygote.children(recursive=True)[1:]]


def _is_zygote(process: psutil.Process) -> bool:
    try:
        return any(word.endswith("launch.py") for word in process.cmdline())
    except psutil.Error:
        return False


def marked_processes(workspace: Path) -> list[str]:
    """Living processes whose environment says that they belong to an attempt in this workspace."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CURSUS_TUI_ATTEMPT", "").startswith(os.fspath(workspace)):
                found.append(f"{process.pid} {process.cmdline()}")
        except psutil.Error:
            continue
    return found


def eventually(condition: Callable[[], bool], otherwise: Callable[[], str] = lambda: "it never happened") -> None:
    """Wait for something that no event tells."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, otherwise()
        time.sleep(0.005)
