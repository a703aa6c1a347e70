"""What values of the usual libraries are, in one line: of what shape, of what type, fitted or not. None is imported.

A class counts as a library's by the names of its ancestors; only what is cheap is asked, and nothing is computed.
"""

from __future__ import annotations

import inspect
from itertools import islice
from types import FunctionType
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from .bounded import bounded, defined_by, is_standard

Part = Callable[[Any], str]
FEW = 10
"""Elements of an array that tell more than its shape does."""
_NAMES = 6
_QUICK = frozenset(("numpy", "pandas", "polars", "pyarrow", "scipy", "torch"))
"""Whose shapes are known."""


def described(value: Any, part: Part, *, whole: bool) -> Optional[str]:
    """One line; None for what is of no library that is known here.

    Args:
        value: Anything.
        part: Describes a part of it.
        whole: Rather than as a part of something else.
    """
    kind = type(value)
    for library, name in family(kind):
        known = _KNOWN.get((library, name))
        if known is not None:
            return known(value, part)
    if getattr(kind, "get_params", None) is not None and callable(kind.get_params):
        return _estimator(value, part) + (_state(value) if whole else "")
    if getattr(kind, "shape", None) is not None:
        return _shaped(value, part, whole)
    return None


def family(kind: type) -> Iterator[Tuple[str, str]]:
    """Library and name of a class and its ancestors."""
    for each in kind.__mro__:
        yield str(each.__module__).partition(".")[0], each.__name__


def shape_of(value: Any) -> "Tuple[int, ...] | None":
    """The shape of a table or array; None where it has none."""
    kind = type(value)
    member = defined_by(kind, "shape")
    ask = getattr(member, "fget", None)
    if member is None:
        return None
    if isinstance(ask, FunctionType) and not is_standard(ask) and not any(each in _QUICK for each, _ in family(kind)):
        shape = bounded(kind, lambda: value.shape)
    else:
        shape = value.shape
    return tuple(shape) if isinstance(shape, tuple) and all(isinstance(size, int) for size in shape) else None


def _shaped(value: Any, part: Part, whole: bool) -> Optional[str]:
    shape, kind = shape_of(value), type(value)
    if shape is None:
        return None
    if any(library == "numpy" and name == "generic" for library, name in family(kind)):
        return None  # a number, which is its own text
    few = _elements(value) if getattr(value, "ndim", 2) <= 1 and whole else None
    if few is not None:
        return "%s %s %s" % (kind.__name__, part(few), getattr(value, "dtype", ""))
    size = " x ".join(format(each, ",") for each in shape) or "scalar"
    columns = getattr(value, "columns", None) if getattr(kind, "dtypes", None) is not None else None
    if columns is not None:
        return "%s %s%s" % (kind.__name__, size, _named(columns) if whole else "")
    dtype = getattr(value, "dtype", None)
    count = getattr(value, "nnz", None)
    told = [str(dtype)] if dtype is not None else []
    if isinstance(count, int):
        told.append("with %s values" % format(count, ","))
    return " ".join([kind.__name__, size, *told])


def _elements(value: Any) -> "List[Any] | Any":
    """All of a short array; None of a longer one, and where there is nothing to list."""
    kind = type(value)
    is_array = any(library == "numpy" and name == "ndarray" for library, name in family(kind))
    if not is_array or getattr(value, "size", FEW + 1) not in range(FEW + 1):
        return None
    return value.tolist()


def _named(columns: Any) -> str:
    names = [str(name) for name in islice(columns, _NAMES)]
    return " [%s%s]" % (", ".join(names), ", …" if len(columns) > _NAMES else "")


# -- tables ------------------------------------------------------------------------------------------------------------


def _arrow_table(value: Any, part: Part) -> str:
    shape = "%s x %s" % (format(value.num_rows, ","), format(value.num_columns, ","))
    return "%s %s%s" % (type(value).__name__, shape, _named(value.schema.names))


def _arrow_array(value: Any, part: Part) -> str:
    return "%s %s %s" % (type(value).__name__, format(len(value), ","), value.type)


def _arrow_dataset(value: Any, part: Part) -> str:
    return "%s%s, not read" % (type(value).__name__, _named(value.schema.names))


def _parquet_file(value: Any, part: Part) -> str:
    facts = value.metadata
    return "%s %s x %s, not read" % (type(value).__name__, format(facts.num_rows, ","), format(facts.num_columns, ","))


def _lazy_frame(value: Any, part: Part) -> str:
    return "%s, no rows until it is collected" % type(value).__name__


def _group_by(value: Any, part: Part) -> str:
    return "%s by %s of %s" % (type(value).__name__, part(value.keys), part(value.obj))


def _matrix(value: Any, part: Part) -> str:
    return "%s %s x %s" % (type(value).__name__, format(value.num_row(), ","), format(value.num_col(), ","))


def _lightgbm_data(value: Any, part: Part) -> str:
    if getattr(value, "_handle", None) is None:
        return "Dataset, not constructed, of %s" % part(getattr(value, "data", None))
    return "Dataset %s x %s" % (format(value.num_data(), ","), format(value.num_feature(), ","))


# -- models ------------------------------------------------------------------------------------------------------------


def _booster(value: Any, part: Part) -> str:
    told = []
    for word, names in (("rounds", ("num_boosted_rounds", "current_iteration")), ("features", _FEATURES)):
        ask = next((getattr(value, name) for name in names if callable(getattr(value, name, None))), None)
        if ask is not None:
            told.append("%s %s" % (format(ask(), ","), word))
    return "%s of %s" % (type(value).__name__, ", ".join(told))


_FEATURES = ("num_features", "num_feature")


def _estimator(value: Any, part: Part) -> str:
    """``LogisticRegression(C=0.5)``: what differs from the defaults, as scikit-learn writes it."""
    kind = type(value)
    parameters: Dict[str, Any] = bounded(kind, lambda: value.get_params(deep=False))
    wanted = inspect.signature(kind.__init__).parameters
    told = []
    for name, each in islice(parameters.items(), 200):
        default = wanted[name].default if name in wanted else None
        if each is not default and not (isinstance(each, (str, int, float)) and each == default):
            told.append("%s=%s" % (name, part(each)))
    return "%s(%s)" % (kind.__name__, ", ".join(told))


def _state(value: Any) -> str:
    return ", fitted" if is_fitted(value) else ", not fitted"


def is_fitted(model: Any) -> bool:
    """Whether an estimator has learnt something, as far as its attributes tell."""
    held = vars(model)
    if held.get("_Booster") is not None:
        return True
    steps = held.get("steps")
    if isinstance(steps, list) and steps and isinstance(steps[-1], tuple):
        return hasattr(steps[-1][-1], "__dict__") and is_fitted(steps[-1][-1])
    return any(name.endswith("_") and not name.startswith("_") for name in held)


def _tensor(value: Any, part: Part) -> str:
    kind = type(value).__name__
    size = " x ".join(format(each, ",") for each in value.shape) or "scalar"
    device, layout = str(value.device), str(value.layout).rpartition(".")[2]
    told = [str(value.dtype), "" if device == "cpu" else "on " + device, "" if layout == "strided" else layout]
    told.append("with gradient" if value.requires_grad else "")
    is_plain = device == "cpu" and layout == "strided" and not value.is_quantized
    if is_plain and value.ndim <= 1 and value.numel() <= FEW:
        size = part(value.detach().tolist())
    return " ".join(filter(None, (kind, size, *told)))


def _module(value: Any, part: Part) -> str:
    held = vars(value)
    parts = held.get("_modules") or {}
    names = ["%s %s" % (name, type(each).__name__) for name, each in islice(parts.items(), _NAMES)]
    if len(parts) > _NAMES:
        names.append("…")
    count = sum(each.numel() for each in islice(value.parameters(), 10_000))
    return "%s(%s), %s parameters" % (type(value).__name__, ", ".join(names), format(count, ","))


def _loader(value: Any, part: Part) -> str:
    held = vars(value)
    return "%s of %s, batch_size %s" % (type(value).__name__, part(held.get("dataset")), held.get("batch_size"))


def _dtype(value: Any, part: Part) -> str:
    """The type of a column or an array, by the name that its table gives it; ``shape`` is not what it is about."""
    kind = type(value)
    own = str(kind.__module__).partition(".")[0] not in _QUICK
    return str(bounded(kind, lambda: str(value)) if own else str(value))


_KNOWN: Dict[Tuple[str, str], Callable[[Any, Part], str]] = {
    ("numpy", "dtype"): _dtype,
    ("pandas", "ExtensionDtype"): _dtype,
    ("pandas", "GroupBy"): _group_by,
    ("polars", "LazyFrame"): _lazy_frame,
    ("pyarrow", "Table"): _arrow_table,
    ("pyarrow", "RecordBatch"): _arrow_table,
    ("pyarrow", "ChunkedArray"): _arrow_array,
    ("pyarrow", "Array"): _arrow_array,
    ("pyarrow", "Dataset"): _arrow_dataset,
    ("pyarrow", "RecordBatchReader"): _arrow_dataset,
    ("pyarrow", "ParquetFile"): _parquet_file,
    ("xgboost", "DMatrix"): _matrix,
    ("xgboost", "Booster"): _booster,
    ("lightgbm", "Booster"): _booster,
    ("lightgbm", "Dataset"): _lightgbm_data,
    ("torch", "Tensor"): _tensor,
    ("torch", "Module"): _module,
    ("torch", "DataLoader"): _loader,
}
