"""Every line of the design's containment list: whatever a script does, the front gets a true result and goes on."""

from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import pytest
from engine_runner import Runner, context, script_with_main

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.ports import WorkerEvent
from cursus_tui.worker.processes import is_alive


def test_a_passing_step_reports_what_happened(runner: Runner) -> None:
    attempt = runner.run_main("print('hello')")
    result = attempt.result
    assert (result.status, result.exit_code, result.error) == ("passed", 0, None)
    assert attempt.stdout == "hello\n"
    assert [event.name for event in attempt.events if event.name != "output"] == [
        "forked",
        "started",
        "importing",
        "imported",
        "called",
        "result",
        "modules",
        "finishing",
        "ended",
    ]
    assert result.main_seconds is not None
    assert result.import_seconds is not None
    assert result.peak_rss_bytes
    assert result.started is not None
    assert result.ended is not None
    assert result.ended >= result.started


def test_os_exit_is_a_failure_unless_zero(runner: Runner) -> None:
    result = runner.run_main("import os; os._exit(7)").result
    assert (result.status, result.exit_code) == ("failed", 7)
    assert result.error is not None
    assert result.error.type == "exit"
    assert "7" in result.error.message
    assert runner.run_main("import os; os._exit(0)").result.status == "passed"


def test_a_segfault_keeps_faulthandlers_stack(runner: Runner) -> None:
    attempt = runner.run_main("import ctypes\nctypes.string_at(0)")
    result = attempt.result
    assert (result.status, result.exit_code) == ("failed", -11)
    assert result.error is not None
    assert result.error.type == "signal"
    assert "SIGSEGV" in result.error.message
    assert result.error.file is not None
    assert any(frame.function == "main" and frame.line == 4 for frame in result.error.frames)
    assert "Segmentation fault" in attempt.stderr


def test_abort(runner: Runner) -> None:
    result = runner.run_main("import os; os.abort()").result
    assert result.exit_code == -6
    assert result.error is not None
    assert "SIGABRT" in result.error.message


@pytest.mark.parametrize(
    ("argument", "code", "message"),
    [("", 0, ""), ("0", 0, ""), ("3", 3, "sys.exit(3)"), ("'no data'", 1, "sys.exit(1): no data"), ("-1", 255, "255")],
)
def test_sys_exit(runner: Runner, argument: str, code: int, message: str) -> None:
    attempt = runner.run_main(f"import sys; sys.exit({argument})")
    result = attempt.result
    assert result.exit_code == code
    assert result.status == ("failed" if code else "passed")
    if code:
        assert result.error is not None
        assert result.error.type == "exit"
        assert message in result.error.message
        assert result.error.line == 3
    if code == 1:
        assert "no data" in attempt.stderr


def test_an_endless_recursion_is_trimmed(runner: Runner) -> None:
    result = runner.run_main("def again(n): return again(n + 1)\nagain(0)").result
    assert result.error is not None
    assert result.error.type == "RecursionError"
    assert 10 < len(result.error.frames) <= 40
    assert result.error.frames[-1].function.endswith("again")


def test_binary_junk_is_kept_as_it_is(runner: Runner) -> None:
    attempt = runner.run_main("import os\nos.write(1, bytes(range(256)) * 10)\nprint('\\udc80 \\x1b[31m')")
    assert attempt.result.status == "passed"
    assert (attempt.folder / "stdout.log").read_bytes().startswith(bytes(range(256)) * 10 + b"\\udc80 \x1b[31m")


def test_closed_descriptors_do_not_lose_the_result(runner: Runner) -> None:
    low = runner.run_main("import os\nos.closerange(3, 1024)\nraise KeyError('amount')").result
    assert low.error is not None
    assert low.error.type == "KeyError"
    every = runner.run_main("import os\nos.closerange(3, 1 << 16)\nraise KeyError('amount')").result
    assert every.error is not None
    assert every.error.type == "KeyError"
    assert every.error.line == 5


def test_input_is_at_its_end(runner: Runner) -> None:
    result = runner.run_main("input('your name? ')").result
    assert result.error is not None
    assert result.error.type == "EOFError"


def test_breakpoint_does_not_hang(runner: Runner) -> None:
    attempt = runner.run_main("breakpoint()\nprint('on')")
    assert attempt.result.status == "passed"
    assert attempt.stdout == "on\n"


def test_a_swapped_stdout_does_no_harm(runner: Runner) -> None:
    attempt = runner.run_main("import io, sys\nprint('before')\nsys.stdout = io.StringIO()\nprint('lost')")
    assert attempt.result.status == "passed"
    assert attempt.stdout == "before\n"
    broken = runner.run_main("import sys\nsys.stdout = None\nsys.stderr.close()\nraise ValueError('x')").result
    assert broken.error is not None
    assert broken.error.type == "ValueError"


def test_lingering_threads_are_waited_for_and_named(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        import threading, time
        def late():
            time.sleep(0.2)
            print('late')
        threading.Thread(target=late, name='slow-writer').start()
        """
    )
    assert attempt.result.status == "passed"
    assert attempt.stdout == "late\n"
    assert "slow-writer" in attempt.notices()


def test_a_daemon_thread_holds_nothing_up(runner: Runner) -> None:
    body = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    attempt = runner.run_main(body)
    assert attempt.result.status == "passed"
    assert attempt.result.ended - attempt.result.started < 5


def test_exit_handlers_run(runner: Runner) -> None:
    attempt = runner.run_main("import atexit\natexit.register(print, 'bye')")
    assert attempt.stdout == "bye\n"


@pytest.mark.parametrize("detach", [False, True], ids=["orphan", "setsid"])
def test_grandchildren_are_killed_and_listed(runner: Runner, detach: bool) -> None:
    attempt = runner.run_main(
        f"""
        import subprocess
        process = subprocess.Popen(['sleep', '61'], start_new_session={detach})
        print(process.pid, flush=True)
        """
    )
    result = attempt.result
    assert result.status == "passed"
    assert len(result.orphans) == 1
    assert "sleep 61" in result.orphans[0]
    assert not is_alive(int(attempt.stdout))
    assert attempt.named("orphan")[0].fields["pid"] == int(attempt.stdout)


def test_a_double_forked_daemon_is_found(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                print(os.getpid(), flush=True)
                time.sleep(62)
            os._exit(0)
        os.wait()
        time.sleep(0.1)
        """
    )
    assert attempt.result.status == "passed"
    assert len(attempt.result.orphans) == 1
    assert not is_alive(int(attempt.stdout))


def test_a_script_that_kills_its_parent(runner: Runner) -> None:
    attempt = runner.run_main("import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)")
    result = attempt.result
    assert (result.status, result.exit_code) == ("failed", None)
    assert result.error is not None
    assert result.error.type == "worker lost"
    assert "SIGKILL" in result.error.message
    assert (attempt.folder / "outcome.json").exists()
    assert runner.run_main("print('next')").result.status == "passed"


def test_a_memory_hog_is_stopped_by_the_watch(runner: Runner) -> None:
    attempt = runner.run_main(
        """
        import time
        kept = []
        for _ in range(400):
            kept.append(bytearray(4 << 20))
            time.sleep(0.01)
        """,
        memory_limit_bytes=200 << 20,
    )
    result = attempt.result
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.type == "memory"
    assert result.error.line is not None
    assert attempt.named("resources")


def test_one_huge_allocation_fails_at_its_line(runner: Runner) -> None:
    result = runner.run_main("kept = bytearray(1 << 42)", memory_limit_bytes=300 << 20).result
    assert result.error is not None
    assert (result.error.type, result.error.line) == ("memory", 3)


def test_a_timeout_says_where_it_was(runner: Runner) -> None:
    result = runner.run_main("import time\ntime.sleep(60)", timeout_seconds=0.3).result
    assert result.status == "failed"
    assert result.error is not None
    assert (result.error.type, result.error.line) == ("timeout", 4)


def test_cancelling_a_loop_is_quick(runner: Runner) -> None:
    attempt = runner.start_main("print('on', flush=True)\nwhile True: pass")
    attempt.wait_for_output("on")
    asked = time.monotonic()
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    assert time.monotonic() - asked < 0.8


def test_cancelling_what_ignores_everything(runner: Runner) -> None:
    attempt = runner.start_main(
        """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('on', flush=True)
        while True:
            time.sleep(1)
        """
    )
    attempt.wait_for_output("on")
    asked = time.monotonic()
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    assert attempt.result.exit_code == -9
    assert 1.5 < time.monotonic() - asked < 4


def test_cancelling_at_once(runner: Runner) -> None:
    attempt = runner.start_main("import time\ntime.sleep(30)")
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_process_pools(runner: Runner, method: str) -> None:
    attempt = runner.run_main(
        f"""
        with multiprocessing.get_context('{method}').Pool(2) as pool:
            print(sum(pool.map(double, range(10))))
        """,
        before="import multiprocessing\ndef double(n):\n    return 2 * n\n",
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "90\n"
    assert attempt.result.orphans == ()


def test_a_futures_pool_and_a_manager_below_a_long_path(executor: LocalExecutor, tmp_path: Path) -> None:
    runner = Runner(executor, tmp_path / ("a long name of a folder " * 4) / "deeper")
    attempt = runner.run_main(
        """
        with concurrent.futures.ProcessPoolExecutor(2) as pool, multiprocessing.Manager() as manager:
            values = manager.list([1])
            print(list(pool.map(double, [1, 2])), list(values))
        """,
        before="import concurrent.futures, multiprocessing\ndef double(n):\n    return 2 * n\n",
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "[2, 4] [1]\n"


@pytest.mark.skipif(importlib.util.find_spec("joblib") is None, reason="joblib is not installed here")
def test_loky_does_not_hang_at_exit(runner: Runner) -> None:
    attempt = runner.run_main(
        "import joblib\nprint(sum(joblib.Parallel(2)(joblib.delayed(double)(n) for n in range(4))))",
        before="def double(n):\n    return 2 * n\n",
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "12\n"


def test_nothing_leaks_into_the_next_step(runner: Runner) -> None:
    runner.run_main(
        """
        import json, os, sys, random
        os.chdir('/')
        os.environ['LEAKED'] = 'yes'
        sys.path.insert(0, '/leaked')
        sys.modules['leaked'] = json
        json.leaked = True
        random.seed(1)
        os.umask(0o777)
        """
    )
    attempt = runner.run_main(
        """
        import json, os, sys
        print(os.getcwd() != '/', 'LEAKED' in os.environ, '/leaked' in sys.path, 'leaked' in sys.modules)
        print(hasattr(json, 'leaked'), os.umask(0) == 0o777)
        """
    )
    assert attempt.stdout == "True False False False\nFalse False\n"
    assert os.environ.get("LEAKED") is None


def test_random_numbers_differ_between_steps(runner: Runner) -> None:
    seen = {runner.run_main("import random\nprint(random.random())").stdout for _ in range(3)}
    assert len(seen) == 3


def test_a_million_lines(runner: Runner) -> None:
    attempt = runner.run_main("for n in range(1_000_000): print(n)")
    assert attempt.result.status == "passed"
    assert attempt.stdout.endswith("\n999999\n")
    assert attempt.stdout.count("\n") == 1_000_000
    seconds = attempt.result.main_seconds
    assert seconds is not None
    assert len(attempt.named("output")) <= seconds * 20 + 3
    assert attempt.named("output")[-1].fields["stdout_bytes"] == (attempt.folder / "stdout.log").stat().st_size


def test_a_hundred_megabytes_without_a_line_end(runner: Runner) -> None:
    attempt = runner.run_main("import sys\nsys.stdout.write('x' * 100_000_000)")
    assert attempt.result.status == "passed"
    assert (attempt.folder / "stdout.log").stat().st_size == 100_000_000


def test_a_pipe_that_stays_full_after_the_exit(runner: Runner) -> None:
    attempt = runner.run_main(
        "import subprocess\nsubprocess.Popen(['sh', '-c', 'while :; do echo flood; done'], start_new_session=True)"
    )
    result = attempt.result
    assert result.status == "passed"
    assert any("flood" in orphan for orphan in result.orphans)
    assert result.ended - result.started < 5


def test_a_syntax_error_names_its_line(runner: Runner) -> None:
    result = runner.run("x = 1\ny = = 2\n").result
    assert result.error is not None
    assert (result.error.type, result.error.line) == ("SyntaxError", 2)
    assert result.error.frames[-1].source == "y = = 2"


def test_what_cleans_up_after_a_pool_is_let_end_by_itself(runner: Runner, tmp_path: Path) -> None:
    mark = tmp_path / "cleaned"
    attempt = runner.run_main(
        f"""
        tracker = "import time; time.sleep(1); open({str(mark)!r}, 'w')  # resource_tracker import main"
        subprocess.Popen([sys.executable, "-c", tracker])
        """,
        before="import subprocess, sys",
    )
    assert (attempt.result.status, attempt.result.orphans) == ("passed", ())
    assert mark.exists(), "on a busy box it takes a while: killed, it leaves semaphores and shared memory behind"


def test_two_steps_at_once_keep_their_own_orphans(runner: Runner) -> None:
    slow = runner.start_main("import time\nprint('on', flush=True)\ntime.sleep(1)")
    slow.wait_for_output("on")
    quick = runner.run_main("import subprocess\nsubprocess.Popen(['sleep', '63'], start_new_session=True)")
    assert len(quick.result.orphans) == 1
    assert slow.result.status == "passed"
    assert slow.result.orphans == ()


def test_a_listener_that_fails_stops_nobody_else(
    runner: Runner, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    script = tmp_path / "script.py"
    script.write_text(script_with_main("print('x')"))

    def listen(event: WorkerEvent) -> None:
        raise LookupError(event.name)

    process = runner.executor.start(context(script, runner.folder / "attempt"), listen)
    assert process.result.result(30).status == "passed"
    assert "a listener failed at started" in caplog.text
    assert runner.run_main("print('y')").result.status == "passed"
