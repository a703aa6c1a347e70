"""Threads that wait for others while one of them is stopped: their frames and values can be looked at all the same."""

from __future__ import annotations

import pytest
from real_debugging import Desk

from cursus_tui.records.debug import DebugStop, Resume, StackFrame, Variable

pytestmark = pytest.mark.real
SCRIPT = """\
import threading


def read(shards, began, done):
    began.wait(60)
    total = 0
    for shard in shards:
        total += len(shard)
    done.set()
    return total


def waits(began, done):
    waiting_for = "the shards"
    began.set()
    done.wait(60)
    after = waiting_for.upper()
    print(after)


def main(input_paths, output_paths, environ_vars, job_args):
    shards = {"first": [1, 2], "second": [3, 4, 5]}
    began, done = threading.Event(), threading.Event()
    threads = [
        threading.Thread(target=waits, args=(began, done), name="waits"),
        threading.Thread(target=read, args=(shards.values(), began, done), name="reads"),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(shards)


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
IN_LOOP, AFTER = 8, 17


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    return real_desk


def frame_of(desk: Desk, thread: str, function: str) -> StackFrame:
    """Where a thread is in a function."""
    number = next(each.id for each in desk.debug.threads().result(10) if each.name == thread)
    return next(each for each in desk.debug.frames(number).result(10) if each.name == function)


def values(desk: Desk, frame: StackFrame) -> dict[str, Variable]:
    """The locals of a frame."""
    scope = desk.debug.scopes(frame.id).result(10)[0]
    return {each.name: each for each in desk.debug.variables(scope.reference).result(10)}


def stopped_in(desk: Desk, thread: str) -> DebugStop:
    stop = desk.stopped()
    names = {each.id: each.name for each in desk.debug.threads().result(10)}
    assert names[stop.thread] == thread
    return stop


def test_what_waits_for_the_stopped_thread_shows_its_values(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start(SCRIPT)
    for seen in ("0", "2"):
        stop = stopped_in(desk, "reads")
        assert desk.value("total", stop) == seen
        main = frame_of(desk, "MainThread", "main")
        shards = values(desk, main)["shards"]
        assert (shards.value, shards.kind) == ("{'first': [1, 2], 'second': [3, 4, 5]}", "table")
        inside = desk.debug.variables(shards.reference).result(10)
        assert "second" in {each.name.strip("'") for each in inside}
        assert desk.debug.evaluate("len(shards['second'])", main.id, quiet=True).result(10).value == "3"
        assert desk.debug.live_table("shards", main.id).result(10).rows == 2
        waiting = frame_of(desk, "waits", "waits")
        assert values(desk, waiting)["waiting_for"].value == "'the shards'"
        desk.debug.resume(Resume.CONTINUE)
    assert desk.result().status == "passed"


def test_a_thread_that_waited_stops_later_with_frames_that_were_seen(desk: Desk) -> None:
    desk.lines(IN_LOOP, AFTER)
    desk.start(SCRIPT)
    for _ in range(2):
        stopped_in(desk, "reads")
        seen = frame_of(desk, "waits", "waits")
        assert values(desk, seen)["waiting_for"].value == "'the shards'"
        desk.debug.resume(Resume.CONTINUE)
    stop = stopped_in(desk, "waits")
    assert stop.line == AFTER
    assert frame_of(desk, "waits", "waits").id == seen.id
    assert desk.value("waiting_for", stop) == "'the shards'"
    desk.debug.resume(Resume.OVER)
    assert desk.value("after", desk.stopped()) == "'THE SHARDS'"
    desk.debug.resume(Resume.CONTINUE)
    assert desk.result().status == "passed"
