"""Values, wiring, folders and scripts edited through real keys, with a scripted session."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import opened
from fake_desk import FakeDesk

from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.step_line import StepLine
from cursus_tui.records.pipeline import Pipeline


async def test_undo_takes_the_edit_back(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.press("U")
        assert "there is no edit to undo" in driver.notices
        await driver.edit("LABEL", "spam")
        assert "spam" in driver.text
        await driver.press("U")
        assert desk.session.pipeline.overrides.environment == {}
        assert "fraud" in driver.text


async def test_wiring_is_chosen_among_outputs(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        driver.main.change(step="evaluate")
        await driver.press("4")
        await driver.search("DATA")
        await driver.press("=")
        assert "train.OUT" in driver.text
        await driver.press("down", "enter")
        assert desk.session.pipeline.overrides.wiring == {"evaluate": {"DATA": ("train", "OUT")}}


async def test_a_source_without_data_is_pointed_to_a_folder_on_the_spot(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, data=False)
    (tmp_path / "mine").mkdir()
    async with opened(desk, (80, 24)) as driver:
        assert "load needs data · = point to a folder" in driver.told
        await driver.press("=")
        assert "take this folder" in driver.text
        await driver.press("tab")
        await driver.fill(str(tmp_path / "none"))
        assert "there is no" in driver.text
        await driver.fill(str(tmp_path / "mine"))
        assert desk.session.pipeline.overrides.inputs == {"load": {"DATA": tmp_path / "mine"}}
        assert "n run prepare" in driver.told


async def test_a_folder_can_be_walked_to(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, data=False)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    async with opened(desk) as driver:
        await driver.press("=", "down", "down", "enter")
        await driver.press("down", "down", "enter", "enter")
        assert desk.session.pipeline.overrides.inputs == {"load": {"DATA": tmp_path / "deep" / "er"}}


async def test_edits_are_saved_after_a_question(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await driver.palette("save these edits")
        assert "nothing was edited" in driver.notices
        await driver.edit("LABEL", "spam")
        await driver.palette("save these edits")
        await driver.press("enter")
        assert [saved.environment for saved in desk.saved] == [{"prepare": {"LABEL": "spam"}}]


async def test_an_editor_that_is_missing_is_said(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor-here")
    monkeypatch.delenv("VISUAL", raising=False)
    async with opened(desk) as driver:
        await driver.press("o")
        assert "no-such-editor-here was not found" in driver.notices


async def test_a_script_edited_outside_is_noticed(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        script = desk.pipeline.steps["prepare"].script
        assert script is not None
        await driver.until(lambda: bool(driver.main.disk.scripts.known))
        script.write_text("def main(): pass\n")
        await driver.until(lambda: bool(desk.session.given))
        assert desk.session.given == [("script_changed", "prepare")]


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


async def test_a_secret_that_is_not_saved_is_named(desk: FakeDesk) -> None:
    desk.left_out = ("--env prepare.API_TOKEN",)
    async with opened(desk) as driver:
        await driver.edit("LABEL", "spam")
        await driver.palette("save these edits")
        await driver.press("enter")
        assert "saved to" in driver.notices
        assert "--env prepare.API_TOKEN=..." in driver.notices
