"""How alike two channel names are, by Cursus' own measure: the numbers must equal its, or bindings differ.

The weights and word lists are those of Cursus 2.9.32 (its ``core/deps``); ``wiring_truth.json`` proves the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from functools import lru_cache

STRING_WEIGHT = 0.3
TOKEN_WEIGHT = 0.25
SYNONYM_WEIGHT = 0.25
CONTAINMENT_WEIGHT = 0.2

SYNONYM_POINTS = 0.8
"""What two words of one synonym group count for, where the same word counts 1."""

SHORTEST_CONTAINED_WORD = 3

SYNONYM_GROUPS = (
    frozenset({"model", "artifact", "trained", "output"}),
    frozenset({"data", "dataset", "input", "processed", "training"}),
    frozenset({"config", "configuration", "params", "parameters", "hyperparameters", "settings"}),
    frozenset({"payload", "sample", "test", "inference", "example"}),
    frozenset({"output", "result", "artifact", "generated", "produced"}),
    frozenset({"training", "train", "fit", "learn"}),
    frozenset({"preprocessing", "preprocess", "processed", "clean", "transform"}),
)

ABBREVIATIONS = {
    "config": "configuration",
    "params": "parameters",
    "hyperparams": "hyperparameters",
    "preprocess": "preprocessing",
    "eval": "evaluation",
    "reg": "registration",
    "pkg": "package",
    "packaged": "package",
}

STOP_WORDS = frozenset(["the", "a", "an", "and", "or", "but", "in", "on", "at", "to", "for", "of", "with", "by"])


@lru_cache(maxsize=4096)
def normalized_words(name: str) -> tuple[str, ...]:
    """A name as words: lower case, abbreviations written out, stop words dropped."""
    plain = re.sub(r"[^a-z0-9\s]", "", re.sub(r"[_\-.]", " ", name.lower()))
    words = (ABBREVIATIONS.get(word, word) for word in plain.split())
    return tuple(word for word in words if word not in STOP_WORDS)


@lru_cache(maxsize=65536)
def name_similarity(one: str, other: str) -> float:
    """How alike two names are, 0 to 1."""
    if not one or not other:
        return 0.0
    left, right = normalized_words(one), normalized_words(other)
    if left == right:
        return 1.0
    left_text, right_text = " ".join(left), " ".join(right)
    return (
        STRING_WEIGHT * SequenceMatcher(None, left_text, right_text).ratio()
        + TOKEN_WEIGHT * _shared_words(set(left), set(right))
        + SYNONYM_WEIGHT * _shared_meaning(set(left), set(right))
        + CONTAINMENT_WEIGHT * _containment(left_text, right_text)
    )


def best_similarity(name: str, candidates: Iterable[str]) -> tuple[float, str]:
    """The candidate most like a name, and how alike they are; the first among equals."""
    best, winner = 0.0, ""
    for candidate in candidates:
        likeness = name_similarity(name, candidate)
        if likeness > best or not winner:
            best, winner = likeness, candidate
    return best, winner


def _shared_words(left: set[str], right: set[str]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0


def _shared_meaning(left: set[str], right: set[str]) -> float:
    if not left or not right:
        return 0.0
    return sum(_word_points(one, other) for one in left for other in right) / (len(left) * len(right))


def _word_points(one: str, other: str) -> float:
    if one == other:
        return 1.0
    return SYNONYM_POINTS if any(one in group and other in group for group in SYNONYM_GROUPS) else 0.0


def _containment(left: str, right: str) -> float:
    """How much of the longer text the shorter one fills where it stands in it; else the same of their words."""
    if left in right or right in left:
        return _length_ratio(left, right)
    return max(
        (
            _length_ratio(one, other)
            for one in left.split()
            for other in right.split()
            if min(len(one), len(other)) >= SHORTEST_CONTAINED_WORD and (one in other or other in one)
        ),
        default=0.0,
    )


def _length_ratio(one: str, other: str) -> float:
    return min(len(one), len(other)) / max(len(one), len(other))
