"""What is noticed about a pipeline while it is resolved: its wiring, its scripts, its values, its config."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping

from cursus_tui.pipeline.config import PipelineConfig
from cursus_tui.pipeline.dag import PipelineDAGResolver
from cursus_tui.pipeline.process_environment import impossible_variable
from cursus_tui.pipeline.scripts import exists
from cursus_tui.pipeline.values import StepSource, missing_variables
from cursus_tui.pipeline.wiring import Refusal
from cursus_tui.records.pipeline import Binding, Finding, Severity, Step, StepKind, Value

TIE_WORD = "ties with"


def resolved_findings(
    dag: PipelineDAGResolver,
    steps: Mapping[str, Step],
    sources: Mapping[str, StepSource],
    bindings: tuple[Binding, ...],
    refused: tuple[Refusal, ...],
    environments: Mapping[str, tuple[Value, ...]],
    config: PipelineConfig,
) -> Iterator[Finding]:
    """Every finding of a resolved pipeline: step by step in topological order, then edges, then the config."""
    by_step: dict[str, list[Binding]] = defaultdict(list)
    for binding in bindings:
        by_step[binding.step].append(binding)
    refused_by_step: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in refused:
        refused_by_step[refusal.step].append(refusal)
    for name, step in steps.items():
        yield from _step_findings(step)
        yield from _refusals(refused_by_step[name])
        yield from _unwired(step, by_step[name], dag.predecessors(name))
        yield from _doubts(by_step[name])
        if name in sources and step.kind is StepKind.SCRIPT:
            yield from _missing_values(name, sources[name], environments[name], config)
            yield from _impossible_values(name, environments[name], config)
    yield from _empty_edges(dag, steps, bindings)
    yield from _config_findings(steps, config)


def _step_findings(step: Step) -> Iterator[Finding]:
    if step.interface is None:
        severity = Severity.WARNING if step.script else Severity.ERROR
        message = f"No interface has the step type of {step.name}, so nothing can be wired to it or from it."
        hint = "Add its *.step.yaml to an interface folder, give its folder with --interfaces, or correct the name."
        yield Finding(severity, "unknown-step-type", step.name, message, hint)
    elif step.kind is StepKind.MISSING_SCRIPT:
        yield Finding(
            Severity.WARNING, "missing-script", step.name, step.why, "Give the folder of scripts with --scripts."
        )
    for channel, path in step.given.items():
        if not (os.path.isfile(path) or os.path.isdir(path)):
            why = "is neither a file nor a folder" if exists(path) else "does not exist"
            message = f"The path given for {step.name}.{channel} {why}: {path}."
            yield Finding(Severity.ERROR, "missing-path", step.name, message, "Give an existing path.", file=path)


def _refusals(refused: list[Refusal]) -> Iterator[Finding]:
    for each in refused:
        source = ".".join(each.source)
        message = f"{each.step}.{each.input} cannot be wired to {source} as you decided: {each.why}."
        hint = "Correct or remove it; until then Cursus' own choice is used."
        yield Finding(Severity.ERROR, "impossible-wiring", each.step, message, hint)


def _unwired(step: Step, bound: list[Binding], before: tuple[str, ...]) -> Iterator[Finding]:
    if step.interface is None:
        return
    contract = step.interface.contract
    served = {binding.input for binding in bound} | set(step.given) | set(contract.skip_inputs)
    for dependency in step.interface.dependencies:
        name = dependency.name
        if not dependency.required or name in served:
            continue
        hint = f"Give it with --input {step.name}.{name}=PATH."
        if name in contract.input_source_overrides:
            field = contract.input_source_overrides[name]
            message = f"{step.name} takes its input {name} from config {field}, which is no path on this box."
            yield Finding(Severity.WARNING, "input-from-config", step.name, message, hint)
            continue
        why = f"no output of {', '.join(before)} suits it" if before else "no edge leads to the step"
        message = f"{step.name} requires the input {name}, and {why}."
        yield Finding(
            Severity.ERROR, "unwired-input", step.name, message, f"Add an edge from the step that makes it. {hint}"
        )


def _doubts(bound: list[Binding]) -> Iterator[Finding]:
    for binding in bound:
        if binding.doubt is None:
            continue
        code = "tied-binding" if binding.doubt.startswith(TIE_WORD) else "doubtful-binding"
        source = f"{binding.source_step}.{binding.source_output}"
        message = f"{binding.step}.{binding.input} is fed by {source} ({binding.score:.2f}): {binding.doubt}."
        hint = f"If it is wrong, wire {binding.input} to another output."
        yield Finding(Severity.WARNING, code, binding.step, message, hint)


def _missing_values(
    name: str, source: StepSource, environment: tuple[Value, ...], config: PipelineConfig
) -> Iterator[Finding]:
    for variable in missing_variables(source, environment):
        severity = Severity.ERROR if config.file else Severity.WARNING
        message = f"{name} requires the environment variable {variable}, and nothing gives it."
        hint = f"Give it with --env {name}.{variable}=VALUE, or a config with --config."
        yield Finding(severity, "missing-variable", name, message, hint)


def _impossible_values(name: str, environment: tuple[Value, ...], config: PipelineConfig) -> Iterator[Finding]:
    for value in environment:
        if why := impossible_variable(value.name, value.value):
            message = f"{name} cannot be given the environment variable {value.name!r} ({value.origin}): {why}."
            hint = "Correct it in the config; until then the step cannot be started."
            yield Finding(Severity.ERROR, "impossible-variable", name, message, hint, file=config.file)


def _empty_edges(
    dag: PipelineDAGResolver, steps: Mapping[str, Step], bindings: tuple[Binding, ...]
) -> Iterator[Finding]:
    carrying = {(binding.source_step, binding.step) for binding in bindings}
    for src, dst in dag.edges:
        known = steps[src].interface is not None and steps[dst].interface is not None
        if known and (src, dst) not in carrying:
            message = f"The edge {src} -> {dst} carries nothing: no output of {src} is bound to an input of {dst}."
            hint = "If only the order matters that is fine; else wire an input to it, or remove the edge."
            yield Finding(Severity.WARNING, "empty-edge", dst, message, hint, file=dag.dag.file)


def _config_findings(steps: Mapping[str, Step], config: PipelineConfig) -> Iterator[Finding]:
    if config.file is None:
        return
    for name in steps:
        if not config.step(name).present:
            message = f"The config says nothing of {name}; interface defaults are used for it."
            hint = f"Add a section {name} to the config, or give another config with --config."
            yield Finding(Severity.WARNING, "step-without-config", name, message, hint, file=config.file)
    for section in config.unused_sections(steps):
        message = f"The config's section {section} belongs to no step of the DAG."
        hint = "Rename it to its step, or leave it if another DAG uses it."
        yield Finding(Severity.INFO, "unused-config-section", None, message, hint, file=config.file)
