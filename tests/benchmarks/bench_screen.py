"""The screen: its first picture, its answer to keys while a step prints a million lines, its memory."""

from __future__ import annotations

import itertools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pyte
from pseudo_terminal import PseudoTerminal
from row import Row, at_most, medians, plus, within

from cursus_tui.samples.generate import generate

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_pipelines"
EMPTY = [sys.executable, str(HERE / "empty_app.py")]
PROGRAM = str(Path(sys.executable).parent / "cursus-tui")
PRINTING_STEPS = 4
PRINTED_LINES = 1_000_000
IDLE_KEYS = 150
SECONDS_BETWEEN_KEYS = 0.04
MEGABYTE = 1e6
Display = list[str]


def measure() -> Iterable[Row]:
    """First picture, keys, memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(SAMPLES / "fraud_training", folder / "fraud_training")
        yield first_paint(folder)
        empty = memory_of_empty_app(folder)
        yield from keys(folder, empty)
        yield memory_of_sample(folder, empty)


def first_paint(folder: Path) -> Row:
    """From exec to a screen that is painted in full, on the sample."""
    command = [PROGRAM, "debug", str(folder / "fraud_training")]
    ours, empty = medians(
        lambda: _seconds_to(command, folder, _is_painted), lambda: _seconds_to(EMPTY, folder, _is_ready), 7
    )
    return at_most("first paint of the screen", ours, empty, "an empty Textual app", 2)


def _seconds_to(command: list[str], home: Path, reached: Callable[[Display], bool]) -> float:
    with PseudoTerminal(command, home) as terminal:
        return terminal.wait_for(reached) - terminal.started


def _is_painted(display: Display) -> bool:
    return "Pipeline" in display[0] and all(line.strip() for line in display)


def _is_ready(display: Display) -> bool:
    return display[0].startswith("ready")


class Answers(NamedTuple):
    """Seconds from the press of each key."""

    handled: list[float]
    repainted: list[float]


def keys(folder: Path, empty: float) -> Iterator[Row]:
    """Keys that go to the log and back, while nothing runs, then while steps print."""
    generate(folder / "prints", PRINTING_STEPS, "chain", "prints")
    steps = [f"SourceA_{0:04d}", *(f"StageAA_{number:04d}" for number in range(1, PRINTING_STEPS))]
    notes = folder / "handled"
    command = [sys.executable, str(HERE / "screen_probe.py"), *map(str, (folder / "prints", folder / "ws", notes))]
    command += [f"{step}.LINES={PRINTED_LINES}" for step in steps]
    with PseudoTerminal(command, folder) as terminal:
        terminal.wait_for(lambda display: "nothing ran yet" in display[-2])
        typed = itertools.cycle("51")
        idle = [press(terminal, next(typed)) for _ in range(IDLE_KEYS)]
        terminal.press("c")
        while not list((folder / "ws").glob(f"runs/*/{steps[0]}/1/stdout.log")):
            time.sleep(0.01)
        process = psutil.Process(terminal.process.pid)
        busy: list[float] = []
        memory: list[int] = []
        while not list((folder / "ws").glob(f"runs/*/{steps[-1]}/1/outcome.json")):
            busy.append(press(terminal, next(typed)))
            memory.append(process.memory_info().rss)
        time.sleep(0.5)
        found = _answers(terminal, idle + busy, notes)
    at_rest = Answers(*(times[:IDLE_KEYS] for times in found))
    printing = Answers(*(times[IDLE_KEYS:] for times in found))
    what = f"of {len(busy)} keys while a step prints a million lines"
    yield within(f"key to handler, p95 {what}", p95(printing.handled), 0.010)
    yield at_most(f"key to repaint, p95 {what}", p95(printing.repainted), p95(at_rest.repainted), "idle", 3)
    yield at_most(
        f"key to repaint, median {what}",
        statistics.median(printing.repainted),
        statistics.median(at_rest.repainted),
        "idle",
        3,
    )
    yield _memory("while a step prints a million lines", max(memory) / MEGABYTE, empty)


def press(terminal: PseudoTerminal, key: str) -> float:
    """Press a key, at the pace of a fast typist; the moment that it was pressed."""
    moment = terminal.press(key)
    time.sleep(SECONDS_BETWEEN_KEYS)
    return moment


def _answers(terminal: PseudoTerminal, pressed: list[float], notes: Path) -> Answers:
    handled = [float(line) for line in notes.read_text().split()]
    # The first action that was not one of these keys is the command that started the run.
    painted = list(_changes_of_heading(terminal, pressed[0]))
    return Answers(
        [first_after(handled, moment) - moment for moment in pressed],
        [first_after(painted, moment) - moment for moment in pressed],
    )


def first_after(moments: list[float], start: float) -> float:
    """The first of these moments at or after another; never, where there is none."""
    return next((moment for moment in moments if moment >= start), float("inf"))


def _changes_of_heading(terminal: PseudoTerminal, start: float) -> Iterator[float]:
    """When the row of headings changed: it shows which pane has the focus, and nothing else moves there."""
    before: object = None
    for moment, screen in terminal.replay():
        heading = _styles(screen)
        if moment >= start and before is not None and heading != before:
            yield moment
        before = heading


def _styles(screen: pyte.Screen) -> tuple[object, ...]:
    row = screen.buffer[0]
    return tuple(
        (row[column].data, row[column].fg, row[column].bg, row[column].bold) for column in range(screen.columns)
    )


def p95(seconds: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(seconds, n=20)[-1]


def memory_of_empty_app(folder: Path) -> float:
    """Megabytes of an empty Textual app."""
    with PseudoTerminal(EMPTY, folder) as terminal:
        terminal.wait_for(_is_ready)
        time.sleep(0.5)
        return psutil.Process(terminal.process.pid).memory_info().rss / MEGABYTE


def memory_of_sample(folder: Path, empty: float) -> Row:
    """The sample, run to its end."""
    with PseudoTerminal([PROGRAM, "debug", str(folder / "fraud_training")], folder) as terminal:
        terminal.wait_for(lambda display: "nothing ran yet" in display[-2])
        terminal.press("c")
        terminal.wait_for(lambda display: "finished" in display[-2], 300)
        time.sleep(1)
        return _memory(
            "after the sample's run", psutil.Process(terminal.process.pid).memory_info().rss / MEGABYTE, empty
        )


def _memory(when: str, ours: float, empty: float) -> Row:
    return plus(f"memory of the front, {when}", ours, empty, "an empty Textual app", 60, "MB")
