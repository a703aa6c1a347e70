"""Whatever a script prints, and however much: the log keeps it, the front only hears of its size."""

from __future__ import annotations

from pathlib import Path

import pytest
from debugged import DEBUGGED
from fault_pipeline import FaultRun, contained, contained_script, script_with_main


def test_binary_junk_on_both_streams_is_kept_as_it_is(tmp_path: Path) -> None:
    body = """
        import os
        junk = bytes(range(256)) * 50
        os.write(1, junk)
        os.write(2, junk[::-1])
        print('text \\udc80', flush=True)
        raise ValueError('after junk')
        """
    run = contained(tmp_path, body)
    assert run.log_bytes() == bytes(range(256)) * 50 + b"text \\udc80\n"
    assert run.log_bytes(stream="stderr").startswith((bytes(range(256)) * 50)[::-1])
    assert run.error().message == "after junk"


def test_escape_sequences_are_kept_raw_and_reach_no_report(tmp_path: Path) -> None:
    body = """
        print('\\x1b]0;title\\x07\\x1b[2J\\x1b[31mred')
        raise ValueError('\\x1b[2Jwiped')
        """
    run = contained(tmp_path, body)
    assert run.log_bytes() == b"\x1b]0;title\x07\x1b[2J\x1b[31mred\n"
    assert "wiped" in run.error().message


def test_a_swapped_stdout(tmp_path: Path) -> None:
    body = """
        import io, sys
        print('before')
        sys.stdout = io.StringIO()
        print('swallowed')
        sys.stderr = None
        raise ValueError('still told')  # HERE
        """
    run = contained(tmp_path, body)
    assert run.log() == "before\n"
    assert (run.error().message, run.error().line) == ("still told", run.line())


def test_closed_and_broken_streams(tmp_path: Path) -> None:
    body = """
        import sys
        class Broken:
            def write(self, text): raise OSError('broken')
            flush = write
        sys.stdout.close()
        sys.stderr = sys.__stderr__ = Broken()
        sys.stdout = sys.__stdout__ = Broken()
        raise ValueError('still told')
        """
    assert contained(tmp_path, body).error().message == "still told"


def test_what_was_printed_before_a_crash_is_there(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os\nfor n in range(5000): print(n)\nos.abort()")
    assert run.log().endswith("\n4999\n")


def test_input_is_at_its_end(tmp_path: Path) -> None:
    run = contained(tmp_path, "print('asking')\nanswer = input('your name? ')  # HERE")
    assert (run.error().type, run.error().line) == ("EOFError", run.line())
    assert run.log() == "asking\nyour name? "


@pytest.mark.skipif(bool(DEBUGGED), reason="it stops there")
def test_a_breakpoint_is_passed_by_where_nobody_debugs(tmp_path: Path) -> None:
    run = contained(tmp_path, "breakpoint()\nprint('on')", status="passed")
    assert run.log() == "on\n"
    assert "was passed by: nobody debugs this run" in run.notices()


def test_a_million_lines(tmp_path: Path) -> None:
    run = contained(tmp_path, "for n in range(1_000_000): print(n)\nraise ValueError('done')")
    data = run.log_bytes()
    assert data.endswith(b"\n999999\n")
    assert data.count(b"\n") == 1_000_000
    attempt = run.attempt()
    heard = [event for event in run.announced_outputs() if event.attempt == 1]
    assert len(heard) <= (attempt.ended - attempt.started) * 20 + 3
    assert [event.stdout_bytes for event in heard] == sorted(event.stdout_bytes for event in heard)


def test_a_hundred_megabytes_in_one_line(tmp_path: Path) -> None:
    body = "import sys\nfor _ in range(100): sys.stdout.write('x' * 1_000_000)\nraise ValueError('done')"
    run = contained(tmp_path, body)
    assert (run.attempt().folder / "stdout.log").stat().st_size == 100_000_000
    assert run.error().message == "done"


def test_both_streams_flooded_from_threads(tmp_path: Path) -> None:
    body = """
        import os, threading
        def flood(number):
            for _ in range(200):
                os.write(number, b'y' * 10_000)
        threads = [threading.Thread(target=flood, args=(number,)) for number in (1, 2, 1, 2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        raise ValueError('done')
        """
    run = contained(tmp_path, body)
    assert (len(run.log_bytes()), len(run.log_bytes(stream="stderr"))) == (4_000_000, 4_000_000)


def test_a_cancelled_flood_stops(tmp_path: Path) -> None:
    with FaultRun(tmp_path, script_with_main("while True: print('flood' * 1000)")) as run:
        run.begin()
        run.wait_for_output("flood")
        run.go("cancel")
        assert run.status() == "cancelled"
        run.nothing_stays()
        run.goes_on_once_mended()


def test_logging_of_one_step_is_not_the_next_ones(tmp_path: Path) -> None:
    before = "import logging, sys\nlogging.basicConfig(level=logging.DEBUG, stream=sys.stdout, force=True)\n"
    body = "logging.disable(logging.CRITICAL)\nlogging.getLogger().info('x')\nraise ValueError('x')"
    contained(tmp_path, body, before=before)


def test_a_script_with_nothing_but_output_at_import(tmp_path: Path) -> None:
    run = contained_script(tmp_path, "import os\nos.write(1, b'at import')\nos._exit(9)\n")
    assert run.log() == "at import"
    assert run.attempt().exit_code == 9
