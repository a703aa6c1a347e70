"""Runs of a step that differ: with another parameter, to its model, with threads, one that hangs, and a profile."""

from __future__ import annotations

import re

from key_points import again, no_breakpoint
from key_scenes import At, close_console, open_console, say
from key_screen import KeyScreen, expect


def parameter(at: At) -> None:
    """Another value for a parameter, what it does to the next run, and the value before."""
    screen, (name, value), (text, expression, answer) = at.screen, at.tried.parameter, at.tried.changes
    with at.report.scene("= on a parameter") as seen:
        screen.pane("4", "Environment")
        before = parameter_row(screen, name)
        screen.keys("=")
        screen.fill(value)
        screen.see(f"{name} = {value}", "set by you")
        screen.to_line(at.line(text), text)
        screen.keys("t")
        screen.stands(at.line(text))
        open_console(screen)
        say(screen, expression, answer)
        close_console(screen)
        seen.append(f"{name}={value}: {expression} is {answer}")
    with at.report.scene("U") as seen:
        screen.pane("4", "Environment")
        parameter_row(screen, name)
        screen.keys("U")
        screen.when(lambda: parameter_row(screen, name) == before, f"{name} as it was")
        again(at)
        seen.append(before)


def parameter_row(screen: KeyScreen, name: str) -> str:
    """A parameter and its value, with the cursor on it; what the last attempt was called with stands below."""
    screen.keys("Home")
    screen.in_pane(f"{name} ")
    return " ".join(screen.cursor.strip(" ›*").split()[:2])


def model(at: At) -> None:
    """A model opened where it has been fitted."""
    screen = at.screen
    if at.tried.model is None:
        return
    text, name, shows = at.tried.model
    with at.report.scene("a model") as seen:
        screen.to_line(at.line(text), text)
        screen.keys("t")
        screen.stands(at.line(text))
        screen.pane("6", "Locals")
        screen.in_pane(f"{name} ")
        expect("▤" in screen.cursor, f"it has the mark of a model: {screen.cursor}")
        screen.keys("Enter")
        screen.see("row 1 of", "part", *shows)
        seen.append(f"{name}: {', '.join(shows)}")
        screen.keys("Escape")
        screen.when(lambda: "row 1 of" not in screen.screen(), "the model left")


def threads(at: At) -> None:
    """Stopped in one thread of a pool, the others seen, and one of them looked at."""
    screen = at.screen
    if at.tried.threads is None:
        return
    text, name, other, function, local = at.tried.threads
    with at.report.scene("threads") as seen:
        screen.to_line(at.line(text), text)
        screen.keys("t")
        screen.stands(at.line(text))
        screen.pane("9", "other threads")
        screen.see(f"thread {name}")
        screen.in_pane(f"thread {other}")
        screen.keys("Enter")
        screen.when(lambda: "▶" in screen.cursor and function in screen.cursor, f"the frames of {other}")
        shown = screen.see(f"thread {other}", "other threads")
        expect(shown.index(f"thread {other}") < shown.index("other threads"), f"{other} is the one looked at")
        screen.pane("6", "Locals")
        screen.in_pane(f"{local} ")
        seen.append(f"stopped in {name}; {other} is in {function}, its {local} is to be seen")
        screen.pane("9", "other threads")


def hangs(at: At, original: bytes) -> None:
    """It does not come to an end: looked at without stopping it, stopped by a breakpoint and by a key, profiled."""
    screen, text = at.screen, at.tried.plain
    plain = at.line(text)
    written = at.script.read_text().split("\n")[plain - 1]
    indent = written[: len(written) - len(written.lstrip())]
    work = "sum(range(20_000))"
    loop = f"{text}\n{indent}while True:\n{indent}    {work}"
    screen.order((text, loop))
    screen.to_line(plain, text)
    screen.keys("o")
    screen.edited()
    with at.report.scene("a sample of a running step") as seen:
        screen.keys("r")
        screen.see("running")
        screen.pane("6", "The step runs")
        seen.append(sampled(at, plain + 2))
        screen.keys("P")
        screen.when(lambda: "is being profiled until it ends" in screen.notice, "the profile begun")
    with at.report.scene("b while it runs") as seen:
        screen.to_line(plain + 2, work)
        screen.keys("b")
        screen.stands(plain + 2)
        seen.append(f"stopped on line {plain + 2}")
        no_breakpoint(at, work)
        screen.keys("c")
        screen.when(lambda: screen.line is None, "it runs")
    with at.report.scene("p while it runs") as seen:
        screen.keys("p")
        screen.when(lambda: screen.line in (plain + 1, plain + 2), "paused inside")
        seen.append(screen.status.strip().partition(" · ")[0])
    with at.report.scene("x"):
        screen.keys("x")
        screen.when(lambda: screen.line is None, "it is over")
        screen.keys("1")
        # Its word may be under a notice.
        screen.when(lambda: "⊘" in screen.cursor and at.tried.step in screen.cursor, "it is cancelled")
    profile(at, plain + 2)
    with at.report.scene("o, and to its end"):
        screen.order((loop, text))
        screen.to_line(plain, text)
        screen.keys("o")
        screen.edited()
        expect(at.script.read_bytes() == original, "the script is as it was")
        again(at)


def sampled(at: At, line: int) -> str:
    """Samples until the step is on the line; a table of its frame, opened while it runs on."""
    screen = at.screen
    name = at.tried.table.partition("[")[0]
    screen.in_pane("The step runs")
    there = re.compile(rf" line {line}\b.*")

    def sample() -> bool:
        screen.keys("Enter")
        return there.search(screen.screen()) is not None

    screen.when(sample, f"a sample on line {line}")
    row = next(row for row in screen.rows() if there.search(row))
    screen.in_pane(f"{name} ")
    screen.keys("Enter")
    screen.see("sampled while running", "row 1 of")
    screen.keys("Escape")
    screen.when(lambda: "row 1 of" not in screen.screen(), "the table left")
    return f"{' '.join(row.strip(' ›▸▾│').split())}, {name} opened, said to be a sample"


def profile(at: At, line: int) -> None:
    """What took the time of the step that was cancelled: a line, the phases and the memory."""
    screen, step = at.screen, at.tried.step
    with at.report.scene("P") as seen:
        screen.to_line(line, "sum(range(20_000))")
        screen.when(lambda: "of its time" in screen.cursor, "its part of the time beside the line")
        seen.append(screen.cursor.rpartition("←")[2].strip())
        screen.keys("P")
        shown = screen.see(f"Profile of {step}", "time by phase", "memory over time", "total and own")
        rows = [row.partition("▌")[0].strip(" │") for row in shown.split("\n")]
        seen += [" ".join(row.split()).rstrip("█ ") for row in rows if row.startswith(("main ", "total and own"))]
        place = f"{at.script.name}:{line} "
        screen.see(place)
        while place not in (before := chosen(screen)):
            screen.keys("Down")
            screen.when(lambda before=before: chosen(screen) != before, f"another row than {before}")
        screen.keys("Enter")
        screen.when(lambda: screen.source_line == line, "the line that took the time")


def chosen(screen: KeyScreen) -> str:
    """The file and line under the cursor of a profile, once there are any."""
    marked = re.compile(r"│ › .*\w:\d+ ")
    screen.when(lambda: marked.search(screen.screen()) is not None, "the cursor of the profile")
    found = marked.search(screen.screen())
    return found.group() if found else chosen(screen)
