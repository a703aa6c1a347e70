"""``cursus-tui run``, ``runs``, ``show`` and ``clean``: reports, exit codes, and what is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cursus_tui.cli.main import main
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.step_attempt import AttemptMaker
from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.records.run import Phase
from cursus_tui.samples.generate import generate
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import open_workspace
from cursus_tui.workbench import Workbench, open_pipeline


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """Three steps, one after the other."""
    return generate(tmp_path / "chain", 3)


def names_of(dag: Path) -> list[str]:
    return list(json.loads(dag.read_text())["dag"]["nodes"])


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def script_of(dag: Path) -> Path:
    return next((dag.parent / "scripts").glob("*.py"))


def test_a_run_reports_what_it_promises(chain: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    junit = tmp_path / "report.xml"
    code, report = run(capsys, "run", str(chain), "--junit", str(junit))
    assert code == 0
    assert report["status"] == "passed"
    assert [step["name"] for step in report["steps"]] == names_of(chain)
    first = report["steps"][0]
    promised = [
        "name",
        "status",
        "seconds",
        "import_seconds",
        "peak_rss_bytes",
        "exit",
        "outputs",
        "error",
        "blocked_actions",
        "overrides",
    ]
    assert set(promised) <= set(first)
    assert first["exit"] == 0
    assert first["network_guard"] in ("namespace", "python")
    assert first["peak_rss_bytes"] > 1_000_000
    assert ElementTree.parse(junit).getroot().get("tests") == "3"


def test_parts_of_a_pipeline_stand_on_what_ran_before(chain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = names_of(chain)
    _, report = run(capsys, "run", str(chain), "--to", second)
    assert [step["status"] for step in report["steps"]] == ["passed", "passed"]
    code, report = run(capsys, "run", str(chain), "--only", third)
    assert (code, [step["name"] for step in report["steps"]]) == (0, [third])
    code, report = run(capsys, "run", str(chain), "--from", second)
    assert (code, [step["name"] for step in report["steps"]]) == (0, [second, third])
    _, report = run(capsys, "run", str(chain), "--reuse")
    assert {step["status"] for step in report["steps"]} == {"reused"}
    assert first


def test_a_failure_ends_a_run_unless_it_keeps_going(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dag = generate(tmp_path / "fan", 4, shape="fan")
    broken = names_of(dag)[1]
    bad = tmp_path / "bad.py"
    bad.write_text("def main(input_paths, output_paths, environ_vars, job_args):\n    raise KeyError('label')\n")
    given = ("run", str(dag), "--stand-in", f"{broken}={bad}")
    code, report = run(capsys, *given)
    statuses = {step["name"]: step["status"] for step in report["steps"]}
    assert (code, report["status"], statuses[broken]) == (1, "failed", "failed")
    assert "waiting" in statuses.values() or "ready" in statuses.values()
    error = next(step["error"] for step in report["steps"] if step["error"])
    assert (error["type"], error["file"], error["line"]) == ("KeyError", str(bad), 2)
    code, report = run(capsys, *given, "--keep-going")
    statuses = {step["name"]: step["status"] for step in report["steps"]}
    assert code == 1
    assert sorted(statuses.values()) == ["failed", "passed", "passed", "passed"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to", "Nope"], "there is no step 'Nope'"),
        (["--only", "Step", "--to", "Step"], "--only runs one step"),
        (["--junit", "/no/such/folder/x.xml"], "cannot be written"),
        (["--memory-limit", "much"], "not a size"),
        (["--timeout", "0"], "--timeout"),
    ],
)
def test_bad_input_exits_with_2(
    chain: Path, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(chain), *arguments]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert "Traceback" not in err + out


def test_ctrl_c_cancels_cleanly(chain: Path, tmp_path: Path) -> None:
    started = tmp_path / "started"
    script_of(chain).write_text(
        "import pathlib, time\n"
        "def main(input_paths, output_paths, environ_vars, job_args):\n"
        f"    pathlib.Path({str(started)!r}).touch()\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "cursus_tui", "run", str(chain), "--json"], stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert json.loads(out)["steps"][0]["status"] == "cancelled"


def test_runs_are_listed_shown_and_cleaned(
    chain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = names_of(chain)[0]
    for _ in range(2):
        assert run(capsys, "run", str(chain))[0] == 0
    monkeypatch.chdir(chain.parent)
    _, listed = run(capsys, "runs")
    assert len(listed) == 2
    _, shown = run(capsys, "show")
    assert (shown["run_id"], shown["status"]) == (listed[0]["run_id"], "passed")
    assert main(["show", "last", first, "--log"]) == 0
    assert "main() was called" in capsys.readouterr().out
    assert main(["show", "2"]) == 2
    assert "2 runs begin with '2'" in capsys.readouterr().err
    assert main(["show", first]) == 2
    assert f"try: cursus-tui show last {first}" in capsys.readouterr().err, "a step is taken for a run"
    assert main(["clean"]) == 2
    assert main(["clean", "--all", "--dry-run"]) == 0
    assert len(run(capsys, "runs")[1]) == 2
    assert main(["clean", "--older-than", "1h"]) == 0
    assert len(run(capsys, "runs")[1]) == 2
    assert main(["clean", "--larger-than", "1"]) == 0
    assert run(capsys, "runs")[1] == []
    assert not list((chain.parent / ".cursus-tui" / "runs").iterdir())


@pytest.mark.parametrize("form", ["--env {}.API_TOKEN=hunter2", "--env={}.API_TOKEN=hunter2"])
def test_a_secret_on_the_command_line_is_not_kept(
    chain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    first = names_of(chain)[0]
    arguments = ["run", str(chain), *form.format(first).split()]
    monkeypatch.setattr(sys, "argv", ["cursus-tui", *arguments])
    run(capsys, *arguments)
    kept = b"".join(path.read_bytes() for path in (chain.parent / ".cursus-tui").rglob("*") if path.is_file())
    assert b"API_TOKEN" in kept
    assert b"hunter2" not in kept


def test_looking_for_runs_makes_no_workspace(chain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", str(chain)]) == 2
    assert "nothing has run here yet" in capsys.readouterr().err
    assert not (chain.parent / ".cursus-tui").exists()


def test_cleaning_removes_what_a_killed_session_left_but_not_what_an_open_one_shows(
    chain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(chain.parent)
    run(capsys, "run", str(chain))
    workbench = Workbench(open_pipeline(str(chain)), RunOptions())
    session = workbench.start()
    session.continue_().result(60)
    session.wait_settled(60)
    assert main(["clean", "--all"]) == 0
    assert f"kept {session.state.run_id}: it is open in another session" in capsys.readouterr().out
    assert [each["run_id"] for each in run(capsys, "runs")[1]] == [session.state.run_id]
    first = names_of(chain)[0]
    session.rerun(first).result(60)
    assert session.wait_settled(60).steps[first].status == "passed"
    # As a session leaves it that was killed: unfinished, and owned by nobody.
    workbench.close()
    store = RunStore(open_workspace(chain.parent))
    with store.transaction():
        store.set_phase(session.state.run_id, Phase.RUNNING, None)
    store.close()
    store.workspace.close()
    assert main(["clean", "--all"]) == 0
    assert run(capsys, "runs")[1] == []


def test_why_a_step_was_not_started_is_told_without_a_terminal(
    chain: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AttemptMaker, "prepare", _no_space)
    assert main(["run", str(chain)]) == 1
    assert "was not started: [Errno 36] File name too long" in capsys.readouterr().err


def _no_space(*_: object) -> None:
    raise OSError(36, "File name too long")


def test_a_library_that_cannot_be_imported_is_told_before_its_steps_fail(
    chain: Path, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "env" / "site-packages" / "broken_lib.py"
    library.parent.mkdir(parents=True)
    library.write_text("raise RuntimeError('built for another numpy')\n")
    monkeypatch.setenv("PYTHONPATH", str(library.parent))
    script = script_of(chain)
    script.write_text(f"import broken_lib\n{script.read_text()}")
    assert main(["run", str(chain)]) == 1
    said = capfd.readouterr()
    assert "cursus-tui: broken_lib is there, but " in said.err
    assert "cannot import it: RuntimeError: built for another numpy" in said.err
    assert "network: off" in said.out


def test_show_says_what_kept_scripts_off_the_network(
    chain: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(capsys, "run", str(chain), "--allow-network")
    _, (newest, *_) = run(capsys, "runs", str(chain))
    for arguments in ([], [names_of(chain)[0]]):
        assert main(["show", newest["run_id"], *arguments, "--path", str(chain)]) == 0
        assert "network: allowed" in capsys.readouterr().out


def test_a_traceback_is_kept_with_its_locals_and_shown_later(
    chain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, _ = names_of(chain)
    bad = tmp_path / "bad.py"
    bad.write_text(
        "def divide(number):\n    try:\n        return number / 0\n    except ZeroDivisionError as error:\n"
        "        raise ValueError('\\x1b[31mno\\nshare') from error\n\n\n"
        "def main(input_paths, output_paths, environ_vars, job_args):\n    divide(number=41)\n"
    )
    code, _ = run(capsys, "run", str(chain), "--stand-in", f"{first}={bad}")
    assert code == 1
    where = ("--path", str(chain))
    assert main(["show", "last", first, "--traceback", *where]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{first}, attempt 1: failed")
    shown = ["ZeroDivisionError: division by zero", "which led to", f"{bad}:9 in main", "ValueError: "]
    assert [out.index(text) for text in shown] == sorted(out.index(text) for text in shown)
    assert out.count("number = 41") == 2
    assert "\x1b" not in out
    assert out.endswith("no\nshare\n")
    code, document = run(capsys, "show", "last", first, "--traceback", *where)
    assert (code, document["step"], document["attempt"], document["type"]) == (0, first, 1, "ValueError")
    assert [cause["type"] for cause in document["causes"]] == ["ZeroDivisionError"]
    innermost = document["frames"][-1]
    assert (innermost["function"], innermost["line"], innermost["user"]) == ("divide", 5, True)
    assert innermost["locals"]["number"] == "41"
    assert main(["show", "last", "--traceback", *where]) == 2
    assert "--traceback needs a step" in capsys.readouterr().err
    assert main(["run", str(chain), "--only", first]) == 0
    capsys.readouterr()
    assert main(["show", "last", first, "--traceback", *where]) == 2
    assert f"{first} did not fail in" in capsys.readouterr().err
    assert second


def test_a_script_that_cannot_be_read_is_told_of_once(
    chain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = names_of(chain)
    bad = tmp_path / "bad.py"
    bad.write_text(
        "def main(input_paths, output_paths, environ_vars, job_args):\n    rows = (1,\n    return rows\n\n"
        "if __name__ == '__main__':\n    main({}, {}, {}, None)\n"
    )
    assert run(capsys, "run", str(chain), "--stand-in", f"{first}={bad}")[0] == 1
    assert main(["show", "last", first, "--traceback", "--path", str(chain)]) == 0
    assert capsys.readouterr().out.count("SyntaxError: '(' was never closed") == 1


def test_a_profile_in_words_and_as_json(chain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(chain)]) == 0
    step = names_of(chain)[0]
    where = ("--path", str(chain), "--profile")
    capsys.readouterr()
    assert main(["show", "last", step, *where]) == 0
    told = capsys.readouterr().out
    assert "time by phase" in told
    assert "it was not profiled" in told
    with (store := RunStore(open_workspace(chain.parent))).transaction():
        run_id = store.read.runs()[0].run_id
        lines = (LineShare(str(script_of(chain)), 12, "main", 0.75, 0.5),)
        store.keep_profile(Profile(run_id, step, 1, 40, 0.4, 100, lines))
    store.close()
    store.workspace.close()
    capsys.readouterr()
    assert main(["show", "last", step, *where]) == 0
    assert f"75%   50%  {script_of(chain)}:12 main" in capsys.readouterr().out
    code, document = run(capsys, "show", "last", step, *where)
    assert code == 0
    assert document["profile"]["lines"][0]["total"] == 0.75
    assert document["main_seconds"] >= 0
    assert main(["show", "last", *where]) == 2
