"""The first picture: the pipeline where it opens quickly, else what is being opened; and what cannot be opened."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest
from app_driver import Driver, at_once
from fake_desk import FakeDesk

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import build_keymap
from cursus_tui.app.opening import Opening
from cursus_tui.app.ports import DeskPort
from cursus_tui.app.screens.main import MainScreen
from cursus_tui.records.errors import UserError


async def test_a_pipeline_that_opens_quickly_is_the_first_picture(desk: FakeDesk) -> None:
    app = CursusApp(at_once(desk), build_keymap(), opening="quick")
    pushed = _pushed(app)
    async with app.run_test(size=(120, 40)) as pilot:
        await Driver(pilot).until(lambda: app.main is not None)
        assert pushed[0] is app.main


async def test_another_one_is_preceded_by_what_is_being_opened(desk: FakeDesk) -> None:
    awaited: Future[DeskPort] = Future()
    app = CursusApp(awaited, build_keymap(), opening="slow[b]")
    async with app.run_test(size=(120, 40)) as pilot:
        driver = Driver(pilot)
        await driver.until(lambda: isinstance(app.screen, Opening))
        await driver.until(lambda: "opening slow[b] …" in driver.text)
        awaited.set_result(desk)
        await driver.until(lambda: app.screen is app.main)
        await driver.settle()
        assert "nothing ran yet" in driver.told
        await driver.press("down")
        assert driver.main.current is driver.main.pane("pipeline")


async def test_leaving_does_not_wait_for_what_is_being_opened() -> None:
    app = CursusApp(Future(), build_keymap(), opening="slow")
    async with app.run_test() as pilot:
        await Driver(pilot).until(lambda: isinstance(app.screen, Opening))
        await pilot.press("q")
    assert app.return_value is not None
    assert app.return_value.problem is None


@pytest.mark.parametrize("slowly", [False, True])
async def test_what_cannot_be_opened_ends_the_screen_with_the_reason(slowly: bool) -> None:
    problem = UserError("there is no such pipeline")
    awaited: Future[DeskPort] = Future()
    app = await _ended(awaited, lambda: awaited.set_exception(problem), slowly)
    assert app.return_value is not None
    assert app.return_value.problem is problem


@pytest.mark.parametrize("slowly", [False, True])
async def test_a_screen_that_cannot_be_made_ends_and_leaves_the_pipeline_to_be_closed(
    desk: FakeDesk, slowly: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no room for a screen")

    monkeypatch.setattr(MainScreen, "__init__", fail)
    awaited: Future[DeskPort] = Future()
    app = await _ended(awaited, lambda: awaited.set_result(desk), slowly)
    assert app.return_value is not None
    assert "no room" in str(app.return_value.problem)
    assert app.desk is desk


async def _ended(awaited: Future[DeskPort], settle: Callable[[], None], slowly: bool) -> CursusApp:
    """An app that ended by itself after the pipeline was settled: before its first picture, or while that waits."""
    app = CursusApp(awaited, build_keymap())
    if not slowly:
        settle()
    async with app.run_test() as pilot:
        if slowly:
            await Driver(pilot).until(lambda: isinstance(app.screen, Opening))
            settle()
        await Driver(pilot).until(lambda: app.return_value is not None)
    return app


def _pushed(app: CursusApp) -> list[object]:
    """The screens in the order in which they are shown, from now on."""
    seen: list[object] = []
    push = app.push_screen

    def noted(screen: object, *rest: object, **named: object) -> object:
        seen.append(screen)
        return push(screen, *rest, **named)  # type: ignore[call-overload]

    app.push_screen = noted  # type: ignore[assignment, method-assign]
    return seen
