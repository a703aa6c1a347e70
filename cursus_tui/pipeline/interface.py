"""What a ``*.step.yaml`` says, validated: one step type's contract and spec, with a job type's variant merged in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any

from cursus_tui.pipeline.documents import check
from cursus_tui.pipeline.shapes import Before, shape
from cursus_tui.records.pipeline import (
    Contract,
    Dependency,
    InputChannel,
    Interface,
    JobArgument,
    OutputChannel,
    OutputSpec,
)

WHAT = "a step interface: step_type, contract and spec"


def _empty_section(value: Any) -> Any:
    """A section that is named but left empty is read as YAML's null; it means: nothing in it."""
    return {} if value is None else value


def _as_text(value: Any) -> Any:
    """A default that YAML took for a number or a boolean, as the environment would hold it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


Text = Annotated[str, Before(_as_text)]


@shape
class _Input:
    path: str | None = None
    required: bool = True
    channels: tuple[str, ...] = ()


@shape
class _Output:
    path: str | None = None


@shape
class _Environment:
    required: tuple[str, ...] = ()
    optional: Annotated[dict[str, Text], Before(_empty_section)] = field(default_factory=dict)


@shape
class _Argument:
    flag: str
    source: str | None = None


@shape
class _Contract:
    entry_point: str | None = None
    inputs: Annotated[dict[str, Annotated[_Input, Before(_empty_section)]], Before(_empty_section)] = field(
        default_factory=dict
    )
    outputs: Annotated[dict[str, Annotated[_Output, Before(_empty_section)]], Before(_empty_section)] = field(
        default_factory=dict
    )
    env_vars: Annotated[_Environment, Before(_empty_section)] = field(default_factory=_Environment)
    job_arguments: tuple[_Argument, ...] = ()
    skip_inputs: tuple[str, ...] = ()
    input_source_overrides: Annotated[dict[str, str], Before(_empty_section)] = field(default_factory=dict)
    sink: bool = False
    computed_env_paths: Annotated[dict[str, tuple[str, ...]], Before(_empty_section)] = field(default_factory=dict)


@shape
class _Dependency:
    type: str = "processing_output"
    required: bool = True
    compatible_sources: tuple[str, ...] = ()
    semantic_keywords: tuple[str, ...] = ()
    data_type: str = "S3Uri"


@shape
class _OutputSpec:
    type: str = "processing_output"
    aliases: tuple[str, ...] = ()
    data_type: str = "S3Uri"
    property_path: str | None = None


@shape
class _Spec:
    dependencies: Annotated[dict[str, Annotated[_Dependency, Before(_empty_section)]], Before(_empty_section)] = field(
        default_factory=dict
    )
    outputs: Annotated[dict[str, Annotated[_OutputSpec, Before(_empty_section)]], Before(_empty_section)] = field(
        default_factory=dict
    )


@shape
class _Registry:
    sagemaker_step_type: str = "Processing"


@shape
class _InterfaceDocument:
    step_type: str
    node_type: str = "internal"
    registry: Annotated[_Registry, Before(_empty_section)] = field(default_factory=_Registry)
    contract: Annotated[_Contract, Before(_empty_section)] = field(default_factory=_Contract)
    spec: Annotated[_Spec, Before(_empty_section)] = field(default_factory=_Spec)


def deep_merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` laid on ``base``: mappings are merged key by key, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = deep_merge(below, value)
        else:
            merged[key] = value
    return merged


def build_interface(document: Mapping[str, Any], file: Path, job_type: str | None, text: str = "") -> Interface:
    """The interface of a step type for a job type.

    As in Cursus, a job type without a variant gets the base; a variant changes ``spec`` and ``contract`` only.

    Args:
        document: What the file holds.
        file: Where it was read from.
        job_type: The job type whose variant is wanted, or None.
        text: The file's text, to find the line of a wrong field.

    Raises:
        UserError: A field is wrong; names it.
    """
    variants = document.get("variants")
    variant = variants.get(job_type) if isinstance(variants, Mapping) and job_type else None
    if isinstance(variant, Mapping):
        sections = {name: variant[name] for name in ("spec", "contract") if isinstance(variant.get(name), Mapping)}
        document = deep_merge(document, sections)
    return _record(check(_InterfaceDocument, document, file, WHAT, text), file)


def _record(document: _InterfaceDocument, file: Path) -> Interface:
    return Interface(
        step_type=document.step_type,
        sagemaker_step_type=document.registry.sagemaker_step_type,
        contract=_contract(document.contract),
        dependencies=tuple(
            Dependency(
                name=name,
                type=dependency.type,
                required=dependency.required,
                compatible_sources=dependency.compatible_sources,
                semantic_keywords=dependency.semantic_keywords,
                data_type=dependency.data_type,
            )
            for name, dependency in document.spec.dependencies.items()
        ),
        outputs=tuple(
            OutputSpec(
                name=name,
                type=output.type,
                aliases=output.aliases,
                data_type=output.data_type,
                property_path=output.property_path,
            )
            for name, output in document.spec.outputs.items()
        ),
        file=file,
        node_type=document.node_type,
    )


def _contract(contract: _Contract) -> Contract:
    return Contract(
        entry_point=contract.entry_point,
        inputs=tuple(
            InputChannel(name, channel.path, channel.required, channel.channels)
            for name, channel in contract.inputs.items()
        ),
        outputs=tuple(OutputChannel(name, channel.path) for name, channel in contract.outputs.items()),
        required_env=contract.env_vars.required,
        optional_env=contract.env_vars.optional,
        job_arguments=tuple(JobArgument(argument.flag, argument.source) for argument in contract.job_arguments),
        skip_inputs=contract.skip_inputs,
        input_source_overrides=contract.input_source_overrides,
        sink=contract.sink,
        computed_env_paths=contract.computed_env_paths,
    )
