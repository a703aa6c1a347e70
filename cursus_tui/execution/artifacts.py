"""Listing what a step wrote: names, kinds and sizes. Nothing is parsed; of unknown files a few bytes are read."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from cursus_tui.records.run import Artifact

MOST_FILES = 2_000
"""Files listed for an attempt; more are counted but not listed."""
RETURNED = "returned"
"""The channel under which DataFrames that ``main`` returned are listed."""
RETURNED_FRAME = "returned frame"

TABLES = frozenset({"csv", "tsv", "parquet", "jsonl", RETURNED_FRAME})
"""Kinds whose rows can be counted."""

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "joblib",
    ".npy": "npy",
    ".npz": "npz",
    ".bst": "xgboost model",
    ".ubj": "xgboost model",
    ".tar": "tar",
    ".tgz": "tar.gz",
    ".zip": "zip",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".svg": "image",
    ".gif": "image",
    ".html": "html",
    ".md": "text",
    ".txt": "text",
    ".log": "text",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "python",
    ".pt": "torch model",
    ".pth": "torch model",
    ".onnx": "onnx",
}
_HEAD_BYTES = 512
_COMPRESSED = (".gz", ".bz2", ".zst", ".xz")
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"\x1f\x8b", "gz"),
    (b"PK\x03\x04", "zip"),
    (b"\x93NUMPY", "npy"),
    (b"ARROW1", "arrow"),
    (b"\x80\x02", "pickle"),
    (b"\x80\x03", "pickle"),
    (b"\x80\x04", "pickle"),
    (b"\x80\x05", "pickle"),
)


def kind_of(path: str) -> str:
    """The kind of a file, by its suffix, else by its first bytes; never by parsing it.

    A table that is compressed keeps its kind (``part-0.csv.gz`` is ``csv``).
    """
    stem, suffix = os.path.splitext(path.lower())
    if suffix in _COMPRESSED:
        inner = os.path.splitext(stem)[1]
        if inner == ".tar":
            return "tar" + suffix
        return _SUFFIXES.get(inner, suffix.lstrip("."))
    return _SUFFIXES.get(suffix) or _kind_by_content(path)


def _kind_by_content(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return "binary"
    try:
        head = os.read(descriptor, _HEAD_BYTES)
    except OSError:
        return "binary"
    finally:
        os.close(descriptor)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if not head:
        return "empty"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, final=len(head) < _HEAD_BYTES)
    except UnicodeDecodeError:
        return "binary"
    return "binary" if b"\0" in head else "text"


def list_artifacts(
    step: str, outputs: Mapping[str, Path], returned: Mapping[str, Path]
) -> tuple[tuple[Artifact, ...], int]:
    """The files that a step wrote.

    Args:
        step: The step.
        outputs: Output channel -> its folder or file.
        returned: DataFrame that ``main`` returned -> the file it was kept in.

    Returns:
        At most ``MOST_FILES`` artifacts in the order of channels and names, and how many files there were.
    """
    found: list[Artifact] = []
    total = 0
    for channel, root in outputs.items():
        for path, name, status in sorted(_files(root)):
            total += 1
            if len(found) < MOST_FILES:
                size, modified = status
                found.append(Artifact(step, channel, Path(path), name, kind_of(path), size, modified_ns=modified))
    for name, file in returned.items():
        try:
            size, modified = _stamp(file.stat())
        except OSError:
            continue
        total += 1
        found.append(Artifact(step, RETURNED, file, name, RETURNED_FRAME, size, modified_ns=modified))
    return tuple(found), total


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _files(root: Path) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(path, name below the root, (bytes, time)) of every regular file; links to folders are not followed."""
    try:
        if root.is_file():
            yield str(root), root.name, _stamp(root.stat())
            return
    except OSError:
        return
    waiting = [(str(root), "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                    elif entry.is_file():
                        yield entry.path, prefix + entry.name, _stamp(entry.stat())
        except OSError:
            continue
