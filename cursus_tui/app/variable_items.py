"""What the Variables pane shows as items of a tree: scopes, variables, watches, frames of a sample or a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cursus_tui.records.debug import DebugStop, Scope, StackFrame, Variable
from cursus_tui.records.run import Attempt, Frame
from cursus_tui.widgets.tree_rows import TreeItem

WATCHES = "watches"
EXCEPTION = "exception"
SAMPLE = "sample"
MARKS = {"table": "▦", "model": "▤"}
"""What can be opened as data."""
_REST = ("MoreItems", "MoreItemsRange")
"""Types of what stands for the rest of a long list."""


@dataclass(frozen=True, slots=True)
class SampledName:
    """A local of a step that ran on while it was looked at."""

    name: str


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched expression and its value; None while it has none."""

    expression: str
    value: Variable | None = None


def watches_root(count: int) -> TreeItem:
    """The branch of all watches."""
    return TreeItem(WATCHES, "Watches", "" if count else "none: w adds an expression", opens=bool(count), tone="muted")


def exception_root(stop: DebugStop) -> TreeItem:
    """The exception that a step is held at."""
    return TreeItem(EXCEPTION, "Exception", stop.text, opens=True, tone="bad")


def scope_item(scope: Scope, frames: Sequence[StackFrame] = (), looked_at: int | None = None) -> TreeItem:
    """Locals or globals; the locals say whose they are, those of a caller where that stands, too."""
    place = next((at for at, frame in enumerate(frames) if frame.id == looked_at), None)
    told = ""
    if place is not None and scope.name.casefold() == "locals":
        # Where the step itself stands is in the status line; a text that changes with each line would look changed.
        told = f"of {frames[place].name}" + (f", line {frames[place].line}" if place else "")
    return TreeItem(f"scope {scope.name}", scope.name, told, opens=bool(scope.reference), data=scope)


def variable_items(variables: Iterable[Variable]) -> list[TreeItem]:
    """Names with their values, each told apart."""
    found: list[TreeItem] = []
    seen: dict[str, int] = {}
    for variable in variables:
        number = seen[variable.name] = seen.get(variable.name, 0) + 1
        key = variable.name if number == 1 else f"{variable.name} #{number}"
        found.append(variable_item(key, variable))
    return found


def variable_item(key: str, variable: Variable) -> TreeItem:
    """A name with its value."""
    return TreeItem(
        key,
        variable.name,
        variable.value,
        "" if variable.type in _REST else variable.type,
        opens=bool(variable.reference),
        mark=MARKS.get(variable.kind, ""),
        data=variable,
    )


def watch_items(watches: Iterable[str], values: Mapping[str, Variable | str], *, stopped: bool) -> list[TreeItem]:
    """Watched expressions; a text instead of a value says why there is none."""
    return [_watch_item(expression, values.get(expression) if stopped else None, stopped) for expression in watches]


def _watch_item(expression: str, value: Variable | str | None, stopped: bool) -> TreeItem:
    if isinstance(value, Variable):
        return TreeItem(
            expression,
            expression,
            value.value,
            value.type,
            opens=bool(value.reference),
            mark=MARKS.get(value.kind, ""),
            data=Watch(expression, value),
        )
    text = value if value is not None else "…" if stopped else "not stopped"
    return TreeItem(expression, expression, text, tone="muted", data=Watch(expression))


def sample_root(frames: tuple[Frame, ...], problem: str) -> TreeItem:
    """Where the running step is, or how to find out."""
    told = problem or ("enter samples again" if frames else "enter samples where it is, without stopping it")
    name = "Sampled while running" if frames else "The step runs"
    return TreeItem(SAMPLE, name, told, opens=bool(frames), tone="warn" if problem else "muted")


def frame_items(frames: tuple[Frame, ...]) -> list[TreeItem]:
    """Frames, innermost first, whose locals are texts."""
    found = []
    for number, frame in enumerate(reversed(frames)):
        where = f"line {frame.line}" + ("" if frame.user else f" of {frame.file}")
        found.append(
            TreeItem(f"{frame.function} {number}", frame.function, where, opens=bool(frame.locals), data=frame)
        )
    return found


def local_items(frame: Frame, *, sampled: bool) -> list[TreeItem]:
    """Locals of a frame as they were summarised."""
    return [
        TreeItem(name, name, value, data=SampledName(name) if sampled else None) for name, value in frame.locals.items()
    ]


def failure_roots(attempt: Attempt) -> list[TreeItem]:
    """What was kept of a failure: the exception, and its frames with summaries of their locals."""
    error = attempt.error
    if error is None:
        return []
    told = TreeItem(EXCEPTION, error.type, error.message, tone="bad")
    return [told, *frame_items(error.frames)]
