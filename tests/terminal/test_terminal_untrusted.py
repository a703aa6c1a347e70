"""Nothing that a pipeline prints, writes, raises or is called reaches the terminal as more than text."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from small_project import COPYING, write_project

if TYPE_CHECKING:
    from real_terminal import Terminal

HOSTILE = "".join(
    (
        "\x1b]52;c;cHduZWQ=\x07",  # the clipboard
        "\x1b]0;pwned\x1b\\",  # the title
        "\x1b[?1049l",  # the usual screen
        "\x1b[5;95m",  # blinking
        '\x1bP$q"p\x1b\\',  # a question that the terminal answers as if typed
        "\x1b[21t\x1b[6n\x05",  # more of those
        "\x1bc",  # a reset
        "\x9d0;pwned\x9c\x9b31m",  # the same in one byte each
        "\x0e\x08\x08\r",
        "\u202e\u2066\u200b",  # the order of what is read
    )
)
SCRIPT = """
hostile = {hostile!r}
print("printed" + hostile + "printed")
print("warned" + hostile + "warned\\0", file=sys.stderr)
sys.stdout.buffer.write(b"raw\\x9b31m\\x9d0;pwned\\x9c\\xff\\x00raw\\n")
for folder in output_paths.values():
    with open(os.path.join(folder, "file" + hostile + "name.csv"), "w", newline="") as file:
        file.write('"head' + hostile + 'er",b\\n"ce' + hostile + 'll","nul\\0"\\n')
"""
FAILING = SCRIPT + 'raise ValueError("raised" + hostile + "raised")  # comment{hostile}ed\n'
EXITING = SCRIPT + 'sys.exit("left" + hostile + "left")\n'
RINGING = """
from cursus_tui.app import attention
attention.LONG_SECONDS = 0.0
from cursus_tui.cli.main import run
run()
"""
"""The program, to which nothing is too short to notify of."""

_OURS = re.compile(
    "\x1b\\[[0-9;]*m"
    "|\x1b\\[[0-9]+;[0-9]+H"
    "|\x1b\\[[0-9]*[CJ]"
    "|\x1b\\[\\?[0-9]+[hl]"
    "|\x1b\\[\\?(?:2026|2048)\\$p"
    "|\x1b\\[[<>][0-9]*u"
    "|\x1b\\]22;[a-z-]*(?:\x07|\x1b\\\\)"
    "|\x1b\\](?:9;|777;notify;)[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\\\)"
    "|\x1bPtmux;(?:\x1b\x1b|[^\x1b])*\x1b\\\\"
    "|[\r\n\x07]"
)
"""What Textual and our notifications write beside text."""
_ACTS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\udc80-\udcff]")


def test_nothing_of_a_pipeline_acts_on_the_terminal(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    in_source = "".join(char for char in HOSTILE if char not in "\r\0")
    project = write_project(
        tmp_path / "project",
        {"Passes": (), "Fails": ("Passes",), "Exits": ("Passes",)},
        {
            "Passes": SCRIPT.format(hostile=HOSTILE) + COPYING,
            "Fails": FAILING.replace("{hostile!r}", repr(HOSTILE)).replace("{hostile}", in_source),
            "Exits": EXITING.format(hostile=HOSTILE),
        },
        {"GIVEN": f"giv{HOSTILE}en"},
    )
    entry = tmp_path / "entry.py"
    entry.write_text(RINGING)
    screen = terminal("debug", str(project), width=120, height=40, program=(sys.executable, str(entry)))
    screen.wait_for("nothing ran yet")
    screen.keys("n")
    screen.wait_for("paused before Fails")
    screen.keys("c")
    screen.wait_for("held on", "c let it fail")
    screen.keys("c")
    screen.wait_for("failed in Fails", "ValueError", "raised")
    screen.keys("1", "Down", "Down", "r")
    screen.wait_for("failed in Exits", "left")

    screen.keys("1", "Home")
    for step, printed in (("Passes", "printed"), ("Fails", "warned"), ("Exits", "warned")):
        screen.keys("1")
        screen.until(lambda step=step: bool(re.search(f"› *[^ ]+ {step}", screen.screen())))
        walk(screen, printed)
        screen.keys("1", "Down")
    screen.keys("q")
    assert screen.wait_ended() == 0

    written = screen.written
    left = _OURS.sub("", written)
    found = _ACTS.search(left)
    assert found is None, repr(left[max(0, found.start() - 60) : found.end() + 60])
    assert written.count("\x1b[?1049l") == 1, "our own, at the end"
    assert "\x1b[5;95m" not in written
    assert "\x1b]9;" in written or "\x1b]777;" in written, "it notified"
    assert "pwned" not in screen.fact("pane_title")
    assert screen.fact("buffer_name") == ""


def walk(screen: Terminal, printed: str) -> None:
    """Everything that there is to see of the selected step."""
    screen.keys("2")
    screen.wait_for("file␛]52")
    screen.search("file␛]52")
    screen.keys("Enter")
    screen.wait_for("row 1 of")
    screen.keys("Enter")
    closed(screen, "y copies")
    screen.keys("Escape")
    screen.until(lambda: "enter open" in screen.screen() and "row 1 of" not in screen.screen())
    screen.keys("3")
    screen.wait_for("hostile")
    screen.keys("4")
    screen.search("GIVEN")
    screen.wait_for("GIVEN")
    screen.keys("=")
    closed(screen, "enter takes it")
    screen.keys("5")
    screen.wait_for(printed)
    screen.keys("a", "7", "?")
    closed(screen, "Help: Checks")
    screen.keys(":")
    closed(screen, "enter does it")


def closed(screen: Terminal, dialog: str) -> None:
    """See a dialog open, and close it."""
    screen.wait_for(dialog)
    screen.keys("Escape")
    screen.until(lambda: dialog not in screen.screen())
