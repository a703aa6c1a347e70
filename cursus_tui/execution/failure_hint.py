"""What to look at after a failure: the file that the step was reading, and the step that wrote it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from cursus_tui.execution.data_flow import InputUse
from cursus_tui.execution.protection import ProtectedInput
from cursus_tui.records.run import StepError

_END = r"[^\s'\"`,;:)\]}>|]*"
_READING = re.compile(
    r"column|key|dtype|parse|decode|shape|index|float|numeric|feature|field|csv|parquet"
    r"|nan\b|null|missing|empty|convert|\brows?\b|samples?\b|labels?\b|\bvalues?\b|categor|\bbins?\b|\bsplits?\b",
    re.IGNORECASE,
)


def failure_hint(error: StepError, uses: tuple[InputUse, ...], protected: Mapping[str, ProtectedInput]) -> str:
    """Name the upstream step and the file that a failed step was reading, where that can be told.

    Looked for in the message and in what the user's frames held, innermost first, where an upstream step's file
    counts for more than one that was given (such as hyperparameters); failing that, a step with only one input that
    complains about data was reading that, and for one with several every step that wrote for it is named.

    Args:
        error: Why it failed.
        uses: What it was reading.
        protected: Input channel -> how it was read, private copies included.
    """
    written = tuple(use for use in uses if use.source_step is not None)
    for texts, among in ((_messages(error), uses), (_held(error), written), (_held(error), uses)):
        for text in texts:
            for use in among:
                for root in _roots(use, protected):
                    if (name := _file_in(text, root)) is not None:
                        return _sentence(use, name)
    if error.type == "KeyError" or _READING.search(error.message):
        if len(uses) == 1:
            return _sentence(uses[0], _only_file(uses[0]))
        if written:
            return "it reads " + "; ".join(_from(use, _only_file(use)) for use in written)
    return ""


def _only_file(use: InputUse) -> str:
    """The file of a channel as its writer's attempt recorded it, where it is the only one."""
    found = [each.name for each in use.source.artifacts if each.channel == use.output] if use.source else []
    return found[0] if len(found) == 1 else ""


def _messages(error: StepError) -> Iterator[str]:
    yield error.message
    for cause in error.causes:
        yield cause.message


def _held(error: StepError) -> Iterator[str]:
    """What the frames' variables held: the user's frames first."""
    for user in (True, False):
        for frame in reversed(error.frames):
            if frame.user is user:
                yield from frame.locals.values()
    for cause in error.causes:
        for frame in reversed(cause.frames):
            yield from frame.locals.values()


def _roots(use: InputUse, protected: Mapping[str, ProtectedInput]) -> list[str]:
    private = protected.get(use.channel)
    roots = [os.fspath(use.path)] + ([os.fspath(private.path)] if private else [])
    return sorted(set(roots), key=len, reverse=True)


def _file_in(text: str, root: str) -> str | None:
    """The file below a root that a text names, relative to it; empty for the root itself; None for neither."""
    if root not in text:
        return None
    found = [match.group(1).strip("/") for match in re.finditer(re.escape(root) + f"((?:/{_END})?)(?![\\w-])", text)]
    return max(found, key=len) if found else None


def _sentence(use: InputUse, name: str) -> str:
    return f"reading {_from(use, name)}"


def _from(use: InputUse, name: str) -> str:
    shown = f"{use.channel}/{name}" if name else use.channel
    if use.source_step is None:
        return f"{shown}, given as {use.path}"
    written = "written by" if use.source is not None else "given for"
    return f"{shown}, {written} {use.source_step}"
