"""What a script's source tells without running it: parsed once a version of the file, and remembered."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

_MAX_BYTES = 8 << 20
_CATCHES_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_STARTS_PROCESS = {"check_call", "check_output", "call", "run", "Popen", "system", "main"}
_AWS_CALLS = {("boto3", "client"), ("boto3", "resource"), ("boto3", "Session"), ("sagemaker", "Session")}
_CONTAINER = "/opt/ml"

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement."""

    module: str
    """Dotted; empty for ``from . import x``."""
    level: int
    """Leading dots of a relative import."""
    names: tuple[str, ...]
    """What ``from`` takes out of the module."""
    line: int
    lazy: bool
    """Inside a function."""
    guarded: bool
    """Its failure is caught, or it serves type checkers only."""
    used: bool
    """Reached at import or from ``main``, as far as names tell."""


@dataclass(frozen=True, slots=True)
class ParserArgument:
    """One ``add_argument`` of the script's own command line."""

    flags: tuple[str, ...]
    choices: tuple[str, ...] | None
    required: bool
    line: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of ``main``."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Something at a line."""

    line: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class ScriptFacts:
    """What the checks need to know of one Python file."""

    file: Path
    imports: tuple[Import, ...] = ()
    main: tuple[Parameter, ...] | None = None
    """Parameters of ``main``; None where there is none."""
    main_line: int = 1
    has_main_block: bool = False
    arguments: tuple[ParserArgument, ...] = ()
    strict_arguments: bool = False
    """True where ``parse_args`` ends the script on an unknown flag."""
    block_inputs: Mapping[str, str | None] | None = None
    """Key -> container path of the ``input_paths`` that the ``__main__`` block builds; None where not a plain dict."""
    block_outputs: Mapping[str, str | None] | None = None
    input_reads: tuple[Place, ...] = ()
    """Keys that ``main`` takes from its first parameter with ``[]``."""
    output_reads: tuple[Place, ...] = ()
    pip_at_import: Place | None = None
    aws_at_import: Place | None = None
    aws_when_run: Place | None = None
    switches: Mapping[str, str] = field(default_factory=dict)
    """Environment variables read at import -> their default, where both are literals."""
    container_paths: tuple[Place, ...] = ()
    """``/opt/ml`` paths used outside the ``__main__`` block when it runs."""
    error: str | None = None
    """Why it could not be parsed."""
    error_line: int | None = None


def read_facts(file: Path) -> ScriptFacts:
    """The facts of a file as it is now; parsing it only where it changed."""
    try:
        state = file.stat()
    except OSError as error:
        return ScriptFacts(file, error=f"cannot be read: {error.strerror or error}")
    return _facts_of(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _facts_of(file: Path, _modified: int, size: int) -> ScriptFacts:
    if size > _MAX_BYTES:
        return ScriptFacts(file, error="is larger than 8 MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read_bytes(), str(file))
        return _Reader(file, tree).facts()
    except OSError as error:
        return ScriptFacts(file, error=f"cannot be read: {error.strerror or error}")
    except SyntaxError as error:
        return ScriptFacts(file, error=error.msg, error_line=error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        return ScriptFacts(file, error=str(error) or "is nested too deeply")


class _Reader:
    """Reads one module: what runs at import, what runs from ``main``, and what neither reaches."""

    def __init__(self, file: Path, tree: ast.Module) -> None:
        self._file = file
        self._definitions: dict[str, Definition] = {
            each.name: each
            for each in tree.body
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        self._block = [each for each in tree.body if _is_main_block(each)]
        self._module = [each for each in tree.body if not isinstance(each, Definition) and not _is_main_block(each)]
        main = self._definitions.get("main")
        self._main = main if isinstance(main, Function) else None
        roots: list[ast.AST] = [*self._block, *([self._main] if self._main else [])]
        self._at_import = self._reach(self._module)
        self._when_run = self._reach(roots)
        self._constants = dict(_string_constants(self._module))

    def facts(self) -> ScriptFacts:
        run = [*self._when_run, *self._block]
        parsing = [name for each in run for name in _attributes(each) if name in ("parse_args", "parse_known_args")]
        return ScriptFacts(
            file=self._file,
            imports=tuple(self._imports()),
            main=tuple(_parameters(self._main)) if self._main else None,
            main_line=self._main.lineno if self._main else 1,
            has_main_block=bool(self._block),
            arguments=tuple(argument for each in run for argument in _parser_arguments(each)),
            strict_arguments="parse_args" in parsing and "parse_known_args" not in parsing,
            block_inputs=self._block_dict("input_paths", 0),
            block_outputs=self._block_dict("output_paths", 1),
            input_reads=tuple(self._reads(0)),
            output_reads=tuple(self._reads(1)),
            pip_at_import=_first(_pip_calls([*self._module, *self._at_import])),
            aws_at_import=_first(_aws_calls([*self._module, *self._at_import])),
            aws_when_run=_first(_aws_calls(run)),
            switches=dict(_switches(self._module)),
            container_paths=tuple(self._container_paths()),
        )

    def _reach(self, roots: Sequence[ast.AST]) -> list[Definition]:
        """Definitions of this module that these statements use, directly or through one another."""
        found: dict[str, Definition] = {}
        pending: list[ast.AST] = list(roots)
        while pending:
            for name in _names(pending.pop()):
                if name in self._definitions and name not in found:
                    found[name] = self._definitions[name]
                    pending.append(found[name])
        if self._main and self._main in roots:
            found["main"] = self._main
        return list(found.values())

    def _imports(self) -> Iterator[Import]:
        used = {id(each) for each in (*self._at_import, *self._when_run)}
        for statement in (*self._module, *self._block):
            yield from _walk_imports(statement, lazy=False, guarded=False, used=True)
        for each in self._definitions.values():
            lazy = isinstance(each, Function)
            yield from _walk_imports(each, lazy=lazy, guarded=False, used=id(each) in used)

    def _reads(self, position: int) -> Iterator[Place]:
        """Keys that ``main`` cannot do without, of its parameter at this position."""
        if self._main is None:
            return
        parameters = list(_parameters(self._main))
        if len(parameters) <= position:
            return
        name = parameters[position].name
        asked = {
            str(each.left.value)
            for each in ast.walk(self._main)
            if isinstance(each, ast.Compare) and isinstance(each.left, ast.Constant)
        }
        for each in ast.walk(self._main):
            if (
                isinstance(each, ast.Subscript)
                and isinstance(each.ctx, ast.Load)
                and isinstance(each.value, ast.Name)
                and each.value.id == name
                and isinstance(each.slice, ast.Constant)
                and isinstance(each.slice.value, str)
                and each.slice.value not in asked
            ):
                yield Place(each.lineno, each.slice.value)

    def _block_dict(self, name: str, position: int) -> dict[str, str | None] | None:
        local = {**self._constants, **dict(_string_constants(self._block))}
        found: dict[str, str | None] | None = None
        for each in (node for statement in self._block for node in ast.walk(statement)):
            value = None
            if isinstance(each, ast.Assign | ast.AnnAssign):
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    value = each.value
                elif any(_is_item_of(target, name) for target in targets):
                    return None  # built in pieces: its keys depend on conditions
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "main":
                given = {keyword.arg: keyword.value for keyword in each.keywords}
                value = given.get(name) or (each.args[position] if len(each.args) > position else None)
            if isinstance(value, ast.Dict):
                if not all(isinstance(key, ast.Constant) for key in value.keys):
                    return None
                found = {
                    str(key.value): _text(item, local)
                    for key, item in zip(value.keys, value.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
        return found

    def _container_paths(self) -> Iterator[Place]:
        constants = {name for name, text in self._constants.items() if text.startswith(_CONTAINER)}
        for definition in self._when_run:
            harmless = _harmless_strings(definition)
            for each in ast.walk(definition):
                if id(each) in harmless:
                    continue
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.startswith(_CONTAINER):
                    yield Place(each.lineno, each.value)
                elif isinstance(each, ast.Name) and each.id in constants and isinstance(each.ctx, ast.Load):
                    yield Place(each.lineno, self._constants[each.id])


def _is_main_block(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
    )


def _names(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _attributes(node: ast.AST) -> Iterator[str]:
    return (each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute))


def _first(places: Iterable[Place]) -> Place | None:
    return min(places, key=lambda place: place.line, default=None)


def _walk_imports(node: ast.AST, *, lazy: bool, guarded: bool, used: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, 0, (), node.lineno, lazy, guarded, used)
        return
    if isinstance(node, ast.ImportFrom):
        names = tuple(alias.name for alias in node.names)
        yield Import(node.module or "", node.level, names, node.lineno, lazy, guarded, used)
        return
    if isinstance(node, ast.Try | ast.TryStar):
        inner = guarded or any(_catches_import_errors(handler) for handler in node.handlers)
        for tried in node.body:
            yield from _walk_imports(tried, lazy=lazy, guarded=inner, used=used)
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _walk_imports(other, lazy=lazy, guarded=guarded, used=used)
        return
    if isinstance(node, ast.If) and "TYPE_CHECKING" in {*_names(node.test), *_attributes(node.test)}:
        guarded = True
    if isinstance(node, ast.With):
        guarded = guarded or any(
            "suppress" in {*_names(i.context_expr), *_attributes(i.context_expr)} for i in node.items
        )
    inside_function = lazy or isinstance(node, Function | ast.Lambda)
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _walk_imports(child, lazy=inside_function, guarded=guarded, used=used)


def _catches_import_errors(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or bool(_CATCHES_IMPORT_ERRORS & set(_names(handler.type)))


def _parameters(function: Function) -> Iterator[Parameter]:
    positional = [*function.args.posonlyargs, *function.args.args]
    without_default = len(positional) - len(function.args.defaults)
    for index, each in enumerate(positional):
        yield Parameter(each.arg, index < without_default)
    for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True):
        yield Parameter(each.arg, default is None)


def _parser_arguments(node: ast.AST) -> Iterator[ParserArgument]:
    for each in ast.walk(node):
        if not (
            isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "add_argument"
        ):
            continue
        flags = tuple(arg.value for arg in each.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
        given = {keyword.arg: keyword.value for keyword in each.keywords}
        required = given.get("required")
        is_required = isinstance(required, ast.Constant) and required.value is True
        if flags:
            yield ParserArgument(flags, _literals(given.get("choices")), is_required, each.lineno)


def _literals(node: ast.AST | None) -> tuple[str, ...] | None:
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return None
    if not all(isinstance(item, ast.Constant) for item in node.elts):
        return None
    return tuple(str(item.value) for item in node.elts if isinstance(item, ast.Constant))


def _calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    return (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Call))


def _pip_calls(nodes: Iterable[ast.AST]) -> Iterator[Place]:
    for call in _calls(nodes):
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
        is_pip_api = isinstance(call.func, ast.Attribute) and "pip" in _names(call.func)
        if "install" in words and (words & {"pip", "pip3"} or is_pip_api):
            yield Place(call.lineno)


def _aws_calls(nodes: Iterable[ast.AST]) -> Iterator[Place]:
    for call in _calls(nodes):
        if (
            isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and (call.func.value.id, call.func.attr) in _AWS_CALLS
        ):
            service = call.args[0] if call.args else None
            named = service.value if isinstance(service, ast.Constant) else None
            yield Place(call.lineno, str(named) if named else call.func.value.id)


def _switches(statements: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    for call in _calls(statements):
        if not (isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "getenv") and len(call.args) == 2):
            continue
        literals = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        if len(literals) == 2 and {"environ", "getenv"} & set(_attributes(call.func)):
            yield str(literals[0]), str(literals[1])


def _string_constants(statements: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """``NAME = "text"``, and ``NAME["key"]`` for dicts of texts."""
    for each in (node for statement in statements for node in ast.walk(statement)):
        if not (isinstance(each, ast.Assign) and len(each.targets) == 1 and isinstance(each.targets[0], ast.Name)):
            continue
        name = each.targets[0].id
        if isinstance(each.value, ast.Constant) and isinstance(each.value.value, str):
            yield name, each.value.value
        elif isinstance(each.value, ast.Dict):
            for key, value in zip(each.value.keys, each.value.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield f"{name}[{key.value!r}]", value.value


def _text(node: ast.AST, constants: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name | ast.Subscript):
        return constants.get(ast.unparse(node))
    return None


def _is_item_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name


def _harmless_strings(definition: Definition) -> set[int]:
    """Nodes whose paths are only documentation, defaults that a caller replaces, comparisons or messages."""
    harmless: set[int] = set()
    for each in ast.walk(definition):
        parts: Sequence[ast.AST | None] = ()
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
            parts = (each.value,)
        elif isinstance(each, ast.arguments):
            parts = (*each.defaults, *each.kw_defaults)
        elif isinstance(each, ast.Compare):
            parts = (each,)
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            if each.func.attr in ("startswith", "replace"):
                parts = (each,)
            elif each.func.attr == "get" and len(each.args) == 2:
                parts = (each.args[1],)
            elif each.func.attr in ("info", "warning", "error", "debug", "exception"):
                parts = (each,)
        harmless |= {id(inner) for part in parts if part is not None for inner in ast.walk(part)}
    return harmless
