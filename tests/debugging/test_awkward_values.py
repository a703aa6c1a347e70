"""Values of real steps that make a debugger wait, print, or drown."""

from __future__ import annotations

import time

import pytest
from real_debugging import Desk, until

from cursus_tui.debugging import upstream
from cursus_tui.records.debug import DebugError, LineBreakpoint, Resume, StopKind, Variable

pytestmark = pytest.mark.real
SCRIPT = """\
import threading
import time


class Raises:
    def __repr__(self):
        raise ValueError("no")


class Prints:
    def __repr__(self):
        print("printed by a repr")
        return "Prints"


class Slow:
    def __repr__(self):
        time.sleep(1.5)
        return "Slow"


class Traps:
    def __repr__(self):
        trapped = 1
        return "Traps"


def deep(n):
    return 0 if n == 0 else deep(n - 1) + 1


def waits(event):
    event.wait(20)


def main(input_paths, output_paths, environ_vars, job_args):
    big = list(range(1_000_000))
    wide = {str(n): n for n in range(100_000)}
    text = "x" * 5_000_000
    escape = "\\x1b[2Jcleared"
    lock = threading.Lock()
    event = threading.Event()
    other = threading.Thread(target=waits, args=(event,), name="other", daemon=True)
    other.start()
    raises, prints, slow, traps = Raises(), Prints(), Slow(), Traps()
    secret_password = "hunter2"
    done = 1
    deep(300)
    event.set()
    return done


if __name__ == "__main__":
    main({}, {}, {}, None)
"""
DONE = SCRIPT.splitlines().index("    done = 1") + 1
BOTTOM = SCRIPT.splitlines().index("    return 0 if n == 0 else deep(n - 1) + 1") + 1
IN_REPR = SCRIPT.splitlines().index("        trapped = 1") + 1


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    return real_desk


def local_of(desk: Desk) -> dict[str, Variable]:
    """Local variables where it stands."""
    stop = desk.debug.state.stop
    assert stop is not None
    frame = desk.debug.frames(stop.thread).result(10)[0]
    scope = desk.debug.scopes(frame.id).result(10)[0]
    return {one.name: one for one in desk.debug.variables(scope.reference).result(30)}


def test_values_that_are_large_or_hostile_are_one_safe_line(desk: Desk) -> None:
    desk.lines(DONE, IN_REPR)
    desk.start(SCRIPT)
    assert desk.stopped().line == DONE
    begin = time.monotonic()
    values = local_of(desk)
    assert time.monotonic() - begin < 10
    assert all(len(one.value) <= 4_000 and one.value.isprintable() for one in values.values())
    assert values["escape"].value == "'\\x1b[2Jcleared'"
    assert "Raises" in values["raises"].value or "no" in values["raises"].value
    assert "takes longer" in values["slow"].value
    assert values["traps"].value == "Traps", "its breakpoint did not stop while values were read"
    first = desk.debug.variables(values["big"].reference).result(20)
    assert len(first) <= 100
    assert first[0].name.strip("0") == ""
    assert desk.debug.state.stop is not None


def test_rows_of_a_large_list_come_at_once(desk: Desk) -> None:
    desk.lines(DONE)
    desk.start(SCRIPT)
    stop = desk.stopped()
    frame = desk.debug.frames(stop.thread).result(10)[0]
    begin = time.monotonic()
    table = desk.debug.live_table("big", frame.id, 500_000).result(20)
    assert time.monotonic() - begin < 3
    assert (table.rows, table.first) == (1_000_000, 500_000)


def test_a_stack_of_hundreds_comes_in_parts(desk: Desk) -> None:
    desk.lines(LineBreakpoint(desk.script, BOTTOM, condition="n == 0"))
    desk.start(SCRIPT)
    stop = desk.stopped()
    head = desk.debug.frames(stop.thread).result(10)
    assert (len(head), head[0].name, head[0].line) == (40, "deep", BOTTOM)
    rest = desk.debug.frames(stop.thread, 40, 1000).result(10)
    assert [one.name for one in (*head, *rest)].count("deep") == 301
    assert rest[-1].name in ("main", "<module>")


def test_threads_are_listed_and_stand_still_together(desk: Desk) -> None:
    desk.lines(DONE)
    desk.start(SCRIPT)
    desk.stopped()
    threads = desk.debug.threads().result(10)
    assert {(one.name, one.stopped) for one in threads} == {("MainThread", True), ("other", True)}
    other = next(one for one in threads if one.name == "other")
    assert "waits" in [one.name for one in desk.debug.frames(other.id).result(10)]


def test_an_evaluation_without_an_answer_fails_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "EVALUATE_SECONDS", 0.5)
    desk.lines(DONE)
    desk.start(SCRIPT)
    stop = desk.stopped()
    frame = desk.debug.frames(stop.thread).result(10)[0]
    with pytest.raises(DebugError, match="did not answer within"):
        desk.debug.evaluate("time.sleep(1.5)", frame.id).result(10)
    until(lambda: desk.debug.threads().result(10))
    desk.debug.resume(Resume.OVER)
    assert desk.stopped().kind is StopKind.STEP


def test_a_step_that_ends_while_it_is_asked_ends_the_question(desk: Desk) -> None:
    desk.lines(DONE)
    desk.start(SCRIPT)
    stop = desk.stopped()
    frame = desk.debug.frames(stop.thread).result(10)[0]
    asked = desk.debug.evaluate("__import__('os')._exit(3)", frame.id)
    with pytest.raises(DebugError, match="gone"):
        asked.result(10)
    assert desk.told.next() is None
    assert desk.result().exit_code == 3
