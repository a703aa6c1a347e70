"""Reading ``outcome.json``: what a worker wrote, taken with care, becomes an ``ExecutionResult``."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.records.run import BlockedAction, Call, Frame, Override, StepError
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.regular_file import read_regular
from cursus_tui.storage.rows import printable

NOT_BEGUN = "not begun"
NEVER_BEGAN = "it had not begun when the session that asked for it ended"
STATUSES = ("passed", "failed", "cancelled")
FILES = ("imported_files", "returned")
"""Paths to be opened: they keep whatever bytes they have."""


def worker_lost(message: str, hint: str = "") -> ExecutionResult:
    """The result of a step whose worker ended without an outcome."""
    return ExecutionResult("failed", None, StepError("worker lost", message, hint=hint))


def never_began() -> ExecutionResult:
    """The result of a step that was given up before any process had it: nothing of it failed."""
    return ExecutionResult("cancelled", None, StepError(NOT_BEGUN, NEVER_BEGAN))


def read_outcome(folder: AttemptFolder) -> ExecutionResult | None:
    """The outcome of an attempt; None while there is none. Anything unreadable counts as ``worker lost``."""
    try:
        text = read_regular(folder.outcome)
    except FileNotFoundError:
        return None
    except OSError as error:
        return worker_lost(f"its outcome cannot be read: {error}")
    try:
        outcome = json.loads(text)
    except (ValueError, RecursionError):
        return worker_lost(f"its outcome is damaged: {folder.outcome}")
    return result_of(outcome)


def result_of(outcome: object) -> ExecutionResult:
    """The result that an outcome describes; a shape that is not ours counts as ``worker lost``."""
    if not isinstance(outcome, Mapping) or outcome.get("status") not in STATUSES:
        return worker_lost("its outcome is not in our format")
    try:
        return _result({key: value if key in FILES else _printable(value) for key, value in outcome.items()})
    except Exception as error:  # A script can write what it likes there, numbers without end among it.
        return worker_lost(f"its outcome is not in our format: {type(error).__name__}: {error}")


def outcome_of(result: ExecutionResult) -> dict[str, Any]:
    """What to write for a result that no worker could write itself."""
    error = result.error
    return {
        "version": 1,
        "status": result.status,
        "exit_code": result.exit_code,
        "error": {"type": error.type, "message": error.message, "hint": error.hint} if error else None,
    }


def _result(outcome: Mapping[str, Any]) -> ExecutionResult:
    error = outcome.get("error")
    call = outcome.get("call")
    return ExecutionResult(
        status=outcome["status"],
        exit_code=_whole(outcome.get("exit_code")),
        error=_error(error) if error else None,
        call=_call(call) if call else None,
        import_seconds=_number(outcome.get("import_seconds")),
        main_seconds=_number(outcome.get("main_seconds")),
        peak_rss_bytes=_whole(outcome.get("peak_rss_bytes")),
        cpu_seconds=_number(outcome.get("cpu_seconds")),
        started=_number(outcome.get("started")),
        ended=_number(outcome.get("ended")),
        blocked=tuple(BlockedAction(str(b["kind"]), str(b["detail"])) for b in outcome.get("blocked") or ()),
        overrides=tuple(
            Override(str(o["kind"]), str(o["name"]), str(o["detail"])) for o in outcome.get("overrides") or ()
        ),
        imported_files=tuple(map(_path, outcome.get("imported_files") or ())),
        libraries=_texts(outcome.get("libraries")),
        returned={name: _path(path) for name, path in _texts(outcome.get("returned")).items()},
        guard=str(outcome.get("guard") or ""),
        orphans=tuple(map(str, outcome.get("orphans") or ())),
    )


def _error(error: Mapping[str, Any]) -> StepError:
    return StepError(
        type=str(error.get("type") or "error"),
        message=str(error.get("message") or ""),
        file=str(error["file"]) if error.get("file") else None,
        line=_whole(error.get("line")),
        frames=tuple(map(frame_of, error.get("frames") or ())),
        causes=tuple(map(_error, error.get("causes") or ())),
        hint=str(error.get("hint") or ""),
    )


def frame_of(frame: Mapping[str, Any]) -> Frame:
    """A frame as a step reports it."""
    return Frame(
        file=str(frame["file"]),
        line=int(frame["line"]),
        function=str(frame["function"]),
        user=bool(frame.get("user")),
        source=str(frame.get("source") or ""),
        column=_whole(frame.get("column")),
        end_column=_whole(frame.get("end_column")),
        locals=_texts(frame.get("locals")),
    )


def _call(call: Mapping[str, Any]) -> Call:
    return Call(
        how=str(call.get("how") or ""),
        input_paths=_texts(call.get("input_paths")),
        output_paths=_texts(call.get("output_paths")),
        environ_vars=_texts(call.get("environ_vars")),
        job_args=_texts(call.get("job_args")),
        extra=_texts(call.get("extra")),
    )


def _printable(value: Any) -> Any:
    """The same without lone surrogates, which scripts may put anywhere and no store or terminal can carry."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {_printable(key): _printable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return value


def _texts(values: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in values.items()} if isinstance(values, Mapping) else {}


def _path(text: str) -> Path:
    if b"\0" in os.fsencode(text):
        raise ValueError("a path with a null byte")
    return Path(text)


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, int | float) else math.nan
    return number if math.isfinite(number) else None


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
