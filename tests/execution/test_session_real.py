"""The session over real processes: what only they can show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from real_steps import journal, leave, real_chain, real_session
from scripted import bench, chain, eventually

from cursus_tui.execution import protection
from cursus_tui.execution.protection import InputProtection
from cursus_tui.execution.session import Session
from cursus_tui.records.pipeline import Pipeline
from cursus_tui.records.run import PauseReason, StepStatus

pytestmark = pytest.mark.real


def rewrite(home: Path, step: str, old: str, new: str) -> None:
    script = home / f"{step}.py"
    text = script.read_text()
    assert old in text
    script.write_text(text.replace(old, new))


def running(pipeline: Pipeline) -> Session:
    """A session that was told to go on to the end."""
    session = real_session(pipeline)
    session.start().result(10)
    session.continue_().result(10)
    return session


def test_a_failure_names_the_file_it_was_reading_and_the_step_that_wrote_it(tmp_path: Path):
    pipeline = real_chain(tmp_path, "A", "B")
    rewrite(tmp_path, "B", "rows += file.read().split()[1:]", "rows[7]")
    session = running(pipeline)
    state = session.wait_settled(20)
    assert (state.reason, state.current) == (PauseReason.FAILURE, "B")
    error = state.steps["B"].attempt.error
    assert error.type == "IndexError"
    assert error.file == str(tmp_path / "B.py")
    assert error.hint.startswith("reading data")
    assert error.hint.endswith(", written by A")
    rewrite(tmp_path, "B", "rows[7]", "rows += file.read().split()[1:]")
    session.continue_().result(10)
    assert session.wait_settled(20).steps["B"].status is StepStatus.PASSED
    assert [str(each.status) for each in session.attempts("B")] == ["failed", "passed"]
    leave(session)


def test_a_script_that_changes_what_others_read_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protection, "SMALL_BYTES", 0)
    monkeypatch.setattr(InputProtection, "_share", lambda *arguments: False)
    pipeline = real_chain(tmp_path, "A", "B")
    rewrite(tmp_path, "B", "rows += file", "open(file.name, 'a').write('more\\n'); rows += file")
    session = running(pipeline)
    error = session.wait_settled(20).steps["B"].attempt.error
    assert (error.type, Path(error.file).name) == ("input changed", "part-0.csv")
    leave(session)


def test_cancel_stops_a_running_script_and_what_it_had_is_kept(tmp_path: Path):
    pipeline = real_chain(tmp_path, "A", "B")
    (tmp_path / "hold-B").touch()
    session = running(pipeline)
    eventually(lambda: journal(tmp_path)["B began"] == 1, 20)
    session.cancel().result(10)
    state = session.wait_settled(20)
    assert state.steps["B"].status is StepStatus.CANCELLED
    assert state.reason is PauseReason.AFTER_STEP
    (tmp_path / "hold-B").unlink()
    session.continue_().result(10)
    assert session.wait_settled(20).steps["B"].status is StepStatus.PASSED
    leave(session)


def test_a_step_left_running_at_quit_is_taken_over_by_the_next_session(tmp_path: Path):
    pipeline = real_chain(tmp_path, "A", "B")
    (tmp_path / "hold-A").touch()
    session = running(pipeline)
    eventually(lambda: journal(tmp_path)["A began"] == 1, 20)
    run_id = session.state.run_id
    session.quit(keep_running=True).result(10)
    session._store.workspace.close()
    again = real_session(pipeline, run_id)
    again.start().result(10)
    assert again.state.current == "A"
    (tmp_path / "hold-A").unlink()
    assert again.wait_settled(20).steps["A"].status is StepStatus.PASSED
    again.continue_().result(10)
    again.wait_settled(20)
    assert journal(tmp_path) == {"A began": 1, "A ended": 1, "B began": 1, "B ended": 1}
    leave(again)


def test_secrets_reach_the_script_but_not_what_is_stored(tmp_path: Path):
    pipeline = real_chain(tmp_path, "A")
    rewrite(tmp_path, "A", "rows.append", "assert environ_vars['API_TOKEN'] == 'open-sesame'; rows.append")
    session = real_session(pipeline)
    session.start().result(10)
    overrides = replace(pipeline.overrides, environment={"A": {"API_TOKEN": "open-sesame"}})
    session.edit(overrides).result(10)
    session.continue_().result(10)
    state = session.wait_settled(20)
    assert state.steps["A"].status is StepStatus.PASSED, state.steps["A"].attempt.error
    folder = session._store.workspace.path
    leave(session)
    holding = [each for each in folder.rglob("*") if each.is_file() and b"open-sesame" in each.read_bytes()]
    assert holding == []


def test_a_step_costs_at_most_three_transactions(tmp_path: Path):
    names = [f"S{index}" for index in range(10)]
    made = bench(chain(tmp_path, *names))
    before = made.store.transactions
    made.run("continue_")
    made.session.wait_counted(5)
    assert all(each.rows == 1 for each in made.session.state.steps.values())
    assert made.store.transactions - before <= 3 * len(names)
    made.close()
