"""What of a client's requests sets values of a step by hand: its outputs are then no longer what its script says."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.storage.layout import AttemptFolder

LOOKING = ("watch", "hover", "variables", "clipboard")
"""Contexts in which an expression is evaluated to show something."""


def sets_values(command: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a request sets a value for certain; what a call in an expression changes cannot be known."""
    if command in ("setVariable", "setExpression"):
        return True
    if command != "evaluate" or arguments.get("context") in LOOKING:
        return False
    try:
        tree = ast.parse(str(arguments.get("expression", "")).strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not isinstance(each, ast.Expr | ast.Pass) for each in tree.body) or any(
        isinstance(each, ast.NamedExpr) for each in ast.walk(tree)
    )


def remember(folder: Path) -> None:
    """Leave a mark in the attempt's folder: it outlives the front, as the step does."""
    AttemptFolder(folder).set_by_hand.touch(mode=0o600)
