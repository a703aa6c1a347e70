"""What a trial of the screen as a new user found about editing."""

from __future__ import annotations

from pathlib import Path

from app_driver import opened
from fake_desk import FakeDesk

from cursus_tui.app import edits
from cursus_tui.app.edits import EditKind, EditTarget
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.step_line import StepLine
from cursus_tui.records.pipeline import Pipeline


class DeskOfToday(FakeDesk):
    """Like the real one: its pipeline is the one the session has now, edits included."""

    @property
    def pipeline(self) -> Pipeline:  # type: ignore[override]
        return self.session.pipeline if hasattr(self, "session") else self._opened

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        self._opened = pipeline


async def test_edits_are_known_and_saved_once(tmp_path: Path) -> None:
    desk = DeskOfToday(tmp_path)
    async with opened(desk) as driver:
        await driver.edit("LABEL", "spam")
        await driver.palette("save these edits")
        await driver.press("enter")
        assert [saved.environment for saved in desk.saved] == [{"prepare": {"LABEL": "spam"}}]
        await driver.palette("save these edits")
        assert "nothing was edited" in driver.notices
        assert len(desk.saved) == 1


async def test_the_value_below_the_list_is_the_new_one(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.edit("LABEL", "spam")
        detail = driver.main.pane("call").query_one(Detail)
        assert "LABEL = spam" in str(detail.render())


async def test_panes_name_their_step_where_the_pipeline_is_out_of_sight(desk: FakeDesk) -> None:
    async with opened(desk, (80, 24)) as driver:
        line = driver.main.query_one(StepLine)
        assert not line.display
        await driver.press("n", "1", "up")
        for key in "2345":
            await driver.press(key)
            assert line.display
            assert f" {driver.main.situation.step}  passed" in driver.text
    async with opened(desk, (160, 45)) as driver:
        await driver.press("4")
        assert not driver.main.query_one(StepLine).display


def test_json_stays_json() -> None:
    target = EditTarget("a", EditKind.ENVIRONMENT, "MAP", '{"a": 1}')
    assert edits.refusal(target, '{"a": 2}') is None
    assert edits.refusal(target, "") is None
    problem = edits.refusal(target, '{"a": 2')
    assert problem is not None
    assert "JSON" in problem
    assert edits.refusal(EditTarget("a", EditKind.ENVIRONMENT, "X", "[not json"), "anything") is None


async def test_a_secret_that_is_not_saved_is_named(desk: FakeDesk) -> None:
    desk.left_out = ("--env prepare.API_TOKEN",)
    async with opened(desk) as driver:
        await driver.edit("LABEL", "spam")
        await driver.palette("save these edits")
        await driver.press("enter")
        assert "saved to" in driver.notices
        assert "--env prepare.API_TOKEN=..." in driver.notices
