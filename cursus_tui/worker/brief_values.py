"""Tables and arrays in one line where the debugger lists variables: their ``repr`` is long, and takes its time."""

from __future__ import annotations

import importlib
from typing import Any, List

from .summaries import one_line

_AS_BEFORE = ("repl", "clipboard")
"""Where somebody wants to see the value itself."""
_FEW = 10
"""Elements of an array that tell more than its shape does."""


def register() -> None:
    """Let pydevd, which has been imported, describe them so. Anything else is described as before."""
    api = importlib.import_module("_pydevd_bundle.pydevd_extension_api")
    utils = importlib.import_module("_pydevd_bundle.pydevd_extension_utils")
    providers: List[Any] = utils.extensions_of_type(api.StrPresentationProvider)
    if not any(isinstance(provider, BriefValues) for provider in providers):
        providers.insert(0, BriefValues(providers))


class BriefValues:
    """What pydevd calls a provider of strings.

    Args:
        providers: All of them, this one among them.
    """

    def __init__(self, providers: List[Any]) -> None:
        self._providers = providers

    def can_provide(self, type_object: Any, type_name: str) -> bool:
        """Whether values of a type have a shape; numpy's numbers do, and are numbers."""
        ancestors = getattr(type_object, "__mro__", ())
        is_number = any(one.__name__ == "generic" and one.__module__ == "numpy" for one in ancestors)
        return getattr(type_object, "shape", None) is not None and not is_number

    def get_str(self, val: Any) -> Any:
        """``DataFrame 1,000 x 12 [id, amount]``."""
        if getattr(type(val), "dtypes", None) is None and getattr(val, "size", _FEW + 1) in range(_FEW + 1):
            return " ".join(repr(val).split())
        return one_line(val)

    def get_str_in_context(self, val: Any, context: str) -> Any:
        """All of it, as without us, where that is what was asked for."""
        if context not in _AS_BEFORE:
            return self.get_str(val)
        kind = type(val)
        others = (one for one in self._providers if one is not self and one.can_provide(kind, kind.__name__))
        other = next(others, None)
        return None if other is None else other.get_str_in_context(val, context)
