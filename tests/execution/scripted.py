"""A back end without processes, pipelines without files, and a session on both: for fast tests of the session."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from debugged import debugger_for_tests

from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.ports import DebugPort, ExecutionContext, ExecutionResult, WorkerEvent
from cursus_tui.execution.session import Session
from cursus_tui.records.events import SessionEvent
from cursus_tui.records.pipeline import (
    Binding,
    Contract,
    Dependency,
    InputChannel,
    Interface,
    OutputChannel,
    OutputSpec,
    Overrides,
    Pipeline,
    ProjectLayout,
    Step,
    StepKind,
    Value,
)
from cursus_tui.records.run import StepError
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import open_workspace

Behaviour = Callable[["ScriptedStep"], ExecutionResult | None]


def passed(**changes: Any) -> ExecutionResult:
    return ExecutionResult("passed", 0, main_seconds=0.001, **changes)


def failed(kind: str = "KeyError", message: str = "'amount'") -> ExecutionResult:
    return ExecutionResult("failed", 1, StepError(kind, message))


class ScriptedStep:
    """A step that a behaviour stands for."""

    pid = 4321

    def __init__(self, context: ExecutionContext, listener: Callable[[WorkerEvent], None]) -> None:
        self.context = context
        self.result: Future[ExecutionResult] = Future()
        self.cancelled = threading.Event()
        self.held: list[bool] = []
        self._listener = listener

    def clock(self, *, held: bool) -> None:
        self.held.append(held)

    def tell(self, name: str, **fields: Any) -> None:
        self._listener(WorkerEvent(name, fields))

    def write(self, channel: str, name: str, text: str = "a,b\n1,2\n") -> None:
        path = self.context.output_paths[channel] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def cancel(self, *, reason: str = "cancelled") -> None:
        self.cancelled.set()
        if not self.result.done():
            self.result.set_result(ExecutionResult("cancelled", -2))

    def request(self, operation: str, **arguments: Any) -> Future[Any]:
        raise NotImplementedError


def write_everything(step: ScriptedStep) -> ExecutionResult:
    """What a step does unless a test says otherwise."""
    for channel in step.context.output_paths:
        step.write(channel, "part-0.csv")
    return passed()


def hang(step: ScriptedStep) -> None:
    """A step that runs until it is cancelled."""


class ScriptedExecutor:
    """Implements ``PipelineScriptExecutor`` in this process; a behaviour that returns None leaves its step running."""

    def __init__(self, behaviours: Mapping[str, Behaviour] | None = None) -> None:
        self.behaviours: dict[str, Behaviour] = dict(behaviours or {})
        self.started: list[str] = []
        self.contexts: dict[str, ExecutionContext] = {}
        self.steps: dict[str, ScriptedStep] = {}
        self.adopted: list[Path] = []
        self.adoption: Callable[[ScriptedStep], ExecutionResult | None] = lambda step: passed()
        self.closed: list[bool] = []
        self.lent: list[Path] = []

    def start(self, context: ExecutionContext, listener: Callable[[WorkerEvent], None]) -> ScriptedStep:
        self.started.append(context.step)
        self.contexts[context.step] = context
        step = self.steps[context.step] = ScriptedStep(context, listener)
        step.tell("importing")
        step.tell("imported", seconds=0.001)
        result = self.behaviours.get(context.step, write_everything)(step)
        if result is not None:
            step.result.set_result(result)
        return step

    def adopt(self, folder: Path, listener: Callable[[WorkerEvent], None]) -> ScriptedStep:
        self.adopted.append(folder)
        step = ScriptedStep(None, listener)  # type: ignore[arg-type]
        if (result := self.adoption(step)) is not None:
            step.result.set_result(result)
        return step

    def warm(self, python: Path, modules: tuple[str, ...]) -> None:
        pass

    def lend(self, python: Path, folder: Path, pycache: Path) -> None:
        self.lent.append(python)

    def close(self, *, keep_running: bool = False) -> None:
        self.closed.append(keep_running)

    @property
    def times(self) -> Counter[str]:
        return Counter(self.started)


class LineProbe:
    """Counts lines, on a thread as a real probe would."""

    def count_rows(self, path: Path) -> Future[int | None]:
        future: Future[int | None] = Future()
        threading.Thread(target=lambda: future.set_result(path.read_text().count("\n") - 1)).start()
        return future


def step_of(
    name: str,
    folder: Path,
    inputs: Iterable[str] = (),
    optional: Iterable[str] = (),
    kind: StepKind = StepKind.SCRIPT,
    **changes: Any,
) -> Step:
    """A step with one output called ``out``, whose script is a real file that nobody runs."""
    script = folder / f"{name}.py"
    if kind is StepKind.SCRIPT and not script.exists():
        script.write_text(f"# {name}\n")
    optional = tuple(optional)
    names = (*inputs, *optional)
    contract = Contract(
        f"{name}.py",
        inputs=tuple(InputChannel(each, f"/opt/ml/processing/input/{each}", each not in optional) for each in names),
        outputs=(OutputChannel("out", "/opt/ml/processing/output"),),
    )
    interface = Interface(
        name,
        "Processing",
        contract,
        tuple(Dependency(each, required=each not in optional) for each in names),
        (OutputSpec("out"),),
        folder / f"{name}.step.yaml",
    )
    fields = {"script": script if kind is StepKind.SCRIPT else None, "interface": interface, "why": "", **changes}
    return Step(name=name, step_type=name, job_type=None, kind=kind, **fields)


def pipeline_of(folder: Path, steps: Iterable[Step], wires: Iterable[tuple[str, str, str]]) -> Pipeline:
    """A pipeline whose steps are given in topological order.

    ``wires`` are (source step, step, input).
    """
    wires = tuple(wires)
    return Pipeline(
        name="test",
        layout=ProjectLayout(folder / "test.dag.json", folder),
        steps={each.name: each for each in steps},
        edges=tuple((source, step) for source, step, _ in wires),
        bindings=tuple(Binding(step, channel, source, "out", 1.0, "test") for source, step, channel in wires),
        environment={},
        arguments={},
        findings=(),
        overrides=Overrides(),
    )


def chain(folder: Path, *names: str) -> Pipeline:
    """Each step reads what the one before wrote."""
    pairs = list(itertools.pairwise(names))
    steps = [step_of(name, folder, inputs=["data"] if index else []) for index, name in enumerate(names)]
    return pipeline_of(folder, steps, [(source, step, "data") for source, step in pairs])


def resolver(pipeline: Pipeline) -> Callable[[Overrides], Pipeline]:
    """Resolves by putting the environment and the given paths of the overrides into the pipeline."""

    def resolve(overrides: Overrides) -> Pipeline:
        environment = {
            step: tuple(Value(name, value, "--env", True) for name, value in values.items())
            for step, values in overrides.environment.items()
        }
        steps = {
            name: replace(step, given={**step.given, **overrides.inputs.get(name, {})})
            for name, step in pipeline.steps.items()
        }
        return replace(pipeline, environment=environment, steps=steps, overrides=overrides)

    return resolve


@dataclass
class Bench:
    """A session over a scripted executor, with all it said."""

    pipeline: Pipeline
    executor: ScriptedExecutor
    store: RunStore
    session: Session
    events: list[SessionEvent] = field(default_factory=list)

    def run(self, command: str, *arguments: Any) -> Any:
        """Give a command and wait until nothing runs."""
        getattr(self.session, command)(*arguments).result(10)
        return self.session.wait_settled(10)

    @property
    def statuses(self) -> dict[str, str]:
        return {name: str(state.status) for name, state in self.session.state.steps.items()}

    @property
    def stands(self) -> tuple[str, str | None, str | None]:
        state = self.session.state
        return str(state.phase), state.reason and str(state.reason), state.current

    def edit(self, step: str, **values: str) -> Any:
        overrides = self.session.pipeline.overrides
        environment = {**overrides.environment, step: {**overrides.environment.get(step, {}), **values}}
        return self.run("edit", replace(overrides, environment=environment))

    def close(self) -> None:
        self.session.quit().result(10)
        self.store.workspace.close()

    def die(self) -> str:
        """What kill -9 leaves: nothing is said or stored any more, and the lock is free. The run's id."""
        run_id = self.session.state.run_id
        self.session._loop._messages.put(None)
        self.session._loop._thread.join(5)
        self.store.close()
        self.store.workspace.close()
        return run_id


def bench(
    pipeline: Pipeline,
    behaviours: Mapping[str, Behaviour] | None = None,
    *,
    run_id: str | None = None,
    start: bool = True,
    at_boundary: Callable[[str], None] | None = None,
    executor: ScriptedExecutor | None = None,
    debugger: DebugPort | None = None,
    **options: Any,
) -> Bench:
    """A started session in a workspace beside the pipeline."""
    workspace = open_workspace(pipeline.layout.root)
    store = RunStore(workspace, at_boundary=at_boundary)
    executor = executor or ScriptedExecutor(behaviours)
    options.setdefault("minimum_free_bytes", 0)
    session = Session(
        pipeline,
        resolve=resolver(pipeline),
        store=store,
        executor=executor,
        probe=LineProbe(),
        options=RunOptions(**options),
        run_id=run_id,
        debugger=debugger or debugger_for_tests(),
    )
    made = Bench(pipeline, executor, store, session)
    session.subscribe(made.events.append)
    if start:
        session.start().result(10)
        session.wait_settled(10)
    return made


def left_running(pipeline: Pipeline, step: str) -> str:
    """The id of a run whose front died while this step ran."""
    made = bench(pipeline, {step: hang})
    made.session.continue_().result(5)
    eventually(lambda: step in made.executor.steps)
    return made.die()


def eventually(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that another thread does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)
