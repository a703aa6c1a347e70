"""Breakpoints that several threads come to at once: each stop is seen, a step follows its thread, and all end."""

from __future__ import annotations

import pytest
from real_debugging import Desk

from cursus_tui.records.debug import DebugStop, LineBreakpoint, Resume, StopKind

pytestmark = pytest.mark.real

SCRIPT = """\
import threading
from concurrent.futures import ThreadPoolExecutor

FOUR = threading.Barrier(4)


def work(n):
    FOUR.wait(20)
    tens = n * 10
    more = tens + 1
    return more


def main(input_paths, output_paths, environ_vars, job_args):
    with ThreadPoolExecutor(4) as pool:
        print(list(pool.map(work, range(4))))


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
HIT = SCRIPT.splitlines().index("    tens = n * 10") + 1
PRINTED = "[1, 11, 21, 31]"


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    return real_desk


def started(desk: Desk, **changes: str) -> DebugStop:
    """The first stop on the line."""
    desk.lines(LineBreakpoint(desk.script, HIT, **changes))
    desk.start(SCRIPT)
    return desk.stopped()


def shown(desk: Desk, first: DebugStop, stops: int) -> dict[int, int]:
    """Thread -> what it works on, of so many stops on the line; the last of them stands."""
    found = {first.thread: int(desk.value("n", first))}
    for _ in range(stops - 1):
        desk.debug.resume(Resume.CONTINUE)
        stop = desk.stopped()
        assert (stop.line, stop.kind, stop.thread in found) == (HIT, StopKind.BREAKPOINT, False)
        found[stop.thread] = int(desk.value("n", stop))
    return found


def ends(desk: Desk) -> list[str]:
    desk.debug.resume(Resume.CONTINUE)
    assert desk.result().status == "passed"
    return (desk.folder / "attempt-1" / "stdout.log").read_text().splitlines()


def test_each_of_four_threads_is_shown_at_the_breakpoint(desk: Desk) -> None:
    found = shown(desk, started(desk), 4)
    assert sorted(found.values()) == [0, 1, 2, 3]
    assert ends(desk) == [PRINTED]


def test_a_step_follows_its_thread_before_the_others_are_shown(desk: Desk) -> None:
    first = started(desk)
    number = desk.value("n", first)
    for line in (HIT + 1, HIT + 2):
        desk.debug.resume(Resume.OVER)
        stop = desk.stopped()
        assert (stop.line, stop.thread, stop.kind) == (line, first.thread, StopKind.STEP)
        assert desk.value("n", stop) == number
    desk.debug.resume(Resume.CONTINUE)
    others = shown(desk, desk.stopped(), 3)
    assert sorted([*others.values(), int(number)]) == [0, 1, 2, 3]
    assert ends(desk) == [PRINTED]


def test_of_a_condition_only_those_threads_are_shown_for_which_it_holds(desk: Desk) -> None:
    found = shown(desk, started(desk, condition="n % 2"), 2)
    assert sorted(found.values()) == [1, 3]
    assert ends(desk) == [PRINTED]


def test_a_message_is_printed_by_each_thread_though_another_one_stands(desk: Desk) -> None:
    desk.lines(
        LineBreakpoint(desk.script, HIT, message="tens of {n}"), LineBreakpoint(desk.script, HIT + 1, condition="n > 2")
    )
    desk.start(SCRIPT)
    assert desk.stopped().line == HIT + 1
    assert sorted(ends(desk)) == [PRINTED, *(f"tens of {n}" for n in range(4))]


def test_threads_go_on_from_a_breakpoint_that_is_no_more(desk: Desk) -> None:
    started(desk)
    desk.lines()
    assert ends(desk) == [PRINTED]
