"""What kind of file something is, by its first bytes and its name."""

from __future__ import annotations

from pathlib import Path

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PAR1", "parquet"),
    (0, b"ARROW1", "arrow"),
    (0, b"FEA1", "feather"),
    (0, b"\x89PNG\r\n", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"%PDF", "pdf"),
    (0, b"\x93NUMPY", "npy"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\x00", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x89HDF\r\n", "hdf5"),
    (0, b"SQLite format 3\x00", "sqlite"),
    (0, b"\x7fELF", "program"),
    (257, b"ustar", "tar"),
)
_PICKLE_SUFFIXES = (".pkl", ".pickle", ".p")
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".joblib": "joblib",
    ".bst": "model",
    ".onnx": "model",
    ".html": "html",
    ".htm": "html",
    ".xml": "xml",
    ".svg": "image",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "text",
    ".md": "text",
    ".log": "text",
    ".txt": "text",
}


def content_suffix(path: Path) -> str:
    """The suffix of what a file holds: without ``.gz``, in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".gzip"):
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def sniff_kind(path: Path, head: bytes, *, compressed: bool) -> str:
    """The kind of a file.

    Args:
        path: Its name decides where the content is text.
        head: The first bytes of its content, decompressed.
        compressed: Whether it is gzip on disk.

    Returns:
        A table kind, ``text`` or ``binary`` where nothing else is known, or such as ``pickle``, ``tar.gz``, ``image``.
    """
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return "tar.gz" if kind == "tar" and compressed else kind
    suffix = content_suffix(path)
    if head.startswith(b"PK\x03\x04"):
        return {".npz": "npz", ".xlsx": "xlsx", ".pt": "model", ".pth": "model"}.get(suffix, "zip")
    if suffix in _PICKLE_SUFFIXES:
        return "pickle"
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5 and suffix not in _BY_SUFFIX:
        return "pickle"
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    from cursus_tui.data.encodings import looks_like_text

    if not head:
        return "empty"
    if not looks_like_text(head):
        return "binary"
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return "json" if first in (b"{", b"[") else "text"
