"""The user's own state folder: private copies that belong to no pipeline's folder."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from cursus_tui.records.errors import UserError


def private_folder(*parts: str) -> Path:
    """A folder below the user's state folder, made with mode 0700 where it is absent.

    Raises:
        UserError: It cannot be made there.
    """
    folder = platformdirs.user_state_path("cursus-tui")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in parts:
            folder = folder / part
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot make a private folder: {error.strerror or error}",
            file=folder,
            hint="set XDG_STATE_HOME to a folder that you can write to",
        ) from None
    return folder
