"""What the debugger lists of a value: one line, and its parts when it is unfolded. Its own way takes gigabytes.

Pydevd's own list runs every ``__repr__``, and unfolds by asking for each attribute: the values of a mixed DataFrame are
copied for that, a sparse matrix becomes a dense one.
"""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, List, Tuple

from .live import kind_of
from .masking import MASK_TEXT, is_secret_item
from .summaries import one_line
from .unfolding import Part, holds, parts_of

_AS_BEFORE = ("repl", "clipboard")
"""Where somebody wants to see the value itself."""
HINT = "cursus-tui:"
"""Among the attributes of a variable's presentation, followed by how it can be opened: ``table``, ``model``, or not."""
LONGEST = 300


def register(mask: Callable[[str], str] = str) -> None:
    """Let pydevd, which has been imported, describe and unfold them so.

    Args:
        mask: Hides the values of secrets in a text.
    """
    api = importlib.import_module("_pydevd_bundle.pydevd_extension_api")
    utils = importlib.import_module("_pydevd_bundle.pydevd_extension_utils")
    own = importlib.import_module("_pydevd_bundle.pydevd_utils").DAPGrouper
    resolvers = importlib.import_module("_pydevd_bundle.pydevd_resolver")
    internal = (own, resolvers.MoreItems, resolvers.MoreItemsRange)
    texts: List[Any] = utils.extensions_of_type(api.StrPresentationProvider)
    if any(isinstance(provider, BriefValues) for provider in texts):
        return
    texts.insert(0, BriefValues(texts, internal, mask))
    utils.extensions_of_type(api.TypeResolveProvider).insert(0, Unfolded(internal))
    _say_how_to_open(internal)


class BriefValues:
    """What pydevd calls a provider of strings.

    Args:
        providers: All of them, this one among them.
        internal: Types of pydevd's own.
        mask: Hides the values of secrets in a text.
    """

    def __init__(self, providers: List[Any], internal: Tuple[type, ...] = (), mask: Callable[[str], str] = str) -> None:
        self._providers = providers
        self._internal = internal
        self._mask = mask

    def can_provide(self, type_object: Any, type_name: str) -> bool:
        """Everything but pydevd's own."""
        return isinstance(type_object, type) and not issubclass(type_object, self._internal)

    def get_str(self, val: Any) -> str:
        """``DataFrame 1,000 x 12 [id, amount]``."""
        return self._mask(one_line(val, LONGEST))

    def get_str_in_context(self, val: Any, context: str) -> Any:
        """All of it, as without us, where that is what was asked for."""
        if context not in _AS_BEFORE:
            return self.get_str(val)
        kind = type(val)
        others = (one for one in self._providers if one is not self and one.can_provide(kind, kind.__name__))
        other = next(others, None)
        return None if other is None else other.get_str_in_context(val, context)


class Unfolded:
    """What pydevd calls a resolver: the parts of a value, found when they are asked for."""

    def __init__(self, internal: Tuple[type, ...] = ()) -> None:
        self._internal = internal

    def can_provide(self, type_object: Any, type_name: str) -> bool:
        """Whatever has parts, but for lists and tuples, which pydevd pages through."""
        return isinstance(type_object, type) and not issubclass(type_object, self._internal) and holds(type_object)

    def get_contents_debug_adapter_protocol(self, obj: Any, fmt: Any = None) -> List[Part]:
        """Name, value, and what follows the value's own expression to give the part; None where nothing does."""
        return parts_of(obj)

    def get_dictionary(self, obj: Any) -> Dict[str, Any]:
        """The same by name."""
        return {name: value for name, value, _ in parts_of(obj)}

    def resolve(self, obj: Any, attribute: str) -> Any:
        """One of them."""
        return self.get_dictionary(obj).get(attribute)


def _say_how_to_open(internal: Tuple[type, ...]) -> None:
    """Let each variable that pydevd lists say whether it is a table or a model, and hide the texts of secrets.

    It has no place for that: where a version of it works in another way, lists are without marks.
    """
    variable = importlib.import_module("_pydevd_bundle.pydevd_suspended_frames")._AbstractVariable
    listed = variable.get_var_data

    def get_var_data(self: Any, *arguments: Any, **options: Any) -> Dict[str, Any]:
        data: Dict[str, Any] = listed(self, *arguments, **options)
        try:
            if not isinstance(self.value, internal):
                attributes = data.setdefault("presentationHint", {}).setdefault("attributes", [])
                attributes.append(HINT + kind_of(self.value))
            asked = options.get("context") or (arguments[1:2] or (None,))[0]
            if asked not in _AS_BEFORE and is_secret_item(str(self.name).strip("'\""), self.value):
                data["value"] = MASK_TEXT
            elif type(self.value) is int and _is_in_hex(options.get("fmt") or (arguments or (None,))[0]):
                data["value"] = hex(self.value)
        except Exception:
            # A value's own code may answer with anything: then it cannot be opened.
            pass
        return data

    variable.get_var_data = get_var_data


def _is_in_hex(wish: Any) -> bool:
    return isinstance(wish, dict) and wish.get("hex") is True
