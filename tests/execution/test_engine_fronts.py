"""Fronts come and go: the death of one loses nothing, the next one adopts, an executor starts and stops zygotes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_runner import Attempt, Runner, script_with_main

from cursus_tui.execution.local_executor import LocalExecutor
from cursus_tui.execution.outcome import read_outcome, result_of
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Isolation
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.worker.processes import is_alive

FRONT = """
import sys, threading
from pathlib import Path
from engine_runner import Runner
from cursus_tui.execution.local_executor import LocalExecutor
runner = Runner(LocalExecutor(), Path(sys.argv[1]))
attempt = runner.start(Path(sys.argv[2]).read_text())
attempt.wait_for_output("half way")
print(attempt.folder, flush=True)
threading.Event().wait()
"""


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    """Another one for each test: its zygotes are watched, killed and left."""
    executor = LocalExecutor()
    yield executor
    executor.close()


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Any]:
    """Starts a front of its own that runs a step half way; gives its process and the attempt's folder."""
    started: list[subprocess.Popen[str]] = []

    def start(body: str) -> tuple[subprocess.Popen[str], Path]:
        script = tmp_path / "body.py"
        script.write_text(script_with_main(body))
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(FRONT), str(tmp_path / "other"), str(script)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        started.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.wait()


def adopt(executor: LocalExecutor, folder: Path) -> Attempt:
    attempt = Attempt(folder)
    attempt.process = executor.adopt(folder, attempt.listen)
    return attempt


def wait_until_gone(process: dict[str, int]) -> None:
    deadline = time.monotonic() + 5
    while is_alive(process["pid"], process["start"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(process["pid"], process["start"])


SLOW = """
import time
print('half way', flush=True)
for n in range(15):
    time.sleep(0.05)
    print(n)
"""


def test_a_killed_front_loses_nothing(executor: LocalExecutor, front: Any) -> None:
    process, folder = front(SLOW)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    attempt = adopt(executor, folder)
    assert attempt.result.status == "passed"
    assert attempt.stdout.splitlines() == ["half way", *map(str, range(15))]
    names = [event.name for event in attempt.events if event.name not in ("output", "resources")]
    assert names[0] == "forked"
    assert names[-1] == "ended"
    assert names.count("ended") == 1
    assert "called" in names
    sizes = attempt.named("output")[-1].fields
    assert sizes["stdout_bytes"] == (folder / "stdout.log").stat().st_size
    zygote = json.loads((folder / "process.json").read_text())["zygote"]
    wait_until_gone(zygote)


def test_an_adopted_step_can_be_cancelled(executor: LocalExecutor, front: Any) -> None:
    process, folder = front("import time\nprint('half way', flush=True)\ntime.sleep(60)")
    process.kill()
    process.wait()
    attempt = adopt(executor, folder)
    attempt.wait_for("forked")
    assert attempt.process.pid is not None
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    with pytest.raises(RuntimeError, match="earlier session"):
        attempt.process.request("stack").result(1)


def test_an_adopted_step_is_cancelled_where_its_folder_takes_no_reason(executor: LocalExecutor, front: Any) -> None:
    process, folder = front("import time\nprint('half way', flush=True)\ntime.sleep(60)")
    process.kill()
    process.wait()
    # As a full disk would; a step can do this, too.
    (folder / "cancel.json").mkdir()
    attempt = adopt(executor, folder)
    attempt.wait_for("forked")
    attempt.process.cancel()
    # The session, which cancelled it, calls that cancelled.
    assert attempt.result.error is not None
    assert attempt.result.error.type == "KeyboardInterrupt"


def test_adopting_a_finished_step_gives_its_outcome(executor: LocalExecutor, runner: Runner) -> None:
    done = runner.run_main("raise ValueError('no rows')")
    attempt = adopt(executor, done.folder)
    assert attempt.result == done.result
    assert attempt.process.pid is None


def test_a_lost_zygote_is_told(executor: LocalExecutor, front: Any) -> None:
    process, folder = front("import time\nprint('half way', flush=True)\ntime.sleep(60)")
    trace = json.loads((folder / "process.json").read_text())
    process.kill()
    os.kill(trace["zygote"]["pid"], signal.SIGKILL)
    attempt = adopt(executor, folder)
    assert attempt.result.error is not None
    assert attempt.result.error.type == "worker lost"
    wait_until_gone(trace["step"])
    again = read_outcome(AttemptFolder(folder))
    assert again is not None
    assert again.error is not None
    assert again.error.type == "worker lost"


def test_an_attempt_that_never_started_has_not_begun(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cursus_tui.execution.adopted_step.APPEAR_SECONDS", 0.2)
    folder = tmp_path / "nothing"
    folder.mkdir()
    result = adopt(executor, folder).result
    assert result.error is not None
    assert result.error.type == "not begun"


def test_a_reused_pid_is_not_taken_for_the_step(executor: LocalExecutor, runner: Runner) -> None:
    folder = runner.run_main("pass").folder
    (folder / "outcome.json").unlink()
    trace = json.loads((folder / "process.json").read_text())
    for process in ("zygote", "step"):
        trace[process] = {"pid": os.getpid(), "start": 1}
    (folder / "process.json").write_text(json.dumps(trace))
    attempt = adopt(executor, folder)
    assert attempt.result.error is not None
    assert attempt.result.error.type == "worker lost"


def test_leaving_lets_the_step_finish(tmp_path: Path) -> None:
    first = LocalExecutor()
    attempt = Runner(first, tmp_path).start_main(SLOW)
    attempt.wait_for_output("half way")
    first.close(keep_running=True)
    second = LocalExecutor()
    try:
        adopted = adopt(second, attempt.folder)
        assert adopted.result.status == "passed"
        assert adopted.stdout.endswith("14\n")
    finally:
        second.close()


def test_closing_ends_everything(tmp_path: Path) -> None:
    executor = LocalExecutor()
    attempt = Runner(executor, tmp_path).start_main("import time\nprint('on', flush=True)\ntime.sleep(60)")
    attempt.wait_for_output("on")
    pid = attempt.process.pid
    executor.close()
    assert attempt.result.status == "cancelled"
    assert not is_alive(pid)
    with pytest.raises(RuntimeError, match="closed"):
        Runner(executor, tmp_path / "again").start_main("pass")


def test_the_stack_of_a_running_step(runner: Runner) -> None:
    attempt = runner.start_main(
        """
        amount = 41
        api_token = 'abc123def456ghi'
        print('on', flush=True)
        while amount:
            pass
        """
    )
    attempt.wait_for_output("on")
    frames = attempt.process.request("stack").result(5)
    assert [frame["function"] for frame in frames] == ["<module>", "main"]
    assert frames[-1]["locals"]["amount"] == "41"
    assert "abc123" not in frames[-1]["locals"]["api_token"]
    with pytest.raises(RuntimeError, match="no such request"):
        attempt.process.request("fly").result(5)
    attempt.process.cancel()
    assert attempt.result.status == "cancelled"
    with pytest.raises(RuntimeError, match="ended"):
        attempt.process.request("stack").result(5)


def test_resources_are_sampled_while_a_step_runs(runner: Runner) -> None:
    attempt = runner.run_main(
        "import time\nkept = bytearray(80 << 20)\nend = time.time() + 0.7\nwhile time.time() < end: pass"
    )
    samples = [event.fields for event in attempt.named("resources")]
    assert 2 <= len(samples) <= 6
    assert max(sample["rss_bytes"] for sample in samples) > 80 << 20
    assert samples[-1]["cpu_percent"] > 20
    assert samples[-1]["threads"] >= 1
    assert 0 < samples[-1]["seconds"] < 5


def test_a_step_in_an_interpreter_of_its_own(runner: Runner) -> None:
    attempt = runner.run_main(
        "import os, sys\nprint(os.environ['OMP_NUM_THREADS'], 'numpy' in sys.modules)\nprint(__name__, sys.argv[1:])",
        isolation=Isolation.SUBPROCESS,
        environment={"OMP_NUM_THREADS": "3"},
        argv=("--job_type", "training"),
    )
    assert attempt.result.status == "passed", attempt.stderr
    assert attempt.stdout == "3 False\n__main__ ['--job_type', 'training']\n"
    failed = runner.run_main("raise KeyError('amount')", isolation=Isolation.SUBPROCESS).result
    assert failed.error is not None
    assert (failed.error.type, failed.error.line) == ("KeyError", 3)


def test_a_warm_zygote_has_the_libraries(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []
    executor = LocalExecutor(noticed=lambda python, message: heard.append(dict(message)))
    try:
        executor.warm(Path(sys.executable), ("colorsys", "no_such_library", "torch"))
        attempt = Runner(executor, tmp_path).run_main("import sys\nprint('colorsys' in sys.modules)")
        attempt = Runner(executor, tmp_path / "2").run_main("import sys\nprint('colorsys' in sys.modules)")
    finally:
        executor.close()
    assert [message["event"] for message in heard] == ["ready", "preloaded"]
    assert (sorted(heard[1]["failed"]), sorted(heard[1]["left"])) == (["no_such_library"], ["torch"])
    assert attempt.stdout == "True\n"


def test_thread_counts_that_come_too_late_are_said(executor: LocalExecutor, runner: Runner) -> None:
    pytest.importorskip("numpy")
    executor.warm(Path(sys.executable), ("numpy",))
    runner.run_main("pass")
    attempt = runner.run_main("pass", environment={"OMP_NUM_THREADS": "1"})
    assert "OMP_NUM_THREADS comes too late" in attempt.notices()


def test_an_interpreter_that_is_none(executor: LocalExecutor, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not start"):
        executor.warm(tmp_path / "python", ())
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no interpreter here >&2\nexit 4\n")
    broken.chmod(0o755)
    result = Runner(executor, tmp_path / "runs").run_main("pass", python=broken).result
    assert result.error is not None
    assert result.error.type == "worker lost"
    assert "exit code 4" in result.error.message
    assert "no interpreter here" in result.error.message


@pytest.mark.parametrize(
    "outcome",
    [
        None,
        [],
        {},
        {"status": "fine"},
        {"status": "passed", "blocked": [1]},
        {"status": "failed", "error": {"frames": 3}},
    ],
)
def test_junk_for_an_outcome_is_a_lost_worker(outcome: object) -> None:
    result = result_of(outcome)
    assert result.status == "failed"
    assert result.error is not None
    assert result.error.type == "worker lost"


def test_a_damaged_outcome_file_is_a_lost_worker(tmp_path: Path) -> None:
    folder = AttemptFolder(tmp_path)
    assert read_outcome(folder) is None
    folder.outcome.write_bytes(b'{"status": "pass')
    result = read_outcome(folder)
    assert result is not None
    assert result.error is not None
    assert result.error.type == "worker lost"


def test_secrets_are_masked_in_what_is_kept(runner: Runner) -> None:
    secret = "s3cr3tValue12345"
    attempt = runner.run_main(
        """
        api_key = environ_vars['API_KEY']
        raise ValueError('cannot log in with ' + api_key)
        """,
        environment={"API_KEY": secret, "PLAIN": "visible"},
        block="""
import os
if __name__ == "__main__":
    main({}, {}, {"API_KEY": os.environ["API_KEY"], "PLAIN": os.environ["PLAIN"]}, None)
""",
    )
    kept = [path for path in attempt.folder.iterdir() if path.suffix in (".json", ".jsonl")]
    assert len(kept) == 4
    for path in kept:
        assert secret not in path.read_text(), path
    assert attempt.result.call is not None
    assert attempt.result.call.environ_vars["PLAIN"] == "'visible'"
    assert attempt.result.error is not None
    assert "cannot log in with" in attempt.result.error.message
