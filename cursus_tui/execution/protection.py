"""Keeping inputs as they are: a private copy where that is cheap, else reading in place and checking afterwards."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.storage.layout import AttemptFolder

SMALL_BYTES = 64 * 1024 * 1024
"""An input channel of at most this size is copied where the file system cannot share blocks."""
MOST_COPIED_FILES = 2_000
KEPT_BYTES = 1024 * 1024
"""Private copies of at most this size stay where they are: keeping them is cheaper than removing them."""
MOST_WATCHED_FILES = 100_000
_FICLONE = 0x40049409
_NOT_SHARED = frozenset({errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM})

Stamp = tuple[int, int]
"""Size and modification time in nanoseconds."""


@dataclass(frozen=True, slots=True)
class ProtectedInput:
    """One input channel as a step gets it."""

    channel: str
    source: Path
    """Where the data lies."""
    path: Path
    """What the step reads: ``source`` itself, or a private copy."""
    stamps: Mapping[str, Stamp]
    """File below ``path`` (an empty name for ``path`` itself) -> its stamp before the step."""

    @property
    def private(self) -> bool:
        """Whether the step reads a copy."""
        return self.path != self.source


@dataclass(frozen=True, slots=True)
class InputChange:
    """What a step did to one of its inputs."""

    channel: str
    name: str
    """The file, relative to the channel; the channel's own file name where it is a file."""
    what: str
    """``changed``, ``removed`` or ``added``."""
    private: bool


class InputProtection:
    """Makes private copies of inputs, and finds out what a step did to them.

    It remembers which file systems cannot share blocks between files, so that this is tried once for each.
    """

    def __init__(self) -> None:
        self._unshared: set[int] = set()

    def protect(self, channel: str, source: Path, folder: AttemptFolder) -> ProtectedInput:
        """Give a step an input that it cannot spoil for others.

        Args:
            channel: The input channel.
            source: A file or a folder.
            folder: The attempt's folder.

        Raises:
            OSError: The disk is full.
        """
        stamps = stamps_of(source)
        total = sum(size for size, _ in stamps.values())
        copied = folder.input(channel)
        if 0 < len(stamps) <= MOST_COPIED_FILES and self._copy(source, copied, stamps, small=total <= SMALL_BYTES):
            path = copied / source.name if source.is_file() else copied
            return ProtectedInput(channel, source, path, stamps_of(path))
        return ProtectedInput(channel, source, source, stamps)

    def _copy(self, source: Path, target: Path, stamps: Mapping[str, Stamp], *, small: bool) -> bool:
        """Copy a channel; False, with nothing left behind, where it is neither small nor shareable."""
        device = source.stat().st_dev
        if not small and device in self._unshared:
            return False
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            if not source.is_file():
                self._copy_empty_folders(source, target)
            for name in stamps:
                original = source / name if name else source
                copy = target / (name or source.name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                if not self._share(original, copy, device):
                    if not small:
                        shutil.rmtree(target, ignore_errors=True)
                        return False
                    shutil.copyfile(original, copy)
                _keep_times(original, copy)
        except OSError as error:
            shutil.rmtree(target, ignore_errors=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            return False
        return True

    def _copy_empty_folders(self, source: Path, target: Path) -> None:
        for folder, _, _ in _walk(source):
            os.makedirs(os.path.join(target, os.path.relpath(folder, source)), exist_ok=True)

    def _share(self, original: Path, copy: Path, device: int) -> bool:
        if device in self._unshared:
            return False
        try:
            with open(original, "rb") as reader, open(copy, "wb") as writer:
                fcntl.ioctl(writer.fileno(), _FICLONE, reader.fileno())
        except OSError as error:
            if error.errno not in _NOT_SHARED:
                raise
            self._unshared.add(device)
            return False
        return True


def _keep_times(original: Path, copy: Path) -> None:
    status = original.stat()
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRUSR | stat.S_IWUSR)


def _walk(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """``os.walk`` that follows links to folders, but enters no folder twice."""
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, followlinks=True):
        try:
            status = os.stat(folder)
        except OSError:
            folders.clear()
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield folder, folders, files


def stamps_of(path: Path, limit: int = MOST_WATCHED_FILES) -> dict[str, Stamp]:
    """The stamp of every regular file below a path, by name relative to it; of a file, under an empty name."""
    try:
        status = path.stat()
    except OSError:
        return {}
    if stat.S_ISREG(status.st_mode):
        return {"": (status.st_size, status.st_mtime_ns)}
    stamps: dict[str, Stamp] = {}
    for folder, _, files in _walk(path):
        for name in sorted(files):
            full = os.path.join(folder, name)
            try:
                status = os.stat(full)
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                stamps[os.path.relpath(full, path)] = (status.st_size, status.st_mtime_ns)
            if len(stamps) >= limit:
                return stamps
    return stamps


def changes_of(protected: ProtectedInput) -> list[InputChange]:
    """What happened to an input since it was protected."""
    now = stamps_of(protected.path)

    def change(name: str, what: str) -> InputChange:
        return InputChange(protected.channel, name or protected.path.name, what, protected.private)

    found = [change(name, "removed") for name in protected.stamps if name not in now]
    found += [change(name, "changed") for name, old in protected.stamps.items() if name in now and now[name] != old]
    return found + [change(name, "added") for name in now if name not in protected.stamps]


def save(folder: AttemptFolder, protected: Mapping[str, ProtectedInput]) -> None:
    """Keep how the inputs were, for whoever comes to check them if this process dies."""
    fields = {
        channel: {"source": os.fspath(each.source), "path": os.fspath(each.path), "stamps": each.stamps}
        for channel, each in protected.items()
    }
    folder.inputs_before.write_text(json.dumps(fields), encoding="ascii")


def load(folder: AttemptFolder) -> dict[str, ProtectedInput]:
    """What ``save`` kept; empty where there is nothing."""
    try:
        fields = json.loads(folder.inputs_before.read_bytes())
    except (OSError, ValueError):
        return {}
    return {
        channel: ProtectedInput(
            channel,
            Path(each["source"]),
            Path(each["path"]),
            {name: (stamp[0], stamp[1]) for name, stamp in each["stamps"].items()},
        )
        for channel, each in fields.items()
    }


def discard_copies(folder: AttemptFolder, protected: Iterable[ProtectedInput], outputs: Mapping[str, Path]) -> None:
    """Remove big private copies of a step that passed, unless one of its outputs is a link into them."""
    for each in protected:
        copies = folder.input(each.channel)
        big = each.private and sum(size for size, _ in each.stamps.values()) > KEPT_BYTES
        if big and not any(_links_into(copies, root) for root in outputs.values()):
            shutil.rmtree(copies, ignore_errors=True)


def _links_into(target: Path, root: Path) -> bool:
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            full = os.path.join(folder, name)
            if os.path.islink(full) and target.resolve() in Path(full).resolve().parents:
                return True
    return False
