"""What a user decides about a pipeline: merging it from several places, and checking its names."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import TypeVar

from cursus_tui.records.pipeline import Overrides, Pipeline

V = TypeVar("V")


def merge(*overrides: Overrides) -> Overrides:
    """All of these as one; where two decide the same thing, the later one wins."""
    return reduce(_merge_two, overrides, Overrides())


def _merge_two(first: Overrides, second: Overrides) -> Overrides:
    return Overrides(
        inputs=_by_step(first.inputs, second.inputs),
        environment=_by_step(first.environment, second.environment),
        arguments=_by_step(first.arguments, second.arguments),
        wiring=_by_step(first.wiring, second.wiring),
        job_types={**first.job_types, **second.job_types},
        scripts={**first.scripts, **second.scripts},
        isolation={**first.isolation, **second.isolation},
        pythons={**first.pythons, **second.pythons},
        stubs=tuple(dict.fromkeys((*first.stubs, *second.stubs))),
    )


def _by_step(first: Mapping[str, Mapping[str, V]], second: Mapping[str, Mapping[str, V]]) -> dict[str, dict[str, V]]:
    return {step: {**first.get(step, {}), **second.get(step, {})} for step in dict.fromkeys((*first, *second))}


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that this one is probably meant to be."""
    by_folded = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def unknown_names(pipeline: Pipeline, overrides: Overrides) -> Iterator[tuple[str, str, str]]:
    """Names in the overrides that the pipeline does not have.

    Yields:
        (where, what is wrong, what was probably meant or what there is): ``("inputs", "no step 'Trian'", "Train")``.
    """
    by_step: dict[str, Mapping[str, object]] = {
        "inputs": overrides.inputs,
        "environment": overrides.environment,
        "arguments": overrides.arguments,
        "wiring": overrides.wiring,
        "job_types": overrides.job_types,
        "stand_ins": overrides.scripts,
        "isolation": overrides.isolation,
        "pythons": overrides.pythons,
    }
    for section, steps in by_step.items():
        for step in steps:
            if step not in pipeline.steps:
                yield section, f"there is no step {step!r}", _suggestion(step, pipeline.steps)
    yield from _unknown_channels(pipeline, overrides)


def _unknown_channels(pipeline: Pipeline, overrides: Overrides) -> Iterator[tuple[str, str, str]]:
    for name, channels in overrides.inputs.items():
        known = _inputs(pipeline, name) | _outputs(pipeline, name)
        for channel in channels:
            if known and channel not in known:
                yield "inputs", f"step {name} has no channel {channel!r}", _suggestion(channel, sorted(known))
    for name, inputs in overrides.wiring.items():
        for channel, source in inputs.items():
            if (known := _inputs(pipeline, name)) and channel not in known:
                yield "wiring", f"step {name} has no input {channel!r}", _suggestion(channel, sorted(known))
            if source is None:
                continue
            if source[0] not in pipeline.steps:
                yield "wiring", f"there is no step {source[0]!r}", _suggestion(source[0], pipeline.steps)
            elif (known := _outputs(pipeline, source[0])) and source[1] not in known:
                yield (
                    "wiring",
                    f"step {source[0]} has no output {source[1]!r}",
                    _suggestion(source[1], sorted(known)),
                )


def _inputs(pipeline: Pipeline, name: str) -> set[str]:
    step = pipeline.steps.get(name)
    if step is None or step.interface is None:
        return set()
    return {each.name for each in step.interface.dependencies} | {each.name for each in step.interface.contract.inputs}


def _outputs(pipeline: Pipeline, name: str) -> set[str]:
    step = pipeline.steps.get(name)
    if step is None or step.interface is None:
        return set()
    return {each.name for each in step.interface.outputs} | {each.name for each in step.interface.contract.outputs}


def _suggestion(name: str, known: Iterable[str], limit: int = 12) -> str:
    names = list(known)
    if close := nearest(name, names):
        return f"did you mean {close}?"
    shown = ", ".join(names[:limit])
    return f"it has: {shown}" + (f" and {len(names) - limit} more" if len(names) > limit else "")
