"""Editing in 80 columns: wiring by keys, and scripts in an editor that takes the terminal and gives it back."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_project import write_project

if TYPE_CHECKING:
    from real_terminal import Terminal

EDITOR = """
import sys
print("the editor is ready")
try:
    input()
except KeyboardInterrupt:
    print("the editor goes on")
with open(sys.argv[-1], "a") as file:
    file.write("# " + input() + "\\n")
"""


def test_an_input_is_wired_anew_and_back(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Left": (), "Right": (), "Join": ("Left", "Right")})
    screen = terminal("debug", str(project))
    screen.wait_for("nothing ran yet")
    screen.keys("Down", "Down", "4")
    screen.wait_for("Left.left", "Right.right")
    screen.search("Left.left")
    screen.keys("=")
    screen.wait_for("Join: what feeds left", "as it is now", "Nothing: leave it unwired")
    screen.keys("Down", "Enter")
    screen.until(lambda: re.search("left +Right.right +you decided it", screen.screen()) is not None)
    screen.keys("U")
    screen.until(lambda: re.search("left +Left.left +[01]", screen.screen()) is not None)
    assert "you decided it" not in screen.screen()
    screen.keys("q")
    assert screen.wait_ended() == 0


def test_the_editor_has_the_terminal_to_itself(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"First": ()})
    editor = tmp_path / "editor.py"
    editor.write_text(EDITOR)
    screen = terminal("debug", str(project), environment={"EDITOR": f"{sys.executable} {editor}"})
    screen.wait_for("nothing ran yet")
    screen.keys("3")
    screen.wait_for("def main(")
    screen.keys("o")
    screen.wait_for("the editor is ready")
    assert [screen.fact(name) for name in ("alternate_on", "cursor_flag", "mouse_any_flag")] == ["0", "1", "0"]
    screen.keys("C-c")
    screen.wait_for("the editor goes on")
    screen.type("written there")
    screen.wait_for("written there")
    screen.keys("Enter")
    screen.wait_for("3 Source", "def main(")
    screen.until(lambda: screen.fact("mouse_any_flag") == "1")
    assert [screen.fact(name) for name in ("alternate_on", "cursor_flag")] == ["1", "0"]
    assert "the editor" not in screen.screen()
    assert (project / "scripts" / "first.py").read_text().endswith("# written there\n")
    screen.search("written there")
    screen.wait_for("# written there")
    screen.keys("n")
    screen.wait_for("finished: 1 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


@pytest.mark.parametrize(("editor", "leave"), [("vi", (":q!", "Enter")), ("nano", ("C-x",))])
def test_a_usual_editor(terminal: Callable[..., Terminal], tmp_path: Path, editor: str, leave: tuple[str, ...]) -> None:
    if shutil.which(editor) is None:
        pytest.skip(f"needs {editor}, which not every system has")
    project = write_project(tmp_path / "project", {"First": ()})
    screen = terminal("debug", str(project), environment={"EDITOR": editor})
    screen.wait_for("nothing ran yet")
    screen.keys("3")
    screen.wait_for("def main(", "o editor")
    before = screen.screen()
    screen.keys("o")
    screen.until(lambda: "o editor" not in screen.screen() and "def main(" in screen.screen())
    screen.keys(*leave)
    screen.wait_for("o editor")
    screen.until(lambda: screen.screen() == before)
    screen.keys("q")
    assert screen.wait_ended() == 0
