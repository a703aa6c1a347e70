"""What is to be seen at a stop on a real screen: threads, a watched table, and afterwards why a step failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from small_project import COPYING, write_project

if TYPE_CHECKING:
    from real_terminal import Terminal

THREADS = """
import threading

began, ended = threading.Event(), threading.Event()

def read(shard):
    rows = [shard, "of the readers"]
    if shard == "second":
        began.set()
        ended.wait(60)
    else:
        began.wait(60)
        total = len(rows)
        total += 1
        ended.set()

readers = [threading.Thread(target=read, args=(shard,), name=f"{shard} reader") for shard in ("first", "second")]
for reader in readers:
    reader.start()
for reader in readers:
    reader.join()
"""
ROWS = """
rows = [{"order": 100 + number, "amount": number / 2} for number in range(10)]
kept = rows[3:]
count = len(kept)
"""
FAILING = """
amounts = {"first": 7}
missing = amounts["second"]
"""


def run_to(screen: Terminal, text: str) -> None:
    """From the source, to the line of this text."""
    screen.keys("3")
    screen.wait_for("def main(")
    screen.search(text)
    screen.until(lambda: any(row.startswith("›") and text in row for row in screen.screen().split("\n")))
    screen.keys("t")
    screen.wait_for("stopped", ", line ")


def test_threads_are_seen_and_switched(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Read": ()}, {"Read": THREADS + COPYING})
    screen = terminal("debug", str(project))
    screen.wait_for("nothing ran yet")
    run_to(screen, "total = len(rows)")
    screen.keys("9")
    screen.wait_for("thread first reader", "▶  read", "other threads", "thread second reader", "thread MainThread")

    # One that waits in a lock: its frame, its values, its line.
    chosen(screen, "thread second reader", "▶  read")
    screen.keys("6")
    screen.wait_for("shard  'second'", "rows  ['second', 'of the readers']")
    screen.keys("3")
    screen.until(lambda: any(row.startswith("›") and "ended.wait(60)" in row for row in screen.screen().split("\n")))

    # Main, which waits for both.
    screen.keys("9")
    chosen(screen, "thread MainThread", "▶  main")
    screen.keys("6")
    screen.wait_for("readers  [")
    screen.keys(">")
    screen.wait_for("Console:")
    screen.type("len(readers) + 4000")
    screen.keys("Enter")
    screen.wait_for("4002")
    screen.keys("Escape")
    screen.until(lambda: "Console:" not in screen.screen())

    # A line of the thread that was stopped, wherever one looks.
    screen.keys("n")
    screen.wait_for("shard  'first'", "total  2")
    screen.keys("c")
    screen.wait_for("finished: 1 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


def chosen(screen: Terminal, thread: str, frame: str) -> None:
    """Look at another thread."""
    screen.search(thread)
    screen.until(lambda: any(row.startswith("›") and thread in row for row in screen.screen().split("\n")))
    screen.keys("Enter")
    screen.until(lambda: screen.screen().find(thread) < screen.screen().find("other threads"), what=thread)
    screen.wait_for(frame)


def test_a_watch_opens_as_a_table_and_follows_the_lines(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Read": ()}, {"Read": ROWS + COPYING})
    screen = terminal("debug", str(project))
    screen.wait_for("nothing ran yet")
    run_to(screen, "count = len(kept)")
    screen.keys("6")
    screen.wait_for("Watches", "Locals")
    screen.keys("Home", "w")
    screen.fill("[row for row in kept if row['amount'] > 2]")
    screen.until(lambda: "▦ [row for row in kept" in screen.screen(), what="the watch")
    screen.search("[row for")
    screen.keys("Enter")
    shown = screen.wait_for("row 1 of 5", "order", "amount", "105", "4.5")
    assert "103" not in shown
    screen.keys("Escape")
    screen.until(lambda: "row 1 of" not in screen.screen())
    screen.keys("c")
    screen.wait_for("finished: 1 passed")
    screen.keys("q")
    assert screen.wait_ended() == 0


def test_why_a_held_step_failed_is_told_afterwards(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Broken": ()}, {"Broken": FAILING})
    screen = terminal("debug", str(project))
    screen.wait_for("nothing ran yet")
    screen.keys("n")
    screen.wait_for("held on KeyError")
    screen.keys("c")
    screen.wait_for("failed in Broken", "KeyError")
    screen.keys("q")
    assert screen.wait_ended() == 0
    told = terminal("show", "last", "Broken", "--traceback", "--path", str(project))
    assert told.wait_ended() == 0
    text = told.printed()
    script = project / "scripts" / "broken.py"
    assert "Broken, attempt 1: failed" in text
    assert f"{script}:6 in main" in text
    for line in ('missing = amounts["second"]', "amounts = {'first': 7}", "KeyError: 'second'"):
        assert line in text
