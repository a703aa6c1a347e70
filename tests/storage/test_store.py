"""The run store: what goes in comes out, once, whole, and without secrets."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Finding, Isolation, Overrides, Severity
from cursus_tui.records.run import (
    Artifact,
    Attempt,
    BlockedAction,
    BreakpointWhen,
    Call,
    Frame,
    LineageEdge,
    Override,
    Phase,
    ResourceSample,
    RunRecord,
    StepBreakpoint,
    StepError,
    StepStatus,
)
from cursus_tui.storage import rows
from cursus_tui.storage.reader import StoreReader
from cursus_tui.storage.schema import MIGRATIONS
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import Workspace, open_workspace

DAG = Path("/pipelines/x.dag.json")
RUN = RunRecord("20260101-000000-abcd", "x", DAG, 1.5, None, Phase.IDLE, "cursus-tui run x")


@pytest.fixture
def store(tmp_path: Path):
    made = RunStore(Workspace(tmp_path, tmp_path / "runs.sqlite3"))
    with made.transaction():
        made.create_run(RUN, Overrides())
    yield made
    made.close()


def attempt(**changes: object) -> Attempt:
    error = StepError(
        "KeyError",
        "'amount'",
        "/s/a.py",
        3,
        (Frame("/s/a.py", 3, "main", True, "df['amount']", 4, 9, {"df": "DataFrame 10 x 2", "api_key": "'abc'"}),),
        (StepError("ValueError", "first"),),
        "reading data/part-0.csv, written by A",
    )
    call = Call("__main__ block", {"data": "/in"}, {"out": "/out"}, {"MAX_DEPTH": "6", "DB_PASSWORD": "'hunter2'"}, {})
    plain = Attempt(
        RUN.run_id, "B", 1, StepStatus.FAILED, Path("/w/B/1"), "print", 2.0, 3.5, 0.5, 0.9, 1_000, 0.7, 1, error, call
    )
    return replace(plain, **changes)


def test_an_attempt_comes_back_as_it_went_in_but_for_secrets(store: RunStore):
    artifacts = (Artifact("B", "out", Path("/w/B/1/out/a.csv"), "a.csv", "csv", 12, None),)
    whole = attempt(
        artifacts=artifacts,
        blocked=(BlockedAction("pip", "torch"),),
        overrides=(Override("environment", "A", "1"),),
        reused_from=("other", 4),
        note="why",
        guard="namespace",
    )
    edge = LineageEdge(RUN.run_id, "B", 1, "data", "A", 2, "out", Path("/w/A/2/out"))
    with store.transaction():
        store.attempt_started(attempt(status=StepStatus.RUNNING), {"script": "1"}, [edge])
    with store.transaction():
        store.attempt_ended(whole, {"script": "2"}, ())
    assert store.transactions == 3
    back = store.read.attempts(RUN.run_id, "B")
    masked = rows.masked_call(whole.call)
    assert back == (replace(whole, call=masked, error=rows.masked_error(whole.error)),)
    assert store.read.lineage(RUN.run_id, "B", 1) == (edge,), "ending an attempt keeps what fed it"
    assert store.read.parts(RUN.run_id) == {("B", 1): {"script": "2"}}
    assert b"hunter2" not in store.workspace.database.read_bytes()
    assert b"'abc'" not in b"".join(each.read_bytes() for each in store.workspace.path.glob("runs.sqlite3*"))


def test_rows_findings_resources_settings_and_breakpoints_come_back(store: RunStore):
    artifacts = (
        Artifact("B", "out", Path("/a.csv"), "a.csv", "csv", 12),
        Artifact("B", "out", Path("/b"), "b", "x", 1),
    )
    finding = Finding(Severity.WARNING, "empty-output", "B", "message", "hint", Path("/f"), 3)
    samples = (ResourceSample(0.2, 100, 50.0, 2, 3, 4), ResourceSample(0.4, 200, 99.9, 2, 3, 4))
    point = StepBreakpoint("B", BreakpointWhen.ON_FAILURE, False, 3)
    with store.transaction():
        store.attempt_started(attempt(artifacts=artifacts), {}, ())
        store.artifacts_counted(attempt(), [replace(artifacts[0], rows=7)])
        store.add_findings(RUN.run_id, 1, [finding])
        store.keep_samples(attempt(), samples)
        store.set_setting("theme", "dark")
        store.set_breakpoint(DAG, replace(point, hit_count=0))
        store.set_breakpoint(DAG, point)
        store.set_breakpoint(DAG, StepBreakpoint("A", BreakpointWhen.BEFORE))
        store.remove_breakpoint(DAG, "A", BreakpointWhen.BEFORE)
    assert store.transactions == 2
    assert [each.rows for each in store.read.attempts(RUN.run_id)[0].artifacts] == [7, None]
    assert store.read.findings(RUN.run_id) == (finding,)
    assert store.read.resources(RUN.run_id, "B", 1) == samples
    assert store.read.setting("theme") == "dark"
    assert store.read.setting("absent") is None
    assert store.read.breakpoints(DAG) == (point,)
    assert store.read.breakpoints(Path("/other.dag.json")) == ()


def test_edits_keep_everything_but_secrets_which_come_from_what_is_given_again(store: RunStore):
    edited = Overrides(
        inputs={"B": {"data": Path("/given")}},
        environment={"B": {"MAX_DEPTH": "8", "API_TOKEN": "t0ps3cret"}},
        wiring={"B": {"data": ("A", "out"), "other": None}},
        isolation={"B": Isolation.SUBPROCESS},
        stubs=("torch",),
    )
    with store.transaction():
        store.push_edit(RUN.run_id, 1, edited)
        store.push_edit(RUN.run_id, 2, edited)
        store.pop_edit(RUN.run_id, 2)
    first, second = store.read.edits(RUN.run_id)
    assert first == Overrides()
    assert b"t0ps3cret" not in b"".join(each.read_bytes() for each in store.workspace.path.glob("runs.sqlite3*"))
    assert rows.unmasked_overrides(second, edited) == edited
    without = rows.unmasked_overrides(second, Overrides())
    assert without == replace(edited, environment={"B": {"MAX_DEPTH": "8"}})


def test_names_and_messages_that_are_no_utf8_survive(store: RunStore):
    strange = "caf\udce9.csv"
    artifacts = (Artifact("B", "out", Path("/w") / strange, strange, "csv", 1),)
    lost = attempt(artifacts=artifacts, error=StepError("E", "bad \ud800 text"))
    with store.transaction():
        store.attempt_started(lost, {}, ())
    back = store.read.attempts(RUN.run_id)[0]
    assert back.artifacts == artifacts
    assert back.error is not None
    assert back.error.message == "bad \\ud800 text"


def test_what_raises_inside_a_transaction_leaves_nothing_behind(store: RunStore):
    def fail_half_way() -> None:
        with store.transaction():
            store.attempt_started(attempt(), {}, ())
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail_half_way()
    assert store.read.attempts(RUN.run_id) == ()
    with pytest.raises(RuntimeError):
        store.set_setting("a", "b")
    with store.transaction():
        pass
    assert store.transactions == 1, "nothing was written"


def test_a_full_disk_is_said_as_such_and_leaves_the_store_usable(store: RunStore):
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OSError, match="No space left") as full, store.transaction():
        store.set_setting("big", "x" * 1_000_000)
    assert full.value.errno == errno.ENOSPC
    store._connection.execute("PRAGMA max_page_count = 100000")
    with store.transaction():
        store.set_setting("big", "x" * 1_000_000)
    assert len(store.read.setting("big") or "") == 1_000_000


def test_readers_in_other_threads_see_what_was_committed(store: RunStore):
    reader = store.reader()
    seen: list[object] = []
    with store.transaction():
        store.attempt_started(attempt(), {}, ())
        seen.append(reader.attempts(RUN.run_id))
    thread = threading.Thread(target=lambda: seen.append(reader.attempts(RUN.run_id)))
    thread.start()
    thread.join()
    reader.close()
    assert seen[0] == ()
    assert [each.step for each in seen[1]] == ["B"]


def test_the_run_to_resume_is_the_newest_in_which_something_ran(store: RunStore):
    assert store.read.unfinished_run(DAG) is None
    with store.transaction():
        store.attempt_started(attempt(), {}, ())
        store.create_run(replace(RUN, run_id="20270101-000000-abcd"), Overrides())
    found = store.read.unfinished_run(DAG)
    assert found is not None
    assert found.run_id == RUN.run_id
    assert [each.run_id for each in store.read.runs(DAG)] == ["20270101-000000-abcd", RUN.run_id]
    with store.transaction():
        store.set_phase(RUN.run_id, Phase.FINISHED, 9.0)
    assert store.read.unfinished_run(DAG) is None


def test_removing_a_run_removes_all_that_belongs_to_it(store: RunStore):
    edge = LineageEdge(RUN.run_id, "B", 1, "data", None, None, None, Path("/given"))
    with store.transaction():
        artifact = Artifact("B", "o", Path("/a"), "a", "csv", 1)
        store.attempt_started(attempt(artifacts=(artifact,)), {}, [edge])
        store.keep_samples(attempt(), (ResourceSample(0, 0, 0, 0, 0, 0),))
        store.add_findings(RUN.run_id, 1, [Finding(Severity.INFO, "c", "B", "m", "h")])
        store.remove_runs([RUN.run_id])
    for table in ("runs", "attempts", "lineage", "artifacts", "findings", "resources", "edits"):
        assert store._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def test_a_database_of_the_future_is_refused_with_what_to_do(store: RunStore):
    store._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 6}")
    for opening in (lambda: RunStore(store.workspace), lambda: StoreReader.open(store.workspace.database)):
        with pytest.raises(UserError, match=f"newer cursus-tui .schema {len(MIGRATIONS) + 6}.") as refusal:
            opening()
        assert "upgrade" in refusal.value.hint


def test_something_else_in_its_place_is_refused_and_left_alone(tmp_path: Path):
    file = tmp_path / "runs.sqlite3"
    file.write_text("this is my shopping list, and it is longer than a header")
    with pytest.raises(UserError, match="cannot be opened"):
        RunStore(Workspace(tmp_path, file))
    assert file.read_text().startswith("this is my")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_its_place_is_refused(tmp_path: Path, make: Callable[[Path], None]):
    make(tmp_path / "runs.sqlite3")
    with pytest.raises(UserError, match="cannot be opened"):
        RunStore(Workspace(tmp_path, tmp_path / "runs.sqlite3"))


def test_one_that_was_only_begun_has_no_runs(tmp_path: Path):
    """As a front leaves it that is killed while it makes it."""
    file = tmp_path / "runs.sqlite3"
    file.touch()
    with pytest.raises(UserError, match="nothing has run here yet"):
        StoreReader.open(file)
    RunStore(Workspace(tmp_path, file)).close()
    reader = StoreReader.open(file)
    assert reader.runs() == ()
    reader.close()


def test_a_migration_that_fails_half_way_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from cursus_tui.storage import schema

    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE runs (clash);"))
    file = tmp_path / "runs.sqlite3"
    with pytest.raises(UserError, match="cannot be opened"):
        RunStore(Workspace(tmp_path, file))
    connection = sqlite3.connect(file)
    assert schema.version_of(connection) == len(MIGRATIONS)
    assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchall()
    connection.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (a);"))
    RunStore(Workspace(tmp_path, file)).close()
    connection = sqlite3.connect(file)
    assert schema.version_of(connection) == len(MIGRATIONS) + 1
    connection.close()


def test_a_workspace_may_lie_under_a_name_that_is_no_text(tmp_path: Path):
    home = tmp_path / os.fsdecode(b"\xff %?#")
    home.mkdir()
    workspace = open_workspace(home)
    store = RunStore(workspace)
    store.reader().close()
    store.close()
    workspace.close()
