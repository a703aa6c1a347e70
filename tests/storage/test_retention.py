"""Cleaning: what goes, and above all what stays."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.run import Attempt, Phase, RunRecord, StepStatus
from cursus_tui.storage.retention import clean
from cursus_tui.storage.schema import OPEN_RUN
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import open_workspace

DAY = 86_400.0
SIZE = 100_000


class Runs:
    """A workspace with runs of a given age in days, each of the same size."""

    def __init__(self, home: Path) -> None:
        self.workspace = open_workspace(home)
        self.store = RunStore(self.workspace)

    def add(self, name: str, days: float, phase: Phase = Phase.FINISHED, **fields: object) -> Path:
        folder = self.workspace.runs / name / "A" / "1"
        folder.mkdir(parents=True)
        (folder / "data").write_bytes(b"x" * SIZE)
        fields = {"status": StepStatus.PASSED, **fields}
        with self.store.transaction():
            run = RunRecord(name, "p", Path("/p.dag.json"), time.time() - days * DAY, None, phase, "")
            self.store.create_run(run, Overrides())
            self.store.attempt_started(Attempt(name, "A", 1, folder=folder, **fields), {}, ())
        return folder

    @property
    def left(self) -> set[str]:
        stored = {each.run_id for each in self.store.read.runs()}
        assert stored == {each.name for each in self.workspace.runs.iterdir()}
        return stored

    def clean(self, **how: object):
        return clean(self.workspace, **how)


@pytest.fixture
def runs(tmp_path: Path):
    made = Runs(tmp_path)
    yield made
    made.store.close()
    made.workspace.close()


def test_by_age(runs: Runs):
    for name, days in (("1", 30), ("2", 8), ("3", 1)):
        runs.add(name, days)
    report = runs.clean(older_than=7 * DAY)
    assert [each.run_id for each in report.removed] == ["1", "2"]
    assert all(each.bytes >= SIZE for each in report.removed)
    assert runs.left == {"3"}


def test_by_size_the_oldest_go_until_the_rest_fits(runs: Runs):
    for name, days in (("1", 3), ("2", 2), ("3", 1)):
        runs.add(name, days)
    report = runs.clean(larger_than=int(1.5 * SIZE))
    assert [each.run_id for each in report.removed] == ["1", "2"]
    assert report.bytes_left < 1.5 * SIZE
    assert runs.left == {"3"}


def test_a_dry_run_removes_nothing(runs: Runs):
    runs.add("1", 30)
    assert [each.run_id for each in runs.clean(dry_run=True).removed] == ["1"]
    assert runs.left == {"1"}


def test_a_run_in_progress_stays(runs: Runs):
    runs.add("open", 30, Phase.PAUSED)
    folder = runs.add("running", 30, Phase.RUNNING, status=StepStatus.RUNNING)
    (folder / "process.json").write_text(json.dumps({"step": {"pid": os.getpid()}}))
    runs.add("crashed", 30, Phase.RUNNING, status=StepStatus.RUNNING)
    report = runs.clean(in_progress=["open"])
    assert report.kept == {"open": "it is open", "running": "a step of it is running"}
    assert runs.left == {"open", "running"}


def test_beside_another_owner_only_ended_runs_go(runs: Runs):
    runs.add("ended", 30)
    runs.add("theirs", 30, Phase.PAUSED)
    second = open_workspace(runs.workspace.path.parent)
    assert second.read_only
    report = clean(second)
    assert [each.run_id for each in report.removed] == ["ended"]
    assert report.kept == {"theirs": "it is open in another session"}
    assert runs.left == {"theirs"}


def test_what_a_kept_run_reuses_stays(runs: Runs):
    runs.add("1", 30)
    runs.add("2", 20, reused_from=("1", 1))
    runs.add("3", 1, reused_from=("2", 1))
    report = runs.clean(older_than=7 * DAY)
    assert report.removed == ()
    assert report.kept == {"2": "run 3 reuses what it wrote", "1": "run 2 reuses what it wrote"}


def test_what_a_crash_left_behind_while_cleaning_goes_next_time(runs: Runs):
    runs.add("1", 1)
    (runs.workspace.runs / ".removed-0").mkdir()
    runs.clean(older_than=7 * DAY)
    assert runs.left == {"1"}


def test_the_run_that_another_session_has_open_stays_though_it_has_ended(tmp_path: Path):
    made = Runs(tmp_path)
    for name in ("1", "2"):
        made.add(name, 1)
    with made.store.transaction():
        made.store.set_setting(OPEN_RUN, "1")
    onlooker = open_workspace(tmp_path)
    assert onlooker.read_only
    report = clean(onlooker)
    assert [each.run_id for each in report.removed] == ["2"]
    assert report.kept == {"1": "it is open in another session"}
    made.workspace.close()
    owner = open_workspace(tmp_path)
    assert [each.run_id for each in clean(owner).removed] == ["1"]
    owner.close()
    made.store.close()


@pytest.mark.parametrize("pid", ["1" + "0" * 30, "-1e400", "[" * 100_000])
def test_a_trace_that_makes_no_sense_keeps_nothing(runs: Runs, pid: str):
    folder = runs.add("1", 1, status=StepStatus.RUNNING)
    (folder / "process.json").write_text('{"step":{"pid":%s}}' % pid)  # noqa: UP031
    assert [each.run_id for each in runs.clean().removed] == ["1"]
