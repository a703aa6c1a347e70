"""Where execution stands, in the words of the status line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_desk import FakeDesk

from cursus_tui.app.faces import face
from cursus_tui.app.situation import Situation
from cursus_tui.app.standing import Progress, standing
from cursus_tui.records.debug import DebuggerState
from cursus_tui.records.run import PauseReason, Phase, ResourceSample, StepStatus


@pytest.fixture
def now(desk: FakeDesk) -> Situation:
    return Situation(desk.pipeline, desk.session.state, "prepare")


def told(situation: Situation, progress: Progress | None = None) -> str:
    sentence, keys = standing(situation, progress)
    return " · ".join([sentence, *(words for _, words in keys)])


def at(now: Situation, phase: Phase, reason: PauseReason | None = None, *, upcoming: str = "prepare") -> Situation:
    assert now.state is not None
    state = replace(now.state, phase=phase, reason=reason, current="prepare", upcoming=upcoming)
    return replace(now, state=state)


def test_before_a_step(now: Situation) -> None:
    text = told(at(now, Phase.PAUSED, PauseReason.BEFORE_STEP))
    assert text == "paused before prepare · run it · continue · break"


def test_a_failure_leads_to_the_error(now: Situation) -> None:
    failed = at(now, Phase.PAUSED, PauseReason.FAILURE, upcoming="register")
    assert told(failed) == "failed in prepare · error · run register · edit it · re-run it"
    assert told(replace(failed, step="train")) == "failed in prepare · error · run register"


def test_after_a_step(now: Situation) -> None:
    after = at(now, Phase.PAUSED, PauseReason.AFTER_STEP, upcoming="train")
    assert told(after) == "paused after prepare · run train · continue · data"


def test_another_selected_step_is_not_the_next_one(now: Situation) -> None:
    before = replace(at(now, Phase.PAUSED, PauseReason.BEFORE_STEP), refusal=lambda command, step: None)
    assert told(replace(before, step="train")) == "another step is next · run prepare · run to here · continue"
    assert told(replace(before, step="load")) == "another step is next · run prepare · run this · continue"
    remote = replace(before, step="register", refusal=lambda command, step: "it only exists in the cloud")
    assert told(remote) == "another step is next · run prepare · continue"


def test_nothing_has_run(now: Situation) -> None:
    assert told(now).startswith("nothing ran yet · run prepare · run all")


def test_while_opening(now: Situation) -> None:
    assert told(replace(now, state=None)).startswith("opening the run")


def test_running_tells_that_a_breakpoints_condition_is_computed(now: Situation) -> None:
    running = replace(at(now, Phase.RUNNING), debugger=DebuggerState(condition="prepare.py:14"), debuggable=True)
    text = told(running, Progress("prepare", 12.0))
    assert text == "running prepare · computes a condition at prepare.py:14 · 12.0 s · pause it · cancel · log"


def test_running_tells_time_memory_and_last_line(now: Situation) -> None:
    sample = ResourceSample(3.0, 120 << 20, 90.0, 4, 0, 0)
    text = told(at(now, Phase.RUNNING), Progress("prepare", 12.0, sample, "epoch 3\x1b[31m"))
    assert text.startswith("running prepare · 12.0 s · 120 MB · epoch 3␛[31m")
    assert text.endswith("pause after it · cancel · log")


def test_a_source_without_data_offers_a_folder(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, data=False)
    now = Situation(desk.pipeline, desk.session.state, "load")
    assert told(now) == "load needs data · point to a folder · skip · call"


def test_finished_counts_failures_first(now: Situation) -> None:
    assert now.state is not None
    steps = {name: replace(step, status=StepStatus.PASSED) for name, step in now.state.steps.items()}
    steps["train"] = replace(steps["train"], status=StepStatus.FAILED)
    done = replace(now, state=replace(now.state, phase=Phase.FINISHED, current=None, steps=steps))
    assert told(done).startswith("finished: 1 failed, 4 passed")


def test_read_only_names_the_owner(now: Situation) -> None:
    assert now.state is not None
    assert "pid 7" in told(replace(now, state=replace(now.state, read_only="pid 7 on box")))


def test_given_data_are_not_called_reused(desk: FakeDesk) -> None:
    situation = Situation(desk.pipeline, desk.session.state)
    assert face(situation, "load").word == "given"
    desk.session.continue_()
    sentence, _ = standing(replace(situation, state=desk.session.state))
    assert "1 given" in sentence
    assert "reused" not in sentence


def with_statuses(now: Situation, phase: Phase, **statuses: StepStatus) -> str:
    assert now.state is not None
    steps = {
        name: replace(step, status=statuses.get(name, StepStatus.WAITING)) for name, step in now.state.steps.items()
    }
    reason = PauseReason.BEFORE_STEP if phase is Phase.PAUSED else None
    ready = next((name for name, step in steps.items() if step.status is StepStatus.READY), None)
    state = replace(now.state, phase=phase, reason=reason, current=None, upcoming=ready, steps=steps)
    return told(replace(now, state=state))


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PAUSED, Phase.FINISHED])
def test_where_nothing_can_run_for_want_of_data_it_says_which(now: Situation, phase: Phase) -> None:
    assert (
        with_statuses(now, phase, load=StepStatus.MISSING_INPUT) == "load needs data · point to a folder · skip · call"
    )


def test_the_selected_step_is_told_of_first(now: Situation) -> None:
    both = {"load": StepStatus.MISSING_INPUT, "prepare": StepStatus.MISSING_SCRIPT}
    assert with_statuses(now, Phase.IDLE, **both).startswith("prepare misses its script")


def test_what_is_ready_comes_before_what_lacks_something(now: Situation) -> None:
    now = replace(now, step="train")
    lacking = {"load": StepStatus.MISSING_INPUT, "train": StepStatus.READY}
    assert with_statuses(now, Phase.IDLE, **lacking).startswith("nothing ran yet · run train")


def test_after_a_failure_the_end_leads_to_the_error(now: Situation) -> None:
    text = with_statuses(now, Phase.FINISHED, prepare=StepStatus.FAILED)
    assert text == "finished: 1 failed, 4 waiting · error · re-run this · new run"


def test_a_pause_before_nothing_says_so(now: Situation) -> None:
    assert with_statuses(now, Phase.PAUSED, prepare=StepStatus.FAILED).startswith("nothing is left to run: 1 failed")
