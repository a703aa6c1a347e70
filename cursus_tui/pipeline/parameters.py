"""Other values for a step's parameters, by the names that whoever types them in Python knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cursus_tui.pipeline.overrides import nearest
from cursus_tui.pipeline.values import as_text
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Overrides, Pipeline


def parameters(pipeline: Pipeline, step: str, values: Mapping[str, Any]) -> Overrides:
    """Environment variables and arguments of a step with these values, and nothing else.

    Args:
        pipeline: The pipeline.
        step: One of its steps.
        values: Name -> value; ``job_type`` names the argument ``--job-type``, too.

    Returns:
        Overrides to be merged over those in force.

    Raises:
        UserError: The step has no such parameter.
    """
    variables = {each.name for each in pipeline.environment.get(step, ())}
    flags = {each.name.lstrip("-") for each in pipeline.arguments.get(step, ())}
    environment, arguments = {}, {}
    for name, value in values.items():
        flag = next((each for each in (name, name.replace("_", "-")) if each in flags), None)
        if name in variables:
            environment[name] = as_text(value)
        elif flag is not None:
            arguments[flag] = as_text(value)
        else:
            known = variables | flags
            close = nearest(name, known)
            hint = f"did you mean {close}?" if close else "it has " + (", ".join(sorted(known)) or "none")
            raise UserError(f"{step} has no environment variable or argument {name!r}", hint=hint)
    return Overrides(environment={step: environment}, arguments={step: arguments})
