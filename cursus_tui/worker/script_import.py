"""Importing a script so that it believes to be run by the interpreter, and stopping short of its ``__main__`` block."""

from __future__ import annotations
import __future__

import ast
import linecache
import os
import re
import sys
from types import CodeType, ModuleType
from typing import Any, Callable, List, NamedTuple, Optional, Tuple

_FUTURE_FLAGS = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_IMPORTED_NAME = re.compile(r"^[ \t]*(?:from|import)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


class LoadedScript(NamedTuple):
    """A script whose body has been executed."""

    module: ModuleType
    block: Optional[CodeType]
    """Its ``if __name__ == "__main__":`` statement and whatever follows; None where there is none."""
    main: Optional[Callable[..., Any]]
    imported_names: Tuple[str, ...]
    """Top-level names of everything its source imports, for the record of library versions."""


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

    def import_script(self, package: Optional[str] = None) -> LoadedScript:
        """Execute the script's body.

        Args:
            package: Its package, where it uses relative imports.

        Raises:
            BaseException: Whatever the script raises, ``SyntaxError`` included.
        """
        source = read_source(self.script)
        tree = parse(source, self.script)
        module = ModuleType("__main__")
        module.__file__ = self.script
        module.__package__ = package
        module.__dict__["__builtins__"] = __builtins__
        sys.path[:0] = [folder for folder in self.search if folder not in sys.path]
        self._register(module)
        linecache.checkcache(self.script)
        position = next((i for i, node in enumerate(tree.body) if _is_main_block(node)), len(tree.body))
        body = _code(tree.body[:position], self.script)
        exec(body, module.__dict__)
        rest = tree.body[position:]
        block = _code(rest, self.script, body.co_flags & _FUTURE_FLAGS) if rest else None
        main = module.__dict__.get("main")
        names = tuple(sorted(set(_IMPORTED_NAME.findall(source.decode("utf-8", "replace")))))
        return LoadedScript(module, block, main if callable(main) else None, names)

    def _register(self, module: ModuleType) -> None:
        stem = os.path.splitext(os.path.basename(self.script))[0]
        sys.modules["__main__"] = module
        if stem.isidentifier() and stem not in sys.modules:
            sys.modules[stem] = module


def read_source(script: str) -> bytes:
    """The script's bytes; compiled afresh each time, so an edit is always seen."""
    with open(script, "rb") as file:
        return file.read()


def parse(source: bytes, script: str) -> ast.Module:
    """The script's syntax tree (its encoding declaration is honoured)."""
    return ast.parse(source, script)


def uses_relative_imports(tree: ast.Module) -> bool:
    """Whether any import in the script starts with a dot."""
    return any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))


def _is_main_block(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":``, either way round."""
    if not (isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and len(node.test.comparators) == 1):
        return False
    sides = (node.test.left, node.test.comparators[0])
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def _code(body: List[ast.stmt], script: str, flags: int = 0) -> CodeType:
    code: CodeType = compile(ast.Module(body=body, type_ignores=[]), script, "exec", flags, dont_inherit=True)
    return code
