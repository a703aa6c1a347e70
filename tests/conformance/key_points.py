"""Breakpoints that are set with keys: plain, on a condition, on a count of hits, and one that prints instead."""

from __future__ import annotations

import re

from key_scenes import At, both_stand, open_console
from key_screen import KeyScreen, expect


def breakpoints(at: At) -> None:
    """A plain and a conditional one, and what is to be seen on their lines."""
    screen, tried = at.screen, at.tried
    plain, looped = at.line(tried.plain), at.line(tried.looped)
    with at.report.scene("b and B") as seen:
        screen.to_line(plain, tried.plain)
        screen.keys("b")
        screen.when(lambda: "●" in screen.cursor, f"● on line {plain}")
        screen.to_line(looped, tried.looped)
        screen.keys("B")
        screen.fill(tried.condition)
        screen.when(lambda: "◆" in screen.cursor, f"◆ on line {looped}")
        listed(screen, plain, looped)
        screen.see(tried.condition[:20])
        seen.append(f"lines {plain} and {looped} if {tried.condition}")
    for _ in range(2):
        with at.report.scene("c") as seen:
            before = screen.line
            screen.keys("c")
            screen.when(lambda before=before: screen.line != before and screen.line in (plain, looped), "a breakpoint")
            both_stand(at)
            seen.append(f"line {screen.line}")
            if screen.line == looped:
                name, value = tried.holds
                holds(screen, name, value)
                seen.append(f"{name} is {value}")
            else:
                table(at)
                seen.append(f"{tried.table} opened")


def listed(screen: KeyScreen, *lines: int) -> None:
    """The Breaks pane has them all, and nothing else of the screen's own."""
    screen.keys("8")

    def shown() -> list[str]:
        return [row for row in screen.rows() if " on  line " in row]

    screen.when(lambda: len(shown()) == len(lines), f"{len(lines)} breakpoints")
    screen.when(lambda: all(any(f" {line} " in row for row in shown()) for line in lines), f"breakpoints on {lines}")


def table(at: At) -> None:
    """A value of the frame in the data pane."""
    screen, tried = at.screen, at.tried
    if tried.table.isidentifier():
        screen.pane("6", "Locals")
        screen.in_pane(f"{tried.table} ")
        screen.keys("Enter")
    else:
        open_console(screen)
        screen.type(tried.table)
        screen.see(f"│ {tried.table} ")
        screen.keys("C-o")
    screen.see(*tried.shows)
    screen.keys("Escape")
    screen.when(lambda: tried.shows[-1] not in screen.screen(), "the table left")


def hits(at: At) -> None:
    """Stopped at the second time that a line is come to; then the same line prints each time instead."""
    screen, tried = at.screen, at.tried
    looped, (name, value) = at.line(tried.looped), tried.second
    no_breakpoint(at, tried.plain)
    with at.report.scene("B, a count of hits") as seen:
        screen.to_line(looped, tried.looped)
        change(screen, condition="", hits="2", message="")
        listed(screen, looped)
        screen.see("hits 2")
        before = screen.line
        screen.keys("r")
        screen.when(lambda: screen.line != before, "it runs")
        screen.stands(looped)
        holds(screen, name, value)
        seen.append(f"the second time on line {looped}: {name} is {value}")
    with at.report.scene("B, a message instead") as seen:
        screen.to_line(looped, tried.looped)
        change(screen, condition="", hits="", message=f"by keys, {name}: {{{name}!r}}")
        screen.see("prints by keys")
        again(at)
        if "▸stderr" in screen.see("stdout "):
            screen.keys("a")
            screen.see("▸stdout")
        screen.search(f"by keys, {name}: {value}")
        shown = screen.see(f"by keys, {name}: {value}")
        seen.append(next(row.strip(" ›") for row in shown.split("\n") if f"{name}: {value}" in row))
    no_breakpoint(at, tried.looped)


def change(screen: KeyScreen, *, condition: str, hits: str, message: str) -> None:
    """All fields of the breakpoint of the line under the cursor."""
    screen.keys("B")
    screen.see("tab goes to the next field")
    for text in (condition, hits):
        screen.keys("C-u")
        screen.type(text)
        screen.keys("Tab")
    screen.fill(message)
    screen.when(lambda: "tab goes to the next field" not in screen.screen(), "the dialog closed")
    screen.when(lambda: bool(set("◆◇") & set(screen.cursor)), "the mark of the breakpoint")


def no_breakpoint(at: At, text: str) -> None:
    """Take the one on a line away."""
    screen = at.screen
    screen.to_line(at.line(text), text)
    screen.keys("b")
    screen.when(lambda: not set("●◆◇○") & set(screen.cursor), "the breakpoint gone")


def holds(screen: KeyScreen, name: str, value: str) -> None:
    """The Variables pane shows a name with a value."""
    screen.pane("6", "Locals")
    screen.in_pane(f"{name} ")
    expect(f"{name}  {value}" in screen.cursor, f"{name} is {value}: {screen.cursor}")


def again(at: At) -> None:
    """Run the step once more, to its end."""
    before = at.attempt
    at.screen.keys("r")
    ended(at, before + 1)


def ended(at: At, attempt: int) -> None:
    """The step comes to its end, has passed, and is the one to stand after."""
    screen = at.screen
    screen.pane("5", at.tried.step)
    passed = re.compile(rf" {at.tried.step}  passed\b.* attempt {attempt}\b")
    screen.when(lambda: passed.search(screen.screen()) is not None, f"attempt {attempt} passed")
    screen.see(f"paused after {at.tried.step[:8]}")
