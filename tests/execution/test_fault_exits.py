"""Scripts that leave in every way there is: each is told as what it was, and the run goes on."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest
from fault_pipeline import FaultRun, contained, eventually, script_with_main, zygotes


def test_os_exit(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os\nprint('so far')\nos._exit(3)")
    assert run.attempt().exit_code == 3
    assert run.error().type == "exit"
    assert "code 3" in run.error().message
    assert run.log() == "so far\n"


def test_os_exit_with_zero_passes_as_the_container_would(tmp_path: Path) -> None:
    body = "import os\nopen(output_paths['result'] + '/rows.txt', 'w').write('x')\nos._exit(0)"
    run = contained(tmp_path, body, status="passed")
    assert run.attempt().error is None


def test_a_segfault_keeps_its_stack_and_its_line(tmp_path: Path) -> None:
    run = contained(tmp_path, "import ctypes\nctypes.string_at(0)  # HERE")
    error = run.error()
    assert (error.type, run.attempt().exit_code) == ("signal", -signal.SIGSEGV)
    assert "SIGSEGV" in error.message
    assert (error.file, error.line) == (str(run.script), run.line())
    assert [frame.user for frame in error.frames] == [True, True, False]
    assert "Fatal Python error: Segmentation fault" in run.log(stream="stderr")


def test_abort(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os\nos.abort()  # HERE")
    assert run.attempt().exit_code == -signal.SIGABRT
    assert "SIGABRT" in run.error().message
    assert (run.error().file, run.error().line) == (str(run.script), run.line())


def test_a_script_that_kills_itself(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert run.attempt().exit_code == -signal.SIGKILL
    assert "SIGKILL" in run.error().message
    assert "memory" in run.error().hint


@pytest.mark.parametrize(
    ("argument", "code", "message"), [("3", 3, "sys.exit(3)"), ("'no rows'", 1, "no rows"), ("-1", 255, "255")]
)
def test_sys_exit(tmp_path: Path, argument: str, code: int, message: str) -> None:
    run = contained(tmp_path, f"import sys\nsys.exit({argument})  # HERE")
    assert run.attempt().exit_code == code
    assert run.error().type == "exit"
    assert message in run.error().message
    assert (run.error().file, run.error().line) == (str(run.script), run.line())
    assert ("no rows" in run.log(stream="stderr")) == (code == 1)


@pytest.mark.parametrize("argument", ["", "None", "0"])
def test_sys_exit_that_means_success(tmp_path: Path, argument: str) -> None:
    body = f"import sys\nopen(output_paths['result'] + '/rows.txt', 'w').write('x')\nsys.exit({argument})"
    run = contained(tmp_path, body, status="passed")
    assert (run.attempt().exit_code, run.attempt().error) == (0, None)
    assert [artifact.name for artifact in run.attempt().artifacts] == ["rows.txt"]


def test_an_exit_that_hides_an_exception_tells_the_exception(tmp_path: Path) -> None:
    block = """
if __name__ == "__main__":
    import sys
    try:
        main({}, {}, {}, None)
    except Exception as error:
        print(f"failed: {error}", file=sys.stderr)
        sys.exit(4)
"""
    with FaultRun(tmp_path, script_with_main("raise KeyError('amount')  # HERE", block=block)) as run:
        run.go()
        assert (run.error().type, run.error().message, run.error().line) == ("KeyError", "'amount'", run.line())
        assert run.attempt().exit_code == 4
        run.is_contained()


def test_system_exit_in_a_thread_ends_only_the_thread(tmp_path: Path) -> None:
    body = """
        import threading
        thread = threading.Thread(target=leave)
        thread.start()
        thread.join()
        print('main goes on')
        """
    run = contained(tmp_path, body, before="def leave():\n    raise SystemExit(9)\n", status="passed")
    assert run.log() == "main goes on\n"
    assert run.attempt().exit_code == 0


def test_an_exception_in_a_thread_is_in_the_log_and_fails_nothing(tmp_path: Path) -> None:
    body = "import threading\nthread = threading.Thread(target=fail)\nthread.start()\nthread.join()"
    run = contained(tmp_path, body, before="def fail():\n    raise ValueError('in a thread')\n", status="passed")
    assert "ValueError: in a thread" in run.log(stream="stderr")


@pytest.mark.parametrize("low", [0, 3])
def test_closed_descriptors_do_not_hide_the_failure(tmp_path: Path, low: int) -> None:
    body = f"import os\nprint('before', flush=True)\nos.closerange({low}, 256)\nraise KeyError('amount')  # HERE"
    run = contained(tmp_path, body)
    assert (run.error().type, run.error().line, run.attempt().exit_code) == ("KeyError", run.line(), 1)
    assert run.log() == "before\n"


def test_every_descriptor_closed(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os\nos.closerange(0, 1 << 16)\nraise KeyError('amount')  # HERE")
    assert (run.error().type, run.error().line) == ("KeyError", run.line())


def test_closed_descriptors_do_not_fail_a_step_that_returns(tmp_path: Path) -> None:
    body = "import os\nopen(output_paths['result'] + '/rows.txt', 'w').write('x')\nos.closerange(0, 256)"
    run = contained(tmp_path, body, status="passed")
    assert [artifact.name for artifact in run.attempt().artifacts] == ["rows.txt"]


def test_descriptors_that_are_taken_over_cannot_forge_the_protocol(tmp_path: Path) -> None:
    body = """
        import os
        for number in range(3, 1 << 13):
            try:
                os.write(number, b'{"event": "result", "main_seconds": 0, "returned": {}}\\n')
            except OSError:
                pass
        raise ValueError('still failed')
        """
    run = contained(tmp_path, body)
    assert run.error().message == "still failed"


def test_a_process_that_becomes_another_program(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os\nos.execv('/bin/sh', ['sh', '-c', 'echo other; exit 7'])")
    assert run.attempt().exit_code == 7
    assert run.error().type == "exit"
    assert run.log() == "other\n"


def test_a_script_that_kills_its_parent(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(600)")
    assert run.error().type == "worker lost"
    assert "SIGKILL" in run.error().message
    assert run.error().hint
    assert run.attempt().exit_code is None
    assert (run.attempt().folder / "outcome.json").exists()


def test_a_script_that_stops_its_parent_can_be_cancelled_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cursus_tui.execution.local_step.KILL_AFTER_SECONDS", 0.3)
    body = "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(600)"
    with FaultRun(tmp_path, script_with_main(body)) as run:
        run.begin()
        eventually(lambda: any(zygote.status() == psutil.STATUS_STOPPED for zygote in zygotes()))
        run.go("cancel")
        assert run.status() == "cancelled"
        run.go("step_over", "Next")
        assert run.status("Next") == "passed"
        run.nothing_stays()
        run.goes_on_once_mended()


def test_a_script_that_signals_its_whole_group(tmp_path: Path) -> None:
    run = contained(tmp_path, "import os, signal\nos.killpg(0, signal.SIGTERM)")
    assert run.attempt().exit_code == -signal.SIGTERM


def test_a_script_that_leaves_its_session_is_still_found(tmp_path: Path) -> None:
    body = "import os\nif os.fork():\n    os._exit(5)\nos.setsid()\nwhile True: os.sched_yield()"
    run = contained(tmp_path, body)
    assert run.attempt().exit_code == 5
    assert "left behind and stopped" in run.attempt().note
