"""Pointing to a folder or file: what a typed path means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from textual.widgets import Static

from cursus_tui.app.screens.pick_path import PickPath


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    pipeline = tmp_path / "project"
    (pipeline / "data").mkdir(parents=True)
    return FakeDesk(pipeline, data=False)


async def ask(driver: Driver) -> None:
    await driver.press("home", "=")
    assert isinstance(driver.app.screen, PickPath)
    driver.app.screen.query_one("Input").focus()
    await driver.press("ctrl+u")


def said(driver: Driver, where: str) -> str:
    return str(driver.app.screen.query_one(f".{where}", Static).render())


async def test_a_relative_path_starts_in_the_pipelines_folder_and_is_shown_whole(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await ask(driver)
        await driver.type("data")
        assert said(driver, "meant") == f"that is {desk.folder / 'data'}"
        await driver.press("enter")
        assert desk.session.edits[-1].inputs == {"load": {"DATA": desk.folder / "data"}}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [("nothing/here", "there is no "), ("", "type a path"), ("~nobody-there/x", "there is no ")],
)
async def test_what_cannot_be_taken_is_said_with_the_whole_path(desk: FakeDesk, typed: str, problem: str) -> None:
    async with opened(desk) as driver:
        await ask(driver)
        await driver.type(typed)
        await driver.press("enter")
        assert isinstance(driver.app.screen, PickPath)
        assert said(driver, "problem").startswith(problem + (str(desk.folder / typed) if typed else ""))
        assert len(desk.session.edits) == 1


@pytest.mark.parametrize(("typed", "problem"), [("pipe", "is neither a file nor a folder"), ("x" * 300, "too long")])
async def test_a_pipe_and_a_name_that_no_file_can_have_are_not_taken(desk: FakeDesk, typed: str, problem: str) -> None:
    os.mkfifo(desk.folder / "pipe")
    async with opened(desk) as driver:
        await ask(driver)
        await driver.type(typed)
        await driver.press("enter")
        assert problem in said(driver, "problem")
        assert len(desk.session.edits) == 1


async def test_a_whole_path_needs_no_second_telling(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        await ask(driver)
        await driver.type(str(desk.folder / "data"))
        assert said(driver, "meant") == ""
        await driver.press("enter")
        assert desk.session.edits[-1].inputs == {"load": {"DATA": desk.folder / "data"}}
