"""Looking at a value neither hangs, nor takes memory, nor asks a property."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cursus_tui.worker.bounded import SECONDS
from cursus_tui.worker.summaries import one_line
from cursus_tui.worker.unfolding import MOST, holds, parts_of


class Sleeps:
    def __repr__(self) -> str:
        time.sleep(20)
        return "late"


class Loops:
    def __repr__(self) -> str:
        while True:
            pass


class Exits:
    def __repr__(self) -> str:
        raise SystemExit(3)


class Costly:
    rate = 0.5

    def __init__(self) -> None:
        self.plain = 1
        self.asked = 0

    @property
    def table(self) -> str:
        self.asked += 1
        return "dear"

    def method(self) -> None: ...


def parts(value: Any) -> dict[str, Any]:
    return {name: part for name, part, _ in parts_of(value)}


def test_a_repr_that_does_not_come_back_is_left_once_for_all() -> None:
    began = time.monotonic()
    assert "takes longer than" in one_line([Sleeps(), 1])
    assert "takes too long" in one_line([Sleeps(), Sleeps()])
    assert time.monotonic() - began < 10 * SECONDS


def test_one_that_was_left_holds_up_no_debugger() -> None:
    class SleepsToo(Sleeps):
        def __repr__(self) -> str:
            time.sleep(4)
            return "late"

    assert "takes longer than" in one_line(SleepsToo())
    before = sys.gettrace()
    began = time.monotonic()
    sys.settrace(lambda frame, event, argument: None)
    try:
        parts([])
    finally:
        sys.settrace(before)
    assert time.monotonic() - began < 2


def test_a_repr_without_an_end_does_not_run_on() -> None:
    before = threading.active_count()
    assert "takes longer than" in one_line(Loops())
    time.sleep(0.2)
    began = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - began < 0.2
    assert threading.active_count() == before


def test_a_repr_cannot_end_the_step() -> None:
    assert one_line(Exits()) == "<Exits, not shown: SystemExit>"


def test_a_property_is_asked_when_it_is_opened_itself() -> None:
    value = Costly()
    found = parts(value)
    assert list(found) == ["asked", "plain", "rate", "table"]
    assert one_line(found["table"]) == "a property, computed when it is opened"
    assert value.asked == 0
    assert parts(found["table"]) == {"table": "dear"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (pd.DataFrame({"a": [1], "b": ["x"]}), ["shape", "index", "a", "b"]),
        (pd.Series([1, 2]), ["name", "dtype", "index", "0", "1"]),
        (np.zeros((2, 3)), ["shape", "dtype", "0", "1"]),
        (np.array(1), ["shape", "dtype"]),
        (scipy.sparse.csr_matrix([[1]]), ["shape", "dtype", "format", "nnz", "data", "indices", "indptr"]),
        (pa.table({"a": [1]}), ["shape", "schema", "a"]),
        (pa.array([1]), ["type", "0"]),
        ({"a": 1, 2: 3}, ["'a'", "2"]),
        ({7}, ["0"]),
    ],
)
def test_parts(value: Any, expected: list[str]) -> None:
    assert holds(type(value))
    found = list(parts(value))
    assert set(expected) <= set(found)
    assert "not shown" not in found


def test_expressions_of_parts_give_them() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "a", ("b", 1)])
    values = [frame, frame.rename(columns=str), pd.Series([5], index=["x"]), {"k": [1]}, Costly(), pa.table({"a": [1]})]
    for value in values:
        for _, part, suffix in parts_of(value):
            if suffix and suffix != ".table":
                assert str(eval("value" + suffix)) == str(part)


def test_of_many_parts_the_first_are_listed() -> None:
    for value in (dict.fromkeys(range(1_000_000)), pd.DataFrame(np.zeros((1, 5000))), {*range(5000)}, np.zeros(9999)):
        found = parts(value)
        assert len(found) <= MOST + 4
        assert "opened as a table" in one_line(found["more"])


def test_nothing_is_copied() -> None:
    frame = pd.DataFrame({"n": np.zeros(1000), "text": ["a"] * 1000})
    assert np.shares_memory(parts(frame)["n"].to_numpy(), frame["n"].to_numpy())
    huge = scipy.sparse.coo_matrix(([1.0], ([5], [7])), shape=(1_000_000, 1_000_000))
    assert all(getattr(part, "nbytes", 0) < 1000 for part in parts(huge).values())
    assert one_line(huge) == "coo_matrix 1,000,000 x 1,000,000 float64 with 1 values"


def test_models_say_what_they_are_and_whether_they_are_fitted() -> None:
    model = LogisticRegression(C=0.5)
    assert one_line(model) == "LogisticRegression(C=0.5), not fitted"
    model.fit([[0.0], [1.0]], [0, 1])
    assert one_line(model) == "LogisticRegression(C=0.5), fitted"
    assert one_line({"m": model}) == "{'m': LogisticRegression(C=0.5)}"
    assert one_line(make_pipeline(model)).endswith(", fitted")
    assert {"C", "coef_"} <= set(parts(model))
