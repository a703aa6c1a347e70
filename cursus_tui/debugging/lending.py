"""The folder that holds debugpy and nothing else: what is lent to the interpreter of the scripts."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
from pathlib import Path

import platformdirs

from cursus_tui.records.debug import DebugError


def lent_folder(cache: Path | None = None) -> tuple[Path, Path]:
    """(the folder to put first in ``sys.path``, the folder for its compiled modules). Made where they are missing.

    Our own site-packages would shadow what the scripts import; so debugpy is lent alone, through a symlink.

    Args:
        cache: Where to make them; the user's cache folder of this program otherwise.

    Raises:
        DebugError: debugpy is not installed, or the folders cannot be made.
    """
    spec = importlib.util.find_spec("debugpy")
    found = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not found:
        raise DebugError("debugpy is not installed beside cursus-tui: install cursus-tui again")
    version = importlib.metadata.version("debugpy")
    base = (cache or platformdirs.user_cache_path("cursus-tui")) / "debugger"
    # Two installations may have wheels of one version for different interpreters.
    place = hashlib.sha256(found[0].encode()).hexdigest()[:8]
    lent, compiled = base / f"debugpy-{version}-{place}", base / "compiled"
    try:
        for folder in (lent, compiled):
            folder.mkdir(parents=True, exist_ok=True)
        os.chmod(base, 0o700)
        _point(lent / "debugpy", found[0])
    except OSError as error:
        raise DebugError(f"debugpy cannot be lent to the steps: {error}") from error
    return lent, compiled


def _point(link: Path, target: str) -> None:
    if link.is_symlink() and os.readlink(link) == target:
        return
    # Another front may start at the same moment: either one's link is right, half a link never is.
    other = link.with_name(f".{secrets.token_hex(4)}")
    other.symlink_to(target)
    os.replace(other, link)
