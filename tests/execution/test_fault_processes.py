"""Threads and processes that a script starts: they are waited for, found, stopped, named; none outlives its step."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest
from fault_pipeline import FaultRun, contained, script_with_main

DOUBLE = "def double(number):\n    return 2 * number\n"
WRITE = "open(output_paths['result'] + '/rows.txt', 'w').write('x')\n"


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_thread_that_ends_late_is_waited_for_and_named(tmp_path: Path) -> None:
    body = """
        import threading, time
        def late():
            time.sleep(0.2)
            open(output_paths['result'] + '/late.txt', 'w').write('late')
        threading.Thread(target=late, name='slow-writer').start()
        """
    run = contained(tmp_path, body, status="passed")
    assert [artifact.name for artifact in run.attempt().artifacts] == ["late.txt"]
    assert "slow-writer" in run.notices()


def test_a_thread_that_never_ends_is_named_and_stopped(tmp_path: Path) -> None:
    body = WRITE + "import threading\nthreading.Thread(target=threading.Event().wait, name='the-endless-one').start()"
    run = contained(tmp_path, body, status="passed")
    assert "the-endless-one" in run.notices()
    assert "did not leave" in run.notices()
    assert [artifact.name for artifact in run.attempt().artifacts] == ["rows.txt"]


def test_a_thread_that_never_ends_hides_no_failure(tmp_path: Path) -> None:
    body = """
        import threading, time
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        raise ValueError('while a thread runs')  # HERE
        """
    run = contained(tmp_path, body)
    assert (run.error().message, run.error().line) == ("while a thread runs", run.line())


@pytest.mark.parametrize("detached", [False, True], ids=["in its group", "in its own session"])
@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_children_left_behind_are_stopped_and_listed(tmp_path: Path, detached: bool, outcome: str) -> None:
    body = f"""
        import subprocess
        process = subprocess.Popen(['sleep', '601'], start_new_session={detached})
        print(process.pid, flush=True)
        {"raise ValueError('x')" if outcome == "failed" else ""}
        """
    run = contained(tmp_path, body, status=outcome)
    assert gone(int(run.log()))
    assert run.attempt().note == f"left behind and stopped: sleep 601 (pid {int(run.log())})"
    assert run.report()["note"] == run.attempt().note


def test_a_grandchild_that_floods_the_pipe_after_the_end(tmp_path: Path) -> None:
    body = """
        import subprocess
        subprocess.Popen(['sh', '-c', 'while :; do echo flood; done'], start_new_session=True)
        """
    run = contained(tmp_path, body, status="passed")
    assert "flood" in run.attempt().note
    assert (run.attempt().ended or 0) - (run.attempt().started or 0) < 10


def test_a_daemon_of_the_old_school(tmp_path: Path) -> None:
    body = """
        import os, signal, time
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                os.chdir('/')
                os.write(writer, str(os.getpid()).encode())
                os.closerange(0, 1 << 12)
                while True:
                    time.sleep(600)
            os._exit(0)
        os.wait()
        print(os.read(reader, 100).decode())
        """
    run = contained(tmp_path, body, status="passed")
    assert gone(int(run.log()))
    assert "left behind and stopped" in run.attempt().note


def test_many_children_at_once(tmp_path: Path) -> None:
    body = "import subprocess\nfor n in range(25): subprocess.Popen(['sleep', str(700 + n)], start_new_session=n % 2)"
    run = contained(tmp_path, body, status="passed")
    assert run.attempt().note.count("(pid ") == 25


def test_children_whose_environment_is_wiped_are_found(tmp_path: Path) -> None:
    body = """
        import subprocess
        process = subprocess.Popen(['/bin/sleep', '602'], start_new_session=True, env={})
        print(process.pid, flush=True)
        """
    run = contained(tmp_path, body, status="passed")
    assert gone(int(run.log()))
    assert "602" in run.attempt().note


@pytest.mark.parametrize("detached", [False, True], ids=["in its group", "in its own session"])
def test_children_of_a_lost_worker_do_not_stay(tmp_path: Path, detached: bool) -> None:
    body = f"""
        import os, signal, subprocess, time
        process = subprocess.Popen(['sleep', '603'], start_new_session={detached})
        print(process.pid, flush=True)
        while not os.path.exists('../stdout.log') or not os.path.getsize('../stdout.log'):
            time.sleep(0.01)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
        """
    run = contained(tmp_path, body)
    assert run.error().type == "worker lost"
    assert gone(int(run.log()))
    assert run.attempt().note == f"left behind and stopped: sleep 603 (pid {int(run.log())})"


def test_a_forked_child_of_a_lost_worker_does_not_stay(tmp_path: Path) -> None:
    body = """
        import os, signal, time
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(600)
        print(pid, flush=True)
        while not os.path.exists('../stdout.log') or not os.path.getsize('../stdout.log'):
            time.sleep(0.01)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
        """
    run = contained(tmp_path, body)
    assert gone(int(run.log()))
    assert "left behind and stopped" in run.attempt().note


def test_a_step_that_is_killed_with_children_at_work(tmp_path: Path) -> None:
    body = """
        import os, signal, subprocess
        print(subprocess.Popen(['sleep', '604'], start_new_session=True).pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        """
    run = contained(tmp_path, body)
    assert run.attempt().exit_code == -signal.SIGKILL
    assert gone(int(run.log()))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_every_start_method(tmp_path: Path, method: str) -> None:
    body = f"""
        with multiprocessing.get_context('{method}').Pool(2) as pool:
            print(sum(pool.map(double, range(10))))
        """
    run = contained(tmp_path, body, before="import multiprocessing\n" + DOUBLE, status="passed")
    assert run.log() == "90\n"
    assert run.attempt().note == ""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_that_is_never_closed(tmp_path: Path, method: str) -> None:
    body = f"""
        pool = multiprocessing.get_context('{method}').Pool(2)
        print(sum(pool.map(double, range(10))))
        raise ValueError('with a pool at work')
        """
    run = contained(tmp_path, body, before="import multiprocessing\n" + DOUBLE)
    assert run.error().message == "with a pool at work"


def test_a_worker_of_a_pool_that_dies(tmp_path: Path) -> None:
    body = """
        with concurrent.futures.ProcessPoolExecutor(2) as pool:
            list(pool.map(os._exit, [9, 9]))  # HERE
        """
    run = contained(tmp_path, body, before="import concurrent.futures, os\n")
    assert (run.error().type, run.error().line) == ("BrokenProcessPool", run.line())


def test_an_exception_in_a_worker_of_a_pool(tmp_path: Path) -> None:
    before = "import multiprocessing\ndef fail(number):\n    raise KeyError('amount')\n"
    body = "with multiprocessing.Pool(2) as pool:\n    pool.map(fail, [1, 2])  # HERE"
    run = contained(tmp_path, body, before=before)
    assert (run.error().type, run.error().line) == ("KeyError", run.line())
    assert run.error().causes[0].type == "RemoteTraceback"


def test_joblib(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    body = "print(sum(joblib.Parallel(2)(joblib.delayed(double)(n) for n in range(4))))"
    run = contained(tmp_path, body, before="import joblib\n" + DOUBLE, status="passed")
    assert run.log() == "12\n"


def test_joblib_in_a_step_that_fails(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    body = "joblib.Parallel(2)(joblib.delayed(double)(n) for n in range(4))\nraise ValueError('after joblib')"
    assert contained(tmp_path, body, before="import joblib\n" + DOUBLE).error().message == "after joblib"


def test_a_child_that_reports_is_not_mistaken_for_the_step(tmp_path: Path) -> None:
    body = """
        import os
        pid = os.fork()
        if pid == 0:
            raise ValueError('in the child')
        os.waitpid(pid, 0)
        print('parent')
        """
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.go()
        assert run.log() == "parent\n"
        run.is_contained("passed")
