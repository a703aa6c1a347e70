"""What a stopped real step computes can be ended, and nothing else of it."""

from __future__ import annotations

import time

import pytest
from real_debugging import IN_LOOP, Desk, until

from cursus_tui.debugging import upstream
from cursus_tui.records.debug import DebugError, DebugStop, LineBreakpoint, Resume

pytestmark = pytest.mark.real
ENDLESS = "exec('while True: pass')"
IN_THREAD = """\
import signal
import threading
import time


def work(done):
    inside = True
    done.append(inside)


def main(input_paths, output_paths, environ_vars, job_args):
    done = []
    thread = threading.Thread(target=work, args=(done,))
    thread.start()
    for _ in range(3000):
        if not thread.is_alive():
            break
        time.sleep(0.01)
    print(done, flush=True)


if __name__ == "__main__":
    main({}, {}, {}, None)
"""


@pytest.fixture
def desk(real_desk: Desk) -> Desk:
    """A real step and a real debugger."""
    return real_desk


def frame_of(desk: Desk, stop: DebugStop) -> int:
    return desk.debug.frames(stop.thread).result(5)[0].id


def ended_by_interrupt(desk: Desk, expression: str, stop: DebugStop) -> None:
    """Something that computes on and on, until it is interrupted."""
    evaluation = desk.debug.evaluate(expression, frame_of(desk, stop))
    time.sleep(0.3)
    assert not evaluation.done()
    desk.debug.interrupt()
    with pytest.raises(DebugError, match="KeyboardInterrupt"):
        evaluation.result(10)


def stopped_in_thread(desk: Desk, source: str, line: str) -> DebugStop:
    """A script that starts a thread, stopped on the first line with this text."""
    desk.script.write_text(source)
    desk.lines(LineBreakpoint(desk.script, source.splitlines().index(line) + 1))
    desk.start(source)
    return desk.stopped()


def passed_with_its_thread(desk: Desk) -> None:
    desk.lines()
    desk.debug.resume(Resume.CONTINUE)
    assert desk.result().status == "passed"
    assert (desk.folder / "attempt-1" / "stdout.log").read_text() == "[True]\n"


def test_an_endless_evaluation_is_ended_and_the_stop_stays(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    ended_by_interrupt(desk, ENDLESS, stop)
    assert desk.debug.state.stop == stop
    assert desk.finish().status == "passed"


@pytest.mark.parametrize("expression", ["exit()", "sys.exit(3)", "x = 1; raise GeneratorExit"])
def test_whoever_exits_from_the_console_is_answered(desk: Desk, expression: str) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    desk.debug.evaluate("import sys", frame_of(desk, stop)).result(5)
    with pytest.raises(DebugError, match=r"^(SystemExit|GeneratorExit): it ends nothing but what was evaluated$"):
        desk.debug.evaluate(expression, frame_of(desk, stop)).result(5)
    assert desk.debug.state.stop == stop
    assert desk.value("1 + 1", stop) == "2"
    assert desk.finish().status == "passed"


def test_a_long_sleep_that_is_evaluated_is_ended(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    ended_by_interrupt(desk, "time.sleep(50)", stop)
    assert desk.finish().status == "passed"


def test_watches_that_take_long_do_not_hold_up_the_step(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    frame = frame_of(desk, stop)
    slow = [desk.debug.evaluate("time.sleep(50)", frame, quiet=True) for _ in range(3)]
    time.sleep(0.3)
    for _ in range(2):
        desk.debug.resume(Resume.OVER)
        stop = desk.stopped(15)
    for each in slow:
        with pytest.raises(DebugError, match="KeyboardInterrupt"):
            each.result(1)
    typed = desk.debug.evaluate("time.sleep(1.5) or total", frame_of(desk, stop))
    time.sleep(0.3)
    desk.debug.resume(Resume.OVER)
    assert int(typed.result(10).value) > 0, "what was typed is computed to its end"
    assert desk.stopped(10).thread == stop.thread
    assert desk.finish().status == "passed"


def test_an_interrupt_of_nothing_is_none(desk: Desk) -> None:
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    for _ in range(20):
        desk.debug.interrupt()
        assert desk.value("1 + 1", stop) == "2"
        desk.debug.interrupt()
    assert desk.debug.state.stop == stop
    assert desk.finish().status == "passed"


def test_an_evaluation_in_another_thread_is_ended_there(desk: Desk) -> None:
    stop = stopped_in_thread(desk, IN_THREAD, "    done.append(inside)")
    ended_by_interrupt(desk, ENDLESS, stop)
    assert desk.debug.state.stop == stop, "neither thread went on"
    assert desk.value("inside", stop) == "True"
    passed_with_its_thread(desk)


def test_the_handler_of_a_script_hears_of_no_evaluation(desk: Desk) -> None:
    source = IN_THREAD.replace(
        "    done = []\n", "    done = []\n    signal.signal(signal.SIGINT, lambda *_: print('bye'))\n"
    )
    stop = stopped_in_thread(desk, source, "    thread.start()")
    ended_by_interrupt(desk, ENDLESS, stop)
    passed_with_its_thread(desk)


def test_what_nobody_waits_for_any_more_is_named_refuses_others_and_is_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "EVALUATE_SECONDS", 0.3)
    desk.lines(IN_LOOP)
    desk.start()
    stop = desk.stopped()
    frame = frame_of(desk, stop)
    with pytest.raises(DebugError, match="did not answer"):
        desk.debug.evaluate(ENDLESS, frame).result(10)
    assert desk.debug.state.computing == ENDLESS
    with pytest.raises(DebugError, match=r"still computes exec\('while True: pass'\): interrupt that first"):
        desk.debug.evaluate("1", frame).result(1)
    desk.debug.interrupt()
    until(lambda: not desk.debug.state.computing)
    monkeypatch.undo()
    assert desk.value("1 + 1", stop) == "2"
    assert desk.finish().status == "passed"
