"""Coming back to a run: what finished is kept, what ran is taken over, what was lost is said."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import (
    ScriptedExecutor,
    ScriptedStep,
    bench,
    chain,
    eventually,
    failed,
    hang,
    left_running,
    passed,
    pipeline_of,
    step_of,
)

from cursus_tui.execution.outcome import never_began
from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import Noticed, StepChanged
from cursus_tui.records.run import Phase, StepError, StepStatus


def test_a_running_step_is_taken_over_and_nothing_that_passed_runs_again(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")
    run_id = left_running(pipeline, "B")
    executor = ScriptedExecutor()
    executor.adoption = lambda step: None
    made = bench(pipeline, run_id=run_id, executor=executor, start=False)
    made.session.start().result(5)
    assert made.stands == ("running", None, "B")
    assert made.statuses == {"A": "passed", "B": "running", "C": "waiting"} or made.statuses["B"] == "importing"
    assert "B is running" in str(made.session.why_not("continue_"))
    folder = executor.adopted[0]
    (folder / "output" / "out" / "part-0.csv").write_text("a\n1\n")
    live = made.session._run.at.live
    assert live is not None
    live.process.result.set_result(passed())
    made.session.wait_settled(5)
    assert made.stands == ("paused", "after step", "B")
    assert [each.name for each in made.session.state.steps["B"].attempt.artifacts] == ["part-0.csv"]
    made.run("continue_")
    assert made.executor.started == ["C"]
    assert set(made.statuses.values()) == {"passed"}
    made.close()


def test_a_step_that_finished_unseen_is_adopted_at_once(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    run_id = left_running(pipeline, "A")
    made = bench(pipeline, run_id=run_id)
    assert made.stands == ("paused", "after step", "A")
    assert made.statuses == {"A": "passed", "B": "ready"}
    made.run("continue_")
    assert made.executor.started == ["B"]
    made.close()


@pytest.mark.parametrize("how", ["executor raises", "executor says so"])
def test_a_lost_worker_is_a_failed_step_that_continue_runs_again(tmp_path: Path, how: str):
    pipeline = chain(tmp_path, "A", "B")
    run_id = left_running(pipeline, "A")
    executor = ScriptedExecutor()

    def lost(step: object) -> ExecutionResult:
        if how == "executor raises":
            raise FileNotFoundError("process.json")
        return ExecutionResult("failed", None, StepError("worker lost", "gone"))

    executor.adoption = lost
    made = bench(pipeline, run_id=run_id, executor=executor)
    attempt = made.session.state.steps["A"].attempt
    assert (attempt.status, attempt.error.type) == (StepStatus.FAILED, "worker lost")
    assert made.stands[0] == "paused"
    made.run("continue_")
    assert made.executor.started == ["A", "B"]
    assert [str(each.status) for each in made.session.attempts("A")] == ["failed", "passed"]
    assert set(made.statuses.values()) == {"passed"}
    made.close()


def test_a_step_that_never_began_has_not_failed_and_is_next(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    run_id = left_running(pipeline, "A")
    executor = ScriptedExecutor()
    executor.adoption = lambda step: never_began()
    heard: list[object] = []
    made = bench(pipeline, run_id=run_id, executor=executor, start=False)
    made.session.subscribe(heard.append)
    made.session.start().result(5)
    made.session.wait_settled(5)
    assert made.stands == ("paused", "before step", "A")
    assert made.statuses == {"A": "cancelled", "B": "waiting"}
    assert any(isinstance(each, Noticed) and "had not begun" in each.message for each in heard)
    made.run("step_over")
    assert made.executor.started == ["A"]
    assert [str(each.status) for each in made.session.attempts("A")] == ["cancelled", "passed"]
    made.close()


def test_edits_and_their_undo_survive(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline)
    made.edit("A", MAX_DEPTH="8")
    made.edit("B", RATE="0.1")
    made.run("step_over")
    run_id = made.die()
    again = bench(pipeline, run_id=run_id)
    assert again.session.pipeline.overrides.environment == {"A": {"MAX_DEPTH": "8"}, "B": {"RATE": "0.1"}}
    assert [each.stale for each in again.session.state.steps.values()] == [None, None]
    again.run("undo")
    assert again.session.pipeline.overrides.environment == {"A": {"MAX_DEPTH": "8"}}
    again.close()


def test_what_is_given_anew_at_a_resume_counts_beside_the_edits(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline)
    made.edit("A", MAX_DEPTH="8", API_KEY="k")
    made.run("step_over")
    run_id = made.die()
    given = replace(pipeline.overrides, environment={"A": {"API_KEY": "k", "MAX_DEPTH": "6"}, "B": {"NEW": "1"}})
    again = bench(replace(pipeline, overrides=given), run_id=run_id)
    assert again.session.pipeline.overrides.environment == {"A": {"MAX_DEPTH": "8", "API_KEY": "k"}, "B": {"NEW": "1"}}
    again.close()


def test_a_finished_run_stays_finished_and_can_be_stepped_in(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline)
    made.run("continue_")
    made.session.wait_counted(5)
    run_id = made.session.state.run_id
    made.close()
    again = bench(pipeline, run_id=run_id)
    assert again.stands == ("finished", None, None)
    assert again.session.state.steps["A"].rows == 1
    again.run("rerun", "A")
    assert again.session.state.steps["A"].attempt.number == 2
    again.close()


def test_a_run_that_is_not_there_is_bad_input(tmp_path: Path):
    made = bench(chain(tmp_path, "A"), run_id="20200101-000000-beef", start=False)
    with pytest.raises(UserError, match="there is no run 20200101-000000-beef"):
        made.session.start().result(5)
    made.close()


def test_opening_without_running_leaves_no_run_behind(tmp_path: Path):
    made = bench(chain(tmp_path, "A"))
    made.close()
    again = bench(made.pipeline)
    assert [each.run_id for each in again.store.read.runs()] == [again.session.state.run_id]
    again.close()


def test_a_second_front_looks_on_but_cannot_act(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    owner = bench(pipeline)
    owner.run("step_over")
    onlooker = bench(pipeline)
    assert onlooker.session.state.read_only is not None
    assert onlooker.session.state.run_id == owner.session.state.run_id
    assert onlooker.statuses == {"A": "passed", "B": "ready"}
    assert [each.number for each in onlooker.session.attempts("A")] == [1]
    with pytest.raises(IllegalCommand, match="it belongs to process"):
        onlooker.session.continue_().result(5)
    onlooker.session.quit().result(5)
    owner.run("continue_")
    assert set(owner.statuses.values()) == {"passed"}
    owner.close()


def test_a_second_front_sees_what_the_first_does(tmp_path: Path):
    owner = bench(chain(tmp_path, "A", "B", "C"), {"B": hang})
    onlooker = bench(owner.pipeline)
    assert onlooker.stands == ("idle", None, None)
    owner.edit("A", MAX_DEPTH="8")
    owner.session.continue_().result(5)
    eventually(lambda: onlooker.stands == ("running", None, "B"))
    assert onlooker.statuses == {"A": "passed", "B": "running", "C": "waiting"}
    assert onlooker.session.state.steps["A"].stale is None
    assert onlooker.session.pipeline.overrides.environment == {"A": {"MAX_DEPTH": "8"}}
    assert any(isinstance(each, StepChanged) and each.step == "A" for each in onlooker.events)
    onlooker.session.quit().result(5)
    owner.session.cancel().result(5)
    owner.session.wait_settled(5)
    owner.close()


def test_quitting_with_keep_running_leaves_the_step_to_be_adopted(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline, {"A": hang})
    made.session.continue_().result(5)
    eventually(lambda: "A" in made.executor.steps)
    run_id = made.session.state.run_id
    made.session.quit(keep_running=True).result(5)
    made.store.workspace.close()
    assert made.executor.closed == [True]
    assert not made.executor.steps["A"].cancelled.is_set()
    again = bench(pipeline, run_id=run_id)
    assert again.statuses == {"A": "passed", "B": "ready"}
    again.close()


class FullDisk:
    """A store hook that has no space left while it is told so."""

    def __init__(self) -> None:
        self.full = False

    def __call__(self, boundary: str) -> None:
        if self.full and boundary == "before commit":
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_when_a_step_ends_pauses_and_loses_nothing(tmp_path: Path):
    disk = FullDisk()

    def fill(step: object) -> ExecutionResult:
        disk.full = True
        return passed()

    made = bench(chain(tmp_path, "A", "B"), {"A": fill}, at_boundary=disk)
    made.run("continue_")
    assert made.stands == ("paused", "disk full", "A")
    assert made.statuses["A"] != "passed", "what is not stored is not announced"
    with pytest.raises(IllegalCommand, match="still full"):
        made.session.continue_().result(5)
    disk.full = False
    made.run("continue_")
    assert made.executor.times == {"A": 1, "B": 1}
    assert set(made.statuses.values()) == {"passed"}
    assert [str(each.status) for each in made.session.attempts("A")] == ["passed"]
    made.close()


def test_quitting_on_a_full_disk_ends_and_the_step_is_adopted_later(tmp_path: Path):
    disk = FullDisk()

    def fill(step: object) -> ExecutionResult:
        disk.full = True
        return passed()

    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline, {"A": fill}, at_boundary=disk)
    made.run("continue_")
    run_id = made.session.state.run_id
    made.close()
    again = bench(pipeline, run_id=run_id)
    assert len(again.executor.adopted) == 1
    assert again.statuses == {"A": "passed", "B": "ready"}
    again.close()


def test_little_free_space_pauses_before_a_step(tmp_path: Path):
    made = bench(chain(tmp_path, "A"), minimum_free_bytes=1 << 62)
    made.run("continue_")
    assert made.stands == ("paused", "disk full", "A")
    assert made.executor.started == []
    made.close()


def test_a_script_that_finds_the_disk_full_pauses_as_such(tmp_path: Path):
    made = bench(
        chain(tmp_path, "A", "B"), {"A": lambda step: failed("OSError", "[Errno 28] No space left on device: 'x'")}
    )
    made.run("continue_")
    assert made.stands == ("paused", "disk full", "A")
    made.close()


def test_inputs_that_cannot_be_copied_for_want_of_space_pause_before_the_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made = bench(chain(tmp_path, "A", "B"))
    made.run("step_over")

    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfileobj", full)
        made.run("continue_")
    assert made.stands == ("paused", "disk full", "B")
    assert not (made.store.workspace.runs / made.session.state.run_id / "B" / "1").exists()
    made.run("continue_")
    assert made.statuses["B"] == "passed"
    made.close()


def test_a_step_that_the_dag_no_longer_has_is_left_out(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("B", tmp_path)]
    made = bench(pipeline_of(tmp_path, steps, []))
    made.run("continue_")
    run_id = made.die()
    shorter = pipeline_of(tmp_path, steps[:1], [])
    again = bench(shorter, run_id=run_id)
    assert again.statuses == {"A": "passed"}
    assert again.session.state.phase is Phase.FINISHED
    again.close()


@pytest.mark.parametrize("how", [shutil.rmtree, lambda path: path.rename(path.with_name("moved"))])
def test_a_workspace_that_is_gone_pauses_before_the_next_step_and_says_so(
    tmp_path: Path, how: Callable[[Path], object]
):
    def lose_it(step: ScriptedStep):
        how(made.store.workspace.path)
        return passed()

    made = bench(pipeline_of(tmp_path, [step_of("A", tmp_path), step_of("B", tmp_path)], []), {"A": lose_it})
    path = made.store.workspace.path
    made.run("continue_")
    assert made.stands == ("paused", "before step", "B")
    said = [event.message for event in made.events if isinstance(event, Noticed) and event.severity == "error"]
    assert said == [f"B was not started: the workspace {path} is gone. Quit, and open the pipeline again"]
    made.run("continue_")
    assert made.executor.started == ["A"]
    assert not path.exists(), "nothing is written to a place that nobody reads again"
    made.close()
