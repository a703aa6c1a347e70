"""Notices on a small screen: more of them than fit come and go, and what was below them is seen again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from small_project import write_project

if TYPE_CHECKING:
    from real_terminal import Terminal


def test_notices_that_do_not_fit_leave_nothing_behind(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    screen = terminal("debug", str(write_project(tmp_path / "project", {"Only": ()})))
    screen.wait_for("nothing ran yet")
    for key in "fpxfpxfp":
        screen.keys(key)
    screen.wait_for("not now: nothing is running")
    screen.until(lambda: "▌" not in screen.screen(), 20, "a screen without notices")
    screen.keys("q")
    assert screen.wait_ended() == 0
