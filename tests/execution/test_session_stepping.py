"""Running, stepping, pausing: what each command does to a run, without processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Bench, bench, chain, eventually, failed, hang, pipeline_of, step_of, write_everything

from cursus_tui.execution.artifacts import RETURNED
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.execution.step_states import rows_of
from cursus_tui.records.events import Noticed, SessionChanged, StepChanged
from cursus_tui.records.pipeline import StepKind, Value
from cursus_tui.records.run import Artifact, Attempt, PauseReason, Phase, StepStatus
from cursus_tui.storage.schema import OPEN_RUN


@pytest.fixture
def abc(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    yield made
    made.close()


def refuses(made: Bench, command: str, *arguments: str) -> str:
    reason = made.session.why_not(command, *arguments)
    with pytest.raises(IllegalCommand) as refusal:
        getattr(made.session, command)(*arguments).result(5)
    assert reason == str(refusal.value)
    return str(reason)


def test_a_new_run_is_idle_and_knows_what_is_ready(abc: Bench):
    assert abc.stands == ("idle", None, None)
    assert abc.statuses == {"A": "ready", "B": "waiting", "C": "waiting"}
    assert abc.session.state.steps["B"].note == "waits for A"


def test_continue_runs_every_step_once_in_order_and_finishes(abc: Bench):
    abc.run("continue_")
    assert abc.executor.started == ["A", "B", "C"]
    assert abc.stands == ("finished", None, None)
    assert set(abc.statuses.values()) == {"passed"}


def test_step_over_runs_one_step_and_pauses_before_the_next(abc: Bench):
    abc.run("step_over")
    assert abc.executor.started == ["A"]
    assert abc.stands == ("paused", "before step", "B")
    abc.run("step_over")
    abc.run("step_over")
    assert abc.stands == ("finished", None, None)


def test_run_to_runs_only_what_is_needed_and_pauses_before(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("Aside", tmp_path), step_of("B", tmp_path, ["data"])]
    made = bench(pipeline_of(tmp_path, steps, [("A", "B", "data")]))
    made.run("run_to", "B")
    assert made.executor.started == ["A"]
    assert made.stands == ("paused", "before step", "B")
    made.close()


def test_step_over_runs_the_step_that_execution_stands_before_though_another_could_run_first(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("Aside", tmp_path), step_of("B", tmp_path, ["data"])]
    made = bench(pipeline_of(tmp_path, steps, [("A", "B", "data")]))
    made.run("run_to", "B")
    assert made.session.state.upcoming == "B"
    made.run("step_over")
    assert made.executor.started == ["A", "B"]
    assert made.stands == ("paused", "before step", "Aside")
    made.close()


def test_the_state_names_the_step_that_step_over_would_run(abc: Bench):
    assert abc.session.state.upcoming == "A"
    abc.run("step_over")
    assert abc.session.state.upcoming == "B"
    abc.run("rerun", "A")
    assert abc.stands == ("paused", "after step", "A")
    assert abc.session.state.upcoming == "B"
    abc.run("continue_")
    assert abc.session.state.upcoming is None


def test_rerun_makes_a_new_attempt_and_its_followers_stale(abc: Bench):
    abc.run("continue_")
    abc.run("rerun", "A")
    state = abc.session.state
    assert abc.stands == ("paused", "after step", "A")
    assert state.steps["A"].attempt.number == 2
    assert [each.number for each in abc.session.attempts("A")] == [1, 2]
    assert state.steps["B"].stale == "input data of A changed"
    assert state.steps["C"].stale == "input data of B is out of date"
    abc.run("continue_")
    assert abc.executor.times == {"A": 2, "B": 2, "C": 2}
    assert all(each.stale is None for each in abc.session.state.steps.values())


def test_run_from_runs_a_step_and_everything_after_it_again(abc: Bench):
    abc.run("continue_")
    abc.run("run_from", "B")
    assert abc.executor.times == {"A": 1, "B": 2, "C": 2}
    assert abc.stands == ("finished", None, None)


def test_restart_begins_a_new_run_and_keeps_the_old(abc: Bench):
    abc.run("step_over")
    old = abc.session.state.run_id
    abc.run("restart")
    assert abc.session.state.run_id != old
    assert abc.statuses == {"A": "ready", "B": "waiting", "C": "waiting"}
    assert abc.stands == ("idle", None, None)
    abc.run("continue_")
    assert abc.executor.times == {"A": 2, "B": 1, "C": 1}
    reader = abc.store.reader()
    assert [each.status for each in reader.attempts(old)] == [StepStatus.PASSED]
    assert reader.run(old).phase is Phase.ABORTED
    reader.close()


def test_a_failure_pauses_the_run_at_the_step(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"), {"B": lambda step: failed()})
    made.run("continue_")
    assert made.stands == ("paused", "failure", "B")
    assert made.statuses == {"A": "passed", "B": "failed", "C": "waiting"}
    made.close()


def test_continue_after_a_failure_goes_on_elsewhere_and_tries_again_once_the_script_was_mended(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")
    made = bench(pipeline, {"B": lambda step: failed()})
    made.run("continue_")
    made.run("continue_")
    assert made.executor.times["B"] == 1, "nothing about it changed"
    assert made.stands[0] == "finished"
    made.executor.behaviours.clear()
    (tmp_path / "B.py").write_text("# mended\n")
    made.run("script_changed", "B")
    assert made.session.state.steps["B"].stale == "script changed"
    assert made.stands == ("paused", "before step", "B")
    made.run("continue_")
    assert set(made.statuses.values()) == {"passed"}
    made.close()


def test_keep_going_passes_what_does_not_need_the_failed_step(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("B", tmp_path, ["data"]), step_of("Aside", tmp_path)]
    made = bench(pipeline_of(tmp_path, steps, [("A", "B", "data")]), {"A": lambda step: failed()}, keep_going=True)
    made.run("continue_")
    assert made.statuses == {"A": "failed", "B": "waiting", "Aside": "passed"}
    assert made.stands[0] == "finished"
    made.close()


def test_without_stop_on_failure_the_run_ends_there(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": lambda step: failed()}, stop_on_failure=False)
    made.run("continue_")
    assert made.stands == ("finished", None, "A")
    made.close()


def test_finish_and_pause_stop_after_the_running_step_and_before_the_next(tmp_path: Path):
    for command, stands in (
        ("finish", ("paused", "after step", "A")),
        ("pause", ("paused", "before step", "B")),
    ):
        folder = tmp_path / command
        folder.mkdir()
        made = bench(chain(folder, "A", "B"), {"A": hang})
        made.session.continue_().result(5)
        eventually(lambda made=made: "A" in made.executor.steps)
        getattr(made.session, command)().result(5)
        step = made.executor.steps["A"]
        step.result.set_result(write_everything(step))
        made.session.wait_settled(5)
        assert made.stands == stands
        made.close()


def test_cancel_stops_the_step_and_continue_runs_it_again(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(5)
    made.session.cancel().result(5)
    assert made.session.wait_settled(5).reason is PauseReason.AFTER_STEP
    assert made.statuses["A"] == "cancelled"
    made.executor.behaviours.clear()
    made.run("continue_")
    assert made.executor.times["A"] == 2
    assert set(made.statuses.values()) == {"passed"}
    made.close()


def test_skip_lets_optional_readers_run_and_says_so_to_the_others(tmp_path: Path):
    steps = [
        step_of("A", tmp_path),
        step_of("Needs", tmp_path, ["data"]),
        step_of("Likes", tmp_path, optional=["data"]),
    ]
    made = bench(pipeline_of(tmp_path, steps, [("A", "Needs", "data"), ("A", "Likes", "data")]))
    made.run("skip", "A")
    assert made.session.why_not("skip", "A") == "A is skipped already"
    assert made.statuses == {"A": "skipped", "Needs": "missing input", "Likes": "ready"}
    assert "comes from A, which is skipped" in made.session.state.steps["Needs"].note
    made.run("continue_")
    assert made.session.why_not("skip", "Likes") == "Likes has passed already"
    assert made.executor.started == ["Likes"]
    assert made.executor.contexts["Likes"].input_paths == {}
    made.run("rerun", "A")
    assert made.statuses["Needs"] == "ready"
    made.close()


def test_commands_that_make_no_sense_are_refused_with_the_reason_that_why_not_gives(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    assert refuses(made, "cancel") == "nothing is running"
    assert refuses(made, "undo") == "there is no edit to undo"
    assert refuses(made, "rerun", "Nobody") == "there is no step Nobody"
    made.session.continue_().result(5)
    assert "A is running" in refuses(made, "continue_")
    assert "A is running" in refuses(made, "skip", "A")
    made.session.cancel().result(5)
    made.session.wait_settled(5)
    made.close()
    assert refuses(made, "continue_") == "this session has ended"


def test_a_step_cannot_be_stepped_over_before_its_inputs_exist(abc: Bench):
    with pytest.raises(IllegalCommand, match=r"C cannot run: data comes from B\.out, which is not there"):
        abc.session.step_over("C").result(5)
    assert abc.executor.started == []
    assert abc.stands == ("idle", None, None)


def test_quit_cancels_the_running_step_and_stores_that(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(5)
    run_id = made.session.state.run_id
    eventually(lambda: "A" in made.executor.steps)
    state = made.session.quit().result(5)
    assert (state.phase, state.steps["A"].status) == (Phase.ABORTED, StepStatus.CANCELLED)
    assert made.executor.closed == [False]
    made.store.workspace.close()
    again = bench(made.pipeline, run_id=run_id)
    assert again.statuses == {"A": "cancelled", "B": "waiting"}
    again.run("continue_")
    assert set(again.statuses.values()) == {"passed"}
    again.close()


def test_every_change_is_announced_after_it_is_stored(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), start=False)
    seen: list[tuple[str, str, str]] = []

    def check(event: object) -> None:
        if isinstance(event, StepChanged):
            attempt = event.state.steps[event.step].attempt
            if attempt is not None and attempt.ended is not None:
                stored = made.session.attempts(event.step)[-1]
                seen.append((event.step, str(attempt.status), str(stored.status)))

    made.session.subscribe(check)
    made.session.start().result(5)
    made.run("continue_")
    assert {each[:2] for each in seen} == {("A", "passed"), ("B", "passed")}
    assert all(announced == stored for _, announced, stored in seen)
    made.close()


def test_a_subscriber_that_fails_does_not_harm_the_session(abc: Bench):
    def broken(event: object) -> None:
        raise ValueError("mine")

    unsubscribe = abc.session.subscribe(broken)
    abc.run("continue_")
    assert abc.stands[0] == "finished"
    unsubscribe()
    assert any(isinstance(each, SessionChanged) for each in abc.events)


def test_an_executor_that_cannot_start_a_step_is_a_failed_step(tmp_path: Path):
    def explode(step: object) -> None:
        raise RuntimeError("no such interpreter")

    made = bench(chain(tmp_path, "A"), {"A": explode})
    made.run("continue_")
    assert made.stands == ("paused", "failure", "A")
    assert "no such interpreter" in made.session.state.steps["A"].attempt.error.message
    made.close()


def test_rows_are_counted_after_a_step_and_stored(abc: Bench):
    abc.run("step_over")
    abc.session.wait_counted(5)
    assert abc.session.state.steps["A"].rows == 1
    assert [each.rows for each in abc.session.attempts("A")[0].artifacts] == [1]


def test_a_steps_rows_are_those_it_wrote_not_those_it_also_returned():
    def artifact(channel: str, rows: int | None) -> Artifact:
        return Artifact("A", channel, Path("/w/x"), "x", "csv", 1, rows)

    wrote = Attempt("run", "A", 1, StepStatus.PASSED, Path("/w"), artifacts=(artifact("out", 3), artifact("out", 4)))
    assert rows_of(wrote) == 7
    assert rows_of(replace(wrote, artifacts=(*wrote.artifacts, artifact(RETURNED, 7)))) == 7
    assert rows_of(replace(wrote, artifacts=(artifact("out", None),))) is None


def test_a_step_that_passes_before_it_hears_of_its_cancelling_is_the_last(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(5)
    step = made.executor.steps["A"]
    step.cancel = lambda **_: step.result.set_result(write_everything(step))  # type: ignore[method-assign]
    made.session.cancel().result(5)
    made.session.wait_settled(5)
    assert made.statuses == {"A": "passed", "B": "ready"}
    assert made.stands == ("paused", "after step", "A")
    made.close()


@pytest.mark.parametrize("keep_going", [False, True])
def test_a_step_whose_given_input_vanished_is_not_run_without_it(tmp_path: Path, keep_going: bool):
    data = tmp_path / "data.csv"
    data.write_text("a\n1\n")
    steps = [step_of("A", tmp_path, inputs=["data"], given={"data": data}), step_of("B", tmp_path)]
    made = bench(pipeline_of(tmp_path, steps, []), keep_going=keep_going, stop_on_failure=not keep_going)
    made.run("continue_")
    data.unlink()
    (tmp_path / "B.py").write_text("# edited\n")
    made.run("continue_")
    assert made.executor.times == {"A": 1, "B": 1 + keep_going}
    assert made.stands == ("paused", "before step", "A")
    assert any(isinstance(each, Noticed) and "A was not started: data" in each.message for each in made.events)
    made.close()


@pytest.mark.parametrize("quits", [False, True])
def test_a_failure_of_ours_leaves_neither_a_running_step_nor_a_session_that_cannot_end(tmp_path: Path, quits: bool):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(5)

    def fail(*_: object) -> None:
        raise RuntimeError("a defect")

    made.session._run.attempts.conclude = fail  # type: ignore[method-assign]
    if quits:
        made.session.quit().result(5)
    else:
        made.session._run.count = fail  # type: ignore[method-assign]
        made.executor.steps["A"].result.set_result(write_everything(made.executor.steps["A"]))
        assert made.session.wait_settled(5).reason is PauseReason.FAILURE
        assert made.executor.steps["A"].cancelled.is_set()
    made.close()


def test_the_open_run_is_named_in_the_store(tmp_path: Path):
    made = bench(chain(tmp_path, "A"))
    first = made.run("continue_").run_id
    assert made.store.read.setting(OPEN_RUN) == first
    made.run("restart")
    assert made.store.read.setting(OPEN_RUN) == made.session.state.run_id != first
    pipeline = made.pipeline
    made.close()
    again = bench(pipeline, run_id=first)
    assert again.store.read.setting(OPEN_RUN) == first
    again.close()


def test_a_cycle_waits_for_itself_and_the_rest_runs(tmp_path: Path):
    steps = [step_of("A", tmp_path), *(step_of(name, tmp_path, ["data"]) for name in "BC")]
    made = bench(pipeline_of(tmp_path, steps, [("B", "C", "data"), ("C", "B", "data")]))
    made.run("continue_")
    assert made.statuses == {"A": "passed", "B": "waiting", "C": "waiting"}
    made.close()


def test_a_step_in_a_cycle_says_that_it_is_and_one_behind_it_only_waits(tmp_path: Path):
    steps = [step_of(name, tmp_path, ["data"]) for name in "BCD"]
    made = bench(pipeline_of(tmp_path, steps, [("B", "C", "data"), ("C", "B", "data"), ("C", "D", "data")]))
    made.run("continue_")
    notes = {name: state.note for name, state in made.session.state.steps.items()}
    assert notes == {
        "B": "waits for C; C waits for B in turn: remove an edge of this cycle from the DAG",
        "C": "waits for B; B waits for C in turn: remove an edge of this cycle from the DAG",
        "D": "waits for C",
    }
    made.close()


def test_a_flag_without_a_value_stands_alone_on_the_command_line(tmp_path: Path):
    arguments = {"A": (Value("--verbose", "", "config verbose", True, bare=True), Value("--rows", "5", "you", True))}
    made = bench(replace(chain(tmp_path, "A"), arguments=arguments))
    made.run("continue_")
    assert made.executor.contexts["A"].argv == ("--verbose", "--rows", "5")
    made.close()


def test_a_step_that_cannot_run_here_says_why(tmp_path: Path):
    steps = [
        step_of("Cloud", tmp_path, kind=StepKind.REMOTE, why="it exists only in the cloud"),
        step_of("Bare", tmp_path, kind=StepKind.REMOTE),
    ]
    made = bench(pipeline_of(tmp_path, steps, []))
    for command in ("step_over", "run_only", "rerun", "run_from", "profile"):
        assert made.session.why_not(command, "Cloud") == "it exists only in the cloud"
        assert made.session.why_not(command, "Bare") == "Bare has no script"
