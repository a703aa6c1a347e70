"""Who has the keys when a step stops: whoever only waits is taken to the line, whoever works elsewhere stays there."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from fake_stops import FakeStops
from textual import events

from cursus_tui.records.debug import StopKind
from cursus_tui.records.run import StepStatus
from cursus_tui.widgets.data_grid import DataGrid
from cursus_tui.widgets.source_view import SourceView

SIZES = [(80, 24), (160, 45)]
BY_ITSELF = [StopKind.BREAKPOINT, StopKind.CALL, StopKind.EXCEPTION]


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path, holding=["train"])


async def stopped(driver: Driver, stops: FakeStops, line: int, kind: StopKind, step: str = "train") -> None:
    stops.stop(line, kind, step=step, text="KeyError: 'amount'" if kind is StopKind.EXCEPTION else "")
    await driver.settle()


def arrows(driver: Driver) -> set[int]:
    """Lines with a mark of a stop."""
    view = driver.main.query_one(SourceView)
    stands = ("current", "failure")
    return {line for line in range(1, 40) if any(mark.kind in stands for mark in view.marks(line))}


async def reads_a_table(driver: Driver) -> None:
    """Train runs, and the user looks at a table that prepare wrote."""
    await driver.press("n", "n")
    await driver.press("1", "home", "down", "2", "enter")
    assert driver.main.query_one(DataGrid).has_focus
    assert driver.main.situation.step == "prepare"


@pytest.mark.parametrize("kind", BY_ITSELF)
@pytest.mark.parametrize("size", SIZES)
async def test_a_stop_takes_nothing_from_who_reads_a_table(
    desk: FakeDesk, stops: FakeStops, size: tuple[int, int], kind: StopKind
) -> None:
    async with opened(desk, size) as driver:
        await reads_a_table(driver)
        given = list(desk.session.given)
        await stopped(driver, stops, 7, kind)
        assert driver.main.query_one(DataGrid).has_focus
        assert driver.main.situation.step == "prepare"
        assert "train" in driver.told
        assert "3 source" in driver.told
        await driver.press("c")  # go to a column, and not: continue
        assert driver.app.screen is not driver.main
        await driver.press("escape")
        assert desk.session.given == given
        await driver.press("3")
        assert driver.main.situation.step == "train"
        assert arrows(driver) == {7}
        assert "3 source" not in driver.told


async def test_the_next_step_closes_no_table_that_is_read(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        desk.session.holding = {"train", "evaluate"}
        await driver.press("c")
        await driver.press("1", "home", "down", "2", "enter")
        desk.session.release()
        await driver.settle()
        assert desk.session.state.current == "evaluate"
        assert driver.main.query_one(DataGrid).has_focus
        assert driver.main.query_one(DataGrid).display


@pytest.mark.parametrize("pane", ["1", "4", "5", "7"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_stop_leaves_who_pressed_a_key_meanwhile_where_he_is(
    desk: FakeDesk, stops: FakeStops, size: tuple[int, int], pane: str
) -> None:
    async with opened(desk, size) as driver:
        await driver.press("n", "n", pane)
        here = driver.main.situation.pane
        await stopped(driver, stops, 7, StopKind.BREAKPOINT)
        assert driver.main.situation.pane == here
        wide = size[0] == 160
        assert ("3 source" in driver.told) is not (wide and pane == "1")
        if wide and pane == "1":
            assert "▶ 7" in driver.text  # beside it
        await driver.press("n")
        assert desk.session.given[-1] == ("step_over",)


@pytest.mark.parametrize("kind", [*BY_ITSELF, StopKind.ENTRY, StopKind.PAUSE, StopKind.STEP])
async def test_a_stop_takes_who_only_waits_to_its_line(desk: FakeDesk, stops: FakeStops, kind: StopKind) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "5", "n")
        await stopped(driver, stops, 7, kind)
        assert driver.main.situation.pane == "source"
        assert arrows(driver) == {7}


async def test_a_key_that_waits_its_turn_counts_as_pressed(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n")
        for key in ("n", "5", "G"):
            driver.app.post_message(events.Key(key, key))
        stops_later = driver.app.call_later
        stops_later(lambda: stops.stop(7, StopKind.BREAKPOINT, step="train"))
        await driver.until(lambda: not driver.app._key_order.busy)
        await driver.settle()
        assert driver.main.situation.pane == "log"


async def over_line_7(driver: Driver, desk: FakeDesk, stops: FakeStops) -> None:
    """On its way from there by a key, and not at the next line yet."""
    await driver.press("n", "n")
    await stopped(driver, stops, 7, StopKind.STEP)
    desk.session.given.clear()
    await driver.press("n")
    stops.go_on()


async def test_steps_typed_faster_than_lines_run_wait_for_their_stops(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await over_line_7(driver, desk, stops)
        await driver.settle()
        await driver.press("n", "s")
        assert desk.session.given == [("step_over",)]
        assert "not now" not in driver.notices
        await stopped(driver, stops, 8, StopKind.STEP)
        assert desk.session.given == [("step_over",)] * 2
        stops.go_on()
        await stopped(driver, stops, 9, StopKind.STEP)
        assert desk.session.given == [("step_over",), ("step_over",), ("step_into",)]
        stops.go_on()
        await stopped(driver, stops, 10, StopKind.STEP)
        assert len(desk.session.given) == 3, "nothing is left"


@pytest.mark.parametrize("between", ["another key", "a breakpoint", "a second"])
async def test_what_was_typed_ahead_is_void_after(
    desk: FakeDesk, stops: FakeStops, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(desk, (80, 24)) as driver:
        await over_line_7(driver, desk, stops)
        await driver.settle()
        if between == "a second":
            monkeypatch.setattr("cursus_tui.app.awaiting._AHEAD_SECONDS", 0.0)
        await driver.press("n", *(["up"] if between == "another key" else []))
        assert ("not now" in driver.notices) is (between == "a second")
        await stopped(driver, stops, 8, StopKind.BREAKPOINT if between == "a breakpoint" else StopKind.STEP)
        assert desk.session.given == [("step_over",)]


async def test_a_step_over_of_a_slow_line_leaves_a_live_table_in_sight(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await driver.press("n", "n")
        await stopped(driver, stops, 7, StopKind.ENTRY)
        await driver.press("2", "f10")
        stops.go_on()
        await stopped(driver, stops, 8, StopKind.STEP)
        assert driver.main.situation.pane == "data"
        assert "F10 over" in driver.told


async def test_a_failure_takes_nothing_from_who_works_elsewhere(desk: FakeDesk, stops: FakeStops) -> None:
    async with opened(desk, (80, 24)) as driver:
        await reads_a_table(driver)
        desk.session.release(StepStatus.FAILED)
        await driver.settle()
        assert driver.main.query_one(DataGrid).has_focus
        assert driver.main.situation.step == "prepare"
