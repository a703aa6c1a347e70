"""Profiling from the screen: ``P`` asks, what was found stands beside the lines and in a dialog."""

from __future__ import annotations

from dataclasses import replace

from app_driver import opened
from fake_desk import FakeDesk

from cursus_tui.app.panes.row_list import RowList
from cursus_tui.app.screens.choose import Choose
from cursus_tui.execution.profiling import with_texts
from cursus_tui.records.events import Profiled
from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.widgets.source_view import SourceView


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
        assert "pandas/core.py:3" in driver.text
        await driver.press("up")
        await driver.press("enter")
        assert desk.session.given.count(("profile", "prepare")) == 2


async def test_hot_marks_follow_their_lines_in_an_edited_script_or_go(desk: FakeDesk) -> None:
    script = desk.pipeline.steps["prepare"].script
    assert script is not None
    before = script.read_text().splitlines()
    async with opened(desk, (120, 40)) as driver:
        await driver.press("n")
        lines = with_texts(found(desk).lines, script.stat().st_mtime + 1)
        assert lines[0].text == before[6].strip()
        desk.session.say(Profiled(replace(found(desk), lines=lines)))
        driver.main.change(step="prepare")
        await driver.press("3")
        view = driver.main.query_one(SourceView)
        assert [mark.kind for mark in view.marks(7)] == ["hot"]
        script.write_text("\n".join(["# one", "# two", *before]))
        driver.main.source_pane.reload()
        await driver.settle()
        assert view.marks(7) == ()
        assert [mark.kind for mark in view.marks(9)] == ["hot"]
        script.write_text("\n".join([*before[:6], "    frame = None", *before[7:]]))
        driver.main.source_pane.reload()
        await driver.settle()
        assert not any(mark.kind == "hot" for line in range(1, 20) for mark in view.marks(line))


def test_of_a_script_that_was_edited_while_it_ran_no_line_is_known(desk: FakeDesk) -> None:
    (first, *_) = with_texts(found(desk).lines, 0.0)
    assert first.text == ""


async def test_a_profile_of_another_attempt_marks_nothing(desk: FakeDesk) -> None:
    desk.session.profiled = (found(desk, attempt=2), found(desk, run="run-0"))
    async with opened(desk, (120, 40)) as driver:
        await driver.press("n")
        driver.main.change(step="prepare")
        await driver.press("3")
        assert driver.main.query_one(SourceView).marks(7) == ()


async def test_a_hot_line_of_the_profile_is_shown_by_enter(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        desk.session.say(Profiled(found(desk)))
        driver.main.change(step="prepare")
        await driver.settle()
        await driver.press("P")
        await driver.press("enter")
        await driver.settle()
        assert driver.main.situation.pane == "source"
        assert driver.main.query_one(SourceView).line == 7
        await driver.press("P")
        await driver.press("down")
        await driver.press("enter")
        assert "no file that is there" in driver.notices


async def test_a_long_profile_can_be_read_to_its_end_on_a_small_terminal(desk: FakeDesk) -> None:
    script = desk.pipeline.steps["prepare"].script
    lines = tuple(LineShare(str(script), line, "main", 0.5, 0.1) for line in range(1, 40))
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        desk.session.say(Profiled(replace(found(desk), lines=lines)))
        driver.main.change(step="prepare")
        await driver.settle()
        await driver.press("P")
        await driver.settle()
        assert "esc closes" in driver.text
        await driver.press("end")
        await driver.settle()
        answers = driver.app.screen.query_one(RowList)
        assert answers.region.bottom < 24
        assert "Profile its next run" not in driver.text
        shown = answers.region.intersection(driver.app.screen.query_one(".box").region)
        assert shown.height == answers.size.height >= 3
