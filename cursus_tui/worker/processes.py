"""Reading ``/proc``: who is still there, and is it the same process as before."""

from __future__ import annotations

import functools
import os
from typing import Collection, Dict, List, NamedTuple, Optional, Set

_LAUNCH = b"/worker/launch.py"
"""What every worker is started with, wherever this program was installed then."""


class ProcessStat(NamedTuple):
    """A few fields of ``/proc/<pid>/stat``."""

    name: str
    state: str
    parent: int
    start_ticks: int
    """Clock ticks between boot and the process's start: with the pid it names a process for good."""


def process_stat(pid: int) -> Optional[ProcessStat]:
    """The process's figures, or None where there is no such process (or no ``/proc``)."""
    data = _read("/proc/%d/stat" % pid)
    if not data:
        return None
    text = data.decode("utf-8", "replace")
    # The name is in parentheses and may itself hold blanks and parentheses: split at the last one.
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    return ProcessStat(name, fields[0], int(fields[1]), int(fields[19]))


def identity(pid: int) -> Dict[str, Optional[int]]:
    """A process as ``{pid, start}``, so that no later one of the same number is taken for it."""
    stat = process_stat(pid)
    return {"pid": pid, "start": stat.start_ticks if stat else None}


def is_alive(pid: int, start_ticks: Optional[int] = None) -> bool:
    """Whether this very process still runs (a zombie does not; a reused pid is another process)."""
    stat = process_stat(pid)
    return stat is not None and stat.state not in "ZX" and start_ticks in (None, stat.start_ticks)


def descendants(root: int, without: Collection[int] = ()) -> List[int]:
    """Living processes below ``root``, nearest first, leaving out the subtrees of some."""
    found: List[int] = []
    level = [root]
    children = None if _has_children_files() else _parents_to_children()
    while level:
        below = [child for pid in level for child in (_children(pid) if children is None else children.get(pid, []))]
        level = [pid for pid in below if pid not in without and is_alive(pid)]
        found.extend(level)
    return found


def main_thread_children() -> List[int]:
    """Our own children that were forked by, or orphaned to, our main thread; all of them where that cannot be told."""
    pid = os.getpid()
    if not _has_children_files():
        return descendants(pid)
    return list(map(int, _read("/proc/%d/task/%d/children" % (pid, pid)).split()))


def command_line(pid: int, limit: int = 200) -> str:
    """What a process was started as, for people; its name where that is empty."""
    text = _read("/proc/%d/cmdline" % pid).replace(b"\0", b" ").decode("utf-8", "replace").strip()
    if not text:
        stat = process_stat(pid)
        text = stat.name if stat else "?"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cleans_up(pid: int) -> bool:
    """Whether a process is what Python starts beside a pool: it ends by itself once the pool's users have."""
    line = command_line(pid, 4096)
    return any(each in line for each in ("resource_tracker import main", "forkserver import main", "popen_loky_posix"))


def is_worker(pid: int) -> bool:
    """Whether a process is a zygote or a step of ours, by the command line that both share."""
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            return any(word.endswith(_LAUNCH) for word in file.read().split(b"\0")[1:2])
    except OSError:
        return False


def environment_has(pid: int, assignment: str) -> Optional[bool]:
    """Whether a process was started with ``NAME=value``; None where that cannot be read."""
    data = _read("/proc/%d/environ" % pid, 1 << 20)
    return os.fsencode(assignment) in data.split(b"\0") if data else None


def boot_id() -> str:
    """Differs after a reboot, which starts pids and clock ticks anew."""
    return _read("/proc/sys/kernel/random/boot_id").decode("ascii").strip()


def _read(path: str, limit: int = 1 << 16) -> bytes:
    """What a file of ``/proc`` says; nothing where it cannot be read. Half the cost of a file object."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, limit)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


@functools.lru_cache(maxsize=1)
def _has_children_files() -> bool:
    return os.path.exists("/proc/self/task/%d/children" % os.getpid())


def _children(pid: int) -> List[int]:
    found: Set[int] = set()
    try:
        threads = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return []
    for thread in threads:
        found.update(map(int, _read("/proc/%d/task/%s/children" % (pid, thread)).split()))
    return sorted(found)


def _parents_to_children() -> Dict[int, List[int]]:
    table: Dict[int, List[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = process_stat(int(entry))
            if stat is not None and stat.state not in "ZX":
                table.setdefault(stat.parent, []).append(int(entry))
    return table
