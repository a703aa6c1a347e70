"""What stands for speed on any machine: bytes painted for a key, and how much is mounted for the first picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from textual._compositor import Compositor, LayoutUpdate
from textual.drivers.headless_driver import HeadlessDriver

Painted = Callable[[], int]

MOST_WIDGETS = 48
MOST_BYTES_FOR_A_LINE = 1_000
"""For a cursor that moves inside of a pane: the lines it leaves and enters, not the pane."""
MOST_BYTES_FOR_A_STEP = 9_000
"""For another step under the cursor: the tab beside it shows something else."""
MOST_BYTES_FOR_A_PANE = 30_000
"""For another tab: the source is the one with most colours."""


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Painted:
    """Bytes that went to the terminal so far."""
    pieces: list[int] = []
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda driver, data: pieces.append(len(data.encode())))
    return lambda: sum(pieces)


async def bytes_for(driver: Driver, painted: Painted, *keys: str) -> int:
    before = painted()
    await driver.press(*keys)
    return painted() - before


async def test_a_key_paints_little(desk: FakeDesk, painted: Painted) -> None:
    async with opened(desk) as driver:
        assert 0 < await bytes_for(driver, painted, "down") <= MOST_BYTES_FOR_A_STEP
        assert 0 < await bytes_for(driver, painted, "3") <= MOST_BYTES_FOR_A_PANE
        assert 0 < await bytes_for(driver, painted, "down") <= MOST_BYTES_FOR_A_LINE


async def test_another_focus_does_not_paint_the_whole_screen(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(desk, size=(160, 45)) as driver:
        await driver.press("5", "1")
        paint_all = Compositor.render_full_update
        painted_all: list[Compositor] = []

        def noted(compositor: Compositor, simplify: bool = False) -> LayoutUpdate:
            painted_all.append(compositor)
            return paint_all(compositor, simplify)

        monkeypatch.setattr(Compositor, "render_full_update", noted)
        await driver.press("5", "1", "5")
        assert driver.main.situation.pane == "log"
        assert not painted_all


async def test_nothing_is_painted_while_nothing_happens(desk: FakeDesk, painted: Painted) -> None:
    async with opened(desk) as driver:
        before = painted()
        assert before > 0
        await driver.pilot.pause(1.2)  # longer than any clock of the screen's ticks
        assert painted() == before


async def test_few_widgets_are_mounted_at_the_start(desk: FakeDesk) -> None:
    async with opened(desk) as driver:
        assert 10 < len(list(driver.main.walk_children())) <= MOST_WIDGETS
