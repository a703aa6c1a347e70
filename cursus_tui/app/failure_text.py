"""A step's error as lines of safe text: what, where, the locals there, what to look at next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from textual.content import Content

from cursus_tui.records.debug import DebugStop
from cursus_tui.records.run import Attempt, StepError
from cursus_tui.text import safe

_MESSAGE_LINES = 6
_LOCALS = 8
_WRITTEN = "written by "
_THERE = " · 2 lists it, u there goes to who wrote it"
_NAME = re.compile(r"[A-Za-z_]\w*")


def default_frame(error: StepError) -> int | None:
    """Where to look first: the innermost frame of the user's own code, else the innermost of all."""
    if not error.frames:
        return None
    own = [index for index, frame in enumerate(error.frames) if frame.user]
    return own[-1] if own else len(error.frames) - 1


def failure_content(attempt: Attempt, error: StepError, at: int | None) -> Content:
    """What happened, where, and what to look at next.

    Args:
        attempt: The attempt that failed.
        error: Its error.
        at: Index of the frame that is looked at.
    """
    return Content("\n").join([*_what(attempt, error), *_where(error, at), *_hint(error.hint), *_causes(error)])


def held_content(stop: DebugStop, hint: str) -> Content:
    """What was raised in a step that is held there, and what it was reading; status line and footer tell the keys.

    Args:
        stop: Where it is held.
        hint: What it was reading; empty where that is not known.
    """
    told = stop.text.strip().splitlines() or ["an exception"]
    lines = [Content.assemble((f"✗ {safe(told[0], 500)}", "bold $text-error"))]
    lines += [Content(f"  {safe(line, 500)}") for line in told[1:_MESSAGE_LINES]]
    lines += _hint(hint)
    return Content("\n").join(lines)


def locals_content(error: StepError, at: int | None) -> Content:
    """The locals of a frame, one a line; those that the failing line names come first."""
    if at is None or not error.frames[at].locals:
        return Content("")
    frame = error.frames[at]
    named = set(_NAME.findall(frame.source))
    ordered = sorted(frame.locals.items(), key=lambda item: item[0] not in named)
    lines = [Content.assemble((f"  {safe(name)}", "bold"), f" = {safe(text, 500)}") for name, text in ordered[:_LOCALS]]
    if len(ordered) > _LOCALS:
        lines.append(Content(f"  and {len(ordered) - _LOCALS} more").stylize("$text-muted"))
    return Content("\n").join(lines)


def _what(attempt: Attempt, error: StepError) -> Iterator[Content]:
    told = (error.message or "").strip().splitlines() or [""]
    head = f"✗ {safe(error.type)}: {safe(told[0], 500)}" if told[0] else f"✗ {safe(error.type)}"
    yield Content.assemble((head, "bold $text-error"), (f"   attempt {attempt.number}", "$text-muted"))
    for line in told[1:_MESSAGE_LINES]:
        yield Content(f"  {safe(line, 500)}")
    if len(told) > _MESSAGE_LINES:
        yield Content(f"  … {len(told) - _MESSAGE_LINES} more lines in the log").stylize("$text-muted")


def _where(error: StepError, at: int | None) -> Iterator[Content]:
    if at is None:
        if error.file:
            yield Content(f"  {safe(error.file)}:{error.line or '?'}")
        return
    frame = error.frames[at]
    place = f"  {safe(Path(frame.file).name)}:{frame.line} in {safe(frame.function)}"
    walk = f"   frame {at + 1} of {len(error.frames)}: u caller, d called" if len(error.frames) > 1 else ""
    yield Content.assemble((place, "bold"), ("" if frame.user else " (library)", "$text-muted"), (walk, "$text-muted"))


def _hint(hint: str) -> Iterator[Content]:
    """What it was reading, and how to get to who wrote that."""
    lines = [line for line in hint.splitlines() if line.strip()]
    for line in lines:
        ending = "$text-muted" if line is lines[-1] and _WRITTEN in line else ""
        yield Content.assemble(_arrow(line), (_THERE, ending) if ending else "")


def _arrow(line: str) -> Content:
    return Content.assemble(("  → ", "bold $text-accent"), safe(line.strip(), 1000))


def _causes(error: StepError) -> Iterator[Content]:
    told_already = {(error.type, error.message)}
    for cause in error.causes:
        if (cause.type, cause.message) in told_already:
            continue
        told_already.add((cause.type, cause.message))
        first = (cause.message or "").strip().splitlines()[:1]
        place = f" at {safe(Path(cause.file).name)}:{cause.line}" if cause.file else ""
        told = f": {safe(first[0], 300)}" if first else ""
        yield Content(f"  caused by {safe(cause.type)}{told}{place}").stylize("$text-muted")
