"""Breakpoints on lines and watches in the run store: what goes in comes out, for its own pipeline."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.pipeline import Overrides
from cursus_tui.records.profile import LineShare, Profile
from cursus_tui.records.run import Attempt, Phase, RunRecord, StepStatus
from cursus_tui.storage.reader import StoreReader
from cursus_tui.storage.schema import MIGRATIONS
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import Workspace

DAG, OTHER = Path("/pipelines/x.dag.json"), Path("/pipelines/y.dag.json")
WHOLE = LineBreakpoint(Path("/s/a.py"), 7, False, "x > 1 and y == 'é'", "% 5", "{x}\n", "total = x")


@pytest.fixture
def store(tmp_path: Path):
    made = RunStore(Workspace(tmp_path, tmp_path / "runs.sqlite3"))
    yield made
    made.close()


def test_line_breakpoints_come_back_whole_by_file_and_line(store: RunStore):
    lines = (WHOLE, LineBreakpoint(Path("/s/a.py"), 12), LineBreakpoint(Path("/s/b.py"), 1))
    with store.transaction():
        for each in reversed(lines):
            store.set_line_breakpoint(DAG, each)
        store.set_line_breakpoint(OTHER, WHOLE)
    assert store.read.line_breakpoints(DAG) == lines
    with store.transaction():
        store.set_line_breakpoint(DAG, replace(WHOLE, enabled=True))
    assert store.read.line_breakpoints(DAG)[0] == replace(WHOLE, enabled=True)
    assert store.read.line_breakpoints(OTHER) == (WHOLE,)


def test_some_are_replaced_by_others_also_where_they_change_places(store: RunStore):
    first, second, third = (LineBreakpoint(Path("/s/a.py"), line, text=str(line)) for line in (1, 2, 3))
    with store.transaction():
        for each in (first, second, third):
            store.set_line_breakpoint(DAG, each)
    with store.transaction():
        store.replace_line_breakpoints(DAG, (first, second), (replace(first, line=2), replace(second, line=1)))
    assert [(each.line, each.text) for each in store.read.line_breakpoints(DAG)] == [(1, "2"), (2, "1"), (3, "3")]
    with store.transaction():
        store.replace_line_breakpoints(DAG, store.read.line_breakpoints(DAG), ())
    assert store.read.line_breakpoints(DAG) == ()


def test_text_that_utf8_cannot_carry_is_kept_as_escapes(store: RunStore):
    with store.transaction():
        store.set_line_breakpoint(DAG, replace(WHOLE, condition="x == '\udcff'"))
        store.set_watches(DAG, ("a['\udcff']",))
    assert store.read.line_breakpoints(DAG)[0].condition == r"x == '\udcff'"
    assert store.read.watches(DAG) == (r"a['\udcff']",)


def test_watches_keep_their_order(store: RunStore):
    with store.transaction():
        store.set_watches(DAG, ("b", "a", "c"))
        store.set_watches(OTHER, ("z",))
    assert store.read.watches(DAG) == ("b", "a", "c")
    with store.transaction():
        store.set_watches(DAG, ("c",))
    assert (store.read.watches(DAG), store.read.watches(OTHER)) == (("c",), ("z",))


def test_a_workspace_of_an_earlier_version_has_none(tmp_path: Path):
    database = tmp_path / "runs.sqlite3"
    connection = sqlite3.connect(database)
    for version in range(3):
        connection.executescript(MIGRATIONS[version])
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    reader = StoreReader.open(database)
    assert (reader.line_breakpoints(DAG), reader.watches(DAG)) == ((), ())
    reader.close()


def test_profiles_come_back_whole_and_go_with_their_attempt(store: RunStore, tmp_path: Path):
    attempt = Attempt("run", "A", 1, StepStatus.PASSED, tmp_path)
    lines = (LineShare("/s/é.py", 3, "main", 1.0, 0.25), LineShare("<string>", 1, "<module>", 0.02, 0.02))
    first = Profile("run", "A", 1, 120, 1.5, 100, lines)
    with store.transaction():
        store.create_run(RunRecord("run", "p", DAG, 0.0, None, Phase.RUNNING, ""), Overrides())
        store.attempt_started(attempt, {}, ())
        store.keep_profile(first)
        store.keep_profile(replace(first, attempt=2))
    assert store.read.profiles("run") == (first,), "there is no second attempt"
    with store.transaction():
        store.keep_profile(replace(first, samples=7))
    assert [each.samples for each in store.read.profiles("run")] == [7]
    with store.transaction():
        store.remove_runs(["run"])
    assert store.read.profiles("run") == ()
