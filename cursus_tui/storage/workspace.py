"""Where a pipeline's runs live on disk: finding or making the workspace, and owning it."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from cursus_tui.records.errors import UserError
from cursus_tui.storage.owner import OwnerLock

FOLDER = ".cursus-tui"
DATABASE = "runs.sqlite3"
LOCK = "owner.lock"
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "lustre", "gpfs", "beegfs", "glusterfs", "davfs"}
    | {"fuse.sshfs", "fuse.s3fs", "fuse.glusterfs", "fuse.gcsfuse", "fuse.rclone", "fuse.goofys", "fuse.ceph", "ncpfs"}
)
"""File systems on which SQLite's WAL is not safe: its shared memory does not reach other hosts."""


@dataclass(slots=True)
class Workspace:
    """An open workspace.

    Attributes:
        path: Its folder; every run's files are below.
        database: The run store's file; elsewhere where ``path`` is on a network file system.
        read_only: Who owns it, when it is not us: then nothing may be changed.
        notes: Sentences that the user should read, such as why the database lies elsewhere.
    """

    path: Path
    database: Path
    read_only: str | None = None
    notes: tuple[str, ...] = ()
    _lock: OwnerLock | None = field(default=None, repr=False)

    @property
    def runs(self) -> Path:
        """The folder that holds one folder for each run."""
        return self.path / "runs"

    def close(self) -> None:
        """Give up ownership."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def find_workspace(home: Path, given: Path | None = None) -> Workspace | None:
    """The workspace of a pipeline, only for reading. Looking makes nothing: None where nothing has run yet.

    Args:
        home: The folder that the pipeline lives in, or a file in it.
        given: A folder that the user named instead.

    Raises:
        UserError: It may not be looked into.
    """
    home = home.resolve()
    home = home.parent if home.is_file() else home
    for path in [given.expanduser().absolute()] if given else [home / FOLDER, _state_path(home)]:
        for folder in (path, _state_path(path)):
            if _is_there(folder / DATABASE):
                return Workspace(path, folder / DATABASE, read_only="opened for reading only")
    return None


def _is_there(database: Path) -> bool:
    try:
        return database.is_file()
    except OSError as error:
        raise UserError(
            f"cannot look into the workspace: {error.strerror or error}",
            file=database.parent,
            expected="a folder of your own",
            hint="check its permissions, or name another one with --workspace",
        ) from None


def open_workspace(home: Path, given: Path | None = None) -> Workspace:
    """Find or make the workspace of a pipeline, and own it if nobody else does.

    Args:
        home: The folder that the pipeline lives in, or a file in it.
        given: A folder that the user named instead.

    Raises:
        UserError: The folder that the user named cannot be used.
    """
    home = home.resolve()
    path, notes = _folder(home.parent if home.is_file() else home, given)
    database_folder = path
    if kind := network_file_system(path):
        database_folder = _state_folder(path)
        notes.append(f"{path} is on a network file system ({kind}): the run database is in {database_folder}.")
    workspace = Workspace(path, database_folder / DATABASE)
    workspace.read_only = _own(workspace, path, database_folder)
    workspace.notes = tuple(notes)
    return workspace


def own(workspace: Workspace) -> None:
    """Own a workspace that was found for reading, if nobody else does; ``read_only`` says who."""
    workspace.read_only = _own(workspace, workspace.path, workspace.database.parent)


def _own(workspace: Workspace, *folders: Path) -> str | None:
    for folder in folders:
        lock = OwnerLock(folder / LOCK)
        try:
            other = lock.acquire()
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
                continue
            return f"nobody: its lock {folder / LOCK} cannot be written ({error.strerror})"
        if other is not None:
            return str(other)
        workspace._lock = lock
        return None
    return "nobody: its file system has no locks"


def _folder(home: Path, given: Path | None) -> tuple[Path, list[str]]:
    if given is not None:
        path = given.expanduser().absolute()
        try:
            _make_private(path)
        except OSError as error:
            raise UserError(
                f"cannot use the workspace: {error.strerror or error}",
                file=path,
                expected="a folder of your own that can be written to",
                hint="give another folder with --workspace",
            ) from error
        return path, []
    beside = home / FOLDER
    try:
        _make_private(beside)
    except OSError as error:
        fallback = _state_folder(home)
        return fallback, [f"{beside} cannot be used ({error.strerror or error}): the workspace is {fallback}."]
    return beside, []


def _make_private(path: Path) -> None:
    """Make a folder that only its owner can enter, and that version control ignores."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.stat()
    if status.st_uid != os.getuid():
        raise PermissionError(errno.EPERM, "it belongs to another user")
    if stat.S_IMODE(status.st_mode) & 0o077:
        path.chmod(0o700)
    ignore = path / ".gitignore"
    if not ignore.exists():
        write_private(ignore, b"*\n")
    elif not os.access(path, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, "it cannot be written to")


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _state_path(of: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(of)).hexdigest()[:10]
    return platformdirs.user_state_path("cursus-tui") / "workspaces" / f"{of.stem or 'pipeline'}-{digest}"


def _state_folder(of: Path) -> Path:
    path = _state_path(of)
    try:
        _make_private(path)
    except OSError as error:
        raise UserError(
            f"cannot make a workspace in the state folder either: {error.strerror or error}",
            file=path,
            hint="give a folder that can be written to with --workspace",
        ) from error
    return path


def network_file_system(path: Path) -> str | None:
    """The kind of network file system that a path is on, or None where it is local or cannot be told.

    Args:
        path: A path that need not exist yet.
    """
    import psutil  # Only whoever opens a workspace for writing waits for it.

    target = path.resolve()
    above = {os.fspath(each) for each in (target, *target.parents)}
    try:
        mounts = [each for each in psutil.disk_partitions(all=True) if each.mountpoint in above]
    except OSError:
        return None
    # Of several on one mount point, the last one covers the others.
    kind = max(reversed(mounts), key=lambda each: len(each.mountpoint)).fstype if mounts else ""
    return kind if kind in NETWORK else None


def folder_size(path: Path) -> int:
    """Bytes that the files below a folder take; what vanishes or cannot be read meanwhile counts as nothing."""
    total = 0
    waiting = [os.fspath(path)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total
