"""What a step's outputs depend on, as named parts; two sets of parts say in words why something is out of date."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from cursus_tui.execution.data_flow import InputUse
from cursus_tui.execution.interpreter import version_of
from cursus_tui.execution.options import MOST_GIVEN_FILES, RunOptions
from cursus_tui.execution.protection import stamps_of
from cursus_tui.records.pipeline import Pipeline, Step
from cursus_tui.records.run import Artifact, Attempt
from cursus_tui.storage.secrets import is_secret

EDITED_WHILE_RUNNING = "edited while it ran"
ABSENT = "absent"
MOST_LINKS = 40
"""As many as the kernel follows."""
CLOCK_STEP_SECONDS = 0.01
"""By how much a file's time may lag behind the clock."""

_OTHER_NAMES = {
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "bs4": "beautifulsoup4",
}
"""Import names that differ from the name of what is installed."""

Parts = Mapping[str, str]
"""Name of a part (``script``, ``module:<path>``, ``env:<name>``, ``arg:<flag>``, ``input:<channel>``,
``library:<name>``, ``python``, ``option:<name>``) -> its value or digest."""


class FileDigests:
    """Digests of file contents, remembered for as long as a file's size, time and inode stay."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[int, int, int], str]] = {}

    def of(self, path: str | Path) -> str:
        """The digest of a regular file; ``absent`` where it is none or cannot be read: a pipe would never end."""
        name = os.fspath(path)
        try:
            status = os.stat(name)
            if not stat.S_ISREG(status.st_mode):
                return ABSENT
            key = (status.st_size, status.st_mtime_ns, status.st_ino)
            known = self._known.get(name)
            if known is None or known[0] != key:
                with open(name, "rb") as file:
                    known = (key, hashlib.file_digest(file, "sha256").hexdigest()[:16])
                self._known[name] = known
        except OSError:
            return ABSENT
        return known[1]


def own_parts(pipeline: Pipeline, step: Step, options: RunOptions, digests: FileDigests) -> dict[str, str]:
    """The parts that are known before a step ever ran: script, interpreter, options, environment, arguments."""
    parts = {
        "script": digests.of(step.script) if step.script else ABSENT,
        "script file": os.fspath(step.script) if step.script else ABSENT,
        "python": _interpreter(step.python or options.python),
        "option:isolation": step.isolation.value,
        "option:job type": step.job_type or "",
    }
    if options.as_shipped:
        parts["option:as shipped"] = "yes"
    if options.allow_network:
        parts["option:network"] = "allowed"
    if pipeline.overrides.stubs:
        parts["option:stubs"] = ", ".join(sorted(pipeline.overrides.stubs))
    for kind, values in (("env", pipeline.environment), ("arg", pipeline.arguments)):
        for value in values.get(step.name, ()):
            parts[f"{kind}:{value.name}"] = _hidden(value.value) if is_secret(value.name) else value.value
    return parts


def _interpreter(python: Path) -> str:
    """An interpreter and its version, whichever of its environment's names (``python``, ``python3``) it was called by.

    Only the last part is followed: a virtual environment's interpreter is a link to the one that it was made from.
    """
    try:
        status = os.stat(python)
    except OSError:
        return _shown_interpreter(python, None)
    return _shown_interpreter(python, (status.st_dev, status.st_ino, status.st_mtime_ns))


@lru_cache(maxsize=64)
def _shown_interpreter(python: Path, _file: tuple[int, int, int] | None) -> str:
    """The same for as long as the name stands for this very file: it is asked for several times a step."""
    version = version_of(python)
    target = os.fspath(python)
    for _ in range(MOST_LINKS):
        try:
            target = os.path.join(os.path.dirname(target), os.readlink(target))
        except OSError:
            break
    named = os.path.join(python.parent, os.path.basename(target))
    return f"{named} (Python {version})" if version else named


def _hidden(secret: str) -> str:
    """A mark of a secret that shows when it changed: too short to find it again by trying."""
    return "secret " + hashlib.blake2b(secret.encode("utf-8", "replace"), digest_size=2).hexdigest()


def input_parts(uses: Iterable[InputUse]) -> dict[str, str]:
    """The parts for what a step reads: the attempt that wrote it, or the files that were given."""
    parts: dict[str, str] = {}
    for use in uses:
        if use.source is not None:
            run_id, number = use.source.reused_from or (use.source.run_id, use.source.number)
            parts[f"input:{use.channel}"] = f"{use.source.step}.{use.output} {run_id}/{number}"
        else:
            parts[f"input:{use.channel}"] = f"{use.path} {_given_digest(use.path)}"
    return parts


def _given_digest(path: Path) -> str:
    stamps = stamps_of(path, MOST_GIVEN_FILES)
    text = "\n".join(f"{name}\0{size}\0{time}" for name, (size, time) in sorted(stamps.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def learned_parts(
    modules: Iterable[Path], libraries: Mapping[str, str], digests: FileDigests, python: Path, started: float | None
) -> dict[str, str]:
    """The parts that only a run tells: the modules that the script imported and a user may edit, and library versions.

    Args:
        modules: Files that it imported, other than the standard library's and installed libraries'.
        libraries: Import name -> version. Those that came from elsewhere than the interpreter's own environment
            are left out, since nobody could tell later whether they changed.
        digests: Of file contents.
        python: The interpreter.
        started: When the run started: a module that changed since may not be what was imported.
    """
    installed = installed_versions(python) if libraries else {}
    parts = {f"library:{name}": each for name, each in libraries.items() if installed.get(_installed_as(name)) == each}
    for module in modules:
        changed = started is not None and _changed_since(module, started - CLOCK_STEP_SECONDS)
        parts[f"module:{module}"] = EDITED_WHILE_RUNNING if changed else digests.of(module)
    return parts


def _changed_since(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime > moment
    except OSError:
        return True


def current_parts(own: Parts, inputs: Parts, before: Parts, digests: FileDigests, python: Path) -> dict[str, str]:
    """What an earlier attempt's parts would be now, as far as can be told without running anything.

    Args:
        own: The step's own parts now.
        inputs: The parts of its inputs now.
        before: The parts of the earlier attempt: they name the modules and libraries to look at.
        digests: Of file contents.
        python: The interpreter.
    """
    parts = {**own, **inputs}
    installed: Mapping[str, str] | None = None
    for name in before:
        kind, _, rest = name.partition(":")
        if kind == "module":
            parts[name] = digests.of(rest)
        elif kind == "library":
            installed = installed_versions(python) if installed is None else installed
            parts[name] = installed.get(_installed_as(rest), ABSENT)
    return parts


def difference(before: Parts, now: Parts) -> str | None:
    """Why what was made with ``before`` is out of date ``now``, in words; None where it is up to date."""
    if before == now:
        return None
    changed = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    changed.sort(key=_importance)
    words = [_in_words(name, before.get(name), now.get(name)) for name in changed]
    words = list(dict.fromkeys(words))
    if len(words) > 1:
        return f"{words[0]}, and {len(words) - 1} more {'change' if len(words) == 2 else 'changes'}"
    return words[0] if words else None


_ORDER = ("script", "script file", "module", "env", "arg", "input", "option", "python", "library")


def _importance(name: str) -> int:
    return _ORDER.index(name.partition(":")[0])


def _in_words(name: str, before: str | None, now: str | None) -> str:
    kind, _, rest = name.partition(":")
    match kind:
        case "script":
            return "script changed"
        case "script file":
            return f"script is now {now}"
        case "module":
            return f"{os.path.basename(rest)} changed"
        case "env" | "arg":
            return _value_in_words(rest, before, now)
        case "input":
            return _input_in_words(rest, before, now)
        case "python":
            return f"interpreter changed from {before} to {now}"
        case "library":
            return f"{rest} changed from {before} to {now}"
    return f"{rest} changed from {before or 'none'} to {now or 'none'}"


def _value_in_words(name: str, before: str | None, now: str | None) -> str:
    if before is None:
        return f"{name} was set" + ("" if is_secret(name) else f" to {now!r}")
    if now is None:
        return f"{name} was removed"
    return f"{name} changed" if is_secret(name) else f"{name} changed from {before or 'empty'} to {now or 'empty'}"


def _input_in_words(channel: str, before: str | None, now: str | None) -> str:
    if now is None:
        return f"input {channel} is gone"
    if before is None:
        return f"input {channel} was added"
    source, old = (re.match(r"([^/\s]\S*)\.\S+ \S+/\d+$", text) for text in (now, before))
    if source and old and source.group(1) == old.group(1):
        return f"input data of {source.group(1)} changed"
    if source:
        return f"{channel} now comes from {source.group(1)}"
    return f"input {channel} changed"


def digest(parts: Parts) -> str:
    """All parts as one short digest."""
    text = "\n".join(f"{name}\0{value}" for name, value in sorted(parts.items()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def missing_output(attempt: Attempt) -> str | None:
    """Why an attempt's outputs can no longer be used, a clause; None while they are all there as they were written."""
    for artifact in attempt.artifacts:
        if why := _missing(artifact):
            return why
    return None if attempt.folder.is_dir() else "the folder of its output is gone"


def _missing(artifact: Artifact) -> str | None:
    try:
        status = os.stat(artifact.path)
    except OSError:
        return f"its output {artifact.channel}/{artifact.name} is gone"
    if status.st_size != artifact.bytes:
        return f"its output {artifact.channel}/{artifact.name} has another size"
    if artifact.modified_ns not in (None, status.st_mtime_ns):
        return f"its output {artifact.channel}/{artifact.name} was changed since"
    return None


def installed_versions(python: Path) -> Mapping[str, str]:
    """Distribution (normalised) -> version in an interpreter's own environment, read from its folders' names.

    Empty where the environment cannot be found.
    """
    prefix = python.parent.parent
    return _versions(tuple((os.fspath(each), each.stat().st_mtime_ns) for each in _site_packages(prefix)))


def _site_packages(prefix: Path) -> list[Path]:
    return [each for each in sorted(prefix.glob("lib*/python3*/site-packages")) if each.is_dir()]


@lru_cache(maxsize=8)
def _versions(folders: tuple[tuple[str, int], ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for folder, _ in folders:
        for name in os.listdir(folder):
            if match := re.fullmatch(r"(.+)-([^-]+)\.(?:dist-info|egg-info)", name):
                found[_normal(match.group(1))] = match.group(2)
    return found


def _installed_as(name: str) -> str:
    """The distribution, normalised, of an import name."""
    return _OTHER_NAMES.get(name) or _normal(name)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
