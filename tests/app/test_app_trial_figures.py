"""Rows and seconds beside the steps are there from the first picture on, not only after a change of size."""

from __future__ import annotations

import pytest
from app_driver import opened
from fake_desk import FakeDesk


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_rows_show_without_a_resize(desk: FakeDesk, size: tuple[int, int]) -> None:
    async with opened(desk, size) as driver:
        await driver.press("n")
        row = next(line for line in driver.text.splitlines() if "prepare" in line and "passed" in line)
        assert "rows" in row
