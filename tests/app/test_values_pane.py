"""Variables, watches, setting values and live tables through real keys, at a stop that is scripted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from fake_values import FakeValues
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import Input

from cursus_tui.app.commands.values import assigned, called, expression_refusal
from cursus_tui.app.panes.data_pane import DataPane
from cursus_tui.app.panes.variables_pane import VariablesPane
from cursus_tui.data.client import DataClient
from cursus_tui.records.debug import StopKind
from cursus_tui.records.run import Frame, PauseReason, Phase

MOST_BYTES_FOR_A_LINE_OF_CODE = 4_000
"""Of another stop in the same function: two lines of the source, status, stack, and the values that changed."""


@pytest.fixture
def step(desk: FakeDesk, tmp_path: Path) -> FakeValues:
    """A debugger of ``prepare``, whose main has a frame of 1,500 rows."""
    frame = pd.DataFrame({"id": range(1_500), "amount": [number * 0.5 for number in range(1_500)]})
    names = {"frame": frame, "total": 7, "config": {"rate": 0.5, "deep": {"er": [1, 2]}}, "many": list(range(250))}
    folder = tmp_path / "live"
    folder.mkdir()
    values = FakeValues(folder, [names, {"argument": "outer"}], desk.pipeline.steps["prepare"].script)
    desk.debugger = values
    return values


def variables(driver: Driver) -> VariablesPane:
    return driver.main.query_one(VariablesPane)


def rows(driver: Driver) -> list[str]:
    view = variables(driver).view
    return [" ".join(view.render_row(row, 100).text.replace("›", " ").split()) for row in range(view.row_count)]


async def stopped(driver: Driver, step: FakeValues, **how: object) -> None:
    """Stop, and look at the variables."""
    step.stop("prepare", **how)  # type: ignore[arg-type]
    await driver.until(lambda: driver.main.situation.frame is not None)
    await driver.press("6")
    await driver.settle()


async def go(driver: Driver, name: str) -> None:
    """Put the cursor on a value that is in sight."""
    view = variables(driver).view
    row = next(row for row in view.rows if row.path and row.path[-1] == name)
    assert view.select(row.path)
    await driver.settle()


async def test_locals_of_the_frame_are_shown_and_branches_open(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        assert rows(driver) == [
            "Watches none: w adds an expression",
            "▾ Locals of main",
            "▸ ▦ frame DataFrame (1500, 2) DataFrame",
            "total 7 int",
            "▸ ▦ config {'rate': 0.5, 'deep': {'er': [1, 2]}} dict",
            rows(driver)[5],
            "▸ Globals",
        ]
        assert len([one for one in step.asked if one[0] == "variables"]) == 1
        await go(driver, "config")
        await driver.press("right", "down", "down", "right")
        assert "▸ ▦ er [1, 2] list" in rows(driver)
        await go(driver, "scope Globals")
        await driver.press("right")
        assert "LIMIT 7 int" in rows(driver)


async def test_another_stop_keeps_branches_and_marks_what_changed(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "config")
        await driver.press("right")
        step.locals[0]["total"] = 8
        await stopped(driver, step, line=9)
        assert "total 8 int" in rows(driver)
        assert "rate 0.5 float" in rows(driver)
        changed = [row.path[-1] for row in variables(driver).view.rows if row.changed]
        assert changed == ["total"]
        selected = variables(driver).view.selected
        assert selected is not None
        assert selected.path[-1] == "config"


async def test_another_frame_has_other_values(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await driver.press("u")
        assert "argument 'outer' str" in rows(driver)
        assert "▾ Locals of function_1, line 8" in rows(driver)
        assert not [row for row in variables(driver).view.rows if row.changed]
        await driver.press("d")
        assert "total 7 int" in rows(driver)


async def test_answers_of_an_older_stop_are_dropped(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        step.holding = frozenset({"scopes", "variables"})
        step.locals[0]["total"] = 8
        step.stop("prepare", 9)
        await driver.until(lambda: bool(step.held))
        late = step.held
        step.held = []
        step.holding = frozenset()
        step.locals[0]["total"] = 9
        step.stop("prepare", 10)
        await driver.until(lambda: "total 9 int" in rows(driver))
        step.held = late
        step.release()
        await driver.settle()
        assert "total 9 int" in rows(driver)


async def test_watches_are_added_kept_and_taken_away(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "total")
        await driver.press("w", "enter")
        assert desk.session.watches == ("total",)
        await go(driver, "watches")
        await driver.press("w")
        await driver.type("total *")
        await driver.press("enter")
        assert "not an expression" in driver.text
        await driver.fill("total * 6")
        await driver.press("w")
        await driver.fill("gone")
        assert desk.session.watches == ("total", "total * 6", "gone")
        assert rows(driver)[1:4] == ["total 7 int", "total * 6 42 int", "gone NameError: name 'gone' is not defined"]
        step.locals[0]["total"] = 8
        await stopped(driver, step, line=9)
        assert rows(driver)[2] == "total * 6 48 int"
        await go(driver, "gone")
        await driver.press("w", "enter")
        assert desk.session.watches == ("total", "total * 6")
        step.go_on()
        await driver.until(lambda: "total * 6 not stopped" in rows(driver))


async def test_an_expression_typed_after_w_is_never_taken_as_keys(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "total")
        await driver.press("w", *"total.x", "enter")  # x would cancel the step
        assert desk.session.watches == ("total.x",)
        await go(driver, "total.x")
        await driver.press("w", *"total+1", "enter")
        assert desk.session.watches == ("total.x", "total+1")  # beside the one under the cursor
        await go(driver, "total.x")
        await driver.press("w", "escape")
        assert desk.session.watches == ("total.x", "total+1")


async def test_a_returned_value_is_not_offered_under_the_name_that_the_debugger_gives_it(
    desk: FakeDesk, step: FakeValues
) -> None:
    step.locals[0] = {"(return) load": 3}
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "(return) load")
        await driver.press("w")
        field = driver.app.focused
        assert isinstance(field, Input)
        assert field.value == ""


@pytest.mark.parametrize(
    ("shown", "offered"),
    [
        ("7", "7"),
        ("'a b'", "'a b'"),
        ("list of 13: ['a', 'b', …]", "total"),
        ("Series 13 float64", "total"),
        ("'a…'", "total"),
    ],
)
async def test_what_is_set_begins_with_an_expression(
    desk: FakeDesk, step: FakeValues, shown: str, offered: str
) -> None:
    class Shown:
        def __repr__(self) -> str:
            return shown

    step.locals[0]["total"] = Shown()
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "total")
        await driver.press("=")
        field = driver.app.focused
        assert isinstance(field, Input)
        assert field.value == offered
        assert "not an expression" not in driver.text


async def test_a_slow_watch_keeps_no_other(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        desk.session.set_watches(("total", "total + 1"))
        step.holding = frozenset({"evaluate"})
        await stopped(driver, step)
        step.held.pop(1)()
        await driver.settle()
        assert rows(driver)[1:3] == ["total …", "total + 1 8 int"]


async def test_a_variable_is_set(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "total")
        await driver.press("=")
        await driver.fill("total * 2")
        assert step.locals[0]["total"] == 14
        assert "total 14 int" in rows(driver)
        await driver.press("=")
        await driver.fill("nothing_there")
        assert "NameError" in driver.notices
        await go(driver, "watches")
        await driver.press("=")
        assert "put the cursor on a variable" in driver.notices


async def test_what_a_call_returned_cannot_be_set(desk: FakeDesk, step: FakeValues) -> None:
    step.locals[0]["(return) double"] = 4
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "(return) double")
        await driver.press("=")
        assert driver.app.screen is driver.main
        assert "nothing can be assigned to (return) double" in driver.notices


async def test_a_value_is_copied(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "total")
        await driver.press("y")
        assert driver.app.clipboard == "7"
        await driver.press("Y")
        assert driver.app.clipboard == "total = 7"


async def test_a_hundred_children_at_a_time(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await go(driver, "many")
        await driver.press("right")
        assert "more than 108" in rows(driver)
        await driver.search("more than")
        await driver.press("enter")
        assert "more than 216" in rows(driver)
        assert "199 199 int" in rows(driver)


async def test_a_frame_opens_in_the_data_pane_and_stays_when_the_step_goes_on(
    desk: FakeDesk, step: FakeValues, tmp_path: Path
) -> None:
    with DataClient() as client:
        desk.data = client  # type: ignore[assignment]
        async with opened(desk) as driver:
            await stopped(driver, step)
            await go(driver, "frame")
            await driver.press("enter")
            await driver.until(lambda: "amount" in driver.text and driver.main.situation.table)
            assert "prepare › frame" in driver.text
            await driver.until(lambda: "0.5" in driver.text)
            await driver.press("G")
            await driver.until(lambda: "1499" in driver.text)
            await driver.press("g")
            step.go_on()
            await driver.until(lambda: "before the step went on" in driver.text)
            assert "0.5" in driver.text
            await driver.press("escape")
            assert driver.main.situation.pane == "variables"
            assert list(step.folder.iterdir()) == []


async def test_a_value_that_has_no_rows_says_so(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await driver.palette("expression of a step as a table")
        await driver.press("escape")
        await driver.press("1")
        await driver.palette("open a value or an expression")
        await driver.fill("total")
        await driver.until(lambda: "has no rows" in driver.text)
        assert not driver.main.query_one(DataPane).situation.table  # type: ignore[union-attr]


async def test_a_held_exception_is_the_first_branch(desk: FakeDesk, step: FakeValues) -> None:
    step.locals[0]["__exception__"] = (KeyError, ["amount"], None)
    async with opened(desk) as driver:
        await stopped(driver, step, kind=StopKind.EXCEPTION, text="KeyError: 'amount'")
        assert rows(driver)[0].endswith("Exception KeyError: 'amount'")
        await go(driver, "exception")
        await driver.press("right")
        assert "0 'amount' str" in rows(driver)


async def test_a_running_step_is_sampled_on_request(desk: FakeDesk, step: FakeValues) -> None:
    desk.session.holding = {"prepare"}
    script = str(desk.pipeline.steps["prepare"].script)
    step.running = (Frame(script, 8, "main", True, "loop()", locals={"frame": "DataFrame 1,500 x 2"}),)
    async with opened(desk) as driver:
        await driver.press("n")
        await driver.until(lambda: driver.main.situation.running)
        await driver.press("6")
        assert "enter samples where it is" in driver.text
        assert not [one for one in step.asked if one[0] == "sample"]
        await go(driver, "sample")
        await driver.press("enter")
        assert rows(driver)[-2:] == ["▾ main line 8", "frame DataFrame 1,500 x 2"]
        await driver.search("DataFrame 1,500")
        await driver.press("enter")
        await driver.until(lambda: bool([one for one in step.asked if one[0] == "live_table"]))
        assert [one for one in step.asked if one[0] == "live_table"] == [("live_table", "frame", None, 0)]


async def test_a_failure_leaves_its_frames_to_look_at(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, failing={"prepare": 1})
    async with opened(desk) as driver:
        await driver.press("n")
        await driver.until(lambda: bool(driver.main.situation.failed_steps))
        await driver.press("6")
        assert rows(driver)[0].endswith("KeyError 'amount'")
        await driver.search("main")
        if "frame DataFrame 3 x 2" not in rows(driver):
            await driver.press("right")
        assert "frame DataFrame 3 x 2" in rows(driver)
        state = desk.session.state
        assert (state.phase, state.reason) == (Phase.PAUSED, PauseReason.FAILURE)


async def test_the_console_evaluates_in_the_frame_and_the_variables_follow(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await driver.press(">")
        assert "no step is stopped inside" in driver.notices
        await stopped(driver, step)
        await driver.press(">")
        await driver.type("total = 99")
        await driver.press("enter")
        await driver.press("escape")
        assert "total 99 int" in rows(driver)


async def test_a_stop_paints_little_where_little_changed(
    desk: FakeDesk, step: FakeValues, monkeypatch: pytest.MonkeyPatch
) -> None:
    step.locals[0].update({f"name_{number}": number for number in range(20)})
    pieces: list[int] = []
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda driver, data: pieces.append(len(data.encode())))
    async with opened(desk, (160, 45)) as driver:
        await stopped(driver, step)
        pieces.clear()
        step.locals[0]["name_3"] = 33
        await stopped(driver, step, line=9)
        assert "name_3 33 int" in rows(driver)
        assert 0 < sum(pieces) <= MOST_BYTES_FOR_A_LINE_OF_CODE


async def test_out_of_sight_nothing_is_asked(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk, (80, 24)) as driver:
        step.stop("prepare")
        await driver.until(lambda: driver.main.situation.frame is not None)
        await driver.settle()
        assert not [one for one in step.asked if one[0] in ("scopes", "variables", "evaluate", "sample")]


async def test_the_source_offers_the_name_that_its_line_assigns(desk: FakeDesk, step: FakeValues) -> None:
    async with opened(desk) as driver:
        await stopped(driver, step)
        await driver.press("3", "w")
        offered = driver.app.focused
        assert isinstance(offered, Input)
        assert offered.value == "total"
        await driver.press("enter")
        assert desk.session.watches == ("total",)
        assert "watching total" not in driver.notices  # it is in sight


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("    total = frame.sum()", "total"),
        ("for row in rows:", "row"),
        ("self.count += 1", "self.count"),
        ("limit: int = 3", "limit"),
        ("if a == b:", None),
        ("f(x=1)", None),
        ("return x", None),
    ],
)
def test_what_a_line_assigns(line: str, name: str | None) -> None:
    assert assigned(line) == (name or "")


def test_what_a_call_returned_is_opened_under_its_name() -> None:
    assert called("__pydevd_ret_val_dict['load']['train']") == "(return) load['train']"
    assert called("splits['train']") == "splits['train']"


@pytest.mark.parametrize(("text", "fine"), [("a + 1", True), ("a = 1", False), ("", False), ("(" * 500, False)])
def test_what_is_no_expression_is_refused(text: str, fine: bool) -> None:
    assert (expression_refusal(text) is None) is fine
