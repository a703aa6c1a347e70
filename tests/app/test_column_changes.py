"""Below the files of a step: what it made of the columns of one that it read and wrote under the same name."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from app_driver import Driver, opened
from fake_data import FakeData, FakeTable, _done
from fake_desk import FakeDesk

from cursus_tui.app.panes.column_changes import ColumnChanges, other_changes, type_changes
from cursus_tui.data.results import ColumnInfo
from cursus_tui.records.run import LineageEdge


def test_types_that_changed_are_told_and_the_others_are_not() -> None:
    before = {"id": "text", "code": "text", "amount": "float"}
    assert type_changes(before, {"id": "text", "code": "float", "new": "int"}) == "code text → float"
    assert type_changes(before, before) == ""


def test_columns_that_went_and_came_are_named_up_to_four() -> None:
    before, after = dict.fromkeys("abcdefg", "int"), dict.fromkeys("axy", "int")
    assert other_changes(before, after) == "gone: b, c, d, e and 2 more · new: x, y"
    assert other_changes(before, before) == ""


class TypedData(FakeData):
    """Opens files whose columns' types are told by path."""

    def __init__(self, types: dict[Path, dict[str, str]]) -> None:
        super().__init__()
        self.types = types
        self.waiting: list[tuple[Path, Future[Any], FakeTable]] = []
        self.holds = False

    def table(self, path: Path) -> Future[Any]:
        table = FakeTable()
        table.columns = tuple(ColumnInfo(*column) for column in self.types[path].items())  # type: ignore[assignment]
        self.tables.append(table)
        if self.holds:
            self.waiting.append((path, Future(), table))
            return self.waiting[-1][1]
        return _done(table)


def told(driver: Driver) -> str:
    found = driver.main.query_one(ColumnChanges)
    return str(found.content) if found.display else ""


@pytest.fixture
def data(desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TypedData:
    """``prepare`` has read a file of the name that it writes, in which ``id`` was a text."""
    read = tmp_path / "read" / "part-0.csv"
    read.parent.mkdir()
    read.write_text("id,amount\n01,1\n")
    written = desk.folder / "runs" / "run-1" / "prepare" / "1" / "output" / "OUT" / "part-0.csv"
    typed = TypedData({read: {"id": "text", "amount": "float"}, written: {"id": "int", "amount": "float"}})
    edge = LineageEdge("run-1", "prepare", 1, "DATA", "load", 1, "DATA", read.parent)
    monkeypatch.setattr(desk.session, "lineage", lambda step: (edge,) if step == "prepare" else ())
    monkeypatch.setattr(desk, "data", typed)
    return typed


async def test_a_type_that_a_step_changed_is_told_below_the_file(desk: FakeDesk, data: TypedData) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "up", "2")
        assert "since it was read: id text → int" in told(driver)
        assert "3 and s step through main" in told(driver)
        assert [table.closed for table in data.tables] == [True, True]
        await driver.press("enter")
        assert told(driver) == ""
        await driver.press("escape")
        assert "id text → int" in told(driver)
        await driver.press("1", "up", "2")
        assert told(driver) == ""


async def test_u_goes_upstream_with_the_file(desk: FakeDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "n")
        written = desk.session.attempts("prepare")[0].artifacts[0].path
        edge = LineageEdge("run-1", "train", 1, "DATA", "prepare", 1, "OUT", written.parent)
        monkeypatch.setattr(desk.session, "lineage", lambda step: (edge,) if step == "train" else ())
        driver.main.change(step="train")
        await driver.press("2")
        pane = driver.main.data_pane
        assert pane.choice is not None
        assert "train › OUT" in pane.choice.title
        await driver.press("u")
        assert (driver.main.situation.step, driver.main.situation.pane) == ("prepare", "data")
        assert pane.choice is not None
        assert pane.choice.path == written
        await driver.press("u")
        assert "no step before wrote a file of this name" in driver.notices
        assert driver.main.situation.step == "prepare"
        driver.main.change(step="train")
        await driver.press("down", "down", "enter", "u")  # one that it read, and open
        assert driver.main.situation.step == "prepare"


async def test_a_late_answer_about_another_file_is_void(desk: FakeDesk, data: TypedData) -> None:
    data.holds = True
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "up", "2")
        ((_, first, table),) = data.waiting
        await driver.press("1", "up", "2")
        first.set_result(table)
        await driver.settle()
        assert len(data.waiting) == 1, "the second file is not opened any more"
        assert table.closed
        assert told(driver) == ""


async def test_a_file_that_cannot_be_opened_says_nothing(desk: FakeDesk, data: TypedData) -> None:
    data.holds = True
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "up", "2")
        data.waiting[0][1].set_exception(OSError("gone"))
        await driver.settle()
        assert told(driver) == ""
