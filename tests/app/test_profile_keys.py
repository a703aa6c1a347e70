"""Profiling from the screen: ``P`` asks, what was found stands beside the lines and in a dialog."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk

from cursus_tui.app.screens.choose import Choose
from cursus_tui.records.events import Profiled
from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.widgets.source_view import SourceView


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path)


def found(desk: FakeDesk, attempt: int = 1, run: str = "run-1") -> Profile:
    script = desk.pipeline.steps["prepare"].script
    assert script is not None
    lines = (
        LineShare(str(script), 7, "main", 0.9, 0.1),
        LineShare("/usr/lib/python3/site-packages/pandas/core.py", 3, "join", 0.5, 0.5),
        LineShare(str(script), 8, "main", 0.015, 0.015),
    )
    return Profile(run, "prepare", attempt, 250, 2.5, 100, lines)


async def test_p_profiles_and_hot_lines_are_marked(desk: FakeDesk) -> None:
    async with opened(desk, (120, 40)) as driver:
        await driver.press("P")
        assert ("profile", "prepare") in desk.session.given
        await driver.press("n")
        desk.session.say(Profiled(found(desk)))
        driver.main.change(step="prepare")
        await driver.settle()
        await driver.press("3")
        view = driver.main.query_one(SourceView)
        assert {mark.kind: mark.note for mark in view.marks(7)} == {"hot": "90% of its time"}
        assert view.marks(8) == ()
        await driver.press("1")
        await driver.press("P")
        assert isinstance(driver.app.screen, Choose)
        assert "250 samples" in driver.text
        assert "90%" in driver.text
        assert "in libraries:" in driver.text
        await driver.press("down")
        await driver.press("enter")
        assert desk.session.given.count(("profile", "prepare")) == 2


async def test_a_profile_of_another_attempt_marks_nothing(desk: FakeDesk) -> None:
    desk.session.profiled = (found(desk, attempt=2), found(desk, run="run-0"))
    async with opened(desk, (120, 40)) as driver:
        await driver.press("n")
        driver.main.change(step="prepare")
        await driver.press("3")
        assert driver.main.query_one(SourceView).marks(7) == ()
