"""Debugging inside of a step: what it costs who does not, how fast a step stops, and from a stop to values and keys."""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from bench_screen import HERE, PROGRAM, p95
from pseudo_terminal import PseudoTerminal
from row import Row, at_most, told, within

from cursus_tui.debugging.debug_session import DebugSession
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.records.debug import DebugStop, StopKind
from cursus_tui.records.events import DebuggerChanged
from cursus_tui.records.run import StepStatus
from cursus_tui.workbench import Workbench, open_pipeline

sys.path.insert(0, str(HERE.parent))
from small_project import generated

STEP = "SourceA_0000"
PAIRS = 15
LATE_STOPS = 7
ANSWERS = 200
TABLES = 20
KEYS = 60
SECONDS_BETWEEN_KEYS = 0.15
"""So that each key finds the screen at rest: it is the way from key to repaint that is measured, not a queue."""
FIRST_ROWS = 1_000
"""How far a first look at a frame goes."""
WINDOW = 500
"""Rows of ten columns that the data process hands out at a time."""

COUNTS = """
def add(total):
    return total + 1


def main(input_paths, output_paths, environ_vars, job_args):
    total = 0
    for _ in range(6_000_000):
        total = add(total)
"""
SPINS = """
def main(input_paths, output_paths, environ_vars, job_args):
    import json
    rows = [{"amount": number / 2, "name": str(number)} for number in range(1000)]
    title, rate, seen, folder = "spins", 0.5, set(range(50)), Path(".")
    total = 0
    while True:
        total += 1
        total -= 1
        title = "again"
        rate = rate * 0.5
"""
HOLDS_A_GIGABYTE = """
def main(input_paths, output_paths, environ_vars, job_args):
    import numpy as np
    import pandas as pd
    frame = pd.DataFrame({f"c{number}": np.random.rand(12_500_000) for number in range(10)})
    total = 0
    print("ready", flush=True)
    while True:
        total = sum(range(1000))
"""


class Desk(NamedTuple):
    """One step, its session, and the debugger."""

    session: Session
    debugger: DebugSession | None
    bench: Workbench
    stops: SimpleQueue[DebugStop]
    """Each stop, as soon as the debugger tells of it."""

    def run(self) -> float:
        """Run the step to its end; CPU seconds of its process."""
        self.session.rerun(STEP).result()
        attempt = self.session.wait_settled().steps[STEP].attempt
        assert attempt is not None
        assert attempt.status is StepStatus.PASSED, attempt.status
        assert attempt.cpu_seconds is not None
        return attempt.cpu_seconds

    def begin(self) -> None:
        """Start the step; its loop runs by the time this returns."""
        self.session.rerun(STEP).result()
        while self.session.state.steps[STEP].status is not StepStatus.RUNNING:
            time.sleep(0.01)
        time.sleep(0.3)

    def stop(self) -> tuple[float, DebugStop]:
        """Stop it on its line: seconds that it took, and where."""
        started = time.perf_counter()
        self.session.pause().result()
        stop = self.stops.get(timeout=20)
        return time.perf_counter() - started, stop

    def end(self) -> None:
        """Cancel what runs or stands."""
        self.session.cancel().result()
        self.session.wait_settled()

    @property
    def asked(self) -> DebugSession:
        """The debugger, where there is one."""
        assert self.debugger is not None
        return self.debugger


def measure() -> Iterable[Row]:
    """Cost, stops, values, keys."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield from not_attached(folder / "counts")
        yield from stops_and_values(folder / "spins")
        yield from first_rows(folder / "gigabyte")
        yield from keys(folder / "keys")


@contextmanager
def at_desk(pipeline: Path, workspace: Path, *, debugs: bool = True) -> Iterator[Desk]:
    """A started session over a pipeline, as the screen has it; with or without a debugger."""
    options = RunOptions(hold_on_failure=debugs)
    bench = Workbench(open_pipeline(str(pipeline)), options, workspace, debugs=debugs)
    stops: SimpleQueue[DebugStop] = SimpleQueue()
    newest = 0

    def heard(event: Any) -> None:
        nonlocal newest
        stop = event.state.stop if isinstance(event, DebuggerChanged) else None
        if stop is not None and stop.number > newest:
            newest = stop.number
            stops.put(stop)

    try:
        session = bench.start()
        if bench.debugger is not None:
            bench.debugger.subscribe(heard)
        time.sleep(3)  # what the interpreter imports ahead, debugpy among it, must be in no figure
        yield Desk(session, bench.debugger, bench, stops)
    finally:
        bench.close()


def not_attached(folder: Path) -> Iterator[Row]:
    """A step of calls and nothing else: with a debugger at hand, without one, and without one again, taken in turns."""
    generated(folder, 1, COUNTS)
    ratios: list[float] = []
    noise: list[float] = []
    plain: list[float] = []
    with (
        at_desk(folder, folder / "ws-plain", debugs=False) as without,
        at_desk(folder, folder / "ws-debug") as at_hand,
    ):
        at_hand.run(), without.run()
        for _ in range(PAIRS):
            first, debuggable, second = without.run(), at_hand.run(), without.run()
            plain.append((first + second) / 2)
            ratios.append(debuggable / plain[-1])
            noise.append(abs(second / first - 1))
    bare = statistics.median(plain)
    # What two runs of the same differ by; a median of so many pairs is that much surer.
    most = 1 + max(0.01, 2 * statistics.median(noise) / PAIRS**0.5)
    ours = statistics.median(ratios) * bare
    yield at_most("CPU of a step that could be debugged and is not", ours, bare, "nobody debugs", round(most, 3))
    yield told("by what two runs without a debugger differ, median", statistics.median(noise), "of 1")


def stops_and_values(folder: Path) -> Iterator[Row]:
    """A loop that runs is stopped for the first time; then what is asked at a stop."""
    generated(folder, 1, SPINS)
    late: list[float] = []
    with at_desk(folder, folder / "ws") as desk:
        for _ in range(LATE_STOPS):
            desk.begin()
            assert not desk.asked.state.attached
            late.append(desk.stop()[0])
            desk.end()
        yield within(f"late attach stops a running loop, worst of {LATE_STOPS}", max(late), 0.3)
        yield told("the same, median", statistics.median(late))
        desk.begin()
        _, stop = desk.stop()
        answers = sorted(_seconds(lambda: values(desk.asked, stop)) for _ in range(ANSWERS))
        yield within("stack, scopes and variables, p50", statistics.median(answers), 0.010)
        yield told("the same, p95", p95(answers))
        steps = sorted(_seconds(lambda: step_over(desk)) for _ in range(KEYS))
        yield told("step over, from the session's command to the stop, p50", statistics.median(steps))
        desk.end()


def values(debugger: DebugSession, stop: DebugStop) -> None:
    """What a pane of variables asks for at a stop, each after the answer before."""
    frame = debugger.frames(stop.thread).result(10)[0]
    scope = debugger.scopes(frame.id).result(10)[0]
    assert debugger.variables(scope.reference).result(10)


def step_over(desk: Desk) -> None:
    """One line, without a screen."""
    desk.session.step_over()
    assert desk.stops.get(timeout=10).kind is StopKind.STEP
    while desk.session.state.reason is None:
        time.sleep(0)  # the session hears of the stop after us


def first_rows(folder: Path) -> Iterator[Row]:
    """A frame of 1 GB in a step that runs, then stands: its first rows, as the data process hands them out."""
    generated(folder, 1, HOLDS_A_GIGABYTE)
    with at_desk(folder, folder / "ws") as desk:
        desk.begin()
        log = next(iter((folder / "ws").glob(f"runs/*/{STEP}/*/stdout.log")))
        while not log.read_text():
            time.sleep(0.05)
        sampled = _of_table(desk, None)
        _, stop = desk.stop()
        # It may stand within a call of the loop's.
        frames = desk.asked.frames(stop.thread).result(10)
        paused = _of_table(desk, next(frame.id for frame in frames if frame.name == "main"))
        desk.end()
    which = f"first {FIRST_ROWS:,} rows of a live frame of 1 GB"
    for how, (slices, pages) in (("paused", paused), ("sampled while its loop runs", sampled)):
        yield within(f"{which}, {how}, p50", statistics.median(pages), 0.050)
        yield told("the same, p95", p95(pages))
        yield told("of that, until the step has written them, p50", statistics.median(slices))


def _of_table(desk: Desk, frame: int | None) -> tuple[list[float], list[float]]:
    """Seconds from the wish to a file of the step's, and to a thousand rows, of every column, here."""
    slices: list[float] = []

    def first_page() -> None:
        begin = time.perf_counter()
        table = desk.asked.live_table("frame", frame).result(30)
        assert table.rows == 12_500_000
        slices.append(time.perf_counter() - begin)
        view = desk.bench.data.open(table.file).result(30)
        windows = [
            desk.bench.data.window(view.view, at, WINDOW, tuple(range(10))) for at in range(0, FIRST_ROWS, WINDOW)
        ]
        assert sum(len(each.result(30).cells) for each in windows) == FIRST_ROWS
        desk.bench.data.close_view(view.view)

    first_page()
    pages = [_seconds(first_page) for _ in range(TABLES)]
    return slices[1:], pages


def _seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def keys(folder: Path) -> Iterator[Row]:
    """The real program in a terminal: ``n`` at a stop, until the place on the screen is the next line."""
    generated(folder, 1, SPINS)
    with PseudoTerminal([PROGRAM, "debug", str(folder)], folder) as terminal:
        terminal.wait_for(lambda display: "nothing ran yet" in display[-2])
        time.sleep(3)
        terminal.press("s")
        terminal.wait_for(lambda display: _place(display) is not None)
        for _ in range(8):  # into the loop
            terminal.press("n")
            time.sleep(0.3)
        for _ in terminal.replay():
            pass
        pressed: list[float] = []
        for _ in range(KEYS):
            pressed.append(terminal.press("n"))
            time.sleep(SECONDS_BETWEEN_KEYS)
        seconds = _until_place(terminal, pressed)
        terminal.press("x")
    yield within(f"step over, from key to repaint, p50 of {KEYS}", statistics.median(seconds), 0.020)
    yield told("the same, p95", p95(seconds))


def _until_place(terminal: PseudoTerminal, pressed: list[float]) -> list[float]:
    """Seconds from each key to the place painted at another line."""
    moved: list[float] = []
    before: int | None = None
    for moment, screen in terminal.replay():
        place = _place(screen.display)
        if place is not None and before is not None and place != before:
            moved.append(moment)
        before = place if place is not None else before
    assert len(moved) >= len(pressed) * 0.9, f"{len(moved)} repaints for {len(pressed)} keys"
    return [next((each for each in moved if each >= moment), float("inf")) - moment for moment in pressed]


def _place(display: list[str]) -> int | None:
    """The number of the line that runs next."""
    found = re.search(r"▶ *(\d+) ", "\n".join(display))
    return int(found.group(1)) if found else None


if __name__ == "__main__":
    for row in measure():
        sys.stdout.write(row.line() + "\n")
