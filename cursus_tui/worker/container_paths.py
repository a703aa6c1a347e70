"""Container paths (``/opt/ml/...``) and the folders of this run that stand for them."""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import os
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .job import Job

CONTAINER_ROOT = "/opt/ml"
CODE_FOLDERS = ("/opt/ml/code", "/opt/ml/processing/input/code")
"""Where SageMaker puts a training or processing job's own source: here, the folder of the script."""


class Port(NamedTuple):
    """One logical input or output: its name, its container path, and the local path, if it is wired."""

    name: str
    container: Optional[str]
    local: Optional[str]


def is_container_path(path: object) -> bool:
    """Whether a value is a path inside of SageMaker's folder."""
    if isinstance(path, os.PathLike):
        path = os.fspath(path)
    return isinstance(path, str) and (path == CONTAINER_ROOT or path.startswith(CONTAINER_ROOT + "/"))


class ContainerPaths:
    """Maps what a script builds (names and container paths) to local paths.

    Args:
        job: Its contract gives the container paths, its ``input_paths`` and ``output_paths`` the local ones.
    """

    def __init__(self, job: Job) -> None:
        self.inputs = _ports(job.contract_inputs, job.input_paths)
        self.outputs = _ports(job.contract_outputs, job.output_paths)
        self._private = job.file("container")
        self._code = job.script_folder

    def input(self, name: str, path: str) -> Tuple[str, Optional[str]]:
        """The local path of an input, and the contract's name for it where the script uses another one."""
        return self._map(name, path, self.inputs, only_one=False)

    def output(self, name: str, path: str) -> Tuple[str, Optional[str]]:
        """The local path of an output, and the contract's name for it where the script uses another one."""
        return self._map(name, path, self.outputs, only_one=True)

    def any(self, path: str) -> str:
        """The local path for any container path, whoever it belongs to."""
        clean = os.path.normpath(path)
        return _beneath(clean, self.inputs + self.outputs) or self._unmapped(clean)

    def _map(self, name: str, path: str, ports: List[Port], only_one: bool) -> Tuple[str, Optional[str]]:
        clean = os.path.normpath(path)
        exact = [port for port in ports if port.container == clean]
        # Several ports may share a folder: the one of the same name, else one that is wired, says which is meant.
        exact.sort(key=lambda port: (port.name != name, port.local is None))
        named = [port for port in ports if port.name == name]
        for port in exact[:1] + named[:1]:
            other = None if port.name == name else port.name
            if port.local is None:
                continue
            return _parent_of_file(port, clean) or port.local, other
        if not exact and not named:
            beneath = _beneath(clean, ports)
            if beneath is not None:
                return beneath, None
            if only_one and len(ports) == 1 and ports[0].local is not None:
                return ports[0].local, ports[0].name
        return (self._unmapped(clean) if is_container_path(clean) else path), None

    def _unmapped(self, clean: str) -> str:
        for folder in CODE_FOLDERS:
            if clean == folder or clean.startswith(folder + "/"):
                return self._code + clean[len(folder) :]
        return self._private + clean[len(CONTAINER_ROOT) :]


def _ports(contract: Mapping[str, Optional[str]], local: Mapping[str, str]) -> List[Port]:
    ports = [Port(name, os.path.normpath(path) if path else None, local.get(name)) for name, path in contract.items()]
    ports.extend(Port(name, None, path) for name, path in local.items() if name not in contract)
    return ports


def _beneath(path: str, ports: Iterable[Port]) -> Optional[str]:
    """The local path below the port with the longest matching container path."""
    best: Optional[Tuple[int, str]] = None
    for port in ports:
        if port.container is None or port.local is None:
            continue
        if path == port.container or path.startswith(port.container + "/"):
            candidate = (len(port.container), port.local + path[len(port.container) :])
            best = max(best, candidate) if best else candidate
    return best[1] if best else None


def _parent_of_file(port: Port, path: str) -> Optional[str]:
    """Where a contract names a file and the script its folder: the folder of the local file."""
    if port.container and port.local and os.path.dirname(port.container) == path and os.path.isfile(port.local):
        return os.path.dirname(port.local)
    return None


class ContainerView:
    """Lets a script's ``__main__`` block see this run's folders at their container paths.

    Blocks ask ``os.path.exists`` for optional channels, make output folders and write failure notes. Only Python's
    own file functions are covered, only while the block runs (not its ``main``), and only below ``/opt/ml``.
    """

    _FUNCTIONS: Tuple[Tuple[Any, str], ...] = (
        (os, "stat"),
        (os, "lstat"),
        (os, "mkdir"),
        (os, "listdir"),
        (os, "scandir"),
        (builtins, "open"),
        (io, "open"),
    )

    def __init__(self, paths: ContainerPaths, private: str) -> None:
        self._paths = paths
        self._private = private
        self._originals: Dict[Tuple[Any, str], Callable[..., Any]] = {}

    def show(self) -> None:
        """From now on."""
        for place in self._FUNCTIONS:
            original = getattr(*place)
            self._originals[place] = original
            setattr(*place, self._translating(original))

    def hide(self) -> None:
        """No longer; does nothing when it is not shown."""
        for (module, name), original in self._originals.items():
            setattr(module, name, original)
        self._originals = {}

    def _translating(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def function(*args: Any, **options: Any) -> Any:
            if args and is_container_path(args[0]):
                args = (self._local(os.fspath(args[0])), *args[1:])
            return original(*args, **options)

        return function

    def _local(self, path: str) -> str:
        local = self._paths.any(path)
        if local.startswith(self._private):
            mkdir = self._originals[(os, "mkdir")]
            for folder in (self._private, os.path.join(self._private, "output")):
                with contextlib.suppress(OSError):
                    mkdir(folder)
        return local
