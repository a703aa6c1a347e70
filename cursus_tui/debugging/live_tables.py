"""Rows of a value of a step: what is asked inside of it, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.records.debug import DebugError, LiveTable
from cursus_tui.text import safe

ROWS = 1_000
"""Of one block."""
TABLES = frozenset(
    {
        "DataFrame", "Series", "Index", "RangeIndex", "DatetimeIndex", "MultiIndex", "LazyFrame", "ndarray", "matrix",
        "recarray", "csr_matrix", "csc_matrix", "coo_matrix", "csr_array", "csc_array", "coo_array", "Table",
        "RecordBatch", "ChunkedArray", "Tensor", "list", "tuple", "set", "frozenset", "dict", "OrderedDict",
        "defaultdict", "Counter", "deque", "DMatrix",
    }
)  # fmt: skip
MODEL_ENDINGS = (
    "Classifier", "Regressor", "Regression", "Booster", "Scaler", "Encoder", "Transformer", "Imputer", "Vectorizer",
    "Selector", "Normalizer", "Binarizer", "Discretizer", "Clusterer", "PCA", "SVC", "SVR", "KMeans", "Pipeline",
    "SearchCV", "ClassifierCV", "Lasso", "Ridge", "ElasticNet", "NB", "Forest", "Tree", "CalibratedClassifierCV",
)  # fmt: skip
"""What estimators are called; a type's name is all that is known before a value is opened."""


HINT = "cursus-tui:"
"""Of the step's worker, among the attributes of a variable's presentation."""


def kind_told(body: Mapping[str, Any]) -> str | None:
    """``table``, ``model`` or nothing, as the step says of a variable; None where it does not say."""
    hint = body.get("presentationHint")
    attributes = hint.get("attributes") if isinstance(hint, Mapping) else None
    told = [str(one) for one in attributes if str(one).startswith(HINT)] if isinstance(attributes, list) else []
    return told[0].removeprefix(HINT) if told and told[0] in (HINT, HINT + "table", HINT + "model") else None


def kind_of(type_name: str, reference: int) -> str:
    """The same by a type's name, where the step does not say."""
    name = type_name.rpartition(".")[2]
    if name in TABLES:
        # An empty list has no children, and no rows.
        return "table" if reference else ""
    return "model" if reference and name.endswith(MODEL_ENDINGS) else ""


def show_expression(expression: str, path: Path, first: int) -> str:
    """What is evaluated in a frame: writes rows to a file, and is their description as JSON.

    Raises:
        DebugError: It is no expression.
    """
    try:
        compile(expression.strip(), "<expression>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        problem = getattr(error, "msg", None) or str(error)
        raise DebugError(f"{safe(expression, 80)!r} is no Python expression: {safe(problem, 200)}") from None
    live = "__import__('sys').modules['_cursus_tui_worker.live']"
    return f"{live}.show(({expression}\n), {str(path)!r}, {first}, {ROWS})"


def table_of(answer: object, expression: str, path: Path, first: int, *, sampled: bool) -> LiveTable:
    """The description that the step gave.

    Args:
        answer: A mapping, or JSON of one.
        expression: What was asked for.
        path: The file that it was asked to write; it may add an ending.
        first: Number of the first row.
        sampled: Whether the step ran meanwhile.

    Raises:
        DebugError: It has no rows, or the answer is none.
    """
    told = _mapping(answer)
    if told.get("error"):
        raise DebugError(safe(str(told["error"]), 500))
    file = Path(str(told.get("file") or path))
    if (file.parent, file.stem) != (path.parent, path.name):
        raise DebugError("the step named a file that it was not asked to write")
    columns = told.get("columns")
    pairs = [one for one in columns if isinstance(one, list | tuple)] if isinstance(columns, list | tuple) else []
    return LiveTable(
        expression=expression,
        type=safe(str(told.get("type") or ""), 200),
        rows=_number(told.get("rows")),
        columns=tuple((str(one[0]), str(one[1])) for one in pairs if len(one) == 2),
        bytes=_number(told.get("bytes")),
        file=file,
        first=first,
        sampled=sampled,
        note=safe(str(told.get("note") or ""), 500),
    )


def _mapping(answer: object) -> Mapping[str, Any]:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError:
            raise DebugError(f"it has no rows: {safe(str(answer), 300)}") from None
    if not isinstance(answer, Mapping):
        raise DebugError("it has no rows")
    return answer


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
