"""Edits as new overrides, what is refused, and the rows of the Call pane."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

from fake_desk import FakeDesk

from cursus_tui.app import edits
from cursus_tui.app.call_rows import call_rows
from cursus_tui.app.edits import EditKind, EditTarget
from cursus_tui.records.pipeline import Overrides
from cursus_tui.storage.rows import encode


def test_an_edit_keeps_what_was_decided_before() -> None:
    overrides = edits.set_environment(Overrides(), "a", "X", "1")
    overrides = edits.set_environment(overrides, "a", "Y", "2")
    overrides = edits.set_argument(overrides, "a", "--flag", "3")
    assert overrides.environment == {"a": {"X": "1", "Y": "2"}}
    assert overrides.arguments == {"a": {"flag": "3"}}


def test_wiring_takes_the_place_of_a_path() -> None:
    overrides = edits.set_path(Overrides(), "a", "DATA", Path("/d"))
    overrides = edits.set_wiring(overrides, "a", "DATA", ("b", "OUT"))
    assert overrides.wiring == {"a": {"DATA": ("b", "OUT")}}
    assert overrides.inputs["a"] == {}


def test_only_steps_directly_before_are_candidates(desk: FakeDesk) -> None:
    assert edits.candidates(desk.pipeline, "evaluate") == (("prepare", "OUT"), ("train", "OUT"))


def test_a_value_may_be_empty_but_not_what_no_process_can_have() -> None:
    assert edits.refusal(EditTarget("a", EditKind.ENVIRONMENT, "X"), "a\x00b") is not None
    assert edits.refusal(EditTarget("a", EditKind.ENVIRONMENT, "X"), "") is None


def test_a_relative_path_becomes_absolute(tmp_path: Path) -> None:
    overrides = edits.apply(Overrides(), EditTarget("a", EditKind.INPUT, "DATA"), str(tmp_path / ".." / tmp_path.name))
    assert overrides.inputs["a"]["DATA"] == tmp_path


def test_the_channel_of_a_source_is_the_one_that_feeds(desk: FakeDesk) -> None:
    assert edits.data_channel(desk.pipeline, "load") == "DATA"


def test_call_rows_tell_origin_doubt_and_score(desk: FakeDesk) -> None:
    rows = {row.row.key: row for row in call_rows(desk.pipeline, desk.pipeline.steps["train"], None)}
    wired = rows["input DATA"].row
    assert wired.value == "prepare.OUT"
    assert wired.uncertain
    assert "a tie with OTHER" in wired.origin
    assert "0.71" in wired.origin
    assert rows["environment LABEL"].row.origin == "config label_name"
    assert rows["environment RATIO"].row.uncertain
    assert rows["environment LABEL"].target == EditTarget("train", EditKind.ENVIRONMENT, "LABEL", "fraud")


def test_after_a_run_the_call_is_told(desk: FakeDesk) -> None:
    desk.session.step_over("prepare")
    attempt = desk.session.state.steps["prepare"].attempt
    rows = [row.row for row in call_rows(desk.pipeline, desk.pipeline.steps["prepare"], attempt)]
    assert any(row.heading and "main was called with" in row.name for row in rows)
    guarded = [
        row.row for row in call_rows(desk.pipeline, desk.pipeline.steps["prepare"], replace(attempt, guard="none"))
    ]
    assert [row.value for row in guarded if row.name == "network"] == ["allowed"]
    assert any(row.name == "LABEL" and row.value == "'fraud'" and not row.editable for row in rows)


def test_every_edit_can_be_stored_without_a_warning(tmp_path: Path) -> None:
    edited = edits.set_environment(Overrides(), "a", "X", "1")
    edited = edits.set_argument(edited, "a", "--flag", "3")
    edited = edits.set_path(edited, "a", "DATA", tmp_path)
    edited = edits.set_wiring(edited, "a", "IN", ("b", "OUT"))
    edited = edits.set_script(edited, "a", tmp_path / "a.py")
    edited = edits.set_job_type(edited, "a", "training")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored = encode(Overrides, edited)
    assert stored is not None
    assert '"job_types":{"a":"training"}' in stored


def test_json_stays_json() -> None:
    target = EditTarget("a", EditKind.ENVIRONMENT, "MAP", '{"a": 1}')
    assert edits.refusal(target, '{"a": 2}') is None
    assert edits.refusal(target, "") is None
    problem = edits.refusal(target, '{"a": 2')
    assert problem is not None
    assert "JSON" in problem
    assert edits.refusal(EditTarget("a", EditKind.ENVIRONMENT, "X", "[not json"), "anything") is None
