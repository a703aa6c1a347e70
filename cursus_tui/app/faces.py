"""How a step looks: glyph, word and colour of its state, and the figures beside it. Never colour alone."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from cursus_tui.app.situation import Situation
from cursus_tui.records.pipeline import Severity, StepKind
from cursus_tui.records.run import BreakpointWhen, StepState, StepStatus
from cursus_tui.text import human_bytes, human_rows, human_seconds
from cursus_tui.widgets.dag_nodes import DagNode, NodeFace

LOOKS: dict[StepStatus, tuple[str, str]] = {
    StepStatus.WAITING: ("·", "muted"),
    StepStatus.READY: ("○", "plain"),
    StepStatus.IMPORTING: ("◔", "active"),
    StepStatus.RUNNING: ("▶", "active"),
    StepStatus.PAUSED: ("‖", "warn"),
    StepStatus.PASSED: ("✓", "good"),
    StepStatus.FAILED: ("✗", "bad"),
    StepStatus.CANCELLED: ("⊘", "warn"),
    StepStatus.REUSED: ("↻", "good"),
    StepStatus.SKIPPED: ("⤼", "muted"),
    StepStatus.NOT_LOCAL: ("☁", "muted"),
    StepStatus.MISSING_INPUT: ("?", "warn"),
    StepStatus.MISSING_SCRIPT: ("?", "bad"),
}
"""Status -> (glyph, tone)."""

_KIND_GLYPHS = {
    StepKind.SCRIPT: ("·", "muted", "waiting"),
    StepKind.SOURCE: ("?", "warn", "source"),
    StepKind.REMOTE: ("☁", "muted", "not local"),
    StepKind.MISSING_SCRIPT: ("?", "bad", "missing script"),
}
_BREAK_MARKS = {BreakpointWhen.BEFORE: "●", BreakpointWhen.AFTER: "◒", BreakpointWhen.ON_FAILURE: "◆"}


FIGURES = (11, 8, 8, 6)
"""Cells that rows, seconds, memory and findings take, the gap before each included."""
_ROWS_FROM = 56
"""From this width on the rows are always shown."""
_BESIDE_NAME = 22
"""Cells that cursor, breakpoint, some lanes and the state's word take."""


def figures_that_fit(width: int, names: Iterable[str]) -> int:
    """How many figures there is room for without cutting the longest name; rows are worth a bit of it."""
    left = width - _BESIDE_NAME - max(map(cell_len, names), default=0)
    fitting = sum(left >= sum(FIGURES[: count + 1]) for count in range(len(FIGURES)))
    return max(fitting, int(width >= _ROWS_FROM))


def face(situation: Situation, name: str, count: int = len(FIGURES)) -> NodeFace:
    """How a step looks now, with so many figures."""
    state = situation.of(name)
    if state is None:
        glyph, tone, word = _KIND_GLYPHS[situation.pipeline.steps[name].kind]
        return NodeFace(glyph, word, tone, _mark(situation, name), ("", "", "", _noticed(situation, name))[:count])
    glyph, tone = LOOKS[StepStatus.FAILED if is_held(situation, name) else state.status]
    standing = situation.stands_at == name and not situation.running
    word = "held" if is_held(situation, name) else "set by hand" if _by_hand(state) else state.word
    word = f"→ {word}" if standing else word
    return NodeFace(
        glyph,
        word,
        tone,
        _mark(situation, name),
        figures(situation, state)[:count],
        dim=state.status in (StepStatus.SKIPPED, StepStatus.NOT_LOCAL),
        stale=state.stale is not None,
    )


def is_held(situation: Situation, name: str) -> bool:
    """Whether it stands on the exception that it will fail with."""
    return situation.held and situation.stands_at == name


def _by_hand(state: StepState) -> bool:
    """Whether it passed, and not by its script alone."""
    attempt = state.attempt
    return attempt is not None and attempt.by_hand and attempt.status in (StepStatus.PASSED, StepStatus.REUSED)


def figures(situation: Situation, state: StepState) -> tuple[str, ...]:
    """Rows out, seconds, peak memory, findings: the most wanted first."""
    attempt = state.attempt
    seconds = None
    if attempt and attempt.main_seconds is not None:
        seconds = attempt.main_seconds + (attempt.import_seconds or 0.0)
    elif attempt and attempt.status is not StepStatus.REUSED and attempt.started and attempt.ended:
        seconds = attempt.ended - attempt.started
    rows = human_rows(state.rows)
    peak = attempt.peak_rss_bytes if attempt else None
    return rows, human_seconds(seconds), human_bytes(peak), _noticed(situation, state.step)


def _noticed(situation: Situation, name: str) -> str:
    errors = sum(found.step == name and found.severity is Severity.ERROR for found in situation.findings)
    warnings = sum(found.step == name and found.severity is Severity.WARNING for found in situation.findings)
    return " ".join(part for part in (f"✗{errors}" if errors else "", f"⚠{warnings}" if warnings else "") if part)


def _mark(situation: Situation, name: str) -> str:
    points = [point for point in situation.breakpoints if point.step == name]
    if not points:
        return ""
    enabled = [point for point in points if point.enabled]
    return _BREAK_MARKS[enabled[0].when] if enabled else "○"


def nodes(situation: Situation, count: int = len(FIGURES)) -> list[DagNode]:
    """All steps, in the order of execution."""
    return [DagNode(name, name, face(situation, name, count)) for name in situation.pipeline.steps]
