"""Why a value has no rows, and what has them: a sentence."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from .library_values import family

_INSTEAD: Dict[Tuple[str, str], str] = {
    ("polars", "LazyFrame"): "has no rows until it is collected: open .head(1000).collect() of it",
    ("pandas", "GroupBy"): "has no rows of its own: open .obj, .size() or .first() of it",
    ("pyarrow", "Dataset"): "is not read yet: open .head(1000) of it",
    ("pyarrow", "ParquetFile"): "is not read yet: open .read_row_group(0) of it",
    ("pyarrow", "RecordBatchReader"): "can be read but once: what it reads is a table",
    ("xgboost", "DMatrix"): "keeps its rows in a form of its own: open what it was made of, or .get_data() of it",
    ("lightgbm", "Dataset"): "keeps its rows in a form of its own: open what it was made of, or .get_data() of it",
    ("torch", "DataLoader"): "makes its rows when it is asked: open .dataset, or an element of it",
    ("torch", "Dataset"): "makes its rows when it is asked: open [0] of it",
    ("weakref", "ProxyType"): "stands for another value: open that",
    ("builtins", "generator"): "can be gone through but once: open what it is made of",
}


def why_no_rows(value: Any) -> str:
    """For the user, of a value that is neither table nor model."""
    kind = type(value)
    article = "an" if kind.__name__[:1] in "aeiouAEIOU" else "a"
    known = next((_INSTEAD[each] for each in family(kind) if each in _INSTEAD), None)
    if known is None:
        known = "has no rows, and is no model"
        if hasattr(kind, "__next__"):
            known = "can be gone through but once: open what it is made of"
    return "%s %s %s" % (article, kind.__name__, known)
