"""Where each input of a step comes from: the user, an earlier step's output, the project, or nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cursus_tui.records.pipeline import Binding, Pipeline, Step, StepKind

HYPERPARAMETERS = "hyperparameters.json"


@dataclass(frozen=True, slots=True)
class Given:
    """A path that the user gave, or a file of the project that Cursus ships with the script."""

    channel: str
    path: Path


@dataclass(frozen=True, slots=True)
class Wired:
    """An output of another step."""

    channel: str
    required: bool
    binding: Binding


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing feeds it."""

    channel: str
    required: bool
    reason: str


InputSource = Given | Wired | Missing


def input_names(step: Step) -> dict[str, bool]:
    """Every logical input of a step, and whether it is required.

    The spec decides that where it names the input, as in Cursus' own step builder; inputs that the contract
    lists under ``skip_inputs`` are never mounted.
    """
    if step.interface is None:
        return {}
    contract = step.interface.contract
    names = {each.name: each.required for each in contract.inputs}
    names.update({each.name: each.required for each in step.interface.dependencies})
    return {name: required and name not in contract.skip_inputs for name, required in names.items()}


def input_sources(pipeline: Pipeline, step: Step, feeding: Iterable[Binding]) -> Iterator[InputSource]:
    """Where each input of a step comes from.

    Args:
        pipeline: The pipeline.
        step: The step.
        feeding: The bindings that feed it.
    """
    bindings = {each.input: each for each in feeding}
    names = input_names(step)
    names.update({name: True for name in (*bindings, *_given_inputs(step)) if name not in names})
    for name, required in names.items():
        if name in step.given:
            yield Given(name, step.given[name])
        elif name in bindings:
            yield Wired(name, required, bindings[name])
        elif (file := pipeline.layout.hyperparameters) and _container_path(step, name).name == HYPERPARAMETERS:
            yield Given(name, file)
        else:
            yield Missing(name, required, "is wired to nothing")


def _container_path(step: Step, name: str) -> PurePosixPath:
    if step.interface is None:
        return PurePosixPath()
    return PurePosixPath(next((each.path or "" for each in step.interface.contract.inputs if each.name == name), ""))


def output_names(step: Step) -> tuple[str, ...]:
    """The logical outputs of a step."""
    if step.interface is None:
        return ()
    contract, spec = step.interface.contract.outputs, step.interface.outputs
    return tuple(dict.fromkeys([*(each.name for each in contract), *(each.name for each in spec)]))


def _given_inputs(step: Step) -> list[str]:
    outputs = output_names(step) if step.given else ()
    return [name for name in step.given if name not in outputs]


def given_outputs(step: Step) -> Mapping[str, Path]:
    """Outputs for which the user gave data, so that the step need not run; a step with a script runs it."""
    if step.kind is StepKind.SCRIPT:
        return {}
    outputs = output_names(step)
    return {name: path for name, path in step.given.items() if name in outputs or step.interface is None}


def how_to_give(step: str, channel: str) -> str:
    """What the user can do about an input that nothing feeds."""
    return f"give it with --input {step}.{channel}=PATH, or = here"
