"""The question whether to go on with the last run."""

from __future__ import annotations

import time

from cursus_tui.records.run import RunRecord


def resume_question(found: RunRecord, now: float | None = None) -> tuple[str, str, list[tuple[str, str, str]]]:
    """Title, text and answers.

    Args:
        found: The run that did not end.
        now: Unix time; the present by default.
    """
    ago = _ago((now if now is not None else time.time()) - found.started)
    text = f"The last run of this pipeline ({found.run_id}, started {ago}) did not come to its end."
    answers = [
        ("resume", "Resume it", "what passed is kept, what still runs is adopted"),
        ("new", "Begin a new run", "the old one stays in the workspace"),
    ]
    return "Resume", text, answers


def _ago(seconds: float) -> str:
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"
