"""What a script's source tells without running it: parsed once a version of the file, and remembered."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from cursus_tui.checks.facts import Import, KeyRead, Place, ScriptFacts
from cursus_tui.checks.syntax import (
    Function,
    attributes_in,
    aws_calls,
    below,
    definitions_of,
    first_place,
    got_key,
    harmless_strings,
    is_item_of,
    is_main_block,
    is_named,
    names_in,
    parameters_of,
    parser_arguments,
    pip_calls,
    string_constants,
    string_of,
    switches_in,
    text_of,
    walk_imports,
)

_MAX_BYTES = 8 << 20
_CONTAINER = "/opt/ml"


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
            source = file.read_bytes()
            tree = ast.parse(source, str(file))
        return _Reader(file, tree, mentions_container=_CONTAINER.encode() in source).facts()
    except OSError as error:
        return ScriptFacts(file, error=f"cannot be read: {error.strerror or error}")
    except SyntaxError as error:
        return ScriptFacts(file, error=error.msg, error_line=error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        return ScriptFacts(file, error=str(error) or "is nested too deeply")


class _Reader:
    """Reads one module: what runs at import, what runs from ``main``, and what neither reaches."""

    def __init__(self, file: Path, tree: ast.Module, *, mentions_container: bool) -> None:
        self._file = file
        self._mentions_container = mentions_container
        self._definitions = definitions_of(tree)
        self._block = [each for each in tree.body if is_main_block(each)]
        self._module = [
            each for each in tree.body if not isinstance(each, Function | ast.ClassDef) and not is_main_block(each)
        ]
        self._main = next((each for each in tree.body if isinstance(each, Function) and each.name == "main"), None)
        roots: list[ast.AST] = [*self._block, *([self._main] if self._main else [])]
        self._at_import = self._reach(self._module)
        self._when_run = self._reach(roots)
        self._constants = dict(string_constants(self._module))

    def facts(self) -> ScriptFacts:
        run = [*self._when_run, *self._block]
        parsing = [name for each in run for name in attributes_in(each) if name in ("parse_args", "parse_known_args")]
        return ScriptFacts(
            file=self._file,
            imports=tuple(self._imports()),
            main=tuple(parameters_of(self._main)) if self._main else None,
            main_line=self._main.lineno if self._main else 1,
            arguments=tuple(argument for each in run for argument in parser_arguments(each)),
            strict_arguments="parse_args" in parsing and "parse_known_args" not in parsing,
            block_inputs=self._block_dict("input_paths", 0),
            block_outputs=self._block_dict("output_paths", 1),
            input_reads=tuple(self._reads(0)),
            output_reads=tuple(self._reads(1)),
            pip_at_import=first_place(pip_calls([*self._module, *self._at_import])),
            aws_at_import=first_place(aws_calls([*self._module, *self._at_import])),
            aws_when_run=first_place(aws_calls(run)),
            switches=dict(switches_in(self._module)),
            container_paths=tuple(self._container_paths()),
        )

    def _reach(self, roots: Sequence[ast.AST]) -> list[ast.AST]:
        """Functions, methods and class bodies of this module that these statements use, directly or through others."""
        found: dict[int, ast.AST] = {id(each): each for each in roots if each is self._main}
        pending: list[ast.AST] = list(roots)
        asked: set[str] = set()
        while pending:
            node = pending.pop()
            names = {*names_in(node), *(f".{name}" for name in attributes_in(node))} - asked
            asked |= names
            for name in names:
                for each in self._definitions.get(name, ()):
                    if id(each) not in found:
                        found[id(each)] = each
                        pending.append(each)
        return list(found.values())

    def _imports(self) -> Iterator[Import]:
        used = {id(each) for each in (*self._at_import, *self._when_run)}
        for statement in (*self._module, *self._block):
            yield from walk_imports(statement, lazy=False, guarded=False, used=True)
        for each in (node for reached in self._definitions.values() for node in reached):
            lazy = isinstance(each, Function)
            yield from walk_imports(each, lazy=lazy, guarded=False, used=not lazy or id(each) in used)

    def _reads(self, position: int) -> Iterator[KeyRead]:
        """Keys that ``main`` takes from its parameter at this position; with ``[]`` after a test is no need."""
        if self._main is None:
            return
        parameters = list(parameters_of(self._main))
        if len(parameters) <= position:
            return
        name = parameters[position].name
        nodes = below(self._main)
        tested = {
            each.left.value for each in nodes if isinstance(each, ast.Compare) and isinstance(each.left, ast.Constant)
        }
        for each in nodes:
            if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Load) and is_named(each.value, name):
                if (key := string_of(each.slice)) is not None:
                    yield KeyRead(key, each.lineno, key not in tested)
            elif (key := got_key(each, name)) is not None:
                yield KeyRead(key, getattr(each, "lineno", 1), False)

    def _block_dict(self, name: str, position: int) -> dict[str, str | None] | None:
        local = {**self._constants, **dict(string_constants(self._block))}
        found: dict[str, str | None] | None = None
        for each in (node for statement in self._block for node in below(statement)):
            value = None
            if isinstance(each, ast.Assign | ast.AnnAssign):
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    value = each.value
                elif any(is_item_of(target, name) for target in targets):
                    return None  # built in pieces: its keys depend on conditions
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "main":
                given = {keyword.arg: keyword.value for keyword in each.keywords}
                value = given.get(name) or (each.args[position] if len(each.args) > position else None)
            if isinstance(value, ast.Dict):
                if not all(isinstance(key, ast.Constant) for key in value.keys):
                    return None
                found = {
                    str(key.value): text_of(item, local)
                    for key, item in zip(value.keys, value.values, strict=True)
                    if isinstance(key, ast.Constant)
                }
        return found

    def _container_paths(self) -> Iterator[Place]:
        constants = {name for name, text in self._constants.items() if text.startswith(_CONTAINER)}
        if not self._mentions_container:
            return
        for definition in self._when_run:
            harmless = harmless_strings(definition)
            for each in below(definition):
                if id(each) in harmless:
                    continue
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.startswith(_CONTAINER):
                    yield Place(each.lineno, each.value)
                elif isinstance(each, ast.Name) and each.id in constants and isinstance(each.ctx, ast.Load):
                    yield Place(each.lineno, self._constants[each.id])
