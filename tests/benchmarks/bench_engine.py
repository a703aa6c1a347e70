"""Running steps: against the bare mains, against a bare fork, and the wait for a re-run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from row import Row, at_most, plus, told

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.run import Attempt, Phase
from cursus_tui.samples.generate import Shape, Work, generate
from cursus_tui.workbench import OpenOptions, Workbench, open_pipeline

ROWS = 100_000
"""About 0.4 s of CPU a step, as in the design's comparison with other tools."""
REPEATS = 5
NOOP_STEPS = 1_000
PROBES = 200
HERE = Path(__file__).parent


class Cpu(NamedTuple):
    """CPU seconds of one run of a pipeline."""

    steps: float
    rest: float
    """Of the front, with its store, and of the zygote."""
    data: float
    """Of the data process, which counts the rows of what was written."""


def measure() -> Iterable[Row]:
    """A thousand steps of no work, six of real work, and one again."""
    with tempfile.TemporaryDirectory() as folder:
        # One folder for all, and these first: a disk on which many files were just removed is slow to make new ones.
        yield noop_steps(Path(folder, "noop"))
        yield from six_steps(Path(folder, "frames"))


def noop_steps(folder: Path) -> Row:
    """A thousand steps that do nothing, against forks of the same zygote that do nothing."""
    with running(folder, "layers", NOOP_STEPS, "noop") as (session, executor):
        python = RunOptions().python
        before = _seconds_of_probe(executor, python)
        started = time.perf_counter()
        _run(session)
        seconds = (time.perf_counter() - started) / NOOP_STEPS
        bare = (before + _seconds_of_probe(executor, python)) / 2
        return at_most(f"{NOOP_STEPS:,} no-op steps, wall a step", seconds, bare, "a bare fork and wait", 3)


def six_steps(folder: Path) -> Iterator[Row]:
    """A chain of six steps with pandas and scikit-learn. Imports are in neither side: the zygote has them."""
    environment = {"SourceA_0000": {"ROWS": str(ROWS)}}
    with running(folder, "chain", 6, "frames", environment) as (session, _):
        runs: list[Cpu] = []
        mains: list[float] = []
        _run(session)  # brings up the data process
        for _ in range(REPEATS):
            runs.append(_cpu_of_run(session))
            mains.append(_cpu_of_mains(session))
        bare = statistics.median(mains)
        steps, rest = statistics.median(run.steps for run in runs), statistics.median(run.rest for run in runs)
        data = statistics.median(run.data for run in runs)
        what = "the six main() in one process"
        yield at_most("six steps, CPU of the step processes", steps, bare, what, 1.15)
        yield at_most("six steps, CPU of front, store and zygote", rest, bare, what, 0.15)
        yield at_most("six steps, the same and the data process, which counts rows", rest + data, bare, what, 0.15)
        yield told("CPU of a step process beyond its main()", (steps - bare) / 6)
        yield _rerun_of_last(session)


@contextmanager
def running(
    folder: Path, shape: Shape, steps: int, work: Work, environment: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[tuple[Session, LocalExecutor]]:
    """A started session over a generated pipeline, with its zygote warm."""
    generate(folder / "pipeline", steps, shape, work)
    options = OpenOptions(overrides=Overrides(environment=environment or {}))
    bench = Workbench(open_pipeline(str(folder / "pipeline"), options), RunOptions(), folder / "workspace")
    try:
        session = bench.start()
        executor = session._executor  # the probe must fork the very process that the steps come from
        assert isinstance(executor, LocalExecutor)
        executor.fork_probe(RunOptions().python).result(60)  # answered when the libraries are imported
        yield session, executor
    finally:
        bench.close()


def _run(session: Session) -> None:
    """Run everything, anew where it ran before, and wait for the end."""
    if session.state.phase is Phase.FINISHED:
        session.restart().result()
    session.continue_().result()
    state = session.wait_settled()
    assert state.phase is Phase.FINISHED, (state.phase, state.reason, state.current)


def _attempts(session: Session) -> list[Attempt]:
    return [state.attempt for state in session.state.steps.values() if state.attempt is not None]


def _cpu_of_run(session: Session) -> Cpu:
    workers = {"zygote": 0.0, "server": 0.0}
    before = time.process_time(), _cpu_of_children()
    _run(session)
    session.wait_counted()
    front, children = time.process_time() - before[0], _cpu_of_children()
    for name in workers:
        workers[name] = children[name] - before[1][name]
    steps = sum(attempt.cpu_seconds or 0 for attempt in _attempts(session))
    return Cpu(steps, front + workers["zygote"], workers["server"])


def _cpu_of_children() -> dict[str, float]:
    """CPU seconds so far of the zygote and of the data process, by themselves."""
    found = {"zygote": 0.0, "server": 0.0}
    for child in psutil.Process().children():
        name = "zygote" if "zygote" in child.cmdline() else "server"
        times = child.cpu_times()
        found[name] += times.user + times.system
    return found


def _cpu_of_mains(session: Session) -> float:
    attempts = _attempts(session)
    script = session.pipeline.steps[attempts[0].step].script
    command = [sys.executable, str(HERE / "six_mains.py"), str(script), *(str(each.folder) for each in attempts)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _rerun_of_last(session: Session) -> Row:
    last = session.plan.names[-1]
    walls: list[float] = []
    mains: list[float] = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        session.rerun(last).result()
        attempt = session.wait_settled().steps[last].attempt
        walls.append(time.perf_counter() - started)
        assert attempt is not None
        assert attempt.main_seconds is not None
        mains.append(attempt.main_seconds)
    return plus("re-run of the last step, wall", statistics.median(walls), statistics.median(mains), "its main()", 0.15)


def _seconds_of_probe(executor: LocalExecutor, python: Path) -> float:
    seconds = []
    for _ in range(PROBES):
        started = time.perf_counter()
        executor.fork_probe(python).result(60)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
