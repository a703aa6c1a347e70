"""What ``check`` found: as JSON for programs, and as text that reads well in 80 columns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cursus_tui.execution.interpreter import Interpreter
from cursus_tui.records.pipeline import Finding, Pipeline, ProjectLayout, Severity, StepKind, Value
from cursus_tui.storage.secrets import MASK, is_secret
from cursus_tui.text import safe

_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_KINDS = {StepKind.SCRIPT: "green", StepKind.SOURCE: "cyan", StepKind.REMOTE: "", StepKind.MISSING_SCRIPT: "red"}
_VALUE_CHARACTERS = 120


def check_document(pipeline: Pipeline) -> dict[str, Any]:
    """Everything that is known before anything runs, as plain JSON types. Secrets are masked.

    Keys: ``steps[{name, step_type, job_type, kind, script}]``, ``bindings[{step, input, source_step, source_output,
    score, reason}]``, ``environment[{step, name, value, origin, certain}]``, ``arguments[{step, flag, value, origin,
    certain}]``, ``findings[{severity, code, step, message, hint}]``.
    """
    return {
        "steps": [
            {
                "name": step.name,
                "step_type": step.step_type,
                "job_type": step.job_type,
                "kind": str(step.kind),
                "script": str(step.script) if step.script else None,
            }
            for step in pipeline.steps.values()
        ],
        "bindings": [
            {
                "step": each.step,
                "input": each.input,
                "source_step": each.source_step,
                "source_output": each.source_output,
                "score": each.score,
                "reason": each.reason,
            }
            for each in pipeline.bindings
        ],
        "environment": _values(pipeline.environment, "name"),
        "arguments": _values(pipeline.arguments, "flag"),
        "findings": [
            {
                "severity": str(each.severity),
                "code": each.code,
                "step": each.step,
                "message": each.message,
                "hint": each.hint,
            }
            for each in pipeline.findings
        ],
    }


def _values(by_step: Mapping[str, tuple[Value, ...]], key: str) -> list[dict[str, Any]]:
    return [
        {"step": step, key: each.name, "value": _masked(each), "origin": each.origin, "certain": each.certain}
        for step, values in by_step.items()
        for each in values
    ]


def _masked(value: Value) -> str:
    return MASK if value.value and is_secret(value.name) else value.value


def print_check(pipeline: Pipeline, interpreter: Interpreter, console: Console) -> None:
    """Print the same for people, the most urgent last, where a terminal shows it."""
    console.print(_head(pipeline, interpreter))
    for title, body in (
        ("Steps", _steps(pipeline)),
        ("Wiring", _wiring(pipeline)),
        ("Environment and arguments", _settings(pipeline)),
        ("Findings", _findings(pipeline)),
    ):
        console.print()
        console.print(Text(title, "bold"))
        console.print(Padding(body, (0, 0, 0, 2)))
    console.print()
    console.print(_summary(pipeline))


def _head(pipeline: Pipeline, interpreter: Interpreter) -> RenderableType:
    layout = pipeline.layout
    source = layout.dag_source or layout.dag_file
    rows = [
        ("DAG", _shown(source, layout)),
        ("Python", f"{interpreter.python} ({interpreter.shown_version}; {interpreter.reason})"),
        *((f"{before}", after.strip()) for before, _, after in (note.partition(":") for note in layout.notes)),
        *(("Settings", _shown(layout.settings, layout)) for _ in [0] if layout.settings),
        *(("Passed over", note) for note in interpreter.passed_over),
    ]
    table = _grid(1)
    for name, text in rows:
        table.add_row(Text(safe(name), "dim"), _text(text))
    title = Text(safe(pipeline.name), "bold")
    title.append(f"  {_plural(len(pipeline.steps), 'step')}, {_plural(len(pipeline.edges), 'edge')}", "not bold")
    return Group(title, Padding(table, (0, 0, 0, 2)))


def _steps(pipeline: Pipeline) -> RenderableType:
    table = _grid(2)
    for step in pipeline.steps.values():
        job = f" [{step.job_type}]" if step.job_type else ""
        kind = Text(str(step.kind), _KINDS[step.kind])
        detail = _text(step.script.name if step.script and step.kind is StepKind.SCRIPT else step.why)
        table.add_row(_text(step.name), Group(kind + Text(safe(job)), detail))
    return table


def _wiring(pipeline: Pipeline) -> RenderableType:
    lines: list[RenderableType] = []
    for name in pipeline.steps:
        bindings = [each for each in pipeline.bindings if each.step == name]
        if not bindings:
            continue
        lines.append(_text(name))
        table = _grid(1)
        for each in bindings:
            score = "yours" if each.overridden else f"{each.score:.2f}"
            source = _text(f"{each.source_step}.{each.source_output}")
            details = _text(each.reason, "dim")
            doubt = [_text(f"doubtful: {each.doubt}", "yellow")] if each.doubt else []
            table.add_row(_text(each.input), Text("<-"), Group(source, details, *doubt), Text(score))
        lines.append(Padding(table, (0, 0, 0, 2)))
    return Group(*lines) if lines else Text("none")


def _settings(pipeline: Pipeline) -> RenderableType:
    lines: list[RenderableType] = []
    for name in pipeline.steps:
        values = [*pipeline.arguments.get(name, ()), *pipeline.environment.get(name, ())]
        if not values:
            continue
        lines.append(_text(name))
        table = _grid(1)
        for each in values:
            origin = _text(each.origin if each.certain else f"{each.origin}?", "dim" if each.certain else "yellow")
            shown = Text(safe(_masked(each), _VALUE_CHARACTERS)) if each.value else Text("(empty)", "dim")
            table.add_row(_text(each.name), shown, origin)
        lines.append(Padding(table, (0, 0, 0, 2)))
    if not lines:
        return Text("none")
    return Group(Text("A question mark: a guess, so look at it.", "dim"), *lines)


def _findings(pipeline: Pipeline) -> RenderableType:
    if not pipeline.findings:
        return Text("none", "green")
    table = _grid(1)
    for group in _groups(pipeline.findings):
        first = group[0]
        steps = [each.step for each in group if each.step]
        hint = first.hint.replace(str(first.step), "STEP") if len(group) > 1 and first.step else first.hint
        where = _place(first, pipeline.layout) if len({(each.file, each.line) for each in group}) == 1 else ""
        body = [Text(safe(f"{first.code}: {first.message}"))]
        body += [_text(f"in {', '.join(dict.fromkeys(steps))}", "dim")] if steps else []
        body += [_text(f"at {where}", "dim")] if where else []
        body += [_text(f"try: {hint}", "italic")] if hint else []
        table.add_row(Text(str(first.severity), _SEVERITIES[first.severity]), Group(*body))
    return table


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several steps, together; the worst last, where a terminal's reader is."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for each in findings:
        hint = each.hint.replace(each.step, "STEP") if each.step else each.hint
        groups.setdefault((each.severity, each.code, each.message, hint), []).append(each)
    order = list(reversed(_SEVERITIES))
    return sorted(groups.values(), key=lambda group: order.index(group[0].severity))


def _place(finding: Finding, layout: ProjectLayout) -> str:
    if finding.file is None:
        return ""
    return _shown(finding.file, layout) + (f":{finding.line}" if finding.line else "")


def _summary(pipeline: Pipeline) -> Text:
    text = Text()
    kinds = [(kind, sum(step.kind is kind for step in pipeline.steps.values())) for kind in StepKind]
    text.append(", ".join(f"{count} {kind}" for kind, count in kinds if count) + ". ")
    for severity, style in _SEVERITIES.items():
        if count := sum(each.severity is severity for each in pipeline.findings):
            name = "note" if severity is Severity.INFO else str(severity)
            text.append(_plural(count, name), style).append(". ")
    if not pipeline.findings:
        text.append("Nothing to complain about.", "green")
    return text


def _grid(right: int) -> Table:
    return Table.grid(padding=(0, right + 1, 0, 0), pad_edge=False)


def _text(text: str, style: str = "") -> Text:
    return Text(safe(text), style, overflow="fold")


def _shown(path: Path, layout: ProjectLayout) -> str:
    """Relative to the project where it lies inside, else whole."""
    inside = path.is_relative_to(layout.root)
    return os.path.relpath(path, layout.root) if inside else str(path)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
