"""Where a step that is stopped inside stands, in words, and the next keys."""

from __future__ import annotations

from cursus_tui.app.situation import Situation
from cursus_tui.records.debug import DebugStop, StackFrame, StopKind
from cursus_tui.text import safe

Next = tuple[str, str]
"""(action id, what it would do here, in words)."""

_LONGEST_THREAD = 12
_HOW = {
    StopKind.ENTRY: "stopped at the start of main",
    StopKind.PAUSE: "paused inside",
    StopKind.CALL: "stopped by breakpoint()",
}
_STEPS: tuple[Next, ...] = (
    ("step-over", "over"),
    ("step-into", "into"),
    ("finish", "out"),
    ("continue", "go on"),
    ("pane-variables", "see values"),
)
_HELD: tuple[Next, ...] = (
    ("pane-variables", "see values"),
    ("frame-up", "caller"),
    ("open-editor", "edit"),
    ("rerun", "re-run"),
    ("continue", "let it fail"),
)


def stopped(situation: Situation, stop: DebugStop, *, narrow: bool = False) -> tuple[str, tuple[Next, ...]]:
    """The sentence of the status line and the next actions at a stop.

    Args:
        situation: What is true now.
        stop: Where the step stands.
        narrow: Name neither the step nor the file.
    """
    line, file = place_of(situation, stop)
    step = safe(stop.step)
    if stop.kind is StopKind.EXCEPTION:
        error = safe(stop.text.partition(":")[0].strip() or "an exception", 60)
        told = f"held on {error}" if narrow else f"{step} is held on {error}"
        return _with_place(told, line, "" if narrow else file), _HELD
    thread = _thread_of(situation, stop)
    if narrow:
        return _with_place(f"stopped in {_short(thread)}" if thread else "stopped", line, ""), _STEPS
    told = f"{_HOW.get(stop.kind, 'stopped')} in {step}".replace("inside in", "inside")
    return _with_place(f"{told}, {thread}" if thread else told, line, file), _STEPS


def _thread_of(situation: Situation, stop: DebugStop) -> str:
    """The name of the thread that stopped; empty for the main one, and where it is not known."""
    name = next((each.name for each in situation.threads if each.id == stop.thread), "")
    return "" if name == "MainThread" else safe(name, 60)


def _short(name: str) -> str:
    """Those of a pool differ in their ends."""
    return name if len(name) <= _LONGEST_THREAD else "…" + name[1 - _LONGEST_THREAD :]


def _with_place(told: str, line: int | None, file: str) -> str:
    if line is None:
        return told
    return f"{told}, line {line}" + (f" of {file}" if file else "")


def place_of(situation: Situation, stop: DebugStop) -> tuple[int | None, str]:
    """Line and name of the file at which the step stands, as far as they are known."""
    innermost: StackFrame | None = situation.frames[0] if situation.frames else None
    file = stop.file or (innermost.file if innermost else None)
    line = stop.line or (innermost.line if innermost else None)
    return line, safe(file.name) if file else ""
