"""Steps that would never end or take everything: cancelled, timed out or stopped, and told why and where."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fault_pipeline import HEALTHY, FaultRun, contained, script_with_main

from cursus_tui.records.events import ResourcesSampled
from cursus_tui.records.run import PauseReason, Phase

STUBBORN = """
    import signal, time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print('on', flush=True)
    while True:
        time.sleep(600)
    """
SWALLOWING = """
    import time
    print('on', flush=True)
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
    """


def cancelled(folder: Path, body: str, before: str = "") -> tuple[FaultRun, float]:
    """Cancel a script once it has printed ``on``; the run goes on with the others, and with the mended script."""
    with FaultRun(folder, script_with_main(body, before)) as run:
        run.begin()
        run.wait_for_output("on")
        asked = time.monotonic()
        state = run.go("cancel")
        took = time.monotonic() - asked
        assert (state.phase, state.reason, state.current) == (Phase.PAUSED, PauseReason.AFTER_STEP, "Fault")
        assert (run.status(), run.attempt().error) == ("cancelled", None)
        run.nothing_stays()
        run.report_is_stored()
        run.go("step_over", "Next")
        run.is_contained("cancelled", mended=False)
        looked_at = run.state
        run.goes_on_once_mended()
    run.looked_at = looked_at
    return run, took


def test_cancelling_a_loop_is_quick(tmp_path: Path) -> None:
    _, took = cancelled(tmp_path, "print('on', flush=True)\nwhile True: pass")
    assert took < 1.0, "one INT must do"


def test_cancelling_what_ignores_everything(tmp_path: Path) -> None:
    run, _ = cancelled(tmp_path, STUBBORN)
    assert run.attempt().exit_code == -9


def test_cancelling_what_swallows_interrupts(tmp_path: Path) -> None:
    run, _ = cancelled(tmp_path, SWALLOWING)
    assert run.attempt().exit_code == -15


def test_cancelling_a_step_with_children(tmp_path: Path) -> None:
    body = "import subprocess\nprint('on', flush=True)\nsubprocess.run(['sleep', '605'])"
    _, took = cancelled(tmp_path, body)
    assert took < 1.0


def test_cancelling_a_pool(tmp_path: Path) -> None:
    before = "import multiprocessing, time\ndef work(number):\n    print('on', flush=True)\n    time.sleep(600)\n"
    cancelled(tmp_path, "with multiprocessing.Pool(2) as pool:\n    pool.map(work, [1, 2])", before)


def test_cancelling_an_import(tmp_path: Path) -> None:
    cancelled(tmp_path, "pass", "import time\nprint('on', flush=True)\ntime.sleep(600)\n")


def test_cancelling_c_code_that_never_looks_up(tmp_path: Path) -> None:
    body = "import collections, itertools\nprint('on', flush=True)\ncollections.deque(itertools.repeat(0), maxlen=0)"
    run, _ = cancelled(tmp_path, body)
    assert run.attempt().exit_code == -15


def test_cancelling_a_step_that_passes_all_the_same_pauses_the_run(tmp_path: Path) -> None:
    before = "import atexit, time\ndef linger():\n    print('leaving', flush=True)\n    time.sleep(600)\n"
    body = "open(output_paths['result'] + '/rows.txt', 'w').write('x')\natexit.register(linger)"
    with FaultRun(tmp_path, script_with_main(body, before)) as run:
        run.begin()
        run.wait_for_output("leaving")
        state = run.go("cancel")
        # It had done its work by then: what it wrote counts.
        assert run.status() == "passed"
        assert (state.phase, state.reason, state.current) == (Phase.PAUSED, PauseReason.AFTER_STEP, "Fault")
        run.nothing_stays()
        run.go()
        run.is_contained("passed")


def test_cancelling_a_step_that_fails_all_the_same_pauses_the_run(tmp_path: Path) -> None:
    body = """
        import time
        print('on', flush=True)
        try:
            time.sleep(600)
        finally:
            raise ValueError('while cleaning up')
        """
    cancelled(tmp_path, body)


def test_cancelling_at_once_and_twice(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("import time\ntime.sleep(600)")) as run:
        run.go("step_over")
        run.begin("step_over", "Fault")
        first, second = run.session.cancel(), run.session.cancel()
        first.result()
        assert second.exception() is None or "runs" in str(second.exception())
        run.session.wait_settled()
        assert run.status() == "cancelled"
        run.go("step_over", "Next")
        run.is_contained("cancelled")


def test_quitting_stops_what_ignores_everything(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main(STUBBORN)) as run:
        run.begin()
        run.wait_for_output("on")
        run_id = run.state.run_id
    with FaultRun(tmp_path, run_id=run_id) as again:
        assert again.status() == "cancelled"
        assert again.status("Seed") == "passed"
        again.script.write_text(HEALTHY)
        again.go()
        assert {str(each.status) for each in again.state.steps.values()} == {"passed"}
        assert again.attempt("Seed").number == 1


def test_a_timeout_says_where_it_was(tmp_path: Path) -> None:
    run = contained(tmp_path, "import time\ntime.sleep(600)  # HERE", timeout_seconds=1.0)
    assert (run.error().type, run.error().file, run.error().line) == ("timeout", str(run.script), run.line())
    assert "time limit" in run.error().message


def test_a_timeout_of_what_ignores_everything(tmp_path: Path) -> None:
    run = contained(tmp_path, STUBBORN, timeout_seconds=1.0)
    assert (run.error().type, run.attempt().exit_code) == ("timeout", -9)


def test_a_memory_hog_is_stopped_where_it_stands(tmp_path: Path) -> None:
    body = """
        import time
        kept = []
        while True:
            kept.append(bytearray(b'x') * (4 << 20))
            time.sleep(0.01)
        """
    run = contained(tmp_path, body, memory_limit_bytes=150 << 20)
    assert run.error().type == "memory"
    assert run.error().file == str(run.script)
    assert run.error().line is not None
    samples = [each.sample for each in run.events if isinstance(each, ResourcesSampled) and each.step == "Fault"]
    assert max(sample.rss_bytes for sample in samples) > 150 << 20
    assert run.attempt().peak_rss_bytes is not None


def test_one_allocation_beyond_the_limit_fails_at_its_line(tmp_path: Path) -> None:
    run = contained(tmp_path, "kept = bytearray(1 << 42)  # HERE", memory_limit_bytes=300 << 20)
    assert (run.error().type, run.error().line) == ("memory", run.line())


def test_memory_of_children_counts(tmp_path: Path) -> None:
    body = """
        import subprocess, sys
        code = "kept = bytearray(b'x') * (250 << 20); import time; time.sleep(600)"
        subprocess.run([sys.executable, '-c', code])
        """
    run = contained(tmp_path, body, memory_limit_bytes=150 << 20)
    assert run.error().type == "memory"


def test_a_limit_holds_for_no_other_step(tmp_path: Path) -> None:
    """``nothing_leaked`` compares the limits that Next began with to Seed's; both have the run's own."""
    contained(tmp_path, "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\nraise ValueError('x')")


def test_without_keep_going_the_run_pauses_at_the_failure_and_can_go_on(tmp_path: Path) -> None:
    script = script_with_main("import os\nos.abort()")
    with FaultRun(tmp_path, script, keep_going=False, stop_on_failure=True) as run:
        state = run.go()
        assert (state.phase, state.reason, state.current) == (Phase.PAUSED, PauseReason.FAILURE, "Fault")
        assert run.status("Next") == "ready"
        run.go("skip", "Fault")
        run.go()
        assert (run.status(), run.status("Next")) == ("skipped", "passed")
        run.nothing_stays()


@pytest.mark.parametrize("body", ["import os\nos._exit(3)", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"])
def test_the_same_fault_again_and_again(tmp_path: Path, body: str) -> None:
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        run.is_contained(mended=False)
        for number in (2, 3, 4):
            run.go("rerun", "Fault")
            assert (run.status(), run.attempt().number) == ("failed", number)
        assert [str(each.status) for each in run.session.attempts("Fault")] == ["failed"] * 4
        run.nothing_stays()
        run.goes_on_once_mended()
