"""How well an output suits an input: Cursus' compatibility, with its parts kept so that it can be explained."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cursus_tui.pipeline.names import LEGACY_STEP_TYPES
from cursus_tui.pipeline.similarity import best_similarity
from cursus_tui.records.pipeline import Dependency, OutputSpec

SAME_TYPE, COMPATIBLE_TYPE = 0.4, 0.2
SAME_DATA_TYPE, COMPATIBLE_DATA_TYPE = 0.2, 0.1
SIMILARITY_WEIGHT = 0.25
EXACT_NAME = 0.05
LISTED_SOURCE, UNLISTED_SOURCE = 0.1, -0.1
KEYWORD_WEIGHT = 0.05
THRESHOLD = 0.5
"""Cursus binds only what scores above this."""

ACCEPTED_TYPES = {
    "training_data": frozenset({"processing_output"}),
    "processing_output": frozenset({"training_data"}),
    "hyperparameters": frozenset({"custom_property"}),
    "payload_samples": frozenset({"processing_output"}),
}
"""Type of an input -> other types of output that it takes."""

ACCEPTED_DATA_TYPES = {
    "S3Uri": frozenset({"String"}),
    "String": frozenset({"S3Uri"}),
    "Integer": frozenset({"Float"}),
    "Float": frozenset({"Integer"}),
}


@dataclass(frozen=True, slots=True)
class Compatibility:
    """A score and what it is made of."""

    score: float
    similarity: float
    exact_name: bool
    listed_source: bool | None
    """None where the input names no sources."""
    reason: str


@lru_cache(maxsize=32768)
def rate(dependency: Dependency, output: OutputSpec, source_type: str) -> Compatibility | None:
    """Rate an output of a step of type ``source_type`` for an input; None where their types do not go together."""
    if dependency.type == output.type:
        points, reasons = SAME_TYPE, ["same type"]
    elif output.type in ACCEPTED_TYPES.get(dependency.type, frozenset()):
        points, reasons = COMPATIBLE_TYPE, [f"{output.type} is taken for {dependency.type}"]
    else:
        return None
    if dependency.data_type == output.data_type:
        points += SAME_DATA_TYPE
        reasons.append("same data type")
    elif output.data_type in ACCEPTED_DATA_TYPES.get(dependency.data_type, frozenset()):
        points += COMPATIBLE_DATA_TYPE
        reasons.append(f"{output.data_type} is taken for {dependency.data_type}")
    similarity, nearest = best_similarity(dependency.name, (output.name, *output.aliases))
    points += similarity * SIMILARITY_WEIGHT
    exact = dependency.name == output.name or dependency.name in output.aliases
    points += EXACT_NAME if exact else 0.0
    reasons.append(_name_reason(dependency.name, output.name, nearest, similarity, exact=exact))
    listed = is_listed(source_type, dependency.compatible_sources) if dependency.compatible_sources else None
    if listed is not None:
        points += LISTED_SOURCE if listed else UNLISTED_SOURCE
        reasons.append(f"{source_type} is {'among' if listed else 'not among'} the sources it names")
    if dependency.semantic_keywords:
        found = sum(keyword.lower() in output.name.lower() for keyword in dependency.semantic_keywords)
        points += found / len(dependency.semantic_keywords) * KEYWORD_WEIGHT
        reasons.append(f"{found} of {len(dependency.semantic_keywords)} keywords")
    return Compatibility(min(points, 1.0), similarity, exact, listed, ", ".join(reasons))


def is_listed(step_type: str, sources: tuple[str, ...]) -> bool:
    """Whether an input names a step type as a source; a ``Step`` at the end and legacy names count as equal."""
    equals = {step_type, *(old for old, new in LEGACY_STEP_TYPES.items() if new == step_type)}
    bare = step_type.removesuffix("Step")
    return any(source in equals or source.removesuffix("Step") == bare for source in sources)


def _name_reason(wanted: str, output: str, nearest: str, similarity: float, *, exact: bool) -> str:
    if wanted == output:
        return "same name"
    if exact:
        return f"{wanted} is an alias of {output}"
    if nearest == output:
        return f"names alike by {similarity:.2f}"
    return f"alias {nearest} alike by {similarity:.2f}"
