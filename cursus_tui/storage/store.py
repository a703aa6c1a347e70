"""Writing the run store. One writer: the thread of the session that owns the workspace."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.pipeline import Finding, Overrides
from cursus_tui.records.profile import Profile
from cursus_tui.records.run import (
    Artifact,
    Attempt,
    BreakpointWhen,
    LineageEdge,
    Phase,
    ResourceSample,
    RunRecord,
    StepBreakpoint,
)
from cursus_tui.storage import rows
from cursus_tui.storage.reader import BUSY_SECONDS, StoreReader, unreadable
from cursus_tui.storage.schema import migrate
from cursus_tui.storage.workspace import Workspace

NO_SPACE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


class RunStore:
    """The run store of a workspace that we own.

    Every write happens in ``transaction()``, which commits once; what is written there may be announced after it.
    A committed transaction survives the death of this process; nothing waits for the disk itself.

    Args:
        workspace: An open workspace. When it is read-only, only ``reader`` works.
        at_boundary: Called with ``before commit`` and ``after commit``: where fault-injection tests kill the process.

    Attributes:
        read: Reads on the writer's own connection.
        transactions: How many were committed.

    Raises:
        UserError: The database cannot be opened, or a newer version wrote it.
    """

    def __init__(self, workspace: Workspace, *, at_boundary: Callable[[str], None] | None = None) -> None:
        self.workspace = workspace
        self.transactions = 0
        self._at_boundary = at_boundary
        self._open = False
        self._begun = False
        if workspace.read_only:
            self.read = StoreReader.open(workspace.database)
            self._connection = self.read._connection
        else:
            self._connection = _open_writer(workspace.database)
            self.read = StoreReader(self._connection)

    def reader(self) -> StoreReader:
        """A reader with a connection of its own, for other threads."""
        return StoreReader.open(self.workspace.database)

    def close(self) -> None:
        """Close the connection; the workspace stays open."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is committed together, or not at all when it raises.

        A transaction in which nothing was written costs nothing.

        Raises:
            OSError: With ``ENOSPC`` where the disk is full.
        """
        if self._open:
            raise RuntimeError("transactions do not nest")
        self._open, self._begun = True, False
        try:
            yield
            self._commit()
        except BaseException as error:
            if self._begun and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) and _is_full(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.workspace.database)) from error
            raise
        finally:
            self._open = self._begun = False

    def _commit(self) -> None:
        if not self._begun:
            return
        if self._at_boundary:
            self._at_boundary("before commit")
        self._connection.execute("COMMIT")
        self.transactions += 1
        if self._at_boundary:
            self._at_boundary("after commit")

    def _write(self, statement: str, values: Iterable[tuple[Any, ...]]) -> None:
        if not self._open:
            raise RuntimeError("a write outside of a transaction")
        values = list(values)
        if not values:
            return
        if not self._begun:
            self._connection.execute("BEGIN IMMEDIATE")
            self._begun = True
        self._connection.executemany(statement, values)

    def create_run(self, run: RunRecord, overrides: Overrides) -> None:
        """A new run, and the decisions that it begins with."""
        self._write(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    run.run_id,
                    run.pipeline,
                    rows.path_cell(run.dag_file.resolve()),
                    run.started,
                    run.ended,
                    run.phase.value,
                    rows.printable(run.command),
                )
            ],
        )
        self.push_edit(run.run_id, 0, overrides)

    def set_phase(self, run_id: str, phase: Phase, ended: float | None) -> None:
        """Where a run stands."""
        self._write("UPDATE runs SET phase = ?, ended = ? WHERE run_id = ?", [(phase.value, ended, run_id)])

    def attempt_started(self, attempt: Attempt, parts: Mapping[str, str], lineage: Iterable[LineageEdge]) -> None:
        """An attempt that is about to start (or that needs no start: reused, skipped), and what feeds it."""
        row = rows.attempt_row(attempt, parts)
        self._write(f"INSERT INTO attempts ({rows.ATTEMPT_COLUMNS}) VALUES ({_marks(row)})", [row])
        self._write(
            "INSERT INTO lineage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    e.run_id,
                    e.step,
                    e.attempt,
                    e.input,
                    e.source_step,
                    e.source_attempt,
                    e.source_output,
                    rows.path_cell(e.path),
                )
                for e in lineage
            ],
        )
        self._add_artifacts(attempt)

    def attempt_ended(self, attempt: Attempt, parts: Mapping[str, str], samples: tuple[ResourceSample, ...]) -> None:
        """How an attempt ended, what it wrote and what it used."""
        row = rows.attempt_row(attempt, parts)
        columns = rows.ATTEMPT_COLUMNS.split(", ")
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
        self._write(
            f"INSERT INTO attempts ({rows.ATTEMPT_COLUMNS}) VALUES ({_marks(row)}) ON CONFLICT DO UPDATE SET {changes}",
            [row],
        )
        self._add_artifacts(attempt)
        if samples:
            self.keep_samples(attempt, samples)

    def keep_samples(self, attempt: Attempt, samples: tuple[ResourceSample, ...]) -> None:
        """The resource series of an attempt so far."""
        self._write(
            "REPLACE INTO resources VALUES (?, ?, ?, ?)",
            [(attempt.run_id, attempt.step, attempt.number, rows.samples_text(samples))],
        )

    def keep_profile(self, profile: Profile) -> None:
        """Where an attempt spent its time; nothing is kept of one that was removed meanwhile."""
        self._write(
            "INSERT INTO profiles SELECT ?1, ?2, ?3, ?4 "
            "WHERE EXISTS (SELECT 1 FROM attempts WHERE run_id = ?1 AND step = ?2 AND number = ?3) "
            "ON CONFLICT DO UPDATE SET profile = excluded.profile",
            [(profile.run_id, profile.step, profile.attempt, rows.encode(Profile, profile))],
        )

    def _add_artifacts(self, attempt: Attempt) -> None:
        self._write(
            "REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    attempt.run_id,
                    attempt.step,
                    attempt.number,
                    each.channel,
                    rows.path_cell(each.name),
                    rows.path_cell(each.path),
                    each.kind,
                    each.bytes,
                    each.rows,
                    each.modified_ns,
                )
                for each in attempt.artifacts
            ],
        )

    def artifacts_counted(self, attempt: Attempt, counted: Iterable[Artifact]) -> None:
        """The row counts of an attempt's artifacts."""
        self._write(
            "UPDATE artifacts SET rows = ? WHERE run_id = ? AND step = ? AND attempt = ? AND channel = ? AND name = ?",
            [
                (each.rows, attempt.run_id, attempt.step, attempt.number, each.channel, rows.path_cell(each.name))
                for each in counted
            ],
        )

    def add_findings(self, run_id: str, attempt: int | None, findings: Iterable[Finding]) -> None:
        """What checks noticed while running."""
        self._write(
            "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    run_id,
                    each.step,
                    attempt,
                    each.severity.value,
                    each.code,
                    rows.printable(each.message),
                    rows.printable(each.hint),
                    rows.path_cell(each.file) if each.file else None,
                    each.line,
                )
                for each in findings
            ],
        )

    def push_edit(self, run_id: str, number: int, overrides: Overrides) -> None:
        """The user's decisions after an edit, secrets hidden."""
        text = rows.encode(Overrides, rows.masked_overrides(overrides))
        self._write("REPLACE INTO edits VALUES (?, ?, ?)", [(run_id, number, text)])

    def pop_edit(self, run_id: str, number: int) -> None:
        """Forget an edit that was undone."""
        self._write("DELETE FROM edits WHERE run_id = ? AND number >= ?", [(run_id, number)])

    def replace_edits(self, run_id: str, edits: Iterable[Overrides]) -> None:
        """The decisions of a run whose files changed: those it begins with now, then one for each edit."""
        self.pop_edit(run_id, 0)
        for number, overrides in enumerate(edits):
            self.push_edit(run_id, number, overrides)

    def set_breakpoint(self, dag_file: Path, breakpoint: StepBreakpoint) -> None:
        """Set a breakpoint, or change the one that is there."""
        self._write(
            "REPLACE INTO breakpoints VALUES (?, ?, ?, ?, ?)",
            [
                (
                    rows.path_cell(dag_file.resolve()),
                    breakpoint.step,
                    breakpoint.when.value,
                    int(breakpoint.enabled),
                    breakpoint.hit_count,
                )
            ],
        )

    def remove_breakpoint(self, dag_file: Path, step: str, when: BreakpointWhen) -> None:
        """Remove a breakpoint."""
        self._write(
            "DELETE FROM breakpoints WHERE dag_file = ? AND step = ? AND moment = ?",
            [(rows.path_cell(dag_file.resolve()), step, when.value)],
        )

    def set_line_breakpoint(self, dag_file: Path, line: LineBreakpoint) -> None:
        """Set a breakpoint on a line, or change the one that is there."""
        self._write("REPLACE INTO line_breakpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [_line_row(dag_file, line)])

    def replace_line_breakpoints(
        self, dag_file: Path, before: Iterable[LineBreakpoint], after: Iterable[LineBreakpoint]
    ) -> None:
        """Other breakpoints on lines in place of some."""
        self._write(
            "DELETE FROM line_breakpoints WHERE dag_file = ? AND path = ? AND line = ?",
            [_line_row(dag_file, each)[:3] for each in before],
        )
        for each in after:
            self.set_line_breakpoint(dag_file, each)

    def set_watches(self, dag_file: Path, watches: Iterable[str]) -> None:
        """The expressions that are watched, in order."""
        file = rows.path_cell(dag_file.resolve())
        self._write("DELETE FROM watches WHERE dag_file = ?", [(file,)])
        self._write(
            "INSERT INTO watches VALUES (?, ?, ?)",
            [(file, position, rows.printable(each)) for position, each in enumerate(watches)],
        )

    def remove_runs(self, run_ids: Iterable[str]) -> None:
        """Forget runs and everything that belongs to them; their files are the caller's."""
        self._write("DELETE FROM runs WHERE run_id = ?", [(each,) for each in run_ids])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting of the workspace."""
        self._write("REPLACE INTO settings VALUES (?, ?)", [(name, value)])


def _open_writer(database: Path) -> sqlite3.Connection:
    try:
        descriptor = os.open(database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        os.close(descriptor)
        if not is_file:
            raise OSError("it is not a regular file")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise unreadable(database, error) from error
    connection = sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection, database)
    except sqlite3.Error as error:
        connection.close()
        raise unreadable(database, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _line_row(dag_file: Path, line: LineBreakpoint) -> tuple[Any, ...]:
    return (rows.path_cell(dag_file.resolve()), *rows.line_breakpoint_row(line))


def _marks(row: tuple[Any, ...]) -> str:
    return ", ".join("?" * len(row))


def _is_full(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in NO_SPACE
