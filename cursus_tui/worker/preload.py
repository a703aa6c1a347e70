"""Importing libraries ahead of need. A zygote imports, it never computes: what is used before a fork can hang after."""

from __future__ import annotations

import importlib
from typing import Dict, Iterable

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
NEVER = frozenset(("torch", "torchvision", "tensorflow", "jax", "pyspark", "ray", "cupy", "debugpy"))
"""These start threads or devices when they are imported, which do not survive a fork."""


def preload(names: Iterable[str]) -> Dict[str, str]:
    """Import modules.

    Returns:
        Name -> why it was not imported, for those that were not.
    """
    failed = {}
    for name in names:
        if name.partition(".")[0] in NEVER:
            failed[name] = "it does not survive a fork"
            continue
        try:
            importlib.import_module(name)
        except BaseException as error:
            failed[name] = "%s: %s" % (type(error).__name__, error)
    return failed
