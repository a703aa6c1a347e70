"""What stands for speed on any machine: bytes painted for a key, and how much is mounted before the first picture."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from app_driver import Driver, opened
from fake_desk import FakeDesk
from textual.drivers.headless_driver import HeadlessDriver

Painted = Callable[[], int]


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


async def test_bytes_for_keys(desk: FakeDesk, painted: Painted) -> None:
    async with opened(desk) as driver:
        for keys in (["down"],["down"],["up"],["1"],["5"],["1"],["2"],["3"],["down"],["down"],["1"],["v"],["v"],["b"],["b"],["z"],["z"],["?"],["escape"]):
            print(keys, await bytes_for(driver,painted,*keys), file=open("/tmp/w/bench/o","a"))
        print(len(list(driver.main.walk_children())), painted(), file=open("/tmp/w/bench/o","a"))
        from collections import Counter
        print(Counter(type(w).__name__ for w in driver.main.walk_children()), file=open("/tmp/w/bench/o","a"))
