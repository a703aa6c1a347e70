"""Two pictures of the layout. State is asserted elsewhere, through keys; these only hold what is where."""

from __future__ import annotations

from typing import Any

import pytest
from app_driver import at_once
from fake_desk import FakeDesk
from textual.pilot import Pilot

from cursus_tui.app.app import CursusApp
from cursus_tui.app.keymap import build_keymap


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_layout(desk: FakeDesk, size: tuple[int, int], snap_compare: Any) -> None:
    app = CursusApp(at_once(desk), build_keymap())

    async def shown(pilot: Pilot[object]) -> None:
        for _ in range(200):
            if app.main is not None and app.main.situation.state is not None:
                break
            await pilot.pause(0.05)
        await pilot.press("down", "b", "c")
        await pilot.pause()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=shown)
