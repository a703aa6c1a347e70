"""A run as text, JSON and JUnit; nothing untrusted reaches a terminal or breaks the XML."""

from __future__ import annotations

import io
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cursus_tui.records.run import (
    Artifact,
    Attempt,
    BlockedAction,
    Override,
    Phase,
    RunRecord,
    StepError,
    StepState,
    StepStatus,
)
from cursus_tui.reporting.junit import junit
from cursus_tui.reporting.run_report import run_report, run_status
from cursus_tui.reporting.run_text import print_attempt, print_run, print_runs

FOLDER = Path("/w/runs/r/Preprocess/1")


def artifact(channel: str, name: str, size: int, rows: int | None) -> Artifact:
    return Artifact("Preprocess", channel, FOLDER / "output" / channel / name, name, "csv", size, rows)


def attempt(**changes: object) -> Attempt:
    fields: dict[str, object] = {
        "run_id": "r",
        "step": "Preprocess",
        "number": 1,
        "status": StepStatus.PASSED,
        "folder": FOLDER,
        "started": 10.0,
        "ended": 12.5,
    }
    return Attempt(**{**fields, **changes})  # type: ignore[arg-type]


def state(status: StepStatus, of: Attempt | None = None, name: str = "Preprocess") -> StepState:
    return StepState(name, status, of)


def test_outputs_are_summed_by_channel() -> None:
    artifacts = (
        artifact("data", "train/a.csv", 10, 3),
        artifact("data", "test/b.csv", 20, 4),
        artifact("logs", "x.txt", 1, None),
    )
    report = run_report("r", [state(StepStatus.PASSED, attempt(artifacts=artifacts))])
    data, logs = report["steps"][0]["outputs"]
    assert data == {"channel": "data", "path": str(FOLDER / "output" / "data"), "files": 2, "bytes": 30, "rows": 7}
    assert logs["rows"] is None
    assert report["steps"][0]["seconds"] == 2.5


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["passed", "reused", "not local", "skipped"], "passed"),
        (["passed", "failed", "waiting"], "failed"),
        (["passed", "cancelled"], "cancelled"),
        (["passed", "missing input"], "waiting"),
        (["waiting"], "waiting"),
    ],
)
def test_the_status_of_a_run(statuses: list[str], expected: str) -> None:
    assert run_status(state(StepStatus(status)) for status in statuses) == expected


def test_a_failure_tells_file_line_and_hint_in_every_form() -> None:
    error = StepError("KeyError", "'label'", "/p/prep.py", 12, hint="reading orders.csv, written by Load")
    failed = attempt(
        status=StepStatus.FAILED,
        error=error,
        blocked=(BlockedAction("pip", "xgboost==1.7"),),
        overrides=(Override("stub", "torch", "absent"),),
        guard="python",
    )
    report = run_report("r", [state(StepStatus.FAILED, failed), state(StepStatus.WAITING, name="Train")])
    assert report["steps"][0]["error"]["line"] == 12
    assert report["steps"][0]["overrides"] == [{"kind": "stub", "name": "torch", "detail": "absent"}]
    suite = ElementTree.fromstring(junit(report, "fraud"))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    assert "/p/prep.py:12" in (suite.findtext("testcase/failure") or "")
    console = Console(file=io.StringIO(), width=80)
    print_run(console, report)
    print_attempt(console, failed)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "/p/prep.py:12" in text
    assert "reading orders.csv, written by Load" in text
    assert "blocked pip: xgboost==1.7" in text
    assert text.count("network: off in Python, which C libraries") == 2, "of the run, and of the attempt"


@given(st.text())
def test_no_message_breaks_the_xml_or_reaches_the_terminal_raw(message: str) -> None:
    failed = attempt(status=StepStatus.FAILED, error=StepError("E", message, "f.py", 1))
    report = run_report("r", [state(StepStatus.FAILED, failed)])
    ElementTree.fromstring(junit(report, "p"))
    console = Console(file=io.StringIO(), width=80)
    print_run(console, report)
    assert "\x1b" not in console.file.getvalue()  # type: ignore[attr-defined]


def test_the_list_of_runs_has_the_users_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        console = Console(file=io.StringIO(), width=80)
        print_runs(
            console,
            [
                RunRecord(
                    "20250101-180000-0123abc",
                    "fraud_training",
                    Path("/p"),
                    1735754400.0,
                    None,
                    Phase.PAUSED,
                    "cursus-tui run sample:fraud_training",
                )
            ],
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "01-02 03:00" in text
    assert "20250101-180000-0123abc" in text, "an id can be copied"
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "run pipeline phase started took started by",
        "20250101-180000-0123abc fraud_training paused 01-02 03:00 cursus-tui run sample:fraud_training",
    ], "a line for each, whatever fits"


def test_data_that_the_user_gave_is_called_given_and_what_an_attempt_left_reused() -> None:
    brought = state(StepStatus.REUSED, attempt(status=StepStatus.REUSED), "Load")
    reused = state(StepStatus.REUSED, attempt(status=StepStatus.REUSED, reused_from=("run-0", 2)))
    assert (brought.word, reused.word, state(StepStatus.REUSED).word) == ("given", "reused", "given")
    report = run_report("run-1", [brought, reused])
    assert [step["status"] for step in report["steps"]] == ["reused", "reused"]
    assert [step["reused_from"] for step in report["steps"]] == [None, {"run": "run-0", "attempt": 2}]
    console = Console(file=io.StringIO(), width=100)
    print_run(console, report)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line.split()[:2] for line in text.splitlines()[1:3]] == [["Load", "given"], ["Preprocess", "reused"]]
