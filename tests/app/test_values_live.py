"""Rows of live values as a table: the step writes blocks, the data process opens them; both are the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from fake_values import FakeValues

from cursus_tui.app.live_source import LiveSource, LiveValue, open_live
from cursus_tui.app.ports import TablePort
from cursus_tui.data.client import DataClient
from cursus_tui.records.debug import DebugError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataClient]:
    with DataClient(tmp_path_factory.mktemp("cache")) as client:
        yield client


@pytest.fixture
def step(tmp_path: Path) -> FakeValues:
    frame = pd.DataFrame({"id": range(2_500), "word": [f"w{number}" for number in range(2_500)]})
    values = FakeValues(tmp_path, [{"frame": frame, "rows": [{"a": 1}, {"a": 2, "b": "x"}], "number": 7}])
    values.stop("train")
    return values


def opened(step: FakeValues, data: DataClient, expression: str = "frame", frame: int | None = 11) -> TablePort:
    stop = step.state.stop

    def is_current() -> bool:
        return frame is None or step.state.stop is stop

    return open_live(LiveValue(expression, frame, f"train › {expression}", is_current), step, data).result(20)


def blocks(step: FakeValues) -> list[int]:
    return [one[3] for one in step.asked if one[0] == "live_table"]


def test_the_first_block_tells_columns_and_all_rows(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    assert [(column.name, column.numeric) for column in table.columns] == [("id", True), ("word", False)]
    assert (table.rows, table.rows_exact) == (2_500, True)
    assert "DataFrame" in table.note
    assert list(table.window(0, 3, (0, 1)).result(20).cells[2]) == ["2", "w2"]
    assert blocks(step) == [0]


def test_rows_of_two_blocks_come_as_one_window(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    found = table.window(998, 5, (1,)).result(20)
    assert [row[0] for row in found.cells] == ["w998", "w999", "w1000", "w1001", "w1002"]
    assert len(table.window(2_490, 256, (0,)).result(20).cells) == 10
    assert blocks(step) == [0, 1000, 2000]


def test_cells_and_records_are_of_the_whole_value(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    record = table.record(2_400).result(20)
    assert record.row == 2_400
    assert [cell.text for cell in record.cells] == ["2400", "w2400"]
    assert table.cell(1_234, 1).result(20).text == "w1234"
    assert blocks(step) == [0, 2000, 1000]


def test_loaded_rows_stay_when_the_step_goes_on_and_others_say_so(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    step.go_on()
    assert table.cell(10, 1).result(20).text == "w10"
    assert "before the step went on" in table.note
    with pytest.raises(DebugError, match="the step went on"):
        table.cell(1_500, 1).result(20)
    step.stop("train")
    with pytest.raises(DebugError, match="the step went on"):
        table.window(1_500, 10, (0,)).result(20)
    assert blocks(step) == [0]


def test_an_answer_that_comes_after_the_step_went_on_is_not_used(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    step.holding = frozenset({"live_table"})
    cell = table.cell(1_500, 1)
    step._tell(type(step.state)())
    step.release()
    with pytest.raises(DebugError, match="the step went on"):
        cell.result(20)
    assert len(list(step.folder.iterdir())) == 1


def test_a_value_without_rows_says_so(step: FakeValues, data: DataClient) -> None:
    with pytest.raises(DebugError, match="an int has no rows"):
        opened(step, data, "number")


def test_a_list_of_dicts_is_a_table(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data, "rows")
    assert [column.name for column in table.columns] == ["a", "b"]
    assert [list(row) for row in table.window(0, 10, (0, 1)).result(20).cells] == [["1", None], ["2", "x"]]


def test_a_sample_says_that_it_is_one(step: FakeValues, data: DataClient) -> None:
    step.go_on()
    table = opened(step, data, frame=None)
    assert "sampled while running" in table.note


def test_closing_forgets_the_files(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    table.window(990, 20, (0,)).result(20)
    assert len(list(step.folder.iterdir())) == 2
    table.close()
    assert list(step.folder.iterdir()) == []
    with pytest.raises(DebugError):
        table.cell(0, 0).result(20)


def test_a_cancelled_window_leaves_the_block_to_others(step: FakeValues, data: DataClient) -> None:
    table = opened(step, data)
    step.holding = frozenset({"live_table"})
    first, second = table.window(1_500, 5, (0,)), table.window(1_510, 5, (0,))
    assert first.cancel()
    step.release()
    assert second.result(20).cells[0][0] == "1510"
    assert blocks(step) == [0, 1000]


def test_few_blocks_are_kept_open(tmp_path: Path, data: DataClient) -> None:
    values = FakeValues(tmp_path, [{"many": list(range(60_000))}])
    values.stop("train")
    table = opened(values, data, "many")
    assert isinstance(table, LiveSource)
    for row in range(0, 60_000, 1_000):
        table.cell(row, 0).result(20)
    assert len(list(tmp_path.iterdir())) <= 24
    assert table.cell(0, 0).result(20).text in ("0", "0.0")
