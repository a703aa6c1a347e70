"""From the name of a node to its step type: ``TabularPreprocessing_training`` is a ``TabularPreprocessing`` step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

LEGACY_STEP_TYPES: Mapping[str, str] = {
    "MIMSPackaging": "Package",
    "MIMSPayload": "Payload",
    "ModelRegistration": "Registration",
    "PytorchTraining": "PyTorchTraining",
    "PytorchModel": "PyTorchModel",
}
"""Names that Cursus gave its step types before it settled them; interfaces still list them as sources."""


@dataclass(frozen=True, slots=True)
class NodeName:
    """What the name of a node says."""

    step_type: str | None
    """None where no known step type begins it."""
    suffix: str | None
    """What follows the step type; often, but not always, the job type."""


@lru_cache(maxsize=16384)
def name_key(name: str) -> str:
    """A name without case and separators, as names are compared."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def index_step_types(step_types: Iterable[str]) -> dict[str, str]:
    """Step types by their key, first wins; legacy names lead to the step type that replaced them."""
    index: dict[str, str] = {}
    for step_type in step_types:
        index.setdefault(name_key(step_type), step_type)
    for legacy, current in LEGACY_STEP_TYPES.items():
        if name_key(current) in index:
            index.setdefault(name_key(legacy), index[name_key(current)])
    return index


def split_node(node: str, index: Mapping[str, str]) -> NodeName:
    """Strip ``_x`` from the end of a node's name until the rest is a known step type.

    Args:
        node: The node, as the DAG names it.
        index: Known step types, from ``index_step_types``.
    """
    parts = node.split("_")
    for kept in range(len(parts), 0, -1):
        step_type = index.get(name_key("_".join(parts[:kept])))
        if step_type is not None:
            return NodeName(step_type, "_".join(parts[kept:]) or None)
    return NodeName(None, None)
