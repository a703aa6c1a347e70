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
from cursus_tui.storage.regular_file import read_regular
from cursus_tui.storage.workspace import write_private

SMALL_BYTES = 64 * 1024 * 1024
"""An input channel of at most this size is copied where the file system cannot share blocks."""
MOST_COPIED_FILES = 2_000
KEPT_BYTES = 1024 * 1024
"""Private copies of at most this size stay where they are: keeping them is cheaper than removing them."""
MOST_WATCHED_FILES = 100_000
_CHUNK_BYTES = 1 << 20
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
        folders, stamps = _tree(os.fspath(source))
        copied = folder.input(channel)
        if 0 < len(stamps) <= MOST_COPIED_FILES:
            of_copy = self._copy(os.fspath(source), os.fspath(copied), folders, stamps)
            if of_copy is not None:
                return ProtectedInput(channel, source, copied / source.name if "" in stamps else copied, of_copy)
        return ProtectedInput(channel, source, source, stamps)

    def _copy(
        self, source: str, target: str, folders: Iterable[str], stamps: Mapping[str, Stamp]
    ) -> dict[str, Stamp] | None:
        """Copy a channel.

        Returns:
            The stamps of the copy; None, with nothing left behind, where the channel is neither small nor shareable.
        """
        device = os.stat(source).st_dev
        small = sum(size for size, _ in stamps.values()) <= SMALL_BYTES
        if not small and device in self._unshared:
            return None
        os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
        os.makedirs(target, 0o700, exist_ok=True)
        made: dict[str, Stamp] = {}
        try:
            for name in folders:
                os.mkdir(os.path.join(target, name))
            for name in stamps:
                original = os.path.join(source, name) if name else source
                stamp = self._copy_file(original, os.path.join(target, name or os.path.basename(source)), device, small)
                if stamp is None:
                    break
                made[name] = stamp
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                shutil.rmtree(target, ignore_errors=True)
                raise
        if len(made) == len(stamps):
            return made
        shutil.rmtree(target, ignore_errors=True)
        return None

    def _copy_file(self, original: str, copy: str, device: int, small: bool) -> Stamp | None:
        """Copy a file with its times; None where that would move a big channel's bytes."""
        with open(original, "rb", buffering=0) as reader, open(copy, "wb", buffering=0) as writer:
            status = os.fstat(reader.fileno())
            if not self._share(reader.fileno(), writer.fileno(), device):
                if not small:
                    return None
                shutil.copyfileobj(reader, writer, _CHUNK_BYTES)
            os.utime(writer.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
            os.fchmod(writer.fileno(), stat.S_IMODE(status.st_mode) | stat.S_IRUSR | stat.S_IWUSR)
            # Not the original's: a file system may keep times less exactly.
            return _stamp(os.fstat(writer.fileno()))

    def _share(self, reader: int, writer: int, device: int) -> bool:
        if device in self._unshared:
            return False
        try:
            fcntl.ioctl(writer, _FICLONE, reader)
        except OSError as error:
            if error.errno not in _NOT_SHARED:
                raise
            self._unshared.add(device)
            return False
        return True


def _stamp(status: os.stat_result) -> Stamp:
    return (status.st_size, status.st_mtime_ns)


def _walk(root: str) -> Iterator[tuple[str, list[str], list[str]]]:
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


def _tree(root: str, limit: int = MOST_WATCHED_FILES) -> tuple[list[str], dict[str, Stamp]]:
    """The folders below a path, outer ones first, and the stamps of its regular files, all relative to it."""
    try:
        status = os.stat(root)
    except OSError:
        return [], {}
    if stat.S_ISREG(status.st_mode):
        return [], {"": _stamp(status)}
    folders: list[str] = []
    stamps: dict[str, Stamp] = {}
    for folder, _, files in _walk(root):
        inside = "" if folder == root else os.path.relpath(folder, root)
        if inside:
            folders.append(inside)
        for name in sorted(files):
            try:
                status = os.stat(os.path.join(folder, name))
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode):
                stamps[os.path.join(inside, name)] = _stamp(status)
            if len(stamps) >= limit:
                return folders, stamps
    return folders, stamps


def stamps_of(path: Path, limit: int = MOST_WATCHED_FILES) -> dict[str, Stamp]:
    """The stamp of every regular file below a path, by name relative to it; of a file, under an empty name."""
    return _tree(os.fspath(path), limit)[1]


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
    write_private(folder.inputs_before, json.dumps(fields).encode("ascii"))


def load(folder: AttemptFolder) -> dict[str, ProtectedInput]:
    """What ``save`` kept; empty where there is nothing."""
    try:
        fields = json.loads(read_regular(folder.inputs_before))
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
