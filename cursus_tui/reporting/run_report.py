"""A run as JSON: the shape that ``cursus-tui run --json`` and ``cursus-tui show --json`` promise."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cursus_tui.records.run import Artifact, Attempt, StepError, StepState, StepStatus

GOOD = frozenset({StepStatus.PASSED, StepStatus.REUSED})
"""What counts as done."""
NEUTRAL = frozenset({StepStatus.NOT_LOCAL, StepStatus.SKIPPED})
"""What does not make a run fail: a step that only the cloud has, or one that the user skipped."""


def seconds_of(attempt: Attempt | None) -> float | None:
    """Wall seconds from start to end, or None while it runs or where it never ran."""
    if attempt is None or attempt.started is None or attempt.ended is None:
        return None
    return round(attempt.ended - attempt.started, 4)


def channel_folder(artifact: Artifact) -> Path:
    """The folder that an artifact's name is relative to."""
    depth = len(Path(artifact.name).parts)
    return artifact.path.parents[depth - 1] if depth else artifact.path


def outputs_of(artifacts: Iterable[Artifact]) -> list[dict[str, Any]]:
    """Artifacts summed up by channel; ``rows`` is None where no file of the channel was counted."""
    channels: dict[str, dict[str, Any]] = {}
    for artifact in artifacts:
        entry = channels.setdefault(
            artifact.channel,
            {
                "channel": artifact.channel,
                "path": str(channel_folder(artifact)),
                "files": 0,
                "bytes": 0,
                "rows": None,
            },
        )
        entry["files"] += 1
        entry["bytes"] += artifact.bytes
        if artifact.rows is not None:
            entry["rows"] = (entry["rows"] or 0) + artifact.rows
    return list(channels.values())


def error_of(error: StepError | None) -> dict[str, Any] | None:
    """The error as JSON, with its hint; None where there is none."""
    if error is None:
        return None
    return {
        "type": error.type,
        "message": error.message,
        "file": error.file,
        "line": error.line,
        "hint": error.hint,
    }


def traceback_document(attempt: Attempt, error: StepError) -> dict[str, Any]:
    """Why an attempt failed, with every frame and its locals, as JSON; the causes are nearest first."""
    return {
        "run_id": attempt.run_id,
        "step": attempt.step,
        "attempt": attempt.number,
        **_whole_error(error),
        "causes": [_whole_error(cause) for cause in error.causes],
    }


def _whole_error(error: StepError) -> dict[str, Any]:
    frames = [
        {
            "file": frame.file,
            "line": frame.line,
            "function": frame.function,
            "user": frame.user,
            "source": frame.source,
            "locals": dict(frame.locals),
        }
        for frame in error.frames
    ]
    return {**(error_of(error) or {}), "frames": frames}


def reused_from(attempt: Attempt | None) -> dict[str, Any] | None:
    """Whose outputs stand in; None where it ran, and where the user's own data do."""
    if attempt is None or attempt.reused_from is None:
        return None
    run_id, number = attempt.reused_from
    return {"run": run_id, "attempt": number}


def step_report(state: StepState) -> dict[str, Any]:
    """One step of a run as JSON."""
    attempt = state.attempt
    return {
        "name": state.step,
        "status": state.status.value,
        "seconds": seconds_of(attempt),
        "import_seconds": attempt.import_seconds if attempt else None,
        "peak_rss_bytes": attempt.peak_rss_bytes if attempt else None,
        "exit": attempt.exit_code if attempt else None,
        "attempt": attempt.number if attempt else None,
        "reused_from": reused_from(attempt),
        "outputs": outputs_of(attempt.artifacts) if attempt else [],
        "error": error_of(attempt.error) if attempt else None,
        "blocked_actions": [
            {"kind": action.kind, "detail": action.detail} for action in (attempt.blocked if attempt else ())
        ],
        "overrides": [
            {"kind": override.kind, "name": override.name, "detail": override.detail}
            for override in (attempt.overrides if attempt else ())
        ],
        "network_guard": attempt.guard if attempt else "",
        "stale": state.stale,
        "note": state.note or (attempt.note if attempt else ""),
    }


def run_status(states: Iterable[StepState]) -> str:
    """``passed``, ``failed``, ``cancelled`` or ``waiting`` (something could not run or was not reached)."""
    statuses = {state.status for state in states}
    for status in (StepStatus.FAILED, StepStatus.CANCELLED):
        if status in statuses:
            return status.value
    return "passed" if statuses <= GOOD | NEUTRAL else "waiting"


def run_report(run_id: str, states: Iterable[StepState]) -> dict[str, Any]:
    """The whole run as JSON.

    Args:
        run_id: The run.
        states: Its steps, in the order to be shown.
    """
    states = tuple(states)
    return {"run_id": run_id, "status": run_status(states), "steps": [step_report(state) for state in states]}
