"""The grid over the real data process: the first page, the far end, and a process that dies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cursus_tui.data.client import DataClient
from cursus_tui.widgets.data_grid import DataGrid

ROWS = 60_000


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield DataGrid(message="opening")

    def on_mount(self) -> None:
        self.query_one(DataGrid).focus()


def lines(grid: DataGrid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


async def until(pilot: Pilot[None], grid: DataGrid, text: str) -> None:
    deadline = time.monotonic() + 20
    while text not in "\n".join(lines(grid)):
        assert time.monotonic() < deadline, "\n".join(lines(grid))
        await pilot.pause(0.02)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    rows = (f'{n:06d},"name, {n}",{n / 7:.3f},{"x" * 40}\n' for n in range(ROWS))
    path.write_text("code,name,value,pad\n" + "".join(rows))
    return path


async def test_a_file_is_scrolled_to_its_end_and_survives_a_crash(table: Path) -> None:
    host = Host()
    with DataClient() as client:
        async with host.run_test(size=(80, 24)) as pilot:
            grid = host.query_one(DataGrid)
            grid.show(client.table(table).result(20))
            await until(pilot, grid, "name, 3")
            await pilot.press("G")
            await until(pilot, grid, f"name, {ROWS - 1}")
            assert lines(grid)[-1].startswith(" row 60,000 of 60,000 · code text")
            os.kill(client.pid or 0, signal.SIGKILL)
            await pilot.press("L", *"30001", "enter")
            await until(pilot, grid, "30001")
            # Whatever failed while the process died is asked for again by the next key.
            await pilot.pause(0.2)
            await pilot.press("j")
            await until(pilot, grid, "name, 30000")
            await pilot.press("l", "y")
            deadline = time.monotonic() + 10
            while host.clipboard != "name, 30001":
                assert time.monotonic() < deadline
                await pilot.pause(0.02)
