"""The rows of the Call pane: a step's contract, wiring and values with their origins, and what main was called with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.app.edits import EditKind, EditTarget
from cursus_tui.app.short_path import short
from cursus_tui.records.pipeline import Binding, InputChannel, Pipeline, Step, StepKind, Value
from cursus_tui.records.run import GUARDS, Attempt, Call
from cursus_tui.storage.secrets import MASK, is_secret
from cursus_tui.widgets.value_table import ValueRow


@dataclass(frozen=True, slots=True)
class CallRow:
    """A row and what editing it would change."""

    row: ValueRow
    target: EditTarget | None = None


def call_rows(pipeline: Pipeline, step: Step, attempt: Attempt | None) -> list[CallRow]:
    """Everything that decides how a step's main is called, one row a value."""
    root = pipeline.layout.root
    rows = [*_about(step, root), *_inputs(pipeline, step), *_outputs(step, root)]
    given_env = pipeline.overrides.environment.get(step.name, {})
    given_arguments = {f"--{name}" for name in pipeline.overrides.arguments.get(step.name, {})}
    environment, arguments = pipeline.environment.get(step.name, ()), pipeline.arguments.get(step.name, ())
    rows += _values("Environment", step, EditKind.ENVIRONMENT, environment, set(given_env))
    rows += _values("Arguments", step, EditKind.ARGUMENT, arguments, given_arguments)
    if attempt is not None:
        rows += _happened(attempt, root)
    return rows


def _heading(text: str) -> CallRow:
    return CallRow(ValueRow(f"# {text}", text, heading=True, editable=False))


def _fact(key: str, name: str, value: str, origin: str = "", tone: str = "plain") -> CallRow:
    return CallRow(ValueRow(key, name, value, origin, tone, editable=False))


def _about(step: Step, root: Path) -> Iterator[CallRow]:
    yield _heading("Step")
    yield _fact("kind", "kind", step.kind.value, step.why)
    script = EditTarget(step.name, EditKind.SCRIPT, "", str(step.script or ""))
    yield CallRow(ValueRow("script", "script", short(step.script, root) if step.script else None), script)
    job_type = EditTarget(step.name, EditKind.JOB_TYPE, "", step.job_type or "")
    yield CallRow(ValueRow("job type", "job type", step.job_type), job_type)
    if step.python is not None:
        yield _fact("interpreter", "interpreter", str(step.python))


def _inputs(pipeline: Pipeline, step: Step) -> Iterator[CallRow]:
    bindings = {binding.input: binding for binding in pipeline.bindings if binding.step == step.name}
    declared: dict[str, InputChannel | None] = dict.fromkeys(bindings)
    if step.interface is not None:
        declared.update({dependency.name: None for dependency in step.interface.dependencies})
        declared.update({channel.name: channel for channel in step.interface.contract.inputs})
    if not declared:
        return
    yield _heading("Inputs: what feeds each, and why (with Cursus' score)")
    needed = {one.name for one in step.interface.dependencies if one.required} if step.interface else set()
    for name, channel in declared.items():
        required = name in needed or bool(channel and channel.required)
        yield _input(step, name, required, bindings.get(name), pipeline.layout.root)


def _input(step: Step, name: str, required: bool, binding: Binding | None, root: Path) -> CallRow:
    key = f"input {name}"
    if name in step.given:
        path = str(step.given[name])
        target = EditTarget(step.name, EditKind.INPUT, name, path)
        return CallRow(ValueRow(key, name, short(path, root), "given", overridden=True), target)
    if binding is None:
        origin = "required, and nothing feeds it" if required else "optional, nothing feeds it"
        row = ValueRow(key, name, None, origin, "bad" if required else "plain", uncertain=required)
        return CallRow(row, EditTarget(step.name, EditKind.INPUT, name))
    source = f"{binding.source_step}.{binding.source_output}"
    why = f"{binding.score:.2f} {binding.reason}" if not binding.overridden else binding.reason or "wired by you"
    if binding.doubt:
        why = f"doubtful: {binding.doubt} · {why}"
    doubtful = binding.doubt is not None
    row = ValueRow(key, name, source, why, uncertain=doubtful, overridden=binding.overridden)
    return CallRow(row, EditTarget(step.name, EditKind.INPUT, name, source))


def _outputs(step: Step, root: Path) -> Iterator[CallRow]:
    if step.interface is None:
        return
    contract = {output.name: output.path for output in step.interface.contract.outputs}
    names = dict.fromkeys([*(output.name for output in step.interface.outputs), *contract])
    if not names:
        return
    yield _heading("Outputs")
    editable = step.kind is not StepKind.SCRIPT
    for name in names:
        given = step.given.get(name)
        origin = "given" if given else "= points it to a folder" if editable else ""
        shown = short(given, root) if given else contract.get(name)
        row = ValueRow(f"output {name}", name, shown, origin, overridden=given is not None, editable=editable)
        yield CallRow(row, EditTarget(step.name, EditKind.DATA, name, str(given or "")) if editable else None)


def _values(title: str, step: Step, kind: EditKind, values: tuple[Value, ...], given: set[str]) -> Iterator[CallRow]:
    if not values:
        return
    yield _heading(title)
    for value in values:
        hidden = bool(value.value) and is_secret(value.name)
        row = ValueRow(
            f"{kind.value} {value.name}",
            value.name,
            MASK if hidden else value.value,
            value.origin,
            uncertain=not value.certain,
            overridden=value.name in given,
        )
        yield CallRow(row, EditTarget(step.name, kind, value.name, "" if hidden else value.value))


def _happened(attempt: Attempt, root: Path) -> Iterator[CallRow]:
    if attempt.call is not None:
        yield from _called(attempt.number, attempt.call, root)
    if attempt.overrides:
        yield _heading("Not as Cursus would have run it")
        for index, override in enumerate(attempt.overrides):
            yield _fact(f"override {index}", override.kind, override.name, override.detail)
    if attempt.guard in GUARDS:
        yield _heading("Network")
        yield _fact("guard", "network", GUARDS[attempt.guard])
    if attempt.blocked:
        yield _heading("Blocked")
        for index, blocked in enumerate(attempt.blocked):
            yield _fact(f"blocked {index}", blocked.kind, blocked.detail, tone="warn")


def _called(number: int, call: Call, root: Path) -> Iterator[CallRow]:
    how = "as its __main__ block builds it" if call.how == "__main__ block" else f"built from the {call.how}"
    yield _heading(f"What main was called with: attempt {number}, {how}")
    parts: tuple[tuple[str, Mapping[str, str]], ...] = (
        ("input_paths", call.input_paths),
        ("output_paths", call.output_paths),
        ("environ_vars", call.environ_vars),
        ("job_args", call.job_args),
        ("extra", call.extra),
    )
    for title, values in parts:
        for name, value in values.items():
            yield _fact(f"called {title} {name}", name, short(value, root), title)
