"""What stands beside the lines of a source: breakpoints of the terminal and of IDEs, and where execution stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from cursus_tui.app.situation import Situation
from cursus_tui.execution.line_breakpoints import nearest
from cursus_tui.records.debug import LineBreakpoint, StopKind
from cursus_tui.storage.regular_file import real_path
from cursus_tui.widgets.source_marks import MarkKind, SourceMark

UNVERIFIED = "no code on this line: it cannot stop there"


@lru_cache(maxsize=512)
def real(path: Path) -> str:
    """A file by the name that all of its names share."""
    return real_path(path)


def same_file(one: Path | None, other: Path | None) -> bool:
    """Whether two paths name one file."""
    return one is not None and other is not None and (one == other or real(one) == real(other))


def kind_of(point: LineBreakpoint, unverified: Iterable[tuple[Path, int]]) -> MarkKind:
    """The look of a breakpoint on a line."""
    if not point.enabled:
        return "disabled"
    if any(line == point.line and same_file(path, point.path) for path, line in unverified):
        return "unverified"
    if point.message:
        return "logpoint"
    return "condition" if point.condition or point.hits else "breakpoint"


def words_of(point: LineBreakpoint) -> str:
    """When it stops, or what it prints; empty for one that always stops."""
    parts = [f"if {point.condition}" if point.condition else "", f"hits {point.hits}" if point.hits else ""]
    parts.append(f"prints {point.message}" if point.message else "")
    return ", ".join(part for part in parts if part)


def breakpoint_marks(now: Situation, file: Path) -> list[SourceMark]:
    """Those of a file; where terminal and IDE have one on the same line, the terminal's is shown."""
    found: dict[int, SourceMark] = {}
    unverified = now.debugger.unverified
    for point in now.debugger.ide_breakpoints:
        if same_file(point.path, file):
            words = words_of(point)
            found[point.line] = SourceMark(point.line, kind_of(point, unverified), note=f"IDE {words}".strip())
    for point in now.line_breakpoints:
        if same_file(point.path, file):
            kind = kind_of(point, unverified)
            note = UNVERIFIED if kind == "unverified" else words_of(point)
            found[point.line] = SourceMark(point.line, kind, note=note)
    return list(found.values())


def hot_marks(now: Situation, file: Path, texts: Sequence[str]) -> list[SourceMark]:
    """The lines of a file in which the newest attempt of the selected step spent its time, if it was profiled.

    In an edited file each follows its line; one that is not there any more has no mark.

    Args:
        now: The situation.
        file: The file.
        texts: Its lines as they are now, stripped.
    """
    profile = now.profile
    if profile is None:
        return []
    shares: dict[int, float] = {}
    for each in profile.hot:
        if same_file(Path(each.file), file):
            line = each.line if each.text is None else nearest(each.line, each.text, texts)
            if line is not None:
                shares[line] = max(each.total, shares.get(line, 0.0))
    return [SourceMark(line, "hot", note=f"{share:.0%} of its time") for line, share in shares.items()]


def stop_marks(now: Situation, file: Path) -> list[SourceMark]:
    """The line that runs next, or that raised, and the lines of the other frames in this file."""
    if now.stop is None:
        return []
    fault = now.stop.kind is StopKind.EXCEPTION
    looked_at = now.frame_in_view
    marks: dict[int, SourceMark] = {}
    for frame in reversed(now.frames):
        if same_file(frame.file, file):
            marks[frame.line] = SourceMark(frame.line, "frame")
    # What was raised in a library is looked for where the user's own code called it.
    stands = next((frame for frame in now.frames if frame.user), None) if fault else None
    stands = stands or (now.frames[0] if now.frames else None)
    if stands is not None and same_file(stands.file, file):
        note = now.stop.text if fault and looked_at is not stands else ""
        marks[stands.line] = SourceMark(stands.line, "failure" if fault else "current", note=note)
    return list(marks.values())
