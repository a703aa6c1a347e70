"""What there is to know of a model: its parameters, what it learned, its configuration. Nothing is computed."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, Tuple

from .summaries import one_line

Fact = Tuple[str, str, str, str]
"""Part (``parameter``, ``fitted``, ``step``, ``booster``, ``weight``), name, type and value, as one line."""
MAX_FACTS = 5_000
_MAX_VALUE = 500


def is_model(value: Any) -> bool:
    """Whether it is an estimator as scikit-learn knows them, a booster, or a module of torch."""
    kind = type(value)
    if isinstance(value, type) or kind.__module__ == "builtins":
        return False
    return callable(getattr(kind, "get_params", None)) or _is_booster(value) or _is_module(value)


def facts_of(model: Any) -> List[Fact]:
    """Everything about a model, in order; what cannot be read says so."""
    found: List[Fact] = []
    for read in _readers(model):
        try:
            for fact in read(model):
                found.append(fact)
                if len(found) >= MAX_FACTS:
                    return found
        except Exception as error:
            found.append(("", "not shown", type(error).__name__, one_line(error, _MAX_VALUE)))
    return found


def _readers(model: Any) -> Iterator[Callable[[Any], Iterable[Fact]]]:
    if callable(getattr(type(model), "get_params", None)):
        yield _parameters
        yield _fitted
    if callable(getattr(type(model), "get_booster", None)) and "_Booster" in vars(model):
        yield lambda fitted: _booster(fitted.get_booster())
    if _is_booster(model):
        yield _booster
    if _is_module(model):
        yield _weights


def _parameters(model: Any) -> Iterator[Fact]:
    parameters: Dict[str, Any] = model.get_params(deep=False)
    for name, value in parameters.items():
        if name == "steps" and isinstance(value, list):
            for each in value:
                yield _fact("step", each[0], each[1])
        else:
            yield _fact("parameter", name, value)


def _fitted(model: Any) -> Iterator[Fact]:
    for name, value in list(vars(model).items()):
        if name.endswith("_") and not name.startswith("_"):
            yield _fact("fitted", name, value)


def _booster(booster: Any) -> Iterator[Fact]:
    for name in ("num_features", "num_boosted_rounds", "num_trees", "num_feature", "current_iteration"):
        ask = getattr(booster, name, None)
        if callable(ask):
            yield _fact("booster", name, ask())
    names = getattr(booster, "feature_names", None)
    if names is None and callable(getattr(booster, "feature_name", None)):
        names = booster.feature_name()
    yield _fact("booster", "feature_names", names)
    if isinstance(getattr(booster, "params", None), dict):
        for name, value in booster.params.items():
            yield _fact("booster", name, value)
    if callable(getattr(booster, "save_config", None)):
        yield from _flat("", json.loads(booster.save_config()))


def _flat(path: str, value: Any) -> Iterator[Fact]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat("%s.%s" % (path, name) if path else str(name), inner)
    else:
        yield ("booster", path, type(value).__name__, value if isinstance(value, str) else one_line(value, _MAX_VALUE))


def _weights(module: Any) -> Iterator[Fact]:
    for name, weight in module.named_parameters():
        yield _fact("weight", name, weight)


def _fact(part: str, name: Any, value: Any) -> Fact:
    return part, str(name), type(value).__name__, one_line(value, _MAX_VALUE)


def _is_booster(value: Any) -> bool:
    libraries = (sys.modules.get("xgboost"), sys.modules.get("lightgbm"))
    kinds = tuple(kind for kind in (getattr(each, "Booster", None) for each in libraries) if isinstance(kind, type))
    return bool(kinds) and isinstance(value, kinds)


def _is_module(value: Any) -> bool:
    kind = getattr(sys.modules.get("torch.nn"), "Module", None)
    return isinstance(kind, type) and isinstance(value, kind)
