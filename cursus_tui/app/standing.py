"""Where execution stands, in words, and the next keys. Pure text: the status line and its tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cursus_tui.app.situation import Situation
from cursus_tui.app.standing_inside import Next, stopped
from cursus_tui.records.pipeline import StepKind
from cursus_tui.records.run import PauseReason, Phase, ResourceSample, SessionState, StepStatus
from cursus_tui.text import human_bytes, human_seconds, safe

__all__ = ["Next", "Progress", "standing"]

_LACKING = (StepStatus.MISSING_INPUT, StepStatus.MISSING_SCRIPT)


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of the running step between two events."""

    step: str
    seconds: float
    sample: ResourceSample | None = None
    last_line: str = ""


def standing(
    situation: Situation, progress: Progress | None = None, *, narrow: bool = False, hidden: bool = False
) -> tuple[str, tuple[Next, ...]]:
    """The sentence of the status line and the next actions, the most useful first.

    Args:
        situation: What is true now.
        progress: What is known of the running step.
        narrow: There is little room, and the step and the file in view are named elsewhere on the screen.
        hidden: No pane in sight shows where a step is stopped.
    """
    state = situation.state
    if state is None:
        told = "looking into the scripts" if situation.checking else "opening the run"
        return told, (("help", "help"), ("pane-checks", "checks"), ("quit", "quit"))
    if state.read_only:
        return f"read only: {safe(state.read_only)}", (("help", "help"), ("pane-log", "log"), ("quit", "quit"))
    if situation.stop is not None:
        told, keys = stopped(situation, situation.stop, narrow=narrow and situation.step == situation.stop.step)
        return told, ((("pane-source", "source"), *keys) if hidden else keys)
    if state.phase is Phase.RUNNING:
        return _running(state, progress, situation.debugger.condition), (
            ("pause", "pause it" if situation.debuggable else "pause after it"),
            ("cancel", "cancel"),
            ("pane-log", "log"),
        )
    if state.phase is Phase.PAUSED:
        return _paused(situation, state)
    if state.phase is Phase.IDLE:
        return _idle(situation, state)
    if state.phase is Phase.FINISHED:
        return _ended(situation, state, "finished")
    return "the run was aborted", (("restart", "new run"), ("pane-log", "log"), ("quit", "quit"))


def _running(state: SessionState, progress: Progress | None, condition: str = "") -> str:
    if not state.current:
        return "running"
    step = state.steps.get(state.current)
    word = "importing for" if step and step.status is StepStatus.IMPORTING else "running"
    parts = [f"{word} {safe(state.current)}"]
    if condition:
        parts.append(f"computes a condition at {condition}")
    if progress and progress.step == state.current:
        parts.append(human_seconds(progress.seconds) if progress.seconds >= 1 else "")
        if progress.sample:
            parts.append(human_bytes(progress.sample.rss_bytes))
        parts.append(safe(progress.last_line, 200))
    return " · ".join(part for part in parts if part)


def _paused(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]]:
    current = safe(state.current or "")
    if state.reason is PauseReason.FAILURE:
        return _failed(situation, state)
    if state.reason is PauseReason.DISK_FULL:
        return f"the disk is full: paused in {current}", (
            *_on_current(situation, state),
            *_run(state),
            ("quit", "quit"),
        )
    blocked = _blocked(situation, state)
    if blocked:
        return blocked
    if state.upcoming is None and (state.reason is not PauseReason.AFTER_STEP or not current):
        return _ended(situation, state, "nothing is left to run")
    elsewhere = _elsewhere(situation, state)
    if elsewhere:
        return elsewhere
    if state.reason is PauseReason.AFTER_STEP:
        return f"paused after {current}", (*_run(state), ("continue", "continue"), ("pane-data", "data"))
    if current != safe(state.upcoming or ""):
        return f"paused at {current}", (*_run(state), ("continue", "continue"), ("breakpoint", "break"))
    if state.steps[state.upcoming or ""].stale:
        return f"paused before {current}, stale", (
            ("step-over", "run it"),
            ("continue", "continue"),
            ("pane-data", "why"),
        )
    return f"paused before {current}", (("step-over", "run it"), ("continue", "continue"), ("breakpoint", "break"))


def _failed(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]]:
    mend = (("open-editor", "edit it"),) if situation.step == state.current else ()
    keys = (("error", "error"), *_run(state), *mend, *_on_current(situation, state))
    return f"failed in {safe(state.current or '')}", keys


def _idle(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]]:
    blocked = _blocked(situation, state)
    if blocked:
        return blocked
    told = _elsewhere(situation, state)
    return told or ("nothing ran yet", (*_run(state), ("continue", "run all"), ("breakpoint", "break")))


def _run(state: SessionState) -> tuple[Next, ...]:
    """What stepping would run, by name: the cursor may be on another step."""
    return (("step-over", f"run {safe(state.upcoming)}"),) if state.upcoming else ()


def _elsewhere(situation: Situation, state: SessionState) -> tuple[str, tuple[Next, ...]] | None:
    """The selected step is neither where execution stands nor what runs next: say so, and what would run it."""
    if situation.step in (None, state.current, state.upcoming):
        return None
    return "another step is next", (*_run(state), *_on_selected(situation), ("continue", "continue"))


def _on_selected(situation: Situation) -> tuple[Next, ...]:
    """The key that runs the selected step, or runs up to it; none where it does not run here."""
    found = situation.selected_state
    if found is None or situation.refusal("rerun", situation.step):
        return ()
    if found.status in (StepStatus.WAITING, *_LACKING):
        return (("run-to", "run to here"),)
    return (("rerun", "run this" if found.attempt is None else "re-run this"),)


def _on_current(situation: Situation, state: SessionState) -> tuple[Next, ...]:
    """Running again is about the selected step: offered where that is the one which execution stands at."""
    return (("rerun", "re-run it"),) if situation.step == state.current else ()


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
        return told, (*_run(state), ("error", "error"), ("rerun", "re-run this"), ("restart", "new run"))
    return told, (*_run(state), ("rerun", "re-run this"), ("restart", "new run"), ("quit", "quit"))


def _counts(state: SessionState) -> str:
    counts = Counter(step.word for step in state.steps.values())
    listed = dict.fromkeys(("failed", "passed", "reused", "given", *counts))
    return ", ".join(f"{counts[word]} {word}" for word in listed if word in counts)
