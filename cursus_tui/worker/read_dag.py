"""Executes a Python file and writes down every ``PipelineDAG`` that it builds. Started by path; stdlib only.

Usage: ``python read_dag.py FILE ANSWER``. Nothing of Cursus, SageMaker or anything else that the file imports has to
be installed: what is absent is stood in for, and ``PipelineDAG`` is recorded. The network, child processes and writing
to files are refused, since reading a pipeline must change nothing.

The answer is JSON: ``{"dags": [{"name", "nodes", "edges"}], "error": {"message", "line"} | null, "absent": [module]}``.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import inspect
import io
import json
import os
import re
import sys
import traceback
import types
from typing import Any, Callable, Iterator, Sequence

_DAG_CLASS = "PipelineDAG"
_DAG_FUNCTION = re.compile(r"(^|_)dag($|_)")
_REFUSED = {
    "socket.connect": "the network",
    "socket.getaddrinfo": "the network",
    "socket.gethostbyname": "the network",
    "socket.sendto": "the network",
    "subprocess.Popen": "starting a process",
    "os.system": "starting a process",
    "os.exec": "starting a process",
    "os.posix_spawn": "starting a process",
    "os.spawn": "starting a process",
    "os.fork": "starting a process",
    "os.forkpty": "starting a process",
    "os.truncate": "changing a file",
    "os.chmod": "changing a file",
    "os.chown": "changing a file",
    "os.link": "making a link",
    "os.symlink": "making a link",
    "os.mkdir": "making a folder",
    "os.remove": "deleting a file",
    "os.rename": "renaming a file",
    "os.rmdir": "deleting a folder",
    "shutil.rmtree": "deleting a folder",
}

recorded: list[Any] = []
absent: list[str] = []


class RecordedDAG:
    """Stands in for ``cursus.api.dag.base_dag.PipelineDAG``: the same calls, nothing but lists behind them."""

    def __init__(self, nodes: Any = None, edges: Any = None, strict: bool = False, **_: Any) -> None:
        self.strict = strict
        self.declared = list(nodes or [])
        self.edges = [tuple(edge) for edge in edges or []]
        self.nodes = list(self.declared)
        recorded.append(self)

    def add_node(self, node: str) -> None:
        """Declare a node."""
        if node not in self.declared:
            self.declared.append(node)
        if node not in self.nodes:
            self.nodes.append(node)

    def add_edge(self, src: str, dst: str) -> None:
        """Add an edge; ends that were not declared become nodes, undeclared."""
        for end in (src, dst):
            if end not in self.nodes:
                self.nodes.append(end)
        if (src, dst) not in self.edges:
            self.edges.append((src, dst))

    def get_dependencies(self, node: str) -> list[str]:
        """Parents of a node."""
        return [src for src, dst in self.edges if dst == node]

    def validate_node_declarations(self) -> list[str]:
        """Ends of edges that were never declared."""
        ends = [end for edge in self.edges for end in edge]
        return [end for end in dict.fromkeys(ends) if end not in self.declared]

    def topological_sort(self) -> list[str]:
        """All nodes; the real order does not matter for recording."""
        return list(self.nodes)


RecordedDAG.__name__ = RecordedDAG.__qualname__ = _DAG_CLASS


class _StandInType(type):
    """Makes a class that can be subclassed, called, used as a decorator, and asked for any attribute."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is StandIn or cls.__dict__.get("_is_stand_in"):
            if len(args) == 1 and not kwargs and isinstance(args[0], (type, types.FunctionType)):
                return args[0]
            return type.__call__(StandIn)
        return type.__call__(cls, *args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)

    def __getitem__(cls, item: object) -> Any:
        return cls


class StandIn(metaclass=_StandInType):
    """Anything that an absent module was asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Itself; as a decorator, what it decorates."""
        if len(args) == 1 and not kwargs and isinstance(args[0], (type, types.FunctionType)):
            return args[0]
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)

    def __getitem__(self, item: object) -> StandIn:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def __str__(self) -> str:
        return "stand-in"

    def __fspath__(self) -> str:
        return "stand-in"


def _stand_in(name: str) -> Any:
    return RecordedDAG if name == _DAG_CLASS else _StandInType(name, (StandIn,), {"_is_stand_in": True})


class _StandInModule(types.ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _stand_in(name)


class _AbsentModules(importlib.abc.Loader):
    """The last finder: stands in for what the user's own files import and this interpreter lacks.

    Libraries' own attempts at optional imports are left to fail, as they expect to.
    """

    def __init__(self, project: str) -> None:
        self._project = project

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """A stand-in where one is wanted."""
        parent = sys.modules.get(name.rpartition(".")[0])
        if not isinstance(parent, _StandInModule) and not self._asked_by_the_project():
            return None
        absent.append(name)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty module that answers every attribute."""
        return _StandInModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to execute."""

    def _asked_by_the_project(self) -> bool:
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            file = frame.f_code.co_filename
            if file != __file__ and not file.startswith("<"):
                return file.startswith(self._project) and "site-packages" not in file
            frame = frame.f_back
        return False


def _refuse(event: str, args: Sequence[Any]) -> None:
    what = _REFUSED.get(event)
    if event == "open" and isinstance(args[0], (str, bytes)) and os.fspath(args[0]) not in ("/dev/null", b"/dev/null"):
        by_mode = isinstance(args[1], str) and bool(set(args[1]) & set("wax+"))
        by_flags = bool((args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        what = "writing to a file" if by_mode or by_flags else None
    if event == "socket.connect" and isinstance(args[1], (str, bytes)):
        what = None  # a local socket
    if what:
        raise PermissionError("{} is refused while a pipeline is only read ({})".format(what, event))


def _write_nowhere() -> None:
    """Let a file that logs or saves at import go on: what it writes is lost; the audit hook refuses what is left."""
    really_open = io.open

    def opened(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        elsewhere = os.devnull if set(mode) & set("wax+") else file
        return really_open(elsewhere, mode.replace("x", "w"), *args, **kwargs)

    for module in (builtins, io):
        setattr(module, "open", opened)  # noqa: B010
    setattr(os, "mkdir", lambda *_, **__: None)  # noqa: B010


def _use_cursus_if_it_imports() -> None:
    """Record the instances of the real class where there is one; else forget half-imported parts of the package."""
    try:
        base = importlib.import_module("cursus.api.dag.base_dag").PipelineDAG
        original = base.__init__

        def recording(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorded.append(self)

        base.__init__ = recording
    except BaseException:
        for name in [each for each in sys.modules if each == "cursus" or each.startswith("cursus.")]:
            del sys.modules[name]
        sys.meta_path.insert(0, _NoCursus())


class _NoCursus:
    """Stands in for the whole of a Cursus that is absent or does not import."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """A stand-in where one is wanted."""
        if name != "cursus" and not name.startswith("cursus."):
            return None
        absent.append(name)
        return importlib.machinery.ModuleSpec(name, _AbsentModules(""), is_package=True)


def _package_of(file: str) -> tuple[str, str]:
    """The package that a file belongs to, and the folder that its topmost package lies in."""
    folder = os.path.dirname(file)
    names: list[str] = []
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.basename(folder).isidentifier():
        names.insert(0, os.path.basename(folder))
        folder = os.path.dirname(folder)
    return ".".join(names), folder


def _execute(file: str) -> types.ModuleType:
    with open(file, "rb") as stream:
        code = compile(stream.read(), file, "exec", dont_inherit=True)
    package, top = _package_of(file)
    sys.path[0:0] = [os.path.dirname(file), top]
    module = types.ModuleType("__pipeline__")
    module.__file__ = file
    module.__package__ = package
    sys.modules["__pipeline__"] = module
    exec(code, module.__dict__)
    return module


def _is_dag(value: Any) -> bool:
    return type(value).__name__ == _DAG_CLASS and hasattr(value, "nodes") and hasattr(value, "edges")


def _builders(namespace: dict[str, Any], file: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Functions, static and class methods of this file that look as if they made a DAG and need no arguments."""
    for name, value in list(namespace.items()):
        if inspect.isfunction(value) and value.__code__.co_filename == file:
            yield name, value
        elif inspect.isclass(value) and value.__module__ == "__pipeline__":
            for method, raw in list(vars(value).items()):
                if isinstance(raw, (staticmethod, classmethod)):
                    yield name + "." + method, getattr(value, method)


def _makes_a_dag(name: str, function: Callable[..., Any]) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return False
    if any(
        each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        for each in signature.parameters.values()
    ):
        return False
    annotation = getattr(signature.return_annotation, "__name__", str(signature.return_annotation))
    return _DAG_CLASS in annotation or bool(_DAG_FUNCTION.search(name.rpartition(".")[2].lower()))


def _where(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return frames[-1].lineno if frames else None


def _said(error: BaseException, file: str) -> dict[str, Any]:
    return {"message": "{}: {}".format(type(error).__name__, error)[:500], "line": _where(error, file)}


def read(file: str) -> dict[str, Any]:
    """Every DAG that the file builds, with the name that it is known by there."""
    error: dict[str, Any] | None = None
    named: list[tuple[str, Any]] = []
    try:
        namespace = vars(_execute(file))
    except BaseException as problem:
        error, namespace = _said(problem, file), vars(sys.modules.get("__pipeline__", types.ModuleType("empty")))
    named += [(name, value) for name, value in list(namespace.items()) if _is_dag(value)]
    for name, function in _builders(namespace, file):
        if not _makes_a_dag(name, function):
            continue
        try:
            value = function()
        except BaseException as problem:
            error = error or _said(problem, file)
            continue
        if _is_dag(value):
            named.append((name, value))
    known = {id(value) for _, value in named}
    named += [("dag_%d" % number, dag) for number, dag in enumerate(recorded, 1) if id(dag) not in known]
    dags: list[dict[str, Any]] = []
    for name, dag in named:
        edges = [[str(end) for end in edge] for edge in dag.edges]
        declared = list(getattr(dag, "declared", None) or getattr(dag, "_declared_nodes", None) or [])
        nodes = [str(node) for node in dag.nodes if node in declared] if declared else [str(node) for node in dag.nodes]
        if (nodes or edges) and not any(each["nodes"] == nodes and each["edges"] == edges for each in dags):
            dags.append({"name": name, "nodes": nodes, "edges": edges})
    return {"dags": dags, "error": error, "absent": sorted({name.partition(".")[0] for name in absent})}


def main() -> None:
    """Read the file named on the command line and write the answer."""
    file, answer = os.path.abspath(sys.argv[1]), sys.argv[2]
    sys.dont_write_bytecode = True
    sys.path[:] = [entry for entry in sys.path[1:] if entry]
    sys.argv = [file]
    out = os.open(answer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    setattr(builtins, "input", lambda *_: "")  # noqa: B010
    _write_nowhere()
    sys.addaudithook(_refuse)
    _use_cursus_if_it_imports()
    sys.meta_path.append(_AbsentModules(os.path.dirname(file)))
    found = read(file)
    os.write(out, json.dumps(found).encode("utf-8"))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
