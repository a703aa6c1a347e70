"""Which requests set values of a step by hand, and that it is remembered where it outlives us."""

from __future__ import annotations

from pathlib import Path

import pytest
from hub_desk import Desk

from cursus_tui.debugging.by_hand import sets_values
from cursus_tui.records.debug import DebugError


@pytest.mark.parametrize(
    "typed", ["x = 1", "x += 1", "import os", "del x", "rows[0] = 2", "(x := 1)", "for i in y: pass", "a; b = 1"]
)
def test_a_statement_sets_values(typed: str) -> None:
    assert sets_values("evaluate", {"expression": typed, "context": "repl"})
    assert not sets_values("evaluate", {"expression": typed, "context": "watch"})


@pytest.mark.parametrize("typed", ["x", "x.sort()", "x == 1", "len(x)", "", "x ="])
def test_of_an_expression_it_is_not_known(typed: str) -> None:
    assert not sets_values("evaluate", {"expression": typed, "context": "repl"})


@pytest.mark.parametrize("command", ["setVariable", "setExpression"])
def test_a_debuggers_own_request_does(command: str) -> None:
    assert sets_values(command, {"name": "x", "value": "1"})
    assert not sets_values("variables", {})


def test_what_was_set_is_remembered_in_the_attempts_folder_and_what_failed_is_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    mark = tmp_path / "set-by-hand"
    step.answers["evaluate"] = {"result": "", "variablesReference": 0}
    desk.debug.evaluate("total", 1).result(5)
    assert not mark.exists()
    step.answers["evaluate"] = "NameError: name 'nothing' is not defined"
    with pytest.raises(DebugError):
        desk.debug.evaluate("total = nothing", 1).result(5)
    assert not mark.exists()
    step.answers["evaluate"] = {"result": "", "variablesReference": 0}
    desk.debug.evaluate("total = 2", 1).result(5)
    assert mark.exists()
    desk.debug.close()
