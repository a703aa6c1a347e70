"""Patterns in a syntax tree: small questions, each asked of a few statements."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cursus_tui.checks.facts import Import, Parameter, ParserArgument, Place

_CATCHES_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_STARTS_PROCESS = {"check_call", "check_output", "call", "run", "Popen", "system", "main"}
_AWS_CALLS = {("boto3", "client"), ("boto3", "resource"), ("boto3", "Session"), ("sagemaker", "Session")}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def definitions_of(tree: ast.Module) -> dict[str, list[ast.AST]]:
    """Name -> what is reached by naming it: a function, or what a class does on its own. ``.name``: a method."""
    found: dict[str, list[ast.AST]] = {}
    for each in tree.body:
        if isinstance(each, Function):
            found.setdefault(each.name, []).append(each)
        elif isinstance(each, ast.ClassDef):
            found.setdefault(each.name, []).extend(each.bases)
            for part in each.body:
                plain = isinstance(part, Function) and not part.name.startswith("__")
                name = f".{part.name}" if plain and isinstance(part, Function) else each.name
                found.setdefault(name, []).append(part)
    return found


_NODES = "_cursus_tui_nodes"


def below(node: ast.AST) -> Sequence[ast.AST]:
    """Everything below a statement; kept on it, since many questions are asked of the same few."""
    known: list[ast.AST] | None = getattr(node, _NODES, None)
    if known is None:
        known = list(ast.walk(node))
        setattr(node, _NODES, known)
    return known


def is_main_block(node: ast.AST) -> bool:
    """Whether this is ``if __name__ == "__main__":``."""
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def names_in(node: ast.AST) -> Iterator[str]:
    """Every bare name below a node."""
    return (each.id for each in below(node) if isinstance(each, ast.Name))


def attributes_in(node: ast.AST) -> Iterator[str]:
    """Every attribute name below a node."""
    return (each.attr for each in below(node) if isinstance(each, ast.Attribute))


def first_place(places: Iterable[Place]) -> Place | None:
    """The one that comes first in the file."""
    return min(places, key=lambda place: place.line, default=None)


def walk_imports(node: ast.AST, *, lazy: bool, guarded: bool, used: bool) -> Iterator[Import]:
    """Import statements below a node, each with how it would be reached."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, 0, (), node.lineno, lazy, guarded, used)
        return
    if isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Import(node.module or "", node.level, names, node.lineno, lazy, guarded, used)
        return
    if isinstance(node, ast.Try | ast.TryStar):
        inner = guarded or any(catches_import_errors(handler) for handler in node.handlers)
        for tried in node.body:
            yield from walk_imports(tried, lazy=lazy, guarded=inner, used=used)
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            yield from walk_imports(other, lazy=lazy, guarded=guarded, used=used)
        return
    if isinstance(node, ast.If) and "TYPE_CHECKING" in {*names_in(node.test), *attributes_in(node.test)}:
        guarded = True
    if isinstance(node, ast.With):
        guarded = guarded or any(
            "suppress" in {*names_in(i.context_expr), *attributes_in(i.context_expr)} for i in node.items
        )
    inside_function = lazy or isinstance(node, Function | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from walk_imports(child, lazy=inside_function, guarded=guarded, used=used)


def catches_import_errors(handler: ast.ExceptHandler) -> bool:
    """Whether this handler lets a script go on without a module."""
    return handler.type is None or bool(_CATCHES_IMPORT_ERRORS & set(names_in(handler.type)))


def parameters_of(function: Function) -> Iterator[Parameter]:
    """All named parameters, in order."""
    positional = [*function.args.posonlyargs, *function.args.args]
    without_default = len(positional) - len(function.args.defaults)
    for index, each in enumerate(positional):
        yield Parameter(each.arg, index < without_default)
    for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        yield Parameter(each.arg, default is None)


def parser_arguments(node: ast.AST) -> Iterator[ParserArgument]:
    """``add_argument`` calls with literal flags."""
    for each in below(node):
        if not (
            isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "add_argument"
        ):
            continue
        flags = tuple(arg.value for arg in each.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
        given = {keyword.arg: keyword.value for keyword in each.keywords}
        required = given.get("required")
        is_required = isinstance(required, ast.Constant) and required.value is True
        if flags:
            yield ParserArgument(flags, literals_of(given.get("choices")), is_required, each.lineno)


def literals_of(node: ast.AST | None) -> tuple[str, ...] | None:
    """The items of a literal list; None where it is anything else."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    if not all(isinstance(item, ast.Constant) for item in node.elts):
        return None
    return tuple(str(item.value) for item in node.elts if isinstance(item, ast.Constant))


def calls_in(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Every call in these statements."""
    return (each for node in nodes for each in below(node) if isinstance(each, ast.Call))


def pip_calls(nodes: Iterable[ast.AST]) -> Iterator[Place]:
    """Calls that start a pip install."""
    for call in calls_in(nodes):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name not in _STARTS_PROCESS:
            continue
        words = {
            word
            for arg in call.args
            for each in ast.walk(arg)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
            for word in each.value.split()
        }
        is_pip_api = isinstance(call.func, ast.Attribute) and "pip" in names_in(call.func)
        if "install" in words and (words & {"pip", "pip3"} or is_pip_api):
            yield Place(call.lineno)


def aws_calls(nodes: Iterable[ast.AST]) -> Iterator[Place]:
    """Calls that make an AWS client or session."""
    for call in calls_in(nodes):
        if (
            isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and (call.func.value.id, call.func.attr) in _AWS_CALLS
        ):
            service = call.args[0] if call.args else None
            named = service.value if isinstance(service, ast.Constant) else None
            yield Place(call.lineno, str(named) if named else call.func.value.id)


def switches_in(statements: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Environment variables that are read with a literal default."""
    for call in calls_in(statements):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "getenv") and len(call.args) == 2):
            continue
        literals = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        if len(literals) == 2 and {"environ", "getenv"} & set(attributes_in(call.func)):
            yield str(literals[0]), str(literals[1])


def string_constants(statements: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """``NAME = "text"``, and ``NAME["key"]`` for dicts of texts."""
    for each in (node for statement in statements for node in below(statement)):
        if not (isinstance(each, ast.Assign) and len(each.targets) == 1 and isinstance(each.targets[0], ast.Name)):
            continue
        name = each.targets[0].id
        if isinstance(each.value, ast.Constant) and isinstance(each.value.value, str):
            yield name, each.value.value
        elif isinstance(each.value, ast.Dict):
            for key, value in zip(each.value.keys, each.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield f"{name}[{key.value!r}]", value.value


def text_of(node: ast.AST, constants: Mapping[str, str]) -> str | None:
    """The text of a literal, or of a constant by its name."""
    if isinstance(node, ast.Name | ast.Subscript):
        return constants.get(ast.unparse(node))
    return string_of(node)


def is_named(node: ast.AST, name: str) -> bool:
    """Whether this is the bare name."""
    return isinstance(node, ast.Name) and node.id == name


def got_key(node: ast.AST, name: str) -> str | None:
    """The key of ``name.get(key)``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"):
        return None
    return string_of(node.args[0]) if node.args and is_named(node.func.value, name) else None


def is_item_of(node: ast.AST, name: str) -> bool:
    """Whether this is ``name[...]``."""
    return isinstance(node, ast.Subscript) and is_named(node.value, name)


def string_of(node: ast.AST) -> str | None:
    """The text of a string literal."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def harmless_strings(definition: ast.AST) -> set[int]:
    """Nodes whose paths are only documentation, defaults that a caller replaces, comparisons or messages."""
    harmless: set[int] = set()
    for each in below(definition):
        parts: Sequence[ast.AST | None] = ()
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            parts = (each.value,)
        elif isinstance(each, ast.arguments):
            parts = (*each.defaults, *each.kw_defaults)
        elif isinstance(each, ast.Compare):
            parts = (each,)
        elif isinstance(each, ast.BoolOp) and isinstance(each.op, ast.Or):
            parts = each.values[1:]
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            if each.func.attr in ("startswith", "replace"):
                parts = (each,)
            elif each.func.attr == "get" and len(each.args) == 2:
                parts = (each.args[1],)
            elif each.func.attr in ("info", "warning", "error", "debug", "exception"):
                parts = (each,)
        harmless |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return harmless
