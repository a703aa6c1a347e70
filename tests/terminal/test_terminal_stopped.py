"""A real screen at a stop inside of a step: leaving it there, losing it there, and keys meant for elsewhere."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_terminal import resumed
from small_project import COPYING, write_project

if TYPE_CHECKING:
    from real_terminal import Terminal

LINES = """
first = 1
second = first + 1
third = second + 1
"""


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """A pipeline whose step ``Slow`` begins with three plain lines."""
    return write_project(tmp_path / "project", {"Slow": (), "Then": ("Slow",)}, {"Slow": LINES + COPYING})


def stopped(terminal: Callable[..., Terminal], project: Path, *flags: str, **options: object) -> Terminal:
    """The program, its step ``Slow`` stopped on the first line of its main."""
    screen = terminal("debug", str(project), *flags, **options)
    screen.wait_for("nothing ran yet")
    screen.keys("s")
    screen.wait_for("stopped, line 5")
    return screen


def left(screen: Terminal) -> None:
    screen.keys("q")
    assert screen.wait_ended() == 0


def quitting(screen: Terminal, *keys: str) -> None:
    """Asked what becomes of the step, another choice than the first is some keys away."""
    screen.keys("q")
    screen.wait_for("Quit, and let it run on", "Cancel it and quit", "enter chooses")
    screen.keys(*keys, "Enter")


def to_the_end(screen: Terminal, *keys: str) -> None:
    """Perhaps over a line first."""
    if keys:
        screen.keys(*keys)
        screen.wait_for("stopped, line 6")
    screen.keys("c")
    screen.wait_for("finished: 2 passed")
    left(screen)


def test_quit_and_stay_at_the_stop(terminal: Callable[..., Terminal], lines: Path) -> None:
    screen = stopped(terminal, lines)
    quitting(screen, "Down", "Down")
    screen.until(lambda: "Cancel it and quit" not in screen.screen())
    to_the_end(screen, "n")


def test_quit_and_cancel_the_stopped_step(terminal: Callable[..., Terminal], lines: Path) -> None:
    screen = stopped(terminal, lines)
    quitting(screen, "Down")
    assert screen.wait_ended() == 0
    again = resumed(terminal, lines)
    again.wait_for("cancelled")
    to_the_end(again)


def test_quit_and_let_the_stopped_step_run_on(terminal: Callable[..., Terminal], lines: Path) -> None:
    screen = stopped(terminal, lines)
    quitting(screen)
    assert screen.wait_ended() == 0
    assert "Slow runs on without the screen" in screen.printed()
    passes_unseen(terminal, lines)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_a_screen_that_dies_at_a_stop_lets_the_step_go(
    terminal: Callable[..., Terminal], lines: Path, number: signal.Signals
) -> None:
    screen = stopped(terminal, lines)
    screen.signal(number)
    assert screen.wait_ended() in (-number, 128 + number)
    passes_unseen(terminal, lines)


def passes_unseen(terminal: Callable[..., Terminal], project: Path) -> None:
    again = resumed(terminal, project)
    again.wait_for("paused", "Then")
    again.keys("c")
    shown = again.wait_for("finished: 2 passed")
    assert "stopped" not in shown
    left(again)


def test_cancel_at_a_stop(terminal: Callable[..., Terminal], lines: Path) -> None:
    screen = stopped(terminal, lines)
    screen.keys("x")
    screen.wait_for("cancelled")
    to_the_end(screen)


def test_the_time_limit_stands_still_at_a_stop(terminal: Callable[..., Terminal], lines: Path) -> None:
    screen = stopped(terminal, lines, "--timeout", "2")
    time.sleep(3)
    to_the_end(screen, "n")
