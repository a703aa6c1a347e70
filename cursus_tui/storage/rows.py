"""Records to rows and back. Structured bits travel as JSON columns."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.pipeline import Finding, Overrides, Severity
from cursus_tui.records.run import (
    Artifact,
    Attempt,
    BlockedAction,
    Call,
    LineageEdge,
    Override,
    Phase,
    ResourceSample,
    RunRecord,
    StepError,
    StepStatus,
)
from cursus_tui.storage.secrets import MASK, is_secret, mask

ATTEMPT_COLUMNS = (
    "run_id, step, number, status, folder, fingerprint, parts, started, ended, import_seconds, main_seconds, "
    "peak_rss_bytes, cpu_seconds, exit_code, error, call, blocked, overrides, reused_run, reused_attempt, note, "
    "guard"
)


@cache
def _codec(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def encode(kind: Any, value: Any) -> str | None:
    """A record as JSON; None for None and for an empty tuple."""
    if value is None or value == ():
        return None
    codec = _codec(kind)
    try:
        return codec.dump_json(value).decode()
    except (PydanticSerializationError, UnicodeError):
        # Scripts may raise messages with lone surrogates, which JSON has no way to carry.
        return json.dumps(_printable(codec.dump_python(value, mode="python")), default=str)


def printable(text: str) -> str:
    """Text that UTF-8 can carry: lone surrogates become escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(str(key)): _printable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(each) for each in value]
    return value


def path_cell(path: str | Path) -> str | bytes:
    """A path or file name for a column: text, or its raw bytes where it is not UTF-8."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def path_of(cell: str | bytes) -> str:
    """A path or file name from its column."""
    return cell if isinstance(cell, str) else os.fsdecode(cell)


def decode(kind: Any, text: str | None) -> Any:
    """A record from its JSON; None for None."""
    return None if text is None else _codec(kind).validate_json(text)


def masked_call(call: Call | None) -> Call | None:
    """A call whose secret values are hidden, wherever it came from."""
    if call is None:
        return None
    return replace(call, environ_vars=mask(call.environ_vars), job_args=mask(call.job_args), extra=mask(call.extra))


def masked_error(error: StepError | None) -> StepError | None:
    """An error in whose frames no local of a secret's name can be read."""
    if error is None:
        return None
    frames = tuple(replace(frame, locals=mask(frame.locals)) if frame.locals else frame for frame in error.frames)
    causes = tuple(masked for cause in error.causes if (masked := masked_error(cause)))
    return replace(error, frames=frames, causes=causes)


def masked_overrides(overrides: Overrides) -> Overrides:
    """What the user decided, as it may be stored: secrets are hidden and must be given again after a resume."""
    return replace(
        overrides,
        environment={step: mask(values) for step, values in overrides.environment.items()},
        arguments={step: mask(values) for step, values in overrides.arguments.items()},
    )


def unmasked_overrides(stored: Overrides, given: Overrides) -> Overrides:
    """Stored decisions with their hidden values taken from what the user gave this time; the rest stays out."""
    return replace(
        stored,
        environment=_refill(stored.environment, given.environment),
        arguments=_refill(stored.arguments, given.arguments),
    )


def _refill(
    stored: Mapping[str, Mapping[str, str]], given: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    filled: dict[str, dict[str, str]] = {}
    for step, values in stored.items():
        known = given.get(step, {})
        filled[step] = {
            name: known.get(name, value) if value == MASK and is_secret(name) else value
            for name, value in values.items()
            if not (value == MASK and is_secret(name) and name not in known)
        }
    return filled


def attempt_row(attempt: Attempt, parts: Mapping[str, str]) -> tuple[Any, ...]:
    """An attempt in the order of ``ATTEMPT_COLUMNS``, secrets hidden."""
    reused_run, reused_attempt = attempt.reused_from or (None, None)
    return (
        attempt.run_id,
        attempt.step,
        attempt.number,
        attempt.status.value,
        path_cell(attempt.folder),
        attempt.fingerprint,
        json.dumps(dict(parts), separators=(",", ":")),
        attempt.started,
        attempt.ended,
        attempt.import_seconds,
        attempt.main_seconds,
        attempt.peak_rss_bytes,
        attempt.cpu_seconds,
        attempt.exit_code,
        encode(StepError, masked_error(attempt.error)),
        encode(Call, masked_call(attempt.call)),
        encode(tuple[BlockedAction, ...], attempt.blocked),
        encode(tuple[Override, ...], attempt.overrides),
        reused_run,
        reused_attempt,
        printable(attempt.note),
        attempt.guard,
    )


def attempt_of(row: sqlite3.Row, artifacts: tuple[Artifact, ...]) -> Attempt:
    """An attempt from its row and its artifacts."""
    reused = (row["reused_run"], row["reused_attempt"]) if row["reused_run"] is not None else None
    return Attempt(
        run_id=row["run_id"],
        step=row["step"],
        number=row["number"],
        status=StepStatus(row["status"]),
        folder=Path(path_of(row["folder"])),
        fingerprint=row["fingerprint"],
        started=row["started"],
        ended=row["ended"],
        import_seconds=row["import_seconds"],
        main_seconds=row["main_seconds"],
        peak_rss_bytes=row["peak_rss_bytes"],
        cpu_seconds=row["cpu_seconds"],
        exit_code=row["exit_code"],
        error=decode(StepError, row["error"]),
        call=decode(Call, row["call"]),
        artifacts=artifacts,
        blocked=decode(tuple[BlockedAction, ...], row["blocked"]) or (),
        overrides=decode(tuple[Override, ...], row["overrides"]) or (),
        reused_from=reused,
        note=row["note"],
        guard=row["guard"] if "guard" in row.keys() else "",  # noqa: SIM118 - as in artifact_of
    )


def parts_of(row: sqlite3.Row) -> dict[str, str]:
    """The parts of an attempt's fingerprint."""
    return dict(json.loads(row["parts"]))


def run_of(row: sqlite3.Row) -> RunRecord:
    """A run from its row."""
    return RunRecord(
        run_id=row["run_id"],
        pipeline=row["pipeline"],
        dag_file=Path(path_of(row["dag_file"])),
        started=row["started"],
        ended=row["ended"],
        phase=Phase(row["phase"]),
        command=row["command"],
    )


def artifact_of(row: sqlite3.Row) -> Artifact:
    """An artifact from its row."""
    return Artifact(
        step=row["step"],
        channel=row["channel"],
        path=Path(path_of(row["path"])),
        name=path_of(row["name"]),
        kind=row["kind"],
        bytes=row["bytes"],
        rows=row["rows"],
        # Whoever only reads a workspace of an earlier version leaves its tables as they are.
        modified_ns=row["modified_ns"] if "modified_ns" in row.keys() else None,  # noqa: SIM118 - a row's "in" looks at values
    )


def lineage_of(row: sqlite3.Row) -> LineageEdge:
    """A lineage edge from its row."""
    return LineageEdge(
        run_id=row["run_id"],
        step=row["step"],
        attempt=row["attempt"],
        input=row["input"],
        source_step=row["source_step"],
        source_attempt=row["source_attempt"],
        source_output=row["source_output"],
        path=Path(path_of(row["path"])),
    )


def finding_of(row: sqlite3.Row) -> Finding:
    """A finding from its row."""
    return Finding(
        severity=Severity(row["severity"]),
        code=row["code"],
        step=row["step"],
        message=row["message"],
        hint=row["hint"],
        file=Path(path_of(row["file"])) if row["file"] else None,
        line=row["line"],
    )


def line_breakpoint_row(line: LineBreakpoint) -> tuple[Any, ...]:
    """A breakpoint on a line as the columns of its table, but for the first."""
    return (
        path_cell(line.path),
        line.line,
        int(line.enabled),
        printable(line.condition),
        printable(line.hits),
        printable(line.message),
        printable(line.text),
    )


def line_breakpoint_of(row: sqlite3.Row) -> LineBreakpoint:
    """A breakpoint on a line from its row."""
    return LineBreakpoint(
        path=Path(path_of(row["path"])),
        line=row["line"],
        enabled=bool(row["enabled"]),
        condition=row["condition"],
        hits=row["hits"],
        message=row["message"],
        text=row["text"],
    )


def samples_text(samples: tuple[ResourceSample, ...]) -> str:
    """A resource series as compact JSON: one list for each reading."""
    rows = [
        [
            round(each.seconds, 3),
            each.rss_bytes,
            round(each.cpu_percent, 1),
            each.threads,
            each.read_bytes,
            each.written_bytes,
        ]
        for each in samples
    ]
    return json.dumps(rows, separators=(",", ":"))


def samples_of(text: str) -> tuple[ResourceSample, ...]:
    """A resource series from its JSON."""
    return tuple(ResourceSample(*fields) for fields in json.loads(text))
