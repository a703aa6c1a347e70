"""Importing a script so that it believes to be run by the interpreter, and stopping short of its ``__main__`` block."""

from __future__ import annotations
import __future__

import ast
import importlib.util
import linecache
import os
import re
import sys
from types import CodeType, ModuleType
from typing import Any, Callable, List, NamedTuple, Optional, Tuple, Union

_MAIN_BLOCK = re.compile(
    rb"""^if[ \t]*\(?[ \t]*(?:__name__[ \t]*==[ \t]*(["'])__main__\1|(["'])__main__\2[ \t]*==[ \t]*__name__)""",
    re.MULTILINE,
)
_RUNS_MAIN = re.compile(rb"__main__|^(?!async def|def).*\bmain[ \t]*\(", re.MULTILINE)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_RELATIVE_IMPORT = re.compile(rb"^[ \t]*from[ \t]+\.", re.MULTILINE)
_ENCODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+.*$", re.MULTILINE)
_FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


class LoadedScript(NamedTuple):
    """A script whose body has been executed."""

    module: ModuleType
    block: Optional[CodeType]
    """Its ``if __name__ == "__main__":`` statement and whatever follows; None where there is none."""
    main: Optional[Callable[..., Any]]


class ScriptImportManager:
    """Imports one script in this process.

    The module is ``__main__``, as in the container, and is also registered under its file's stem: so functions and
    classes pickle as the container would pickle them, and pools of any start method find them again.

    Args:
        script: Absolute path.
        search: Folders that go first on ``sys.path``, in order.
    """

    def __init__(self, script: str, search: List[str]) -> None:
        self.script = script
        self.search = search

    def import_script(self, source: bytes, package: Optional[str] = None) -> LoadedScript:
        """Execute the script's body.

        Args:
            source: The script's text.
            package: Its package, where it uses relative imports.

        Raises:
            BaseException: Whatever the script raises, ``SyntaxError`` included.
        """
        body, block = split_at_main_block(source, self.script)
        module = ModuleType("__main__")
        module.__file__ = self.script
        module.__package__ = package
        module.__dict__["__builtins__"] = __builtins__
        sys.path[:0] = [folder for folder in self.search if folder not in sys.path]
        self._register(module)
        self._remember_source(source)
        exec(body, module.__dict__)
        main = module.__dict__.get("main")
        return LoadedScript(module, block, main if callable(main) else None)

    def _remember_source(self, source: bytes) -> None:
        """Tracebacks show the source as it was, though the file is edited while it runs."""
        lines = importlib.util.decode_source(source).splitlines(True)
        # An entry without a time of change is never compared with the file.
        linecache.cache[self.script] = (len(source), None, lines, self.script)

    def _register(self, module: ModuleType) -> None:
        stem = os.path.splitext(os.path.basename(self.script))[0]
        sys.modules["__main__"] = module
        if stem.isidentifier() and stem not in sys.modules:
            sys.modules[stem] = module


def read_source(script: str) -> bytes:
    """The script's bytes; compiled afresh each time, so an edit is always seen."""
    with open(script, "rb", 0) as file:
        return file.read()


def split_at_main_block(source: bytes, script: str) -> Tuple[CodeType, Optional[CodeType]]:
    """The code before the ``__main__`` block, and the code from it on; file name and line numbers are the script's.

    Raises:
        SyntaxError: Of the script.
    """
    start = _MAIN_BLOCK.search(source)
    if start is None:
        whole = _compiled(source, script)
        return _split_by_syntax_tree(source, script) if _RUNS_MAIN.search(source) else (whole, None)
    encoding = b"".join(_ENCODING.findall(b"\n".join(source.split(b"\n", 2)[:2]))[:1])
    lines_before = source.count(b"\n", 0, start.start())
    # A second line may declare an encoding, so it stays one of the first two.
    blank = encoding + b"\n" * lines_before if encoding and lines_before else b"\n" * lines_before
    try:
        body = _compiled(source[: start.start()], script)
        return body, _compiled(blank + source[start.start() :], script, body.co_flags & _FUTURE_FLAGS)
    except SyntaxError:
        pass
    # Either the script is wrong, which the next line says in its own words, or this is no statement but a text.
    _compiled(source, script)
    return _split_by_syntax_tree(source, script)


def uses_relative_imports(source: bytes) -> bool:
    """Whether any import in the script starts with a dot."""
    return _RELATIVE_IMPORT.search(source) is not None


def _split_by_syntax_tree(source: bytes, script: str) -> Tuple[CodeType, Optional[CodeType]]:
    """The same for odd layouts, at several times the cost."""
    statements = ast.parse(source, script).body
    position = next((i for i, node in enumerate(statements) if _is_main_block(node)), None)
    if position is None:
        defined = max((i for i, node in enumerate(statements) if _defines_main(node)), default=-1)
        after = range(defined + 1, len(statements))
        position = next((i for i in after if _runs_main(statements[i])), len(statements))
    body = _compiled(ast.Module(body=statements[:position], type_ignores=[]), script)
    rest = ast.Module(body=statements[position:], type_ignores=[])
    return body, _compiled(rest, script, body.co_flags & _FUTURE_FLAGS) if rest.body else None


def _is_main_block(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":``, either way round."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and len(node.test.comparators) == 1):
        return False
    sides = (node.test.left, node.test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def _defines_main(node: ast.stmt) -> bool:
    names = [node.name] if isinstance(node, _DEFINITIONS) else []
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [alias.asname or alias.name for alias in node.names]
    elif isinstance(node, ast.Assign):
        names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return "main" in names


def _runs_main(node: ast.AST) -> bool:
    """Whether a statement branches on ``__name__`` or calls ``main`` when it is executed, however deep in it."""
    if isinstance(node, (*_DEFINITIONS, ast.Lambda)):
        return False
    if isinstance(node, ast.If) and any(map(_is_name_of_module, ast.walk(node.test))):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "main":
        return True
    return any(map(_runs_main, ast.iter_child_nodes(node)))


def _is_name_of_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__name__"


def _compiled(source: Union[bytes, ast.Module], script: str, flags: int = 0) -> CodeType:
    code: CodeType = compile(source, script, "exec", flags, dont_inherit=True)
    return code
