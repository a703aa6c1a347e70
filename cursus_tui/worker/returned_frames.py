"""Keeping the DataFrames that a main returns: they are outputs to look at, too."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from typing import Any, Callable, Dict, Iterator, Tuple

MAX_FRAMES = 20
MAX_BYTES = 64 << 20
"""In memory; of a larger frame only the first rows are kept."""
MAX_ROWS = 100_000


def keep_frames(returned: Any, folder: str, send: Callable[..., Any]) -> Dict[str, str]:
    """Write returned frames as Parquet where pyarrow is there, else as CSV.

    Args:
        returned: What ``main`` returned: a frame, a dict of frames, or a tuple or list that holds such.
        folder: Where to write; made when there is a frame.
        send: Reports notices: a frame that was cut or could not be kept.

    Returns:
        Name of each frame -> its file.
    """
    pandas = sys.modules.get("pandas")
    frame_type = getattr(pandas, "DataFrame", None)
    if returned is None or frame_type is None:
        return {}
    kept: Dict[str, str] = {}
    for name, frame in _frames(returned, frame_type, "returned"):
        if len(kept) == MAX_FRAMES:
            send("notice", message="main returned more than %d frames: the rest is not kept" % MAX_FRAMES)
            break
        name = name if name not in kept else "%s (%d)" % (name, len(kept) + 1)
        try:
            kept[name] = _write(name, len(kept), frame, folder, send)
        except Exception as error:
            send("notice", message="the returned frame %r was not kept: %s" % (name, error))
    return kept


def _frames(value: Any, frame_type: Any, name: str) -> Iterator[Tuple[str, Any]]:
    if isinstance(value, frame_type):
        yield name, value
    elif isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items() if isinstance(item, frame_type))
    elif isinstance(value, (tuple, list)) and len(value) <= MAX_FRAMES:
        for position, item in enumerate(value):
            if isinstance(item, (frame_type, dict)):
                yield from _frames(item, frame_type, "%s[%d]" % (name, position))


def _write(name: str, number: int, frame: Any, folder: str, send: Callable[..., Any]) -> str:
    size = int(frame.memory_usage(index=True).sum())
    if size > MAX_BYTES and len(frame) > MAX_ROWS:
        text = "of the returned frame %r the first %s of %s rows are kept"
        send("notice", message=text % (name, format(MAX_ROWS, ","), format(len(frame), ",")))
        frame = frame.iloc[:MAX_ROWS]
    os.makedirs(folder, 0o700, exist_ok=True)
    stem = os.path.join(folder, "%d-%s" % (number, re.sub(r"[^\w.-]+", "_", name)[:80]))
    if "pyarrow" in sys.modules or importlib.util.find_spec("pyarrow") is not None:
        try:
            frame.to_parquet(stem + ".parquet", engine="pyarrow")
            return stem + ".parquet"
        except Exception:
            # Mixed columns, duplicate or odd names: text takes them all.
            if os.path.exists(stem + ".parquet"):
                os.remove(stem + ".parquet")
    frame.to_csv(stem + ".csv", index=False)
    return stem + ".csv"
