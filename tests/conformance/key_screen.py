"""The program on a real terminal of 80 x 24, for one who reads its screen and presses its keys."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from real_terminal import PROGRAM, Terminal

WIDTH, HEIGHT = 80, 24
SECONDS = 30
"""The longest that anything takes to be on the screen."""
EDITOR = """
import json, pathlib, sys
orders = pathlib.Path({orders!r})
told = json.loads(orders.read_text())
file = pathlib.Path(sys.argv[-1])
text = file.read_bytes().decode()
for old, new in told["replace"]:
    if text.count(old) != 1:
        sys.exit(f"{{old!r}} is {{text.count(old)}} times in {{file}}")
    text = text.replace(old, new)
file.write_bytes((told["before"] + text.removeprefix(told["without"])).encode())
half = orders.with_suffix(".half")
half.write_text(json.dumps(sys.argv[1:]))
half.replace(orders.with_suffix(".done"))
"""
_CURSOR = re.compile(r"›\D*(\d+)[ ▌]")
_STOPPED = re.compile(r"(?:stopped|paused inside|held on)[^·]*?, line (\d+)")


class WrongError(Exception):
    """What was seen is not what should be."""


def expect(holds: object, what: str) -> None:
    """Fail with a sentence."""
    if not holds:
        raise WrongError(what)


class KeyScreen(Terminal):
    """Keys in, what is read on the screen out."""

    def __init__(self, home: Path, *arguments: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.orders = home / "orders.json"
        # It is called as an editor that is told the line.
        editor = home / "nano"
        editor.write_text(f"#!{sys.executable} -I\n{EDITOR.format(orders=str(self.orders))}")
        editor.chmod(0o755)
        super().__init__([PROGRAM, *arguments], WIDTH, HEIGHT, home, {"EDITOR": str(editor)})

    # --- reading

    def rows(self) -> list[str]:
        """What is on the screen, line by line."""
        return self.screen().split("\n")

    @property
    def status(self) -> str:
        """The status line."""
        return self.rows()[HEIGHT - 2]

    @property
    def line(self) -> int | None:
        """The line on which it says that a step stands."""
        found = _STOPPED.search(self.status)
        return int(found.group(1)) if found else None

    @property
    def cursor(self) -> str:
        """The row under the cursor."""
        return next((row for row in self.rows() if row.startswith("›")), "")

    @property
    def source_line(self) -> int | None:
        """The line under the cursor of the source."""
        found = _CURSOR.match(self.cursor)
        return int(found.group(1)) if found else None

    def see(self, *texts: str) -> str:
        """The screen, once it shows all of these."""
        return self.wait_for(*texts, seconds=SECONDS)

    def when(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        self.until(condition, SECONDS, what)

    def stands(self, line: int, how: str = "stopped") -> None:
        """Wait until the step stands on a line."""
        self.when(lambda: self.line == line and how in self.status, f"{how} on line {line}")

    @property
    def notice(self) -> str:
        """What is told in the corner, whole: it is wrapped there."""
        told = [row.rpartition("▌")[2].strip().partition("  ") for row in self.rows() if "▌" in row]
        return " ".join(text for text, _, _ in told)

    # --- pressing

    def pane(self, key: str, shows: str) -> None:
        """Go to a pane."""
        self.keys(key)
        self.see(shows)

    def in_pane(self, text: str) -> None:
        """Search in the pane that has the focus, and go to the next hit until the cursor's row begins with the text."""
        self.search(text.strip())
        self._to_hit(lambda: _row_text(self.cursor).startswith(text), text)

    def to_line(self, number: int, text: str) -> None:
        """In the source, to the line of this number, which has this text."""
        self.keys("3")
        self.when(lambda: self.source_line is not None, "the source")
        if self.source_line == number:
            return
        self.search(text[: WIDTH - 20].strip())
        self._to_hit(lambda: self.source_line == number, f"line {number}")

    def _to_hit(self, there: Callable[[], bool], what: str) -> None:
        """On to further hits of a search."""
        missed = 0
        for _ in range(30):
            if there():
                return
            before = self.cursor
            self.keys(".")
            try:
                self.until(lambda before=before: self.cursor != before, 3)
            except AssertionError:
                # Of two hits, a key sent before the search had landed comes round to the same one, unseen.
                missed += 1
                if missed == 3:
                    break
        expect(there(), f"the search came to {what}:\n{self.screen()}")

    def resume(self, key: str) -> int:
        """Press a key that goes on to another line; that line."""
        before = self.line
        self.keys(key)
        self.when(lambda: self.line not in (None, before), f"another line than {before} after {key}")
        line = self.line
        assert line is not None
        return line

    def order(self, *replace: tuple[str, str], before: str = "", without: str = "") -> None:
        """What the editor shall do when it is opened next."""
        self.orders.with_suffix(".done").unlink(missing_ok=True)
        told = {"replace": replace, "before": before, "without": without}
        self.orders.write_text(json.dumps(told))

    def edited(self) -> list[str]:
        """What the editor was given, once it has done what it was ordered."""
        done = self.orders.with_suffix(".done")
        self.when(done.exists, "the end of the editor")
        words: list[str] = json.loads(done.read_text())
        return words

    def palette(self, text: str) -> None:
        """Do what the palette finds first."""
        self.keys(":")
        self.see("enter does it")
        self.type(text)
        self.when(lambda: f" {text}" in self.screen(), text)
        self.keys("Enter")
        self.when(lambda: "enter does it" not in self.screen(), "the palette closed")


def _row_text(row: str) -> str:
    """A row without its marks."""
    return row.lstrip("› ▸▾▦▤◇▶●○‖✓✗⊘·│├─╯╰┤")
