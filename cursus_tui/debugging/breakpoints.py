"""Breakpoints of several clients as one list for the step's debugger. Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cursus_tui.execution.logpoint import LogValue, pieces
from cursus_tui.records.debug import LineBreakpoint

SourceBreakpoint = Mapping[str, Any]
"""As the Debug Adapter Protocol has it: ``line``, ``condition``, ``hitCondition``, ``logMessage``."""
PRINTS = "__import__('builtins').print("
"""How the condition of a breakpoint begins that prints instead of stopping."""
_SCOPES = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda
_CALLED_BY_WORKER = "__import__('sys').modules['_cursus_tui_worker.callers'].is_called_by_worker"


def line_of(breakpoint_: SourceBreakpoint) -> int:
    """The line that a client asked for; 0 where it asked for none."""
    line = breakpoint_.get("line")
    return line if isinstance(line, int) and line > 0 else 0


def union(clients: Sequence[Sequence[SourceBreakpoint]]) -> list[SourceBreakpoint]:
    """One breakpoint a line, in order of lines.

    Args:
        clients: Each client's breakpoints in a file. One that always stops wins; of two with conditions either stops;
            else, with the debugger's own hit counts or messages, who comes first wins.
    """
    chosen: dict[int, SourceBreakpoint] = {}
    for breakpoints in clients:
        for one in breakpoints:
            line = line_of(one)
            held = chosen.get(line)
            if not line or (held is not None and _always(held)):
                continue
            if held is None or _always(one):
                chosen[line] = one
            elif _is_condition(held) and _is_condition(one) and held["condition"] != one["condition"]:
                # On lines of their own: each may end in a comment.
                chosen[line] = {**held, "condition": f"({held['condition']}\n) or ({one['condition']}\n)"}
    return [chosen[line] for line in sorted(chosen)]


def for_script_alone(one: SourceBreakpoint) -> SourceBreakpoint:
    """A breakpoint in a library that stops only where the script, not the worker around it, has it called."""
    if one.get("hitCondition"):
        # The debugger stops where either of the two is fulfilled.
        return one
    condition = f" and ({one['condition']}\n)" if one.get("condition") else ""
    return {**one, "condition": f"not {_CALLED_BY_WORKER}(){condition}"}


def by_file(lines: Iterable[LineBreakpoint]) -> dict[str, list[SourceBreakpoint]]:
    """The terminal's enabled breakpoints, by path as it was given."""
    files: dict[str, list[SourceBreakpoint]] = {}
    for one in lines:
        if one.enabled:
            files.setdefault(str(one.path), []).append(to_source(one))
    return files


def to_source(one: LineBreakpoint) -> SourceBreakpoint:
    """A breakpoint of the terminal's in words of the protocol.

    The debugger stops where the condition is true *or* the hit counts, starts counting anew whenever another breakpoint
    of the file changes, and sends what a logpoint says to IDEs only. So all but a plain condition become one expression
    that counts, prints to the step's own output, and is true where it shall stop.
    """
    seen = _seeing_locals(one.condition)
    # On a line of its own: it may end in a comment.
    condition = f"({seen}\n)" if seen else ""
    if not one.hits and not one.message:
        return {"line": one.line, "condition": seen} if seen else {"line": one.line}
    parts = [condition] if condition else []
    if one.hits:
        parts.append(_counting(f"{one.path}:{one.line}:{one.hits}:{one.condition}", one.hits))
    if one.message:
        parts.append(_printing(one.message))
    return {"line": one.line, "condition": " and ".join(parts)}


def counted(path: str, one: SourceBreakpoint) -> SourceBreakpoint:
    """An IDE's breakpoint that counts hits, so that the count goes on, and only where its condition holds."""
    if not one.get("hitCondition") or one.get("logMessage"):
        return one
    try:
        hit_test(one["hitCondition"])
    except ValueError:
        # The debugger knows expressions of its own.
        return one
    return to_source(from_source(path, one))


def from_source(path: str, one: SourceBreakpoint) -> LineBreakpoint:
    """A breakpoint of an IDE's, as the terminal shows it."""

    def text(name: str) -> str:
        return str(one.get(name) or "")

    return LineBreakpoint(
        Path(path), line_of(one), True, text("condition"), text("hitCondition"), text("logMessage"), ""
    )


def hit_test(hits: str) -> str:
    """``5``, ``>= 5``, ``% 5`` as the end of a comparison of a count.

    Raises:
        ValueError: It is none of these.
    """
    for sign in ("==", ">=", "<=", ">", "<", "%", ""):
        rest = hits.strip().removeprefix(sign).strip()
        if hits.strip().startswith(sign) and rest.isdecimal() and (int(rest) or sign != "%"):
            return f"% {int(rest)} == 0" if sign == "%" else f"{sign or '=='} {int(rest)}"
    raise ValueError(f"{hits!r} is not a number of hits: use 5, >= 5 or % 5")


def _counting(key: str, hits: str) -> str:
    try:
        test = hit_test(hits)
    except ValueError:
        # A stop too many is noticed; one that never comes is not.
        test = ">= 1"
    counts = "__import__('pydevd').__dict__.setdefault('_cursus_tui_hits', {})"
    return f"(lambda c, k: c.__setitem__(k, c.get(k, 0) + 1) or c[k] {test})({counts}, {key!r})"


def _printing(message: str) -> str:
    """An expression that prints a message with its values, and is false."""
    try:
        found = pieces(message)
    except ValueError:
        # Kept by an earlier version: it is printed as it stands.
        found = (message,)
    text = "".join(one.replace("%", "%%") if isinstance(one, str) else "%s" for one in found)
    values = "".join(f"{_evaluating(one)}," for one in found if isinstance(one, LogValue))
    return f"{PRINTS}{text!r} % ({values}))"


def _seeing_locals(expression: str) -> str:
    """An expression in which comprehensions and lambdas see the frame's variables, as they do in the script.

    The debugger evaluates it as in a class: what has a scope of its own would see the globals alone.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return expression
    if not any(isinstance(each, _SCOPES) for each in ast.walk(tree)):
        return expression
    own = "__import__('builtins')"
    return f"{own}.eval({expression.strip()!r}, {{**{own}.globals(), **{own}.locals()}})"


def _evaluating(value: LogValue) -> str:
    # On a line of its own: it may end in a comment.
    whole = f"({_seeing_locals(value.expression)}\n)"
    if value.conversion:
        whole = f"__import__('builtins').{value.conversion}({whole})"
    return f"__import__('builtins').format({whole}, {value.format!r})" if value.format else whole


def _always(one: SourceBreakpoint) -> bool:
    return not (one.get("condition") or one.get("hitCondition") or one.get("logMessage"))


def _is_condition(one: SourceBreakpoint) -> bool:
    """Whether an expression alone says if it stops."""
    return isinstance(one.get("condition"), str) and not (one.get("hitCondition") or one.get("logMessage"))
