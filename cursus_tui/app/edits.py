"""Edits of a pipeline as new overrides: pure, one function a kind of edit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cursus_tui.pipeline.given_files import absolute
from cursus_tui.records.pipeline import Overrides, Pipeline

Given = TypeVar("Given")


class EditKind(StrEnum):
    """What can be edited of a step."""

    ENVIRONMENT = "environment"
    ARGUMENT = "argument"
    INPUT = "input"
    """Its wiring, or a path in its place."""
    DATA = "data"
    """A folder that stands in for what a source step would bring."""
    SCRIPT = "script"
    JOB_TYPE = "job type"


@dataclass(frozen=True, slots=True)
class EditTarget:
    """One value that can be edited."""

    step: str
    kind: EditKind
    name: str
    """Variable, flag with its dashes, or channel; empty for a script or job type."""
    value: str = ""


def set_environment(overrides: Overrides, step: str, name: str, value: str) -> Overrides:
    """Give an environment variable this value."""
    return replace(overrides, environment=_put(overrides.environment, step, name, value))


def set_argument(overrides: Overrides, step: str, flag: str, value: str) -> Overrides:
    """Give a flag this value; the flag may come with its dashes."""
    return replace(overrides, arguments=_put(overrides.arguments, step, flag.lstrip("-"), value))


def set_wiring(overrides: Overrides, step: str, name: str, source: tuple[str, str] | None) -> Overrides:
    """Feed an input from (step, output), or from nothing; a path given before no longer counts."""
    given = {channel: path for channel, path in overrides.inputs.get(step, {}).items() if channel != name}
    return replace(
        overrides,
        wiring=_put(overrides.wiring, step, name, source),
        inputs={**overrides.inputs, step: given},
    )


def set_path(overrides: Overrides, step: str, channel: str, path: Path) -> Overrides:
    """Feed a channel from a path of the user's."""
    return replace(overrides, inputs=_put(overrides.inputs, step, channel, path))


def set_script(overrides: Overrides, step: str, script: Path) -> Overrides:
    """Run this script for the step."""
    return replace(overrides, scripts={**overrides.scripts, step: script})


def set_job_type(overrides: Overrides, step: str, job_type: str) -> Overrides:
    """Run the step as this job type."""
    return replace(overrides, job_types={**overrides.job_types, step: job_type})


def _put(
    before: Mapping[str, Mapping[str, Given]], step: str, name: str, value: Given
) -> Mapping[str, Mapping[str, Given]]:
    # Plain mappings: they are stored, and pydantic warns of any other.
    return {**before, step: {**before.get(step, {}), name: value}}


def candidates(pipeline: Pipeline, step: str) -> tuple[tuple[str, str], ...]:
    """(step, output) of every output that could feed a step: those of the steps directly before it, in order."""
    found: list[tuple[str, str]] = []
    before = {source for source, target in pipeline.edges if target == step}
    for name, source in pipeline.steps.items():
        if name in before and source.interface is not None:
            declared = [output.name for output in source.interface.outputs]
            declared += [output.name for output in source.interface.contract.outputs]
            found += [(name, output) for output in dict.fromkeys(declared)]
    return tuple(found)


def refusal(target: EditTarget, text: str) -> str | None:
    """Why a typed value cannot be taken; None when it can. Paths are chosen elsewhere."""
    if "\x00" in text:
        return "a value cannot hold a NUL character"
    if target.kind is EditKind.JOB_TYPE and not text.strip():
        return "a job type is needed"
    return _no_longer_json(target.value, text)


def _no_longer_json(before: str, text: str) -> str | None:
    """A script that gets an object or a list reads it as JSON: a slip of the pen there would only show in its crash."""
    if not before.lstrip().startswith(("{", "[")) or not text.strip():
        return None
    try:
        json.loads(before)
    except ValueError:
        return None
    try:
        json.loads(text)
    except ValueError as problem:
        return f"it was JSON and would be no more: {problem}"
    return None


def apply(overrides: Overrides, target: EditTarget, text: str) -> Overrides:
    """The overrides with a typed value in force."""
    if target.kind is EditKind.ENVIRONMENT:
        return set_environment(overrides, target.step, target.name, text)
    if target.kind is EditKind.ARGUMENT:
        return set_argument(overrides, target.step, target.name, text)
    if target.kind is EditKind.SCRIPT:
        return set_script(overrides, target.step, absolute(text).resolve())
    if target.kind is EditKind.JOB_TYPE:
        return set_job_type(overrides, target.step, text.strip())
    return set_path(overrides, target.step, target.name, absolute(text).resolve())


def data_channel(pipeline: Pipeline, step: str) -> str | None:
    """The output of a source step that a folder would stand in for: the one that feeds most, else the first."""
    used = [binding.source_output for binding in pipeline.bindings if binding.source_step == step]
    if used:
        return max(dict.fromkeys(used), key=used.count)
    interface = pipeline.steps[step].interface
    if interface is None:
        return None
    declared = [output.name for output in interface.outputs] or [output.name for output in interface.contract.outputs]
    return declared[0] if declared else None
