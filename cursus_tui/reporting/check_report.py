"""What ``check`` found: as JSON for programs, and as text that reads well in 80 columns."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cursus_tui.execution.interpreter import Interpreter
from cursus_tui.records.pipeline import Finding, Pipeline, ProjectLayout, Severity, Step, StepKind, Value
from cursus_tui.storage.secrets import MASK, is_secret
from cursus_tui.text import safe

_SEVERITIES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_KINDS = {StepKind.SCRIPT: "green", StepKind.SOURCE: "cyan", StepKind.REMOTE: "", StepKind.MISSING_SCRIPT: "red"}
_VALUE_CHARACTERS = 100
_NAME_CHARACTERS = 40
_PERFECT = 0.995
_DEFAULTS = {"interface default", "Cursus default"}


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
        console.print(_indented(body))
    console.print()
    console.print(_summary(pipeline))


def _head(pipeline: Pipeline, interpreter: Interpreter) -> RenderableType:
    layout = pipeline.layout
    root = str(layout.root) + os.sep
    rows = [
        ("DAG", _shown(layout.dag_source or layout.dag_file, layout)),
        ("Python", f"{interpreter.python} ({interpreter.shown_version}, {interpreter.reason})"),
        *(("Passed over", reason) for reason in interpreter.passed_over),
        *((name, text.strip().replace(root, "")) for name, _, text in (note.partition(":") for note in layout.notes)),
    ]
    if layout.settings:
        rows.append(("Settings", _shown(layout.settings, layout)))
    table = _grid(names=1)
    for name, text in rows:
        table.add_row(Text(safe(name), "dim"), _text(text))
    title = Text(safe(pipeline.name), "bold")
    title.append(f"  {_plural(len(pipeline.steps), 'step')}, {_plural(len(pipeline.edges), 'edge')}", "not bold")
    return Group(title, _indented(table))


def _steps(pipeline: Pipeline) -> RenderableType:
    table = _grid(names=2)
    for step in pipeline.steps.values():
        kind = Text(str(step.kind), _KINDS[step.kind])
        table.add_row(_text(step.name), kind, _text(_step_detail(step, pipeline.layout)))
    return table


def _step_detail(step: Step, layout: ProjectLayout) -> str:
    parts = []
    if step.job_type and not step.name.lower().endswith(f"_{step.job_type.lower()}"):
        parts.append(f"job type {step.job_type}")
    if step.script and step.kind in (StepKind.SCRIPT, StepKind.SOURCE):
        parts.append(step.script.name)
    if step.given:
        parts.append("given " + ", ".join(f"{name} = {_shown(path, layout)}" for name, path in step.given.items()))
    elif step.kind is not StepKind.SCRIPT:
        parts.append(step.why)
    return "; ".join(parts)


def _wiring(pipeline: Pipeline) -> RenderableType:
    lines: list[RenderableType] = []
    for name in pipeline.steps:
        bindings = [each for each in pipeline.bindings if each.step == name]
        if not bindings:
            continue
        lines.append(_text(name))
        table = _grid(names=3)
        for each in bindings:
            score = "yours" if each.overridden else f"{each.score:.2f}"
            details: list[RenderableType] = [_text(f"{each.source_output} of {each.source_step}")]
            if not each.overridden and (each.score < _PERFECT or each.doubt):
                details.append(_text(each.reason, "dim"))
            if each.doubt:
                details.append(_text(f"doubtful: {each.doubt}", "yellow"))
            table.add_row(Text(score), _name(each.input), Text("<-"), Group(*details))
        lines.append(_indented(table))
    if not lines:
        return Text("none")
    legend = "1.00: type, data type, name, source and keywords all match. Lower scores say what matches."
    return Group(Text(legend, "dim"), *lines)


def _settings(pipeline: Pipeline) -> RenderableType:
    lines: list[RenderableType] = []
    for name in pipeline.steps:
        values = [*pipeline.arguments.get(name, ()), *pipeline.environment.get(name, ())]
        if not values:
            continue
        lines.append(_text(name))
        lines.append(_indented(_value_table(values)))
    if not lines:
        return Text("none")
    return Group(Text("A question mark: a guess, so look at it.", "dim"), *lines)


def _value_table(values: Sequence[Value]) -> Group:
    table = _grid(names=1)
    for each in values:
        if each.origin not in _DEFAULTS:
            shown = safe(_masked(each), _VALUE_CHARACTERS)
            row = Text(shown, overflow="fold") if shown else Text("(empty)", "dim")
            table.add_row(_name(each.name), row, _origin(each))
    parts: list[RenderableType] = [table] if table.rows else []
    for certain in (True, False):
        defaults = [each for each in values if each.origin in _DEFAULTS and each.certain is certain]
        if defaults:
            text = Text("by default: " if certain else "by default ? ", "dim" if certain else "yellow", overflow="fold")
            pairs = (f"{each.name}={safe(_masked(each), _VALUE_CHARACTERS) or '(empty)'}" for each in defaults)
            parts.append(text.append(", ".join(pairs), "none"))
    return Group(*parts)


def _origin(value: Value) -> Text:
    """Where a value is from; a config field of the same name is not named again."""
    plain = value.name.lstrip("-").lower()
    short = value.origin.removesuffix(f" {plain}") if value.origin.startswith(("config ", "hyperparameters ")) else None
    text = short or value.origin
    return _text(text, "dim") if value.certain else _text(f"{text} ?", "yellow")


def _findings(pipeline: Pipeline) -> RenderableType:
    if not pipeline.findings:
        return Text("none", "green")
    table = _grid(names=1)
    for group in _groups(pipeline.findings):
        first = group[0]
        several = len(group) > 1
        message = _without_step(first.message, first) if several else first.message
        hint = _without_step(first.hint, first) if several else first.hint
        steps = list(dict.fromkeys(each.step for each in group if each.step))
        places = list(dict.fromkeys(place for each in group if (place := _place(each, pipeline.layout))))
        body = [_text(f"{first.code}: {message}")]
        if steps and (several or steps[0] not in message):
            body.append(_text(f"in {', '.join(steps)}", "dim"))
        if places:
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            body.append(_text(f"at {places[0]}{more}", "dim"))
        if hint:
            body.append(_text(f"-> {hint}", "italic"))
        table.add_row(Text(str(first.severity), _SEVERITIES[first.severity]), Group(*body))
    return table


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several steps, together; the worst last, where a terminal's reader is."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for each in findings:
        key = (each.severity, each.code, _without_step(each.message, each), _without_step(each.hint, each))
        groups.setdefault(key, []).append(each)
    order = list(reversed(_SEVERITIES))
    return sorted(groups.values(), key=lambda group: order.index(group[0].severity))


def _without_step(text: str, finding: Finding) -> str:
    return text.replace(finding.step, "STEP") if finding.step else text


def _place(finding: Finding, layout: ProjectLayout) -> str:
    if finding.file is None:
        return ""
    return _shown(finding.file, layout) + (f":{finding.line}" if finding.line else "")


def _summary(pipeline: Pipeline) -> Text:
    text = Text("Steps: ")
    kinds = [(kind, sum(step.kind is kind for step in pipeline.steps.values())) for kind in StepKind]
    text.append(", ".join(f"{count} {kind}" for kind, count in kinds if count) or "none")
    text.append(". ")
    for severity, style in _SEVERITIES.items():
        if count := sum(each.severity is severity for each in pipeline.findings):
            name = "note" if severity is Severity.INFO else str(severity)
            text.append(_plural(count, name), style).append(". ")
    if not pipeline.findings:
        text.append("Nothing to complain about.", "green")
    return text


def _grid(names: int) -> Table:
    """A table without lines, whose first columns hold names: those stay on one line."""
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(names):
        table.add_column(no_wrap=True)
    return table


def _indented(body: RenderableType) -> Padding:
    return Padding(body, (0, 0, 0, 2), expand=False)


def _name(name: str) -> Text:
    """A name on one line, so that it can be searched for and copied."""
    return Text(safe(name, _NAME_CHARACTERS), no_wrap=True, overflow="ellipsis")


def _text(text: str, style: str = "") -> Text:
    return Text(safe(text), style, overflow="fold")


def _shown(path: Path, layout: ProjectLayout) -> str:
    """Relative to the project where it lies inside, else whole."""
    inside = path.is_relative_to(layout.root)
    return os.path.relpath(path, layout.root) if inside else str(path)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
