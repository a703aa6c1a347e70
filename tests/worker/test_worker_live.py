"""Rows of any value of a step as a file, and what there is to know of a model."""

from __future__ import annotations

import collections
import datetime
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cursus_tui.worker import live, live_files
from cursus_tui.worker.live import kind_of, show


class Point(NamedTuple):
    x: int
    y: str


class Odd:
    def __repr__(self) -> str:
        raise SystemExit("no")


def shown(value: Any, folder: Path, first: int = 0, rows: int = 1000) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    answer = json.loads(repr(show(value, str(folder / "live" / "1.parquet"), first, rows)))
    assert "error" not in answer, answer
    assert sorted(path.name for path in (folder / "live").iterdir()) == [Path(answer["file"]).name]
    return answer, pq.read_table(answer["file"]).to_pydict()


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "n": range(5),
            "text": ["a", None, "c", "d", "e"],
            "mixed": [1, "x", [1, 2], {"k": 1}, None],
            "when": pd.date_range("2026-01-01", periods=5, tz="UTC"),
            "lasts": pd.to_timedelta(range(5), unit="h"),
            "sort": pd.Categorical(["a", "b", "a", "b", "a"]),
            "maybe": pd.array([1, None, 3, None, 5], dtype="Int64"),
            "month": pd.period_range("2026-01", periods=5, freq="M"),
            "half": np.arange(5, dtype="float16"),
            "complex": np.arange(5) * 1j,
            "nothing": [None] * 5,
        }
    )


def test_a_slice_of_a_frame_with_every_kind_of_column(tmp_path: Path) -> None:
    answer, cells = shown(frame(), tmp_path, first=1, rows=3)
    assert answer["rows"] == 5
    assert answer["bytes"] > 0
    assert answer["type"] == f"{pd.DataFrame.__module__}.DataFrame"
    assert answer["kind"] == "table"
    assert dict(answer["columns"])["n"] == "int64"
    assert cells["n"] == [1, 2, 3]
    assert cells["text"] == [None, "c", "d"]
    assert cells["mixed"] == ["x", "[1, 2]", "{'k': 1}"]
    assert cells["when"][0] == datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert cells["lasts"][0] == "0 days 01:00:00"
    assert cells["sort"] == ["b", "a", "b"]
    assert cells["maybe"] == [None, 3, None]
    assert cells["month"][0] == "2026-02"
    assert cells["half"] == [1.0, 2.0, 3.0]
    assert cells["complex"][0] == "1j"
    assert cells["nothing"] == [None] * 3


def test_names_that_a_frame_has_twice_are_told_apart(tmp_path: Path) -> None:
    twice = pd.DataFrame([[1, 2, 3, 4]], columns=["a", "a", "a (2)", ("b", 1)])
    answer, cells = shown(twice, tmp_path)
    assert [name for name, _ in answer["columns"]] == list(cells)
    assert list(cells.values()) == [[1], [2], [3], [4]]
    assert len(set(cells)) == 4


def test_an_index_that_says_something_comes_first(tmp_path: Path) -> None:
    _, cells = shown(frame().set_index("text")[["n"]], tmp_path)
    assert list(cells) == ["text", "n"]
    _, cells = shown(frame()[["n"]].iloc[[4, 1]], tmp_path)
    assert cells == {"index": [4, 1], "n": [4, 1]}
    levels = pd.Series([1.5, 2.5], pd.MultiIndex.from_tuples([("a", 1), ("b", 2)]), name="v")
    assert list(shown(levels, tmp_path)[1]) == ["index 0", "index 1", "v"]


@pytest.mark.parametrize(
    ("value", "rows", "expected"),
    [
        ([1, 2, 3], 3, {"value": [1, 2, 3]}),
        ([{"a": 1}, {"b": "x"}], 2, {"a": [1, None], "b": [None, "x"]}),
        ([Point(1, "a"), Point(2, "b")], 2, {"x": [1, 2], "y": ["a", "b"]}),
        ([1, "a"], 2, {"type": ["int", "str"], "value": ["1", "a"]}),
        ({"k": [1, 2], "password": "x1"}, 2, {"key": ["k", "password"], "type": ["list", "str"]}),
        (range(10, 13), 3, {"value": [10, 11, 12]}),
        (collections.deque([1.5]), 1, {"value": [1.5]}),
        (np.arange(6).reshape(3, 2), 3, {"0": [0, 2, 4], "1": [1, 3, 5]}),
        (np.arange(12).reshape(2, 2, 3), 2, {"0": [0, 6], "1": [3, 9]}),
        (np.array(7), 1, {"value": [7]}),
        (np.array([(1, "a")], dtype=[("n", int), ("s", "U1")]), 1, {"n": [1], "s": ["a"]}),
        (scipy.sparse.csr_matrix([[0, 1], [2, 0]]), 2, {"0": [0, 2], "1": [1, 0]}),
        (scipy.sparse.coo_matrix([[0, 1], [2, 0]]), 2, {"0": [0, 2], "1": [1, 0]}),
        (scipy.sparse.csc_array([[0, 1], [2, 0]]), 2, {"0": [0, 2], "1": [1, 0]}),
        (pa.table({"a": [1], "d": [{"k": 1}]}), 1, {"a": [1], "d": ["{'k': 1}"]}),
        (pa.array([1, None]), 2, {"value": [1, None]}),
        (pd.Index(["a", "b"], name="i"), 2, {"i": ["a", "b"]}),
        (pd.Categorical(["a", "b"]), 2, {"value": ["a", "b"]}),
        (pd.array([1, None], "Int64"), 2, {"value": [1, None]}),
        (np.ma.masked_array([1, 2], mask=[True, False]), 2, {"value": [None, 2]}),
        (np.ma.masked_array([[1, 2]], mask=[[True, False]]), 1, {"0": [None], "1": [2]}),
        (np.matrix([[1, 2], [3, 4]]), 2, {"0": [1, 3], "1": [2, 4]}),
        (Point(1, "a"), 2, {"key": ["x", "y"], "type": ["int", "str"]}),
        ({"a": 1, "b": 2}.keys(), 2, {"value": ["a", "b"]}),
        ({"a": 1}.items(), 1, {"0": ["a"], "1": [1]}),
        ([2**80, 1], 2, {"value": ["1208925819614629174706176", "1"]}),
        (["\ud800"], 1, {"value": ["\\ud800"]}),
    ],
)
def test_other_tables(tmp_path: Path, value: Any, rows: int, expected: dict[str, list[Any]]) -> None:
    assert kind_of(value) == "table"
    answer, cells = shown(value, tmp_path)
    assert answer["rows"] == rows
    assert {name: cells[name] for name in expected} == expected


def test_a_secret_of_a_dict_stays_hidden(tmp_path: Path) -> None:
    _, cells = shown({"API_TOKEN": "s3cret-value"}, tmp_path)
    assert "s3cret" not in str(cells)


def test_a_cell_that_cannot_be_shown_says_so(tmp_path: Path) -> None:
    _, cells = shown([Odd()], tmp_path)
    assert "not shown: SystemExit" in cells["value"][0]


@pytest.mark.parametrize("value", [7, "text", None, (n for n in range(3)), object(), Odd(), pd.DataFrame])
def test_what_is_no_table_is_answered_with_a_sentence(tmp_path: Path, value: Any) -> None:
    answer = json.loads(show(value, str(tmp_path / "live" / "1.parquet"), 0, 10))
    assert "has no rows" in answer["error"] or "but once" in answer["error"]
    assert kind_of(value) == ""


def of_library(module: str, name: str) -> Any:
    """A value as a library has it, by the name of its class."""
    return type(name, (), {"__module__": module})()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            of_library("polars.lazyframe.frame", "LazyFrame"),
            "a LazyFrame has no rows until it is collected: open .head",
        ),
        (of_library("pyarrow._dataset", "Dataset"), "is not read yet: open .head(1000) of it"),
        (of_library("xgboost.core", "DMatrix"), "open what it was made of"),
        (of_library("torch.utils.data.dataloader", "DataLoader"), "open .dataset"),
        (pd.DataFrame({"a": [1]}).groupby("a"), "open .obj"),
        (7, "an int has no rows"),
        (iter([1]), "a list_iterator can be gone through but once"),
    ],
)
def test_what_has_no_rows_says_what_has_them(tmp_path: Path, value: Any, sentence: str) -> None:
    assert sentence in json.loads(show(value, str(tmp_path / "live" / "1.parquet"), 0, 10))["error"]


def test_a_tensor_without_rows_says_why(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    told = {}
    for name, value in {"meta": torch.empty(3, device="meta"), "sparse": torch.eye(3).to_sparse()}.items():
        told[name] = json.loads(show(value, str(tmp_path / "live" / "1.parquet"), 0, 10))["error"]
    assert told == {
        "meta": "a tensor on meta has a shape, but no values",
        "sparse": "a tensor of this layout (torch.sparse_coo) has no rows until it is .to_dense()",
    }
    assert shown(torch.zeros(3, dtype=torch.cfloat).conj(), tmp_path)[0]["rows"] == 3


def test_a_file_that_cannot_be_written_is_an_answer_too(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("")
    assert "cannot be read" in json.loads(show([1], str(tmp_path / "live" / "1.parquet"), 0, 10))["error"]


def test_an_empty_table_and_rows_past_the_end(tmp_path: Path) -> None:
    assert shown(frame(), tmp_path, first=99)[1]["n"] == []
    assert shown(pd.DataFrame({"a": []}), tmp_path)[0]["rows"] == 0
    assert json.loads(show({}, str(tmp_path / "live" / "1.parquet"), 0, 10))["rows"] == 0


def test_a_wide_table_is_cut_and_says_so(tmp_path: Path) -> None:
    answer, cells = shown(np.zeros((3, 2000)), tmp_path)
    assert len(cells) == live.MAX_COLUMNS
    assert answer["note"] == "the first 500 of 2,000 columns"


def test_without_pyarrow_rows_are_lines_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_files, "_pyarrow", lambda: None)
    answer = json.loads(show(frame(), str(tmp_path / "live" / "1.parquet"), 0, 2))
    assert answer["file"].endswith("1.jsonl")
    rows = [json.loads(line) for line in Path(answer["file"]).read_text().splitlines()]
    assert rows[0] == {
        "n": 0,
        "text": "a",
        "mixed": 1,
        "when": "2026-01-01 00:00:00+00:00",
        "lasts": "0 days 00:00:00",
        "sort": "a",
        "maybe": 1,
        "month": "2026-01",
        "half": 0.0,
        "complex": "0j",
        "nothing": None,
    }
    assert rows[1]["text"] is None
    assert rows[1]["maybe"] is None
    wide = json.loads(show(np.zeros((2, 100)), str(tmp_path / "live" / "2.parquet"), 0, 2))
    assert "there is no pyarrow" in wide["note"]


def test_a_million_rows_cost_no_more_than_their_slice(tmp_path: Path) -> None:
    large = pd.DataFrame({f"c{n}": np.zeros(1_000_000) for n in range(10)})
    long = list(range(1_000_000))
    shown(large, tmp_path)
    before = time.process_time()
    for value in (large, long, dict.fromkeys(long), {*long}):
        shown(value, tmp_path, first=500)
    assert time.process_time() - before < 0.5


def test_a_model_shows_parameters_and_what_it_learned(tmp_path: Path) -> None:
    model = LogisticRegression(C=0.5).fit([[0.0], [1.0]], [0, 1])
    answer, cells = shown(model, tmp_path)
    assert answer["kind"] == kind_of(model) == "model"
    facts = {(part, name): value for part, name, _, value in zip(*cells.values(), strict=True)}
    assert facts["parameter", "C"] == "0.5"
    assert facts["fitted", "coef_"].startswith("ndarray 1 x 1")
    assert answer["rows"] == len(facts)


def test_a_pipeline_shows_its_steps(tmp_path: Path) -> None:
    _, cells = shown(make_pipeline(StandardScaler(), LogisticRegression()), tmp_path)
    assert [name for part, name in zip(cells["part"], cells["name"], strict=True) if part == "step"] == [
        "standardscaler",
        "logisticregression",
    ]


def test_a_class_is_no_model() -> None:
    assert kind_of(LogisticRegression) == ""
