"""A step that still runs has left the pipeline when the run is resumed: it is stopped, or kept as it ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from fault_pipeline import PATIENCE, FaultRun, marked_processes, script_with_main
from real_steps import journal, leave, real_chain, real_session
from scripted import (
    Bench,
    ScriptedExecutor,
    ScriptedStep,
    bench,
    eventually,
    hang,
    left_running,
    passed,
    pipeline_of,
    step_of,
)

from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.records.events import Noticed
from cursus_tui.records.pipeline import Pipeline
from cursus_tui.records.run import Attempt

FRONT = Path(__file__).with_name("front_to_kill.py")


def beside(folder: Path, *names: str) -> Pipeline:
    """Steps that need nothing of each other."""
    return pipeline_of(folder, [step_of(name, folder) for name in names], [])


def resumed(
    pipeline: Pipeline, run_id: str, adoption: Callable[[ScriptedStep], ExecutionResult | None] = lambda step: None
) -> Bench:
    executor = ScriptedExecutor()
    executor.adoption = adoption
    return bench(pipeline, run_id=run_id, executor=executor)


def stored(made: Bench, step: str) -> Attempt:
    return made.session.attempts(step)[-1]


def notices(made: Bench) -> list[str]:
    return [each.message for each in made.events if isinstance(each, Noticed)]


def test_it_is_stopped_and_the_run_goes_on(tmp_path: Path):
    run_id = left_running(beside(tmp_path, "A", "B", "C"), "B")
    made = resumed(beside(tmp_path, "A", "C"), run_id)
    eventually(lambda: str(stored(made, "B").status) == "cancelled")
    assert len(made.executor.adopted) == 1
    assert made.statuses == {"A": "passed", "C": "ready"}
    made.run("continue_")
    assert notices(made) == ["B is no longer in the pipeline: its process was stopped"]
    assert made.executor.started == ["C"]
    assert made.stands[0] == "finished"
    made.close()


def test_it_runs_again_once_it_is_back(tmp_path: Path):
    run_id = left_running(beside(tmp_path, "A", "B"), "B")
    made = resumed(beside(tmp_path, "A"), run_id)
    eventually(lambda: str(stored(made, "B").status) == "cancelled")
    made.close()
    again = resumed(beside(tmp_path, "A", "B"), run_id)
    assert again.statuses == {"A": "passed", "B": "cancelled"}
    again.run("rerun", "B")
    assert again.executor.started == ["B"]
    assert stored(again, "B").number == 2
    again.close()


def test_what_it_had_finished_is_kept_for_when_it_is_back(tmp_path: Path):
    run_id = left_running(beside(tmp_path, "A", "B"), "B")

    def finished(step: ScriptedStep) -> ExecutionResult:
        (folder,) = tmp_path.glob(".cursus-tui/runs/*/B/1/output/out")
        (folder / "part-0.csv").write_text("a\n1\n2\n")
        return passed()

    made = resumed(beside(tmp_path, "A"), run_id, finished)
    eventually(lambda: notices(made) == ["B is no longer in the pipeline: by then, it had passed"])
    assert str(stored(made, "B").status) == "passed"
    eventually(lambda: stored(made, "B").artifacts[0].rows == 2)
    made.close()
    again = resumed(beside(tmp_path, "A", "B"), run_id)
    assert (again.statuses, again.executor.adopted) == ({"A": "passed", "B": "passed"}, [])
    assert [(each.channel, each.name, each.rows) for each in stored(again, "B").artifacts] == [("out", "part-0.csv", 2)]
    assert again.session.state.steps["B"].stale is None
    again.close()


def test_one_that_cannot_be_taken_over_is_lost(tmp_path: Path):
    run_id = left_running(beside(tmp_path, "A", "B"), "B")

    def lost(step: ScriptedStep) -> None:
        raise FileNotFoundError("process.json")

    made = resumed(beside(tmp_path, "A"), run_id, lost)
    error = stored(made, "B").error
    assert error is not None
    assert (error.type, str(stored(made, "B").status)) == ("worker lost", "failed")
    assert made.statuses == {"A": "passed"}
    made.close()


def test_of_two_that_run_the_newer_is_taken_over(tmp_path: Path):
    """B left, C ran and its front died; then B is back, and still runs."""
    run_id = left_running(beside(tmp_path, "A", "B", "C"), "B")
    executor = ScriptedExecutor({"C": hang})
    executor.adoption = lambda step: None
    without = bench(beside(tmp_path, "A", "C"), run_id=run_id, executor=executor, start=False)
    # A step that does not end however it is asked.
    ScriptedStep.cancel, asked = (lambda self, *, reason="cancelled": None), ScriptedStep.cancel
    try:
        without.session.start().result(5)
        without.session.continue_().result(5)
        eventually(lambda: "C" in executor.steps)
        without.die()
    finally:
        ScriptedStep.cancel = asked
    executor = ScriptedExecutor()
    executor.adoption = lambda step: None
    made = bench(beside(tmp_path, "A", "B", "C"), run_id=run_id, executor=executor, start=False)
    made.session.start().result(5)
    assert made.stands == ("running", None, "C")
    eventually(lambda: made.statuses["B"] == "cancelled")
    live = made.session._run.at.live
    assert live is not None
    assert live.process is not None
    live.process.result.set_result(passed())
    made.session.wait_settled(5)
    assert made.statuses == {"A": "passed", "B": "cancelled", "C": "passed"}
    made.close()


@pytest.mark.real
def test_a_real_process_is_stopped_and_the_run_goes_on(tmp_path: Path):
    (tmp_path / "hold-B").touch()
    front = subprocess.Popen([sys.executable, str(FRONT), str(tmp_path), "-1", "", "A", "B", "C"])
    eventually(lambda: journal(tmp_path)["B began"] == 1, 20)
    helpers = psutil.Process(front.pid).children(recursive=True)
    front.kill()
    front.wait(10)
    (run,) = (tmp_path / ".cursus-tui" / "runs").iterdir()
    session = real_session(real_chain(tmp_path, "A", "C"), run.name)
    session.start().result(20)
    eventually(lambda: str(session.attempts("B")[-1].status) == "cancelled", 20)
    session.continue_().result(20)
    state = session.wait_settled(20)
    assert {name: str(each.status) for name, each in state.steps.items()} == {"A": "passed", "C": "passed"}
    leave(session)
    psutil.wait_procs(helpers, 20)
    assert not any(each.is_running() for each in helpers)
    assert not marked_processes(tmp_path / ".cursus-tui")
    assert journal(tmp_path) == {"A began": 1, "A ended": 1, "B began": 1, "C began": 1, "C ended": 1}


@pytest.mark.real
def test_a_node_that_was_taken_out_of_the_dag_file_with_its_edits(tmp_path: Path):
    waits = "import time\nprint('on', flush=True)\ntime.sleep(60)"
    first = FaultRun(tmp_path, script_with_main(waits))
    try:
        decided = first.session.pipeline.overrides
        first.begin("edit", replace(decided, environment={"Fault": {"DEPTH": "8"}, "Next": {"DEPTH": "9"}}))
        decided = first.session.pipeline.overrides
        first.begin("edit", replace(decided, wiring={"Needs": {"result": ("Fault", "result")}}))
        first.go("run_only", "Seed")
        first.begin("run_only", "Fault")
        first.wait_for_output("on")
        run_id = first.state.run_id
    finally:
        first.workbench.close(keep_running=True)
    dag = json.loads((tmp_path / "fault.dag.json").read_text())
    dag["dag"] = {"nodes": ["Seed", "Next"], "edges": [["Seed", "Next"]]}
    (tmp_path / "fault.dag.json").write_text(json.dumps(dag))
    with FaultRun(tmp_path, run_id=run_id) as run:
        run.go()
        assert {name: run.status(name) for name in ("Seed", "Next")} == {"Seed": "passed", "Next": "passed"}
        assert [value.value for value in run.session.pipeline.environment["Next"] if value.name == "DEPTH"] == ["9"]
        eventually(lambda: str(run.session.attempts("Fault")[-1].status) == "cancelled", PATIENCE)
        run.wait_until(lambda: "Fault is no longer in the pipeline: its process was stopped" in run.notices())
        run.nothing_stays()
