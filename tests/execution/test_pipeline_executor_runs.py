"""A run without a screen: what is run, how it ends, and what its summary says."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from scripted import Bench, bench, chain, eventually, failed, hang, pipeline_of, step_of

from cursus_tui.execution.pipeline_executor import PipelineExecutor, PipelineRunSummary
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import StepChanged
from cursus_tui.records.pipeline import Pipeline, StepKind


def headless(
    pipeline: Pipeline, behaviours: object = None, arguments: dict[str, str] | None = None, **options: object
) -> tuple[PipelineRunSummary, Bench]:
    made = bench(pipeline, behaviours, start=False, use_breakpoints=False, **options)
    try:
        return PipelineExecutor(made.session).run(**(arguments or {})), made
    finally:
        made.close()


def test_everything_runs_and_rows_are_counted(tmp_path: Path):
    summary, made = headless(chain(tmp_path, "A", "B"))
    assert summary.succeeded
    assert {name: (str(each.status), each.rows) for name, each in summary.steps.items()} == {
        "A": ("passed", 1),
        "B": ("passed", 1),
    }
    assert summary.run_id == made.session.state.run_id
    assert summary.seconds > 0


def test_a_pipeline_without_steps_does_not_pass(tmp_path: Path):
    with pytest.raises(UserError, match="the pipeline has no steps"):
        headless(pipeline_of(tmp_path, [], []))


def test_the_first_failure_ends_it_unless_it_keeps_going(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("B", tmp_path, ["data"]), step_of("Aside", tmp_path)]
    pipeline = pipeline_of(tmp_path, steps, [("A", "B", "data")])
    summary, made = headless(pipeline, {"A": lambda step: failed()})
    assert (summary.succeeded, made.executor.started) == (False, ["A"])
    summary, made = headless(pipeline, {"A": lambda step: failed()}, keep_going=True)
    assert (summary.succeeded, made.executor.started) == (False, ["A", "Aside"])


def test_to_runs_through_a_step_and_only_that_counts(tmp_path: Path):
    summary, made = headless(chain(tmp_path, "A", "B", "C"), arguments={"to": "B"})
    assert made.executor.started == ["A", "B"]
    assert summary.succeeded
    assert summary.asked == {"A", "B"}


def test_from_and_only_stand_on_an_earlier_run(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C", "D")
    with pytest.raises(UserError, match="B needs A, which never ran"):
        headless(pipeline, arguments={"from_step": "B"})
    headless(pipeline)
    for arguments, started in (
        ({"from_step": "B"}, ["B", "C", "D"]),
        ({"from_step": "B", "to": "C"}, ["B", "C"]),
        ({"only": "C"}, ["C"]),
    ):
        summary, made = headless(pipeline, arguments=arguments)
        assert made.executor.started == started
        assert summary.succeeded
        assert set(summary.asked) == set(started)


def test_steps_that_are_not_local_do_not_fail_it_but_missing_data_does(tmp_path: Path):
    remote = step_of("Register", tmp_path, ["data"], kind=StepKind.REMOTE, why="only the cloud has it")
    pipeline = pipeline_of(tmp_path, [step_of("A", tmp_path), remote], [("A", "Register", "data")])
    assert headless(pipeline)[0].succeeded
    source = step_of("Load", tmp_path, kind=StepKind.SOURCE, why="give a folder")
    pipeline = pipeline_of(tmp_path, [source, step_of("B", tmp_path, ["data"])], [("Load", "B", "data")])
    summary, made = headless(pipeline)
    assert not summary.succeeded
    assert made.statuses == {"Load": "missing input", "B": "waiting"}


def test_a_step_that_is_not_there_is_bad_input_with_the_nearest_name(tmp_path: Path):
    with pytest.raises(UserError, match="no step 'Trian'") as refusal:
        headless(chain(tmp_path, "Train", "B"), arguments={"to": "Trian"})
    assert refusal.value.hint == "did you mean Train?"


def test_progress_hears_every_step(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), start=False)
    heard: list[str] = []
    progress = lambda event: heard.append(event.step) if isinstance(event, StepChanged) else None  # noqa: E731
    PipelineExecutor(made.session, progress).run()
    made.close()
    assert {"A", "B"} <= set(heard)


def test_ctrl_c_cancels_the_step_stores_that_and_is_said(tmp_path: Path, request: pytest.FixtureRequest):
    # A shell starts what it puts into the background deaf to Ctrl+C, these tests too.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    made = bench(chain(tmp_path, "A", "B"), {"A": hang}, start=False)

    def interrupt() -> None:
        eventually(lambda: "A" in made.executor.steps)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    summary = PipelineExecutor(made.session).run()
    assert summary.interrupted
    assert not summary.succeeded
    assert str(summary.steps["A"].status) == "cancelled"
    made.close()
