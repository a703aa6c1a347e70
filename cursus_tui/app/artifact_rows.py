"""The rows of the Data pane: which files a step reads, which it wrote, with kind, size and rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.app.panes.row_list import Row, heading, remark
from cursus_tui.app.short_path import short
from cursus_tui.app.situation import Situation
from cursus_tui.execution.artifacts import RETURNED
from cursus_tui.records.pipeline import Binding, Step, StepKind
from cursus_tui.records.run import Artifact, LineageEdge, StepStatus
from cursus_tui.text import human_bytes, human_rows

PART = " › "
"""Between the parts of a file's title."""
_MOST_FILES = 500
"""Files of a folder that the user gave which are listed."""


@dataclass(frozen=True, slots=True)
class FileChoice:
    """A file that can be looked at."""

    path: Path
    title: str
    """Step, channel and name, for the heading of the view."""
    read: Path | None = None
    """Of a file that the selected step wrote: the one of the same name that it read, if any."""
    writer: str = ""
    """The step that wrote it, or for one of the selected step's own the one that wrote ``read``; empty for neither."""


def artifact_rows(now: Situation, lineage: tuple[LineageEdge, ...]) -> list[Row]:
    """Files in and out of the selected step.

    Args:
        now: The situation.
        lineage: What fed the step's newest attempt; empty when it has not run.
    """
    step = now.selected
    if step is None:
        return [remark("select a step in the pipeline")]
    written, inputs = list(_written(now, step, lineage)), list(_inputs(now, step, lineage))
    return [*written, *inputs] if now.attempt and now.attempt.artifacts else [*inputs, *written]


def _written(now: Situation, step: Step, lineage: Sequence[LineageEdge]) -> Iterator[Row]:
    attempt = now.attempt
    artifacts = attempt.artifacts if attempt else ()
    if artifacts and attempt is not None:
        reused = ", reused" if attempt.reused_from else ""
        verb = "Given as" if attempt.word == "given" else "Wrote"
        for channel in dict.fromkeys(artifact.channel for artifact in artifacts):
            what = "Returned by main" if channel == RETURNED else f"{verb} {channel}"
            yield heading(f"{what} (attempt {attempt.number}{reused})")
            yield from (_own(artifact, lineage) for artifact in artifacts if artifact.channel == channel)
        return
    yield heading("Written")
    state = now.selected_state
    if attempt is not None and attempt.status in (StepStatus.PASSED, StepStatus.REUSED):
        yield remark("nothing: the step passed but left no files", "warn")
    elif attempt is not None and attempt.status is StepStatus.FAILED:
        yield remark("nothing: the step failed before it wrote a file (e shows the error)")
    elif step.kind is not StepKind.SCRIPT and not step.given:
        yield remark(step.why)
        yield remark("= points it to a folder" if step.kind is StepKind.SOURCE else "", "accent")
    elif attempt is not None and attempt.ended is None:
        yield remark("nothing yet: it is listed when the step has ended")
    elif state is not None and state.note:
        yield remark(state.note)
    else:
        yield remark("nothing yet: the step has not run")


def _files(artifacts: tuple[Artifact, ...]) -> Iterator[Row]:
    """Files that another step wrote."""
    for artifact in artifacts:
        yield _file(artifact, FileChoice(artifact.path, _title(artifact), writer=artifact.step))


def _own(artifact: Artifact, lineage: Sequence[LineageEdge]) -> Row:
    """A file that the selected step wrote."""
    for edge in lineage:
        if (read := file_below(edge.path, artifact.name)) is not None:
            choice = FileChoice(artifact.path, _title(artifact), read, edge.source_step or "")
            return _file(artifact, choice)
    return _file(artifact, FileChoice(artifact.path, _title(artifact)))


def _title(artifact: Artifact) -> str:
    return PART.join((artifact.step, artifact.channel, artifact.name))


def _file(artifact: Artifact, choice: FileChoice) -> Row:
    rows = human_rows(artifact.rows)
    cells = (artifact.name, artifact.kind, human_bytes(artifact.bytes), rows)
    return Row(cells, ("plain", "muted", "muted", "plain"), choice, indent=2)


def _inputs(now: Situation, step: Step, lineage: tuple[LineageEdge, ...]) -> Iterator[Row]:
    bindings = [binding for binding in now.pipeline.bindings if binding.step == step.name]
    edges = {edge.input: edge for edge in lineage}
    names = dict.fromkeys([*edges, *(binding.input for binding in bindings), *step.given])
    if not names:
        return
    root = now.pipeline.layout.root
    wired = {binding.input: binding for binding in bindings}
    for name in names:
        edge, binding = edges.get(name), wired.get(name)
        if name in step.given and edge is None:
            yield heading(f"Reads {name} from {short(step.given[name], root)} (given)")
            yield from _folder(step.given[name], name)
        elif edge is not None:
            yield heading(f"Read {name} from {_source(edge, root)}")
            yield from _fed(now, edge)
        elif binding is not None:
            yield heading(f"Will read {name} from {binding.source_step}.{binding.source_output}")
            yield from _upstream(now, binding)


def _source(edge: LineageEdge, root: Path) -> str:
    if edge.source_step is None:
        return f"{short(edge.path, root)} (given)"
    attempt = f", attempt {edge.source_attempt}" if edge.source_attempt else ""
    return f"{edge.source_step}.{edge.source_output or '?'}{attempt}"


def _fed(now: Situation, edge: LineageEdge) -> Iterator[Row]:
    source = now.of(edge.source_step)
    attempt = source.attempt if source else None
    if attempt is not None and attempt.number == edge.source_attempt:
        kept = [artifact for artifact in attempt.artifacts if artifact.channel == edge.source_output]
        if kept:
            yield from _files(tuple(kept))
            return
    yield from _folder(edge.path, edge.input, edge.source_step or "")


def _upstream(now: Situation, binding: Binding) -> Iterator[Row]:
    source = now.of(binding.source_step)
    attempt = source.attempt if source else None
    kept = [one for one in attempt.artifacts if one.channel == binding.source_output] if attempt else []
    if kept:
        yield from _files(tuple(kept))
    elif attempt is not None and attempt.artifacts:
        yield remark(f"{binding.source_step} wrote nothing to {binding.source_output}", "warn")
    else:
        yield remark(f"{binding.source_step} has not run yet")


def file_below(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder; None where there is none."""
    with suppress(OSError, ValueError):
        if (found := folder / name).is_file():
            return found
    return None


def _folder(folder: Path, channel: str, writer: str = "") -> Iterator[Row]:
    """Files that the user gave, or an attempt that is not the newest: listed here, since none recorded them."""
    files = [folder] if folder.is_file() else list(_walk(folder))
    for file in files[:_MOST_FILES]:
        name = file.name if file == folder else os.path.relpath(file, folder)
        kind = file.suffix.lstrip(".") or "file"
        artifact = Artifact("", channel, file, name, kind, _size(file))
        yield _file(artifact, FileChoice(file, f"{channel}{PART}{name}", writer=writer))
    if not files:
        yield remark("no files there" if folder.exists() else f"{folder} is not there", "warn")
    elif len(files) > _MOST_FILES:
        yield remark("more files are not listed")


def _walk(folder: Path) -> Iterator[Path]:
    count = 0
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield Path(where) / name
            count += 1
            if count > _MOST_FILES:
                return


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
