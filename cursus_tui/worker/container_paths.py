"""Container paths (``/opt/ml/...``) and the folders of this run that stand for them."""

from __future__ import annotations

import builtins
import functools
import io
import os
from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .code_folder import private_place
from .job import Job

CONTAINER_ROOT = "/opt/ml"
CODE_FOLDERS = ("/opt/ml/code", "/opt/ml/processing/input/code")
"""Where SageMaker puts a training or processing job's own source: here, the folder of the script."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC


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
        self.code = job.script_folder
        """What stands for the folder of its source."""

    def input(self, name: str, path: str) -> Tuple[str, Optional[str]]:
        """The local path of an input, and the contract's name for it where the script uses another one."""
        return self._map(name, path, self.inputs, is_output=False)

    def output(self, name: str, path: str) -> Tuple[str, Optional[str]]:
        """The local path of an output, and the contract's name for it where the script uses another one."""
        return self._map(name, path, self.outputs, is_output=True)

    def any(self, path: str) -> str:
        """The local path for any container path, whoever it belongs to; any other path as it is."""
        if not is_container_path(path):
            return path
        clean = os.path.normpath(path)
        return _beneath(clean, self.inputs + self.outputs) or self._unmapped(clean)

    def code_folder(self, clean: str) -> Optional[str]:
        """The container's folder of source that a path is in; None where it is in none, or belongs to a port."""
        if _beneath(clean, self.inputs + self.outputs) is not None:
            return None
        return next((folder for folder in CODE_FOLDERS if clean == folder or clean.startswith(folder + "/")), None)

    def _map(self, name: str, path: str, ports: List[Port], is_output: bool) -> Tuple[str, Optional[str]]:
        clean = os.path.normpath(path)
        exact = [port for port in ports if port.container == clean]
        # Several ports may share a folder: the one of the same name, else one that is wired, says which is meant.
        exact.sort(key=lambda port: (port.name != name, port.local is None))
        named = [port for port in ports if port.name == name]
        for port in exact[:1] + named[:1]:
            other = None if port.name == name else port.name
            if port.local is None:
                continue
            return _as_asked(port, port.local, clean), other
        if not exact and not named:
            beneath = _beneath(clean, ports)
            if beneath is not None:
                return beneath, None
            if is_output and len(ports) == 1 and ports[0].local is not None:
                return ports[0].local, ports[0].name
        return (self._unmapped(clean, to_write=is_output) if is_container_path(clean) else path), None

    def _unmapped(self, clean: str, to_write: bool = False) -> str:
        private = self._private + clean[len(CONTAINER_ROOT) :]
        for folder in CODE_FOLDERS:
            # What the script writes among its source is private, and what its block put there is looked at there.
            if (clean == folder or clean.startswith(folder + "/")) and not to_write and not _was_put_there(private):
                return self.code + clean[len(folder) :]
        return private


def _was_put_there(private: str) -> bool:
    return os.path.exists(private) and not os.path.islink(private)


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
            local = _as_asked(port, port.local, path) if path == port.container else port.local
            candidate = (len(port.container), local + path[len(port.container) :])
            best = max(best, candidate) if best else candidate
    return best[1] if best else None


def _as_asked(port: Port, local: str, path: str) -> str:
    """The local file or its folder, whichever the script asks for: contracts and users name the one or the other."""
    container = port.container or ""
    if path == os.path.dirname(container) and os.path.isfile(local):
        return os.path.dirname(local)
    inside = os.path.join(local, os.path.basename(container))
    if path == container and os.path.splitext(container)[1] and os.path.isfile(inside):
        return inside
    return local


class ContainerView:
    """Lets a script's ``__main__`` block see this run's folders at their container paths.

    Blocks ask ``os.path.exists`` for optional channels, make output folders and write failure notes. Only Python's
    own file functions are covered, only while the block runs (not its ``main``), and only below ``/opt/ml``.
    """

    _PLACES: Tuple[Tuple[Any, str], ...] = (
        *((os, name) for name in ("access", "chmod", "listdir", "lstat", "mkdir", "open", "remove", "rmdir")),
        *((os, name) for name in ("scandir", "stat", "unlink", "utime")),
        (builtins, "open"),
        (io, "open"),
    )

    _shown: Optional["ContainerView"] = None
    _originals = tuple((module, name, getattr(module, name)) for module, name in _PLACES)

    def __init__(self, paths: ContainerPaths, private: str) -> None:
        self._paths = paths
        self._private = private

    def show(self) -> None:
        """From now on."""
        ContainerView._shown = self
        for module, name, function in _TRANSLATING:
            setattr(module, name, function)

    def hide(self) -> None:
        """No longer; does nothing when it is not shown."""
        if ContainerView._shown is self:
            ContainerView._shown = None
            for module, name, function in self._originals:
                setattr(module, name, function)

    @classmethod
    def translating(cls, original: Callable[..., Any]) -> Callable[..., Any]:
        """A file function that looks at the local path where a view is shown."""

        @functools.wraps(original)
        def function(*args: Any, **options: Any) -> Any:
            view = cls._shown
            if view is not None and args and is_container_path(args[0]):
                args = (view._local(os.fspath(args[0]), _changes(original.__name__, args, options)), *args[1:])
            return original(*args, **options)

        return function

    def _local(self, path: str, writes: bool) -> str:
        clean = os.path.normpath(path)
        folder = self._paths.code_folder(clean)
        if folder is not None:
            self.hide()
            try:
                private = self._private + folder[len(CONTAINER_ROOT) :]
                return private_place(self._paths.code, private, clean[len(folder) :], writes)
            finally:
                self.show()
        local = self._paths.any(path)
        if local.startswith(self._private):
            self.hide()
            os.makedirs(os.path.join(self._private, "output"), exist_ok=True)
            self.show()
        return local


def _changes(name: str, args: Tuple[Any, ...], options: Mapping[str, Any]) -> bool:
    """Whether a call of a file function changes what is in the file, or what is known of it."""
    if name != "open":
        return name in ("chmod", "utime")
    how = args[1] if len(args) > 1 else options.get("flags", options.get("mode", "r"))
    return bool(how & _WRITING) if isinstance(how, int) else any(letter in str(how) for letter in "wax+")


# Made once, in the zygote: wrapping is the dearer part.
_TRANSLATING = tuple((module, name, ContainerView.translating(f)) for module, name, f in ContainerView._originals)
