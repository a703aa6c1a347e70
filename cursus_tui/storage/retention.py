"""Cleaning a workspace: by age and by size, never a run in progress, never what a kept run stands on."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.records.run import Phase, RunRecord, StepStatus
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.reader import StoreReader
from cursus_tui.storage.regular_file import read_regular
from cursus_tui.storage.schema import OPEN_RUN
from cursus_tui.storage.store import RunStore
from cursus_tui.storage.workspace import Workspace, folder_size

TRASH = ".removed-"
LIVE = frozenset({StepStatus.IMPORTING, StepStatus.RUNNING, StepStatus.PAUSED})
ENDED = frozenset({Phase.FINISHED, Phase.ABORTED})


@dataclass(frozen=True, slots=True)
class RemovedRun:
    """A run that was removed, or would be."""

    run_id: str
    pipeline: str
    bytes: int
    """Zero for what a crash left behind and nobody remembers the name of."""


@dataclass(frozen=True, slots=True)
class CleanReport:
    """What a cleaning did, or would do."""

    removed: tuple[RemovedRun, ...]
    kept: Mapping[str, str]
    """Run -> why it stays although it is old or big enough to go."""
    bytes_left: int
    """Size of the runs that stay."""


def clean(
    workspace: Workspace,
    *,
    older_than: float | None = None,
    larger_than: int | None = None,
    dry_run: bool = False,
    in_progress: Iterable[str] = (),
) -> CleanReport:
    """Remove runs, oldest first.

    Works beside a front that owns the workspace: only ended runs go then, but for the one it has open.

    Args:
        workspace: An open workspace, owned or not.
        older_than: Remove runs that started more than so many seconds ago; None for any age.
        larger_than: Remove the oldest until the rest takes at most so many bytes; None for any size. With both, a
            run goes that either asks for; with neither, every run goes that may.
        dry_run: Only say what would go.
        in_progress: Runs that must stay: the session's own, when a session cleans.
    """
    store = RunStore(Workspace(workspace.path, workspace.database))
    try:
        plan = _Plan(workspace, store.read, frozenset(in_progress))
        chosen, kept = plan.choose(older_than, larger_than)
        removed = tuple(RemovedRun(each.run_id, each.pipeline, plan.sizes[each.run_id]) for each in chosen)
        if not dry_run:
            _remove(workspace, store, [each.run_id for each in chosen])
        left = sum(plan.sizes.values()) - sum(each.bytes for each in removed)
        return CleanReport(removed, kept, left)
    finally:
        store.close()


class _Plan:
    def __init__(self, workspace: Workspace, store: StoreReader, in_progress: frozenset[str]) -> None:
        self._owned_by_another = workspace.read_only is not None
        self._store = store
        self._in_progress = in_progress
        self.runs = tuple(reversed(store.runs()))
        self.sizes = {each.run_id: folder_size(workspace.runs / each.run_id) for each in self.runs}

    def choose(self, older_than: float | None, larger_than: int | None) -> tuple[list[RunRecord], dict[str, str]]:
        """The runs to remove, oldest first, and why others stay that would go."""
        everything = older_than is None and larger_than is None
        total = sum(self.sizes.values())
        chosen: list[RunRecord] = []
        kept: dict[str, str] = {}
        for run in self.runs:
            old = older_than is not None and run.started < time.time() - older_than
            if not (everything or old or (larger_than is not None and total > larger_than)):
                continue
            if why := self._why_it_stays(run):
                kept[run.run_id] = why
                continue
            chosen.append(run)
            total -= self.sizes[run.run_id]
        return self._without_foundations(chosen, kept), kept

    def _why_it_stays(self, run: RunRecord) -> str | None:
        if run.run_id in self._in_progress:
            return "it is open"
        if self._owned_by_another and (run.phase not in ENDED or run.run_id == self._store.setting(OPEN_RUN)):
            return "it is open in another session"
        if any(each.status in LIVE and _is_alive(each.folder) for each in self._store.attempts(run.run_id)):
            return "a step of it is running"
        return None

    def _without_foundations(self, chosen: list[RunRecord], kept: dict[str, str]) -> list[RunRecord]:
        """Leave out the runs whose outputs a run that stays has reused."""
        going = {each.run_id for each in chosen}
        for run in reversed(self.runs):
            if run.run_id in going:
                continue
            for attempt in self._store.attempts(run.run_id):
                if attempt.reused_from is not None and attempt.reused_from[0] in going:
                    going.remove(attempt.reused_from[0])
                    kept[attempt.reused_from[0]] = f"run {run.run_id} reuses what it wrote"
        return [each for each in chosen if each.run_id in going]


def _is_alive(folder: Path) -> bool:
    """Whether the process of an attempt that has not been stored as ended still runs."""
    attempt = AttemptFolder(folder)
    if attempt.outcome.exists():
        return False
    try:
        pid = int(json.loads(read_regular(attempt.process))["step"]["pid"])
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False
    return True


def _remove(workspace: Workspace, store: RunStore, run_ids: list[str]) -> None:
    """Put the files aside, forget the runs, then delete: whatever happens between, no run is half there."""
    for run_id in run_ids:
        folder = workspace.runs / run_id
        if folder.exists():
            folder.rename(workspace.runs / f"{TRASH}{run_id}")
    with store.transaction():
        store.remove_runs(run_ids)
    for folder in workspace.runs.glob(f"{TRASH}*"):
        shutil.rmtree(folder, ignore_errors=True)
