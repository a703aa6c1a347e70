"""Coming back to a run that was left at a failure: it stands there again."""

from __future__ import annotations

from pathlib import Path

from scripted import Bench, bench, failed, pipeline_of, step_of

from cursus_tui.records.pipeline import Pipeline


def fork(folder: Path) -> Pipeline:
    return pipeline_of(folder, [step_of(name, folder) for name in "ABC"], [("A", "B", "in"), ("A", "C", "in")])


def left(pipeline: Pipeline, *commands: str) -> str:
    made = bench(pipeline, {"B": lambda step: failed("KeyError", "'x'")})
    for command in commands:
        made.run(command)
    run_id = made.session.state.run_id
    made.close()
    return run_id


def again(pipeline: Pipeline, run_id: str) -> Bench:
    return bench(pipeline, run_id=run_id)


def test_it_stands_at_the_failure_and_continue_goes_on_beside_it(tmp_path: Path):
    pipeline = fork(tmp_path)
    made = again(pipeline, left(pipeline, "continue_"))
    assert made.stands == ("paused", "failure", "B")
    made.run("continue_")
    assert made.executor.started == ["C"]
    made.close()


def test_not_where_something_ran_since(tmp_path: Path):
    pipeline = fork(tmp_path)
    made = again(pipeline, left(pipeline, "continue_", "continue_"))
    assert made.stands[1] != "failure"
    assert made.statuses == {"A": "passed", "B": "failed", "C": "passed"}
    made.close()


def test_not_where_its_script_was_mended_since(tmp_path: Path):
    pipeline = fork(tmp_path)
    run_id = left(pipeline, "continue_")
    script = pipeline.steps["B"].script
    assert script is not None
    script.write_text(script.read_text() + "\n# mended\n")
    made = again(pipeline, run_id)
    assert made.stands == ("paused", "before step", "B")
    made.run("continue_")
    assert made.executor.started == ["B", "C"]
    made.close()
