"""A failure told once."""

from __future__ import annotations

from dataclasses import replace

from fake_desk import FakeDesk

from cursus_tui.app.failure_text import failure_content
from cursus_tui.records.run import StepError


def test_an_exception_that_was_raised_again_is_no_cause_of_itself(desk: FakeDesk) -> None:
    desk.session.step_over("prepare")
    attempt = desk.session.state.steps["prepare"].attempt
    assert attempt is not None
    same = StepError("SyntaxError", "unmatched ')'", "a.py", 3)
    other = StepError("OSError", "gone", "a.py", 9)
    told = str(failure_content(attempt, replace(same, causes=(same, other, same)), None))
    assert told.count("SyntaxError") == 1
    assert "caused by OSError: gone at a.py:9" in told
