"""Where execution stands, in words, and the next three keys. Pure text: the status line and its tests."""

from __future__ import annotations

from dataclasses import dataclass

from cursus_tui.app.situation import Situation
from cursus_tui.records.pipeline import StepKind
from cursus_tui.records.run import PauseReason, Phase, ResourceSample, SessionState, StepStatus
from cursus_tui.text import human_bytes, human_seconds, safe

Next = tuple[str, str]
"""(action id, what it would do here, in words)."""

_LACKING = (StepStatus.MISSING_INPUT, StepStatus.MISSING_SCRIPT)
_ENDED_WELL = (StepStatus.PASSED, StepStatus.REUSED)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of the running step between two events."""

    step: str
    seconds: float
    sample: ResourceSample | None = None
    last_line: str = ""


def standing(situation: Situation, progress: Progress | None = None) -> tuple[str, tuple[Next, ...]]:
    """The sentence of the status line and up to three next actions."""
    state = situation.state
    if state is None:
        return "opening the run", (("help", "help"), ("pane-checks", "checks"), ("quit", "quit"))
    if state.read_only:
        return f"read only: {safe(state.read_only)}", (("help", "help"), ("pane-log", "log"), ("quit", "quit"))
    if state.phase is Phase.RUNNING:
        return _running(state, progress), (("pause", "pause after it"), ("cancel", "cancel"), ("pane-log", "log"))
    if state.phase is Phase.PAUSED:
        return _paused(situation, state)
    if state.phase is Phase.IDLE:
        return _idle(situation, state)
    if state.phase is Phase.FINISHED:
        return _ended(situation, state, "finished")
    return "the run was aborted", (("restart", "new run"), ("pane-log", "log"), ("quit", "quit"))


def _running(state: SessionState, progress: Progress | None) -> str:
    if not state.current:
        return "running"
    step = state.steps.get(state.current)
    word = "importing for" if step and step.status is StepStatus.IMPORTING else "running"
    parts = [f"{word} {safe(state.current)}"]
    if progress and progress.step == state.current:
        parts.append(human_seconds(progress.seconds) if progress.seconds >= 1 else "")
        if progress.sample:
            parts.append(human_bytes(progress.sample.rss_bytes))
        parts.append(safe(progress.last_line, 200))
    return " · ".join(part for part in parts if part)


def _paused(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]]:
    current = safe(state.current or "")
    if state.reason is PauseReason.FAILURE:
        return f"failed in {current}", (
            ("error", "the error"),
            ("open-editor", "edit it"),
            ("rerun", "re-run it"),
        )
    if state.reason is PauseReason.DISK_FULL:
        return f"the disk is full: paused in {current}", (
            ("rerun", "re-run it"),
            ("cancel", "cancel"),
            ("quit", "quit"),
        )
    if state.reason is PauseReason.AFTER_STEP:
        return f"paused after {current}", (
            ("step-over", "run next"),
            ("continue", "continue"),
            ("pane-data", "data"),
        )
    step = state.steps.get(state.current or "")
    blocked = _blocked(situation, state)
    if blocked:
        return blocked
    if step and step.stale:
        return f"paused before {current}, stale", (
            ("step-over", "run it"),
            ("continue", "continue"),
            ("pane-data", "why"),
        )
    if step and step.status in _ENDED_WELL:
        return f"paused at {current}", (
            ("step-over", "run next"),
            ("continue", "continue"),
            ("breakpoint", "break"),
        )
    if not current:
        return _ended(situation, state, "nothing is left to run")
    return f"paused before {current}", (("step-over", "run it"), ("continue", "continue"), ("breakpoint", "break"))


def _idle(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]]:
    blocked = _blocked(situation, state)
    if blocked:
        return blocked
    ready = (name for name, step in state.steps.items() if step.status is StepStatus.READY)
    first = state.current or next(ready, None)
    where = f"nothing ran yet, next: {safe(first)}" if first else "nothing ran yet"
    return where, (("step-over", "run it"), ("continue", "run all"), ("breakpoint", "break"))


def _blocked(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]] | None:
    """Execution stands before a step that cannot run as it is: say what the user can do."""
    name = state.current or _missing(situation, state)
    found = state.steps.get(name or "")
    step = situation.pipeline.steps.get(name or "")
    if found is None or step is None or found.status not in _LACKING:
        return None
    if step.kind is StepKind.SOURCE:
        return f"{safe(step.name)} needs data", (("edit", "point to a folder"), ("skip", "skip"), ("pane-call", "call"))
    what = "an input" if found.status is StepStatus.MISSING_INPUT else "its script"
    return f"{safe(step.name)} misses {what}", (("edit", "give it"), ("skip", "skip"), ("pane-checks", "checks"))


def _missing(situation: Situation, state: SessionState) -> str | None:
    """Where nothing can run for want of an input: the selected step, or else the first one that lacks something."""
    if any(step.status is StepStatus.READY for step in state.steps.values()):
        return None
    lacking = [name for name, step in state.steps.items() if step.status in _LACKING]
    return situation.step if situation.step in lacking else next(iter(lacking), None)


def _ended(situation: Situation, state: SessionState, how: str) -> tuple[str, tuple[Next, ...]]:
    """Nothing more runs by itself: what came of it, and the way to what went wrong."""
    blocked = _blocked(situation, state)
    if blocked:
        return blocked
    told = f"{how}: {_counts(state)}"
    if situation.failed_steps:
        return told, (("error", "the error"), ("rerun", "re-run a step"), ("restart", "new run"))
    return told, (("rerun", "re-run a step"), ("restart", "new run"), ("quit", "quit"))


def _counts(state: SessionState) -> str:
    counts: dict[StepStatus, int] = {}
    for step in state.steps.values():
        counts[step.status] = counts.get(step.status, 0) + 1
    order = [StepStatus.FAILED, StepStatus.PASSED, StepStatus.REUSED]
    listed = [*order, *(status for status in counts if status not in order)]
    return ", ".join(f"{counts[status]} {status.value}" for status in listed if status in counts)
