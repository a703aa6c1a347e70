"""Importing libraries ahead of need. A zygote imports, it never computes: what is used before a fork can hang after."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Dict, Iterable, Tuple

from .modules import NEVER, is_installed

STANDARD_LIBRARY = (
    "argparse",
    "ast",
    "base64",
    "collections",
    "concurrent.futures",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "glob",
    "gzip",
    "hashlib",
    "importlib.metadata",
    "importlib.util",
    "inspect",
    "json",
    "linecache",
    "logging",
    "math",
    "multiprocessing",
    "multiprocessing.pool",
    "pathlib",
    "pickle",
    "random",
    "reprlib",
    "shutil",
    "socket",
    "statistics",
    "string",
    "subprocess",
    "tarfile",
    "tempfile",
    "threading",
    "traceback",
    "typing",
    "uuid",
    "warnings",
)
"""What a step needs for starting, failing and leaving, and what most scripts import."""


def preload(names: Iterable[str]) -> Tuple[Dict[str, str], Dict[str, str]]:
    """Import modules.

    Returns:
        Name -> why it could not be imported; and name -> why it was left to the steps.
    """
    failed, left = {}, {}
    for name in names:
        if name.partition(".")[0] in NEVER:
            left[name] = "it does not survive a fork"
            continue
        if _is_edited_here(name.partition(".")[0]):
            left[name] = "it is not in site-packages: each step imports it anew, as it then is"
            continue
        try:
            importlib.import_module(name)
        except BaseException as error:
            failed[name] = "%s: %s" % (type(error).__name__, error)
    return failed, left


def _is_edited_here(package: str) -> bool:
    """Whether a top-level package lies, partly at least, where its user edits it: an editable install, ``PYTHONPATH``.

    A warm process would keep it as it was when the process started.
    """
    try:
        spec = importlib.util.find_spec(package)
    except Exception:
        return False
    if spec is None:
        return False
    places = list(spec.submodule_search_locations or ())
    if not places and spec.has_location and spec.origin is not None:
        places = [spec.origin]
    return any(not is_installed(place) for place in places)
