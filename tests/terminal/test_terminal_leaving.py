"""Ways to leave the screen: what becomes of the running step, what is said, and the terminal as it was before."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from real_terminal import PROGRAM, resumed
from small_project import COPYING, HOLDING, write_project

if TYPE_CHECKING:
    from real_terminal import Terminal

CRASHING = """
import sys
from cursus_tui.app.commands import VERBS, looking
from cursus_tui.cli.main import run

def zoom(screen):
    secret_of_ours = "hunter2"
    raise RuntimeError("no \\x1b[31m such [red]thing")

VERBS["zoom"] = zoom
run()
"""
"""The program, with a verb that has an error of ours."""
_MODES = re.compile("\x1b\\[\\?([0-9;]+)([hl])")
_KITTY = re.compile("\x1b\\[([<>])[0-9]*u")


def assert_as_before(screen: Terminal) -> None:
    """What the program switched on in its terminal is off again, and the shell after it is usable."""
    modes = {number: state for numbers, state in _MODES.findall(screen.written) for number in numbers.split(";")}
    assert {"1049", "1000", "1006", "2004", "25"} <= set(modes), "it was a screen"
    usual = {"7", "25"}
    assert {number for number, state in modes.items() if state == "h"} == usual
    keyboards = "".join(_KITTY.findall(screen.written))
    assert keyboards.count("<") == keyboards.count(">")
    flags = ("alternate_on", "cursor_flag", "mouse_any_flag", "mouse_sgr_flag", "wrap_flag")
    assert [screen.fact(name) for name in flags] == ["0", "1", "0", "0", "1"]
    before, after = screen.settings
    assert after == before
    screen.type("typed after it")
    screen.wait_for("typed after it")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A pipeline whose step ``Slow`` runs until a file is removed; and that file."""
    hold = tmp_path / "hold"
    hold.touch()
    slow = HOLDING.format(hold=str(hold)) + COPYING
    yield write_project(tmp_path / "project", {"Slow": (), "Then": ("Slow",)}, {"Slow": slow}), hold
    hold.unlink(missing_ok=True)


def running(terminal: Callable[..., Terminal], project: Path, **options: object) -> Terminal:
    """The program, its step ``Slow`` running."""
    screen = terminal("debug", str(project), **options)
    screen.wait_for("nothing ran yet")
    screen.keys("n")
    screen.wait_for("running Slow")
    return screen


def test_quit_and_stay(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, hold = held
    screen = running(terminal, project)
    screen.keys("q")
    screen.wait_for("Slow is running.", "Cancel it and quit", "enter chooses")
    screen.keys("Down", "Down", "Enter")
    screen.until(lambda: "Slow is running." not in screen.screen())
    hold.unlink()
    screen.wait_for("paused before Then")
    screen.keys("q")
    assert screen.wait_ended() == 0
    assert_as_before(screen)
    assert "cursus-tui:" not in screen.screen(), "nothing goes on, so there is nothing to say"


def test_quit_and_cancel(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, _ = held
    screen = running(terminal, project)
    screen.keys("q")
    screen.wait_for("Cancel it and quit", "enter chooses")
    screen.keys("Down", "Enter")
    assert screen.wait_ended() == 0
    assert_as_before(screen)
    again = resumed(terminal, project)
    again.wait_for("cancelled")
    again.keys("q")
    assert again.wait_ended() == 0


def test_quit_and_let_it_run_on(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, hold = held
    screen = running(terminal, project)
    screen.keys("q")
    screen.wait_for("Quit, and let it run on", "enter chooses")
    screen.keys("Enter")
    assert screen.wait_ended() == 0
    assert_as_before(screen)
    told = screen.printed()
    assert "cursus-tui: Slow runs on without the screen" in told
    assert f"come back: cursus-tui debug {project}\n" in told

    again = resumed(terminal, project)
    again.wait_for("running Slow")
    hold.unlink()
    again.wait_for("paused after Slow")
    again.keys("c")
    again.wait_for("finished: 2 passed")
    again.keys("q")
    assert again.wait_ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal(terminal: Callable[..., Terminal], held: tuple[Path, Path], number: signal.Signals) -> None:
    project, _ = held
    screen = running(terminal, project)
    screen.signal(number)
    assert screen.wait_ended() == 128 + number
    assert_as_before(screen)
    shown = screen.printed()
    assert "Traceback" not in shown
    assert ("Slow runs on" in shown) == (number != signal.SIGHUP), "a line that was cut is told nothing"


def test_a_cut_line_while_much_is_painted(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, hold = held
    screen = running(terminal, project)
    screen.keys("5", *["Down", "Up", "z"] * 20)
    screen.close()
    assert screen.wait_ended() == 128 + signal.SIGHUP
    again = resumed(terminal, project)
    again.wait_for("running Slow")
    hold.unlink()
    again.wait_for("paused after Slow")


def test_bytes_that_are_no_text_do_not_end_it(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, _ = held
    screen = terminal("debug", str(project))
    screen.wait_for("nothing ran yet")
    screen.bring(b"\xff\xfe\xc3(")

    def called() -> bool:
        screen.keys("4")  # may be lost with the bytes that it came among
        return "INPUT_NAMES" in screen.screen()

    screen.until(called)
    screen.keys("q")
    assert screen.wait_ended() == 0
    assert_as_before(screen)


def test_who_only_looks_on_is_not_asked(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, hold = held
    owner = running(terminal, project)
    onlooker = terminal("debug", str(project))
    onlooker.wait_for("read only", "running")
    onlooker.keys("q")
    assert onlooker.wait_ended() == 0
    assert "cursus-tui:" not in onlooker.printed(), "it is the owner's to say what runs on"
    hold.unlink()
    owner.wait_for("paused before Then")


@pytest.mark.parametrize("flags", [(), ("--debug",)])
def test_an_error_of_ours(
    terminal: Callable[..., Terminal], held: tuple[Path, Path], tmp_path: Path, flags: tuple[str, ...]
) -> None:
    project, _ = held
    entry = tmp_path / "entry.py"
    entry.write_text(CRASHING)
    screen = running(
        lambda *arguments, **options: terminal(*flags, *arguments, **options),
        project,
        program=(sys.executable, str(entry)),
    )
    screen.keys("z")
    assert screen.wait_ended() == 70
    assert_as_before(screen)
    shown = screen.printed()
    assert "cursus-tui: internal error: RuntimeError: no ␛[31m such [red]thing" in shown
    assert "Slow runs on" in shown
    assert "hunter2" not in screen.written, "values of ours may be secrets of the user's"
    assert ("Traceback" in shown) == bool(flags)
    assert ("same command with --debug" in shown) != bool(flags)


def test_it_makes_room_for_the_shell_and_comes_back(terminal: Callable[..., Terminal], held: tuple[Path, Path]) -> None:
    project, hold = held
    screen = terminal("--norc", "-i", program=("bash",), environment={"PS1": "shell> "})
    screen.wait_for("shell>")
    screen.type(f"'{PROGRAM}' debug '{project}'")
    screen.keys("Enter")
    screen.wait_for("run Slow")
    screen.keys("n")
    screen.wait_for("running")
    screen.keys("C-z")
    screen.wait_for("Stopped", "shell>")
    hold.unlink()  # the step goes on, and ends
    screen.type("fg")
    screen.keys("Enter")
    screen.wait_for("Slow", "passed")
    screen.keys("q")
    screen.until(lambda: screen.fact("alternate_on") == "0")
    screen.type("exit")
    screen.keys("Enter")
