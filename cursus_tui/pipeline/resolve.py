"""From a project's files and the user's decisions to a pipeline that is known in every part. Starts no process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_tui.pipeline.catalog import StepCatalog
from cursus_tui.pipeline.config import PipelineConfig, read_config, read_hyperparameters
from cursus_tui.pipeline.cursus_rules import INPUT_FIELDS
from cursus_tui.pipeline.dag import PipelineDAGResolver, read_dag
from cursus_tui.pipeline.kinds import classify
from cursus_tui.pipeline.names import NodeName
from cursus_tui.pipeline.process_environment import impossible_variable
from cursus_tui.pipeline.resolved_findings import resolved_findings
from cursus_tui.pipeline.scripts import exists, python_folders
from cursus_tui.pipeline.values import BY_USER, BuilderValues, StepSource, arguments, environment, resolve_job_type
from cursus_tui.pipeline.wiring import Refusal, candidates, sort_decisions, wire_step
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import (
    Binding,
    Interface,
    Isolation,
    Overrides,
    Pipeline,
    ProjectLayout,
    Step,
    Value,
)


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A step and where its values come from."""

    step: Step
    source: StepSource | None


def resolve(
    layout: ProjectLayout,
    overrides: Overrides,
    *,
    catalog: StepCatalog | None = None,
    builders: Mapping[str, BuilderValues] | None = None,
) -> Pipeline:
    """Everything that is known about a pipeline before anything runs.

    Whatever is wrong with the DAG, the wiring or the scripts becomes a finding; without a config, the interfaces'
    defaults are used.

    Args:
        layout: Where the project's files are.
        overrides: What the user decided; names that the pipeline does not have are ignored.
        catalog: The known step types; read from the layout's folders where it is not given.
        builders: Step -> the exact environment and arguments, where Cursus itself could be asked.

    Raises:
        UserError: The DAG, the config, the hyperparameters or an interface that is needed cannot be read, or the user
            decided something that cannot be.
    """
    _refuse_impossible(overrides)
    catalog = catalog or StepCatalog(layout.interfaces)
    config = read_config(layout.config) if layout.config else PipelineConfig()
    hyperparameters = read_hyperparameters(layout.hyperparameters) if layout.hyperparameters else {}
    dag = PipelineDAGResolver(read_dag(layout.dag_file))
    ordered = dag.extended(_decided_edges(overrides))
    resolved = {
        node: _resolve_step(node, layout, overrides, catalog, config, hyperparameters, (builders or {}).get(node))
        for node in ordered.topological_order
    }
    sources = {node: each.source for node, each in resolved.items() if each.source is not None}
    steps = {node: each.step for node, each in resolved.items()}
    interfaces = {node: source.interface for node, source in sources.items()}
    bindings, refused = _wire(dag, ordered, interfaces, overrides)
    environments = {node: _environment(sources.get(node), overrides.environment.get(node, {})) for node in steps}
    command_lines = {node: _arguments(sources.get(node), overrides.arguments.get(node, {})) for node in steps}
    findings = resolved_findings(dag, steps, sources, bindings, refused, environments, config)
    return Pipeline(
        name=dag.dag.name,
        layout=layout,
        steps=steps,
        edges=ordered.edges,
        bindings=bindings,
        environment=environments,
        arguments=command_lines,
        findings=(*dag.findings(), *catalog.findings, *findings),
        overrides=overrides,
        python_paths=python_folders(layout, (step.script for step in steps.values() if step.script)),
    )


def _refuse_impossible(overrides: Overrides) -> None:
    for step, values in overrides.environment.items():
        for name, value in values.items():
            if why := impossible_variable(name, value):
                raise UserError(f"{step} cannot be given the environment variable {name!r}: {why}")


def _resolve_step(
    node: str,
    layout: ProjectLayout,
    overrides: Overrides,
    catalog: StepCatalog,
    config: PipelineConfig,
    hyperparameters: Mapping[str, Any],
    builder: BuilderValues | None,
) -> _Resolved:
    name = catalog.split_node(node)
    own = config.step(node)
    job_type = resolve_job_type(name.step_type, name.suffix, own, overrides.job_types.get(node))
    interface = _interface(catalog, name, job_type)
    source = StepSource(interface, own, hyperparameters, job_type, builder) if interface else None
    given = _given(layout, source, overrides.inputs.get(node, {}))
    found = classify(node, name.step_type or node, layout, source, overrides.scripts.get(node), given)
    step = Step(
        name=node,
        step_type=name.step_type or node,
        job_type=job_type.value if job_type else None,
        kind=found.kind,
        script=found.script,
        interface=interface,
        why=found.why,
        tried=found.tried,
        isolation=overrides.isolation.get(node, Isolation.ZYGOTE),
        python=overrides.pythons.get(node),
        given=given,
    )
    return _Resolved(step, source)


def _interface(catalog: StepCatalog, name: NodeName, job_type: Value | None) -> Interface | None:
    return catalog.interface(name.step_type, job_type.value if job_type else None) if name.step_type else None


def _decided_edges(overrides: Overrides) -> list[tuple[str, str]]:
    """(source, step) of every input that the user wired: it orders the two as an edge of the DAG would."""
    chosen = ((source, step) for step, inputs in overrides.wiring.items() for source in inputs.values())
    return [(source[0], step) for source, step in chosen if source is not None]


def _wire(
    dag: PipelineDAGResolver, ordered: PipelineDAGResolver, interfaces: Mapping[str, Interface], overrides: Overrides
) -> tuple[tuple[Binding, ...], tuple[Refusal, ...]]:
    bindings: list[Binding] = []
    refused: list[Refusal] = []
    for node in ordered.topological_order:
        wanted = overrides.wiring.get(node, {})
        upstream = frozenset(ordered.ancestors(node)) if wanted else frozenset()
        decided, impossible = sort_decisions(node, wanted, upstream, interfaces)
        bindings += wire_step(node, candidates(node, dag.predecessors(node), interfaces), decided)
        refused += impossible
    return tuple(bindings), tuple(refused)


def _environment(source: StepSource | None, chosen: Mapping[str, str]) -> tuple[Value, ...]:
    return environment(source, chosen) if source is not None else _by_user(chosen, prefix="")


def _arguments(source: StepSource | None, chosen: Mapping[str, str]) -> tuple[Value, ...]:
    return arguments(source, chosen) if source is not None else _by_user(chosen, prefix="--")


def _by_user(values: Mapping[str, str], prefix: str) -> tuple[Value, ...]:
    names = {name: f"{prefix}{name.lstrip('-')}" if prefix else name for name in values}
    return tuple(Value(names[name], text, BY_USER, certain=True) for name, text in values.items())


def _given(layout: ProjectLayout, source: StepSource | None, chosen: Mapping[str, Path]) -> dict[str, Path]:
    """Paths for a step's channels: the user's, and what the config names where Cursus takes an input from it."""
    if source is None:
        return dict(chosen)
    given: dict[str, Path] = {}
    for channel, method in source.interface.contract.input_source_overrides.items():
        named = next((text for field in INPUT_FIELDS.get(method, (method,)) if (text := source.config.text(field))), "")
        place = layout.root / named
        if named and "://" not in named and exists(place):
            given[channel] = place
    return {**given, **chosen}
