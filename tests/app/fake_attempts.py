"""What the attempts of the scripted session leave: logs, a file, and the same error each time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cursus_tui.records.run import Artifact, Attempt, Call, Frame, StepError, StepStatus
from cursus_tui.storage.layout import attempt_folder


def begun(folder: Path, step: str, number: int) -> Attempt:
    """An attempt that runs, with its first lines of log."""
    logs = attempt_folder(folder, "run-1", step, number)
    logs.path.mkdir(parents=True, exist_ok=True)
    logs.stdout.write_text(f"{step} begins\n{step} goes on\n")
    logs.stderr.write_text("")
    return Attempt("run-1", step, number, StepStatus.RUNNING, logs.path, started=1_000.0)


def ended(attempt: Attempt, script: Path | None, status: StepStatus) -> Attempt:
    """The same when it is over; one that passed has written three rows."""
    out = attempt.folder / "output" / "OUT" / "part-0.csv"
    artifacts: tuple[Artifact, ...] = ()
    if status is StepStatus.PASSED:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("id,amount\n1,2.5\n2,\n3,7\n")
        artifacts = (Artifact(attempt.step, "OUT", out, "part-0.csv", "csv", out.stat().st_size, 3),)
    return replace(
        attempt,
        status=status,
        ended=1_001.5,
        main_seconds=1.5,
        peak_rss_bytes=50 << 20,
        error=_error(script) if status is StepStatus.FAILED else None,
        artifacts=artifacts,
        call=Call("__main__ block", {"DATA": "/data"}, {"OUT": str(out.parent)}, {"LABEL": "'fraud'"}, {}),
    )


def _error(script: Path | None) -> StepError:
    source, seen = 'total = frame["amount"].sum()', {"frame": "DataFrame 3 x 2"}
    frames = (
        Frame(str(script), 14, "<module>", True, "main({}, {}, {}, None)"),
        Frame(str(script), 8, "main", True, source, 12, 27, seen),
        Frame("/lib/pandas/core.py", 3, "__getitem__", False, "raise KeyError(key)"),
    )
    return StepError("KeyError", "'amount'", str(script), 8, frames, hint="load wrote given.csv without it")
