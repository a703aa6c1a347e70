"""The tables of the run store, as a list of migrations; the position in the list is the schema's version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cursus_tui.records.errors import UserError

OPEN_RUN = "open run"
"""The setting that names the run which the workspace's owner has open, or had open last."""
MIGRATIONS = (
    """
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, dag_file TEXT NOT NULL, started REAL NOT NULL, ended REAL,
        phase TEXT NOT NULL, command TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX runs_of_pipeline ON runs (dag_file, run_id);
    CREATE TABLE attempts (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, step TEXT NOT NULL, number INTEGER NOT NULL,
        status TEXT NOT NULL, folder TEXT NOT NULL, fingerprint TEXT NOT NULL, parts TEXT NOT NULL,
        started REAL, ended REAL, import_seconds REAL, main_seconds REAL, peak_rss_bytes INTEGER, cpu_seconds REAL,
        exit_code INTEGER, error TEXT, call TEXT, blocked TEXT, overrides TEXT, reused_run TEXT, reused_attempt INTEGER,
        note TEXT NOT NULL,
        PRIMARY KEY (run_id, step, number)
    );
    CREATE INDEX attempts_of_step ON attempts (step, status, run_id);
    CREATE TABLE lineage (
        run_id TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, input TEXT NOT NULL,
        source_step TEXT, source_attempt INTEGER, source_output TEXT, path TEXT NOT NULL,
        PRIMARY KEY (run_id, step, attempt, input),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE artifacts (
        run_id TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL,
        path TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL, rows INTEGER,
        PRIMARY KEY (run_id, step, attempt, channel, name),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts ON DELETE CASCADE
    ) WITHOUT ROWID;
    CREATE TABLE findings (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, step TEXT, attempt INTEGER,
        severity TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL, hint TEXT NOT NULL, file TEXT, line INTEGER
    );
    CREATE INDEX findings_of_run ON findings (run_id);
    CREATE TABLE resources (
        run_id TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, samples TEXT NOT NULL,
        PRIMARY KEY (run_id, step, attempt),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts ON DELETE CASCADE
    );
    CREATE TABLE edits (
        run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, number INTEGER NOT NULL, overrides TEXT NOT NULL,
        PRIMARY KEY (run_id, number)
    );
    CREATE TABLE breakpoints (
        dag_file TEXT NOT NULL, step TEXT NOT NULL, moment TEXT NOT NULL, enabled INTEGER NOT NULL,
        hit_count INTEGER NOT NULL,
        PRIMARY KEY (dag_file, step, moment)
    ) WITHOUT ROWID;
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
    "ALTER TABLE artifacts ADD COLUMN modified_ns INTEGER;",
    "ALTER TABLE attempts ADD COLUMN guard TEXT NOT NULL DEFAULT '';",
    """
    CREATE TABLE line_breakpoints (
        dag_file TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL, enabled INTEGER NOT NULL,
        condition TEXT NOT NULL, hits TEXT NOT NULL, message TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (dag_file, path, line)
    ) WITHOUT ROWID;
    CREATE TABLE watches (
        dag_file TEXT NOT NULL, position INTEGER NOT NULL, expression TEXT NOT NULL, PRIMARY KEY (dag_file, position)
    ) WITHOUT ROWID;
    CREATE TABLE profiles (
        run_id TEXT NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, profile TEXT NOT NULL,
        PRIMARY KEY (run_id, step, attempt),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts ON DELETE CASCADE
    );
    """,
)
"""Append only: a released migration is never changed."""


def version_of(connection: sqlite3.Connection) -> int:
    """The schema's version; 0 for an empty database."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, file: Path) -> None:
    """Bring a database to the newest schema, one version at a time.

    Raises:
        UserError: It was written by a newer version of this program.
    """
    version = version_of(connection)
    require_known(version, file)
    while version < len(MIGRATIONS):
        connection.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[version]} PRAGMA user_version = {version + 1}; COMMIT;")
        version += 1


def require_known(version: int, file: Path) -> None:
    """Refuse a schema of the future.

    Raises:
        UserError: The version is above ours.
    """
    if version > len(MIGRATIONS):
        raise UserError(
            f"the run database was written by a newer cursus-tui (schema {version})",
            file=file,
            expected=f"schema {len(MIGRATIONS)} or older",
            hint="upgrade cursus-tui, or choose another folder with --workspace",
        )
