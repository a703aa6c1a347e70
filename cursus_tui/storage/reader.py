"""Reading the run store, from any thread or process."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.errors import UserError
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
    StepStatus,
)
from cursus_tui.storage import rows
from cursus_tui.storage.schema import require_known, version_of

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's short write."""


class StoreReader:
    """What the store holds, as records. Every read sees all that was committed before it.

    Args:
        connection: An open connection; guarded here by a lock, so any thread may read.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(cls, database: Path) -> StoreReader:
        """Open a database for reading only.

        Raises:
            UserError: There is none, it is not ours, nothing was ever written to it, or a newer version wrote it.
        """
        address = f"file:{quote(os.fsencode(database))}?mode=ro"
        try:
            connection = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise unreadable(database, error) from error
        try:
            version = version_of(connection)
            require_known(version, database)
            if not version:
                hint = "start with cursus-tui debug PATH, or run PATH"
                raise UserError("nothing has run here yet", file=database, hint=hint)
        except sqlite3.Error as error:
            connection.close()
            raise unreadable(database, error) from error
        except UserError:
            connection.close()
            raise
        return cls(connection)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _rows(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def version(self) -> int:
        """A number that changes whenever another connection has written."""
        return int(self._rows("PRAGMA data_version")[0][0])

    def run(self, run_id: str) -> RunRecord | None:
        """One run, or None."""
        found = self._rows("SELECT * FROM runs WHERE run_id = ?", run_id)
        return rows.run_of(found[0]) if found else None

    def runs(self, dag_file: Path | None = None) -> tuple[RunRecord, ...]:
        """All runs, newest first; of one pipeline where its DAG file is given."""
        if dag_file is None:
            found = self._rows("SELECT * FROM runs ORDER BY run_id DESC")
        else:
            found = self._rows(
                "SELECT * FROM runs WHERE dag_file = ? ORDER BY run_id DESC", rows.path_cell(dag_file.resolve())
            )
        return tuple(rows.run_of(each) for each in found)

    def unfinished_run(self, dag_file: Path) -> RunRecord | None:
        """The newest run of a pipeline in which anything ran, if it did not come to its end: what can be resumed."""
        found = self._rows(
            "SELECT * FROM runs r WHERE dag_file = ? AND EXISTS "
            "(SELECT 1 FROM attempts a WHERE a.run_id = r.run_id AND a.status != ?) ORDER BY run_id DESC LIMIT 1",
            rows.path_cell(dag_file.resolve()),
            StepStatus.REUSED.value,
        )
        newest = rows.run_of(found[0]) if found else None
        return None if newest is None or newest.phase is Phase.FINISHED else newest

    def attempts(self, run_id: str, step: str | None = None) -> tuple[Attempt, ...]:
        """The attempts of a run, or of one of its steps, oldest first, with their artifacts."""
        return self._attempts(run_id, step, None)

    def attempt(self, run_id: str, step: str, number: int) -> Attempt | None:
        """One attempt, or None."""
        found = self._attempts(run_id, step, number)
        return found[0] if found else None

    def _attempts(self, run_id: str, step: str | None, number: int | None) -> tuple[Attempt, ...]:
        values = [each for each in (run_id, step, number) if each is not None]
        only_step = "" if step is None else " AND step = ?"
        only_number = "" if number is None else " AND {} = ?"
        with self._lock:
            found = self._rows(
                f"SELECT * FROM attempts WHERE run_id = ?{only_step}{only_number.format('number')} "
                "ORDER BY started, step, number",
                *values,
            )
            artifacts = self._artifacts(f"run_id = ?{only_step}{only_number.format('attempt')}", *values)
        return tuple(
            rows.attempt_of(row, tuple(artifacts.get((row["run_id"], row["step"], row["number"]), ()))) for row in found
        )

    def _artifacts(self, where: str, *values: Any) -> dict[tuple[str, str, int], list[Artifact]]:
        by_attempt: dict[tuple[str, str, int], list[Artifact]] = defaultdict(list)
        for row in self._rows(f"SELECT * FROM artifacts WHERE {where} ORDER BY channel, name", *values):
            by_attempt[row["run_id"], row["step"], row["attempt"]].append(rows.artifact_of(row))
        return by_attempt

    def parts(self, run_id: str) -> dict[tuple[str, int], dict[str, str]]:
        """(step, attempt number) -> the parts of its fingerprint, for every attempt of a run."""
        found = self._rows("SELECT step, number, parts FROM attempts WHERE run_id = ?", run_id)
        return {(row["step"], row["number"]): rows.parts_of(row) for row in found}

    def reuse_candidates(
        self, dag_file: Path, step: str, run_id: str | None = None, limit: int = 20
    ) -> tuple[tuple[Attempt, dict[str, str]], ...]:
        """Attempts of a step that passed, newest first, with the parts of their fingerprints.

        Args:
            dag_file: The pipeline's DAG file.
            step: The step.
            run_id: Only this run's; None for every run of the pipeline.
            limit: At most so many.
        """
        only = "" if run_id is None else "AND a.run_id = ?"
        values = [step, StepStatus.PASSED.value, rows.path_cell(dag_file.resolve())] + (
            [] if run_id is None else [run_id]
        )
        found = self._rows(
            "SELECT a.* FROM attempts a JOIN runs r USING (run_id) WHERE a.step = ? AND a.status = ? "
            f"AND r.dag_file = ? {only} ORDER BY a.run_id DESC, a.number DESC LIMIT {int(limit)}",
            *values,
        )
        candidates = []
        for row in found:
            key = (row["run_id"], row["step"], row["number"])
            artifacts = self._artifacts("run_id = ? AND step = ? AND attempt = ?", *key)
            candidates.append((rows.attempt_of(row, tuple(artifacts.get(key, ()))), rows.parts_of(row)))
        return tuple(candidates)

    def lineage(self, run_id: str, step: str | None = None, attempt: int | None = None) -> tuple[LineageEdge, ...]:
        """What fed a run's attempts; of one step, or one attempt, where given."""
        found = self._rows(
            "SELECT * FROM lineage WHERE run_id = ?1 AND (?2 IS NULL OR step = ?2) AND (?3 IS NULL OR attempt = ?3) "
            "ORDER BY step, attempt, input",
            run_id,
            step,
            attempt,
        )
        return tuple(rows.lineage_of(row) for row in found)

    def findings(self, run_id: str) -> tuple[Finding, ...]:
        """What checks noticed while a run ran, in order."""
        found = self._rows("SELECT * FROM findings WHERE run_id = ? ORDER BY rowid", run_id)
        return tuple(rows.finding_of(row) for row in found)

    def resources(self, run_id: str, step: str, attempt: int) -> tuple[ResourceSample, ...]:
        """The resource series of an attempt."""
        found = self._rows(
            "SELECT samples FROM resources WHERE run_id = ? AND step = ? AND attempt = ?", run_id, step, attempt
        )
        return rows.samples_of(found[0]["samples"]) if found else ()

    def profiles(self, run_id: str) -> tuple[Profile, ...]:
        """The attempts of a run that were profiled."""
        if not self._has("profiles"):
            return ()
        found = self._rows("SELECT profile FROM profiles WHERE run_id = ? ORDER BY step, attempt", run_id)
        return tuple(rows.decode(Profile, row["profile"]) for row in found)

    def edits(self, run_id: str) -> tuple[Overrides, ...]:
        """What the user decided in a run: the decisions it began with, then one for each edit. Secrets are hidden."""
        found = self._rows("SELECT overrides FROM edits WHERE run_id = ? ORDER BY number", run_id)
        return tuple(rows.decode(Overrides, row["overrides"]) for row in found)

    def breakpoints(self, dag_file: Path) -> tuple[StepBreakpoint, ...]:
        """The breakpoints of a pipeline."""
        found = self._rows(
            "SELECT * FROM breakpoints WHERE dag_file = ? ORDER BY step, moment", rows.path_cell(dag_file.resolve())
        )
        return tuple(
            StepBreakpoint(row["step"], BreakpointWhen(row["moment"]), bool(row["enabled"]), row["hit_count"])
            for row in found
        )

    def line_breakpoints(self, dag_file: Path) -> tuple[LineBreakpoint, ...]:
        """The breakpoints on lines of a pipeline's scripts."""
        if not self._has("line_breakpoints"):
            return ()
        found = self._rows(
            "SELECT * FROM line_breakpoints WHERE dag_file = ? ORDER BY path, line", rows.path_cell(dag_file.resolve())
        )
        return tuple(rows.line_breakpoint_of(row) for row in found)

    def watches(self, dag_file: Path) -> tuple[str, ...]:
        """The expressions that are watched in a pipeline, in order."""
        if not self._has("watches"):
            return ()
        found = self._rows(
            "SELECT expression FROM watches WHERE dag_file = ? ORDER BY position", rows.path_cell(dag_file.resolve())
        )
        return tuple(row["expression"] for row in found)

    def _has(self, table: str) -> bool:
        """Whoever only reads a workspace of an earlier version leaves it without the newer tables."""
        return bool(self._rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))

    def setting(self, name: str) -> str | None:
        """A setting of the workspace, or None."""
        found = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return str(found[0]["value"]) if found else None


def unreadable(database: Path, error: sqlite3.Error | OSError) -> UserError:
    """What to say of a database that cannot be read."""
    return UserError(
        f"the run database cannot be opened: {error}",
        file=database,
        expected="a SQLite database that cursus-tui wrote",
        hint="move it away to begin with an empty one, or choose another folder with --workspace",
    )
