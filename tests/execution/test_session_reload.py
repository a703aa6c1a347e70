"""The pipeline's own files change while its session is open: what is taken over, what stays, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Bench, ScriptedExecutor, bench, chain, eventually, hang, resolver

from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import Noticed, PipelineChanged
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint


def stale(made: Bench) -> dict[str, str]:
    return {name: state.stale for name, state in made.session.state.steps.items() if state.stale}


def reload(made: Bench, pipeline: Pipeline, given: Overrides | None = None) -> None:
    made.run("reload", given or Overrides(), resolver(pipeline), "test.dag.json changed on disk")


def said(made: Bench) -> list[str]:
    return [event.message for event in made.events if isinstance(event, Noticed)]


@pytest.fixture
def ran(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    made.run("continue_")
    made.session.wait_counted(10)
    yield made
    made.close()


def test_what_the_files_change_is_stale_and_edits_of_the_session_stay(ran: Bench):
    ran.edit("C", MODE="quick")
    given = Overrides(environment={"B": {"EPOCHS": "9"}})
    reload(ran, ran.pipeline, given)
    assert stale(ran) == {
        "B": "EPOCHS was set to '9'",
        "C": "MODE was set to 'quick'",
    }
    assert ran.session.pipeline.overrides.environment == {"B": {"EPOCHS": "9"}, "C": {"MODE": "quick"}}
    assert ran.stands == ("paused", "before step", "B")
    ran.run("undo")
    assert ran.session.pipeline.overrides == given
    ran.run("continue_")
    assert ran.executor.times == {"A": 1, "B": 2, "C": 2}
    assert ran.executor.contexts["B"].environment == {"EPOCHS": "9"}
    changed = [event for event in ran.events if isinstance(event, PipelineChanged)]
    assert [event.given for event in changed] == [None, given, None]


def test_later_edits_are_resolved_with_the_new_files(ran: Bench):
    reload(ran, chain(ran.pipeline.layout.root, "A", "B", "C", "D"))
    ran.edit("A", MODE="quick")
    assert list(ran.session.pipeline.steps) == ["A", "B", "C", "D"]


def test_steps_come_and_go_and_come_back_with_what_they_wrote(ran: Bench):
    ran.run("set_breakpoint", StepBreakpoint("C", BreakpointWhen.BEFORE))
    reload(ran, chain(ran.pipeline.layout.root, "A", "B", "D"))
    assert ran.statuses == {"A": "passed", "B": "passed", "D": "ready"}
    assert stale(ran) == {}
    assert ran.stands == ("paused", "before step", "D")
    assert said(ran)[-1] == "test.dag.json changed on disk and was read anew; new: D; gone: C"
    assert [point.step for point in ran.session.breakpoints] == ["C"]
    assert ran.session.lineage("C") == ()
    reload(ran, ran.pipeline)
    assert ran.statuses == {"A": "passed", "B": "passed", "C": "passed"}
    assert stale(ran) == {}
    ran.run("rerun", "C")
    assert [each.number for each in ran.session.attempts("C")] == [1, 2]


def test_execution_stands_at_no_step_that_left(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    made.run("step_over")
    made.run("rerun", "A")
    assert made.stands == ("paused", "after step", "A")
    reload(made, chain(tmp_path, "B", "C"))
    assert made.stands == ("paused", "before step", "B")
    made.close()


def test_the_screen_hears_of_the_pipeline_before_it_hears_of_its_steps(ran: Bench):
    ran.events.clear()
    reload(ran, chain(ran.pipeline.layout.root, "A", "B"))
    assert isinstance(ran.events[0], PipelineChanged)
    assert list(ran.events[0].state.steps) == ["A", "B"]


def test_nothing_is_taken_over_while_a_step_runs(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(10)
    eventually(lambda: "A" in made.executor.steps)
    with pytest.raises(IllegalCommand, match="A is running"):
        made.session.reload(Overrides(), resolver(chain(tmp_path, "B")), "test.dag.json changed on disk").result(10)
    assert list(made.session.pipeline.steps) == ["A", "B"]
    made.close()


def test_files_that_became_invalid_leave_everything_as_it_was(ran: Bench):
    def invalid(overrides: Overrides) -> Pipeline:
        raise UserError("nodes: not a list", file=Path("test.dag.json"))

    before = ran.session.pipeline, ran.statuses, ran.stands
    with pytest.raises(UserError, match="nodes"):
        ran.session.reload(Overrides(), invalid, "test.dag.json changed on disk").result(10)
    assert (ran.session.pipeline, ran.statuses, ran.stands) == before
    ran.edit("B", MODE="quick")
    assert "B" in stale(ran)


def test_a_resumed_run_takes_what_the_files_say_then_and_only_edits_from_the_store(ran: Bench):
    reload(ran, ran.pipeline, Overrides(environment={"B": {"EPOCHS": "9"}}))
    ran.edit("C", MODE="quick")
    run_id = ran.session.state.run_id
    ran.close()
    again = replace(ran.pipeline, overrides=Overrides(environment={"B": {"EPOCHS": "5"}}))
    second = bench(again, run_id=run_id, executor=ScriptedExecutor())
    assert second.session.pipeline.overrides.environment == {"B": {"EPOCHS": "5"}, "C": {"MODE": "quick"}}
    second.close()


def test_a_value_that_left_the_file_does_not_come_back_with_an_edit(ran: Bench):
    reload(ran, ran.pipeline, Overrides(environment={"B": {"EPOCHS": "9", "LR": "0.1"}}))
    ran.edit("B", MODE="quick")
    reload(ran, ran.pipeline, Overrides(environment={"B": {"LR": "0.1"}}))
    assert ran.session.pipeline.overrides.environment == {"B": {"LR": "0.1", "MODE": "quick"}}
