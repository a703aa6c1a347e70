"""What one does inside a step with keys, scene by scene, and an IDE that is there meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dap_client import RefusedError
from key_screen import SECONDS, KeyScreen, WrongError, expect
from key_scripts import Tried, first_line_of_main, line_of
from node_client import NodeIde

BREAKS = (" on  line ", "no breakpoints:")
"""What the Breaks pane says of the screen's own."""


@dataclass
class Report:
    """What was seen of one script."""

    step: str
    script: str
    lines: list[str] = field(default_factory=list)
    problem: str = ""

    @contextmanager
    def scene(self, what: str) -> Iterator[list[str]]:
        """One thing that is done; what was seen is put into the list."""
        began, seen = time.monotonic(), list[str]()
        yield seen
        self.lines.append(f"  {what:28} {time.monotonic() - began:5.1f} s  {' · '.join(seen)}")


@dataclass
class At:
    """A script under the keys."""

    screen: KeyScreen
    tried: Tried
    script: Path
    report: Report
    runs: Path
    port: int
    node: Path
    ide: NodeIde | None = None

    def line(self, text: str) -> int:
        """Of the script as it is now."""
        return line_of(self.script, text)

    @property
    def attempt(self) -> int:
        """The number of the newest attempt that began."""
        return int(self._process_file.parent.name)

    @property
    def zygote(self) -> int:
        """The warm interpreter that the newest attempt was forked from."""
        pid: int = json.loads(self._process_file.read_text())["zygote"]["pid"]
        return pid

    @property
    def _process_file(self) -> Path:
        found = self.runs.glob(f"*/{self.tried.step}/*/process.json")
        return max(found, key=lambda each: int(each.parent.name))


# --- an IDE --------------------------------------------------------------------------------------------


def attach(at: At) -> None:
    """VS Code's client comes in, with a breakpoint of its own on the line of the call."""
    with at.report.scene(f"IDE attaches {at.tried.ide}") as seen:
        at.ide = NodeIde(at.port, at.node)
        line = at.line(at.tried.call)
        answers = at.ide.attach({at.script: [line]}, justMyCode=True)
        seen.append(f"its breakpoint on line {line}: {answers[at.script][0].get('verified')}")


def both_stand(at: At, function: str | None = None) -> None:
    """The IDE sees the stop that the screen shows."""
    if at.ide is None:
        return
    ide, deadline, place = at.ide, time.monotonic() + SECONDS, None
    while time.monotonic() < deadline:
        try:
            place = ide.place(1)
        except RefusedError as problem:
            place = (str(problem), -1)
        if place[1] == at.screen.line and function in (None, place[0]):
            return
        time.sleep(0.05)
    raise WrongError(f"the IDE stands in {place}, the screen on line {at.screen.line}")


def ide_steps(at: At) -> None:
    """A step of the IDE's moves the screen, a key moves the IDE."""
    if at.ide is None:
        return
    with at.report.scene("IDE: both step") as seen:
        at.ide.wait("stopped")
        both_stand(at, "main")
        before = at.screen.line
        at.ide.ask("next", threadId=1)
        at.screen.when(lambda: at.screen.line not in (None, before), "the screen after the IDE's step")
        at.ide.wait("stopped")
        both_stand(at, "main")
        seen.append(f"the IDE's next: {before} -> {at.screen.line}")
        before = at.screen.resume("n")
        at.ide.wait("stopped")
        both_stand(at, "main")
        seen.append(f"n: the IDE is on {before}")


def ide_leaves(at: At, *, dies: bool) -> None:
    """The stop stays when the IDE goes, its breakpoint goes with it."""
    if at.ide is None:
        return
    with at.report.scene("IDE dies" if dies else "IDE disconnects"):
        before = at.screen.line
        if not dies:
            at.ide.ask("disconnect")
        at.ide.close()
        at.ide = None
        at.screen.keys("8")
        at.screen.when(lambda: any(sign in at.screen.screen() for sign in BREAKS), "the breakpoints, if there are any")
        at.screen.when(lambda: " on  IDE " not in at.screen.screen(), "the IDE's breakpoint gone")
        expect(at.screen.line == before, f"the stop stays on {before}: {at.screen.line}")


# --- line by line --------------------------------------------------------------------------------------


def into_main(at: At) -> None:
    """``s`` runs what the step needs, and the step to the first line of its main."""
    with at.report.scene("s into main") as seen:
        at.screen.pane("1", at.tried.step)
        at.screen.in_pane(at.tried.step)
        at.screen.keys("s")
        at.screen.stands(first_line_of_main(at.script))
        seen.append(f"line {at.screen.line}")


def lines(at: At) -> None:
    """Over, to a line, into a call, up and down, and out."""
    screen, call = at.screen, at.line(at.tried.call)
    with at.report.scene("n and t") as seen:
        seen.append(f"n: line {screen.resume('n')}")
        target = at.line(at.tried.broken[0])
        screen.to_line(target, at.tried.broken[0])
        screen.keys("t")
        screen.stands(target)
        seen.append(f"t: line {target}")
    with at.report.scene("to the call") as seen:
        if at.ide is not None:
            screen.keys("c")
            seen.append("c, to the IDE's breakpoint")
        else:
            screen.to_line(call, at.tried.call)
            screen.keys("t")
        screen.stands(call)
        both_stand(at, "main")
    with at.report.scene("s u d f") as seen:
        inside = screen.resume("s")
        both_stand(at, at.tried.callee)
        screen.pane("9", f"▶  {at.tried.callee}")
        seen.append(f"s: {at.tried.callee}:{inside}")
        screen.keys("3", "u")
        screen.when(lambda: screen.source_line == call, f"u at line {call}")
        screen.keys("d")
        screen.when(lambda: screen.source_line == inside, f"d at line {inside}")
        screen.keys("f")
        screen.when(lambda: screen.line not in (None, inside), "out of the function")
        screen.pane("9", "▶  main")
        both_stand(at, "main")
        seen.append(f"f: main:{screen.line}")


def values(at: At) -> None:
    """Unfolded, watched, set."""
    screen, (name, back) = at.screen, at.tried.assigned
    with at.report.scene("variables") as seen:
        screen.pane("6", "Locals")
        screen.in_pane("input_paths")
        screen.keys("Right")
        screen.when(lambda: keys_of_a_dict(screen) > 0, "what input_paths holds")
        seen.append("input_paths unfolds")
        screen.keys("Left")
        screen.when(lambda: keys_of_a_dict(screen) == 0, "input_paths folded")
    with at.report.scene("w") as seen:
        screen.in_pane("Watches")
        screen.keys("w")
        screen.fill("len(input_paths) + 41000")
        shown = screen.see("len(input_paths) + 41000  410")
        seen.append(next(row.strip(" ›") for row in shown.split("\n") if "+ 41000" in row))
        screen.in_pane("len(input_paths)")
        screen.keys("w")
        screen.see("takes len(input_paths)")
        screen.keys("Enter")
        screen.when(lambda: "+ 41000" not in screen.screen(), "the watch taken away")
    with at.report.scene("=") as seen:
        screen.in_pane(f"{name} ")
        screen.keys("=")
        screen.fill("'set by keys'")
        screen.see(f"{name}  'set by keys'")
        screen.keys("=")
        screen.fill(back)
        screen.when(lambda: "set by keys" not in screen.screen(), f"{name} as it was")
        seen.append(f"{name} set, and set back")


def keys_of_a_dict(screen: KeyScreen) -> int:
    """How many rows of an unfolded dict are to be seen."""
    return sum(row.startswith("       '") for row in screen.rows())


def console(at: At) -> None:
    """Completed, evaluated, assigned."""
    screen, (begun, name) = at.screen, at.tried.completes
    with at.report.scene(">") as seen:
        open_console(screen)
        screen.type(begun)
        screen.see(f"│ {begun} ")
        screen.keys("Tab")
        screen.see(f"│ {name} ")
        screen.keys("Enter")
        screen.see(f">>> {name}")
        seen.append(f"{begun} + tab: {name}")
        say(screen, "len(input_paths) + 42000", "420")
        close_console(screen)


def open_console(screen: KeyScreen) -> None:
    """In the frame that is looked at."""
    screen.keys(">")
    screen.see("Console:", "an expression or a statement")


def say(screen: KeyScreen, text: str, answer: str) -> None:
    """Type a line on the console, and wait for what it says."""
    screen.type(text)
    screen.see(f"│ {text} ")
    screen.keys("Enter")
    screen.when(lambda: answer in screen.screen().rpartition(f">>> {text}")[2], f"{answer} after {text}")


def close_console(screen: KeyScreen) -> None:
    """Escape, which is a key of its own only when nothing follows at once."""
    screen.keys("Escape")
    screen.when(lambda: "Console:" not in screen.screen(), "the console closed")


def paused(at: At) -> None:
    """Trained for long, an IDE attached meanwhile, stopped by a key inside of the library, cancelled."""
    screen, train = at.screen, "model = train_model(config, dtrain, dval)"
    into_main(at)
    with at.report.scene("p") as seen:
        screen.to_line(at.line(train), train)
        screen.keys("t")
        screen.stands(at.line(train))
        open_console(screen)
        say(screen, "config.update(num_round=1500, early_stopping_rounds=1500)", ">>>")
        close_console(screen)
        screen.keys("c")
        screen.see("running")
        screen.when(lambda: screen.line is None, "it runs")
        attach(at)
        screen.keys("p")
        screen.when(lambda: screen.line is not None, "paused inside of the library")
        both_stand(at)
        screen.pane("9", "train_model ")
        seen.append(f"attached while it runs; {screen.status.strip().partition(' · ')[0]}")
    ide_leaves(at, dies=True)
    with at.report.scene("x"):
        screen.keys("x")
        screen.when(lambda: screen.line is None, "it is over")
        screen.pane("1", "cancelled")
