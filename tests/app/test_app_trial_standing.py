"""The sentence of the status line where nothing goes on by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_desk import FakeDesk

from cursus_tui.app.situation import Situation
from cursus_tui.app.standing import standing
from cursus_tui.records.run import PauseReason, Phase, StepStatus


@pytest.fixture
def now(desk: FakeDesk) -> Situation:
    return Situation(desk.pipeline, desk.session.state, "prepare")


def told(now: Situation, phase: Phase, **statuses: StepStatus) -> str:
    assert now.state is not None
    steps = {
        name: replace(step, status=statuses.get(name, StepStatus.WAITING)) for name, step in now.state.steps.items()
    }
    reason = PauseReason.BEFORE_STEP if phase is Phase.PAUSED else None
    ready = next((name for name, step in steps.items() if step.status is StepStatus.READY), None)
    state = replace(now.state, phase=phase, reason=reason, current=None, upcoming=ready, steps=steps)
    sentence, keys = standing(replace(now, state=state))
    return " · ".join([sentence, *(words for _, words in keys)])


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.PAUSED, Phase.FINISHED])
def test_where_nothing_can_run_for_want_of_data_it_says_which(now: Situation, phase: Phase) -> None:
    assert told(now, phase, load=StepStatus.MISSING_INPUT) == "load needs data · point to a folder · skip · call"


def test_the_selected_step_is_told_of_first(now: Situation) -> None:
    both = {"load": StepStatus.MISSING_INPUT, "prepare": StepStatus.MISSING_SCRIPT}
    assert told(now, Phase.IDLE, **both).startswith("prepare misses its script")


def test_what_is_ready_comes_before_what_lacks_something(now: Situation) -> None:
    now = replace(now, step="train")
    lacking = {"load": StepStatus.MISSING_INPUT, "train": StepStatus.READY}
    assert told(now, Phase.IDLE, **lacking).startswith("nothing ran yet · run train")


def test_after_a_failure_the_end_leads_to_the_error(now: Situation) -> None:
    text = told(now, Phase.FINISHED, prepare=StepStatus.FAILED)
    assert text == "finished: 1 failed, 4 waiting · error · re-run this · new run"


def test_a_pause_before_nothing_says_so(now: Situation) -> None:
    assert told(now, Phase.PAUSED, prepare=StepStatus.FAILED).startswith("nothing is left to run: 1 failed")
