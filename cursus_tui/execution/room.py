"""Whether a workspace can take another attempt."""

from __future__ import annotations

import shutil

from cursus_tui.records.run import PauseReason
from cursus_tui.storage.workspace import Workspace


def why_no_room(workspace: Workspace, minimum_free_bytes: int) -> tuple[str, PauseReason] | None:
    """Why nothing should be started in a workspace, in words and as the reason of the pause; None where it can be.

    Args:
        workspace: Ours, as long as it is there: somebody may have removed it, or ``git clean`` has.
        minimum_free_bytes: What must be free on its disk.
    """
    if not (workspace.path.is_dir() and workspace.database.is_file()):
        return f"the workspace {workspace.path} is gone. Quit, and open the pipeline again", PauseReason.BEFORE_STEP
    free = shutil.disk_usage(workspace.path).free
    if free < minimum_free_bytes:
        return f"only {free >> 20} MB are free on the workspace's disk", PauseReason.DISK_FULL
    return None
