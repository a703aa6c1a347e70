"""On which line of a source execution can stop. Pure: nothing of it is run or compiled."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def line_with_code(source: Iterable[str], line: int) -> int:
    """A line, or where it has nothing to execute (a comment, a docstring, an ``else:``) the next one that has.

    The debugger would take the one before, which may be outside of the function, or behind where execution stands.

    Args:
        source: All lines of the file.
        line: From 1.

    Returns:
        The same line where nothing of its block comes after it, or where the source cannot be read: it may be of
        another Python than this one.
    """
    lines = list(source)
    try:
        with warnings.catch_warnings():
            # What is odd in it is told when it runs.
            warnings.simplefilter("ignore")
            tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return line
    if not 1 <= line <= len(lines):
        return line
    last, following = _end(tree), []
    for each in ast.walk(tree):
        if not isinstance(each, ast.stmt | ast.ExceptHandler | ast.match_case):
            continue
        first, header_end = _header(each)
        if isinstance(each, _Function) and each.lineno < line <= _end(each):
            last = min(last, _end(each))
            if line <= header_end:
                # Among its parameters: where it is entered.
                header_end = each.lineno
        if first <= line <= header_end and _runs(each):
            return line
        if first > line and _runs(each):
            following.append(first)
    found = min((each for each in following if each <= last), default=line)
    return line if _is_deeper_comment(lines[line - 1], lines[found - 1]) else found


def _is_deeper_comment(text: str, following: str) -> bool:
    """Whether it is the last of a block, which a syntax tree does not tell."""
    return text.lstrip().startswith("#") and _indentation(text) > _indentation(following)


def _indentation(text: str) -> int:
    expanded = text.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _header(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> tuple[int, int]:
    """The first and the last line of a statement, of one with a body only of what comes before that."""
    own = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    decorators = getattr(node, "decorator_list", [])
    first = min([own, *(each.lineno for each in decorators)])
    if not (getattr(node, "body", None) or getattr(node, "cases", None)):
        return first, _end(node)
    before = [own, *(_end(part) for part in _before_body(node))]
    return first, max(before)


def _before_body(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement's head: its condition, its parameters, what it iterates."""
    for name, value in ast.iter_fields(node):
        if name not in ("body", "orelse", "finalbody", "handlers", "cases"):
            for part in value if isinstance(value, list) else [value]:
                if isinstance(part, ast.AST):
                    yield from (each for each in ast.walk(part) if hasattr(each, "end_lineno"))


def _end(node: ast.AST) -> int:
    if isinstance(node, ast.Module):
        return max((_end(each) for each in node.body), default=0)
    return int(getattr(node, "end_lineno", None) or 0)


def _runs(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr):
        # A docstring, or an ellipsis.
        return not isinstance(node.value, ast.Constant)
    return not isinstance(node, ast.Global | ast.Nonlocal)
