"""Making untrusted text safe for a terminal, and fitting text to cells. No imports of ours."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_INVISIBLE = "\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0"
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufff9-\ufffb"
    + _INVISIBLE
    + "\U000e0000-\U000e007f]"
)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return _CONTROL_PICTURES.get(code) or f"<{code:04X}>"


def safe(text: str, limit: int | None = None) -> str:
    """Untrusted text as one line that can do nothing to a terminal.

    C0 controls become their Unicode pictures; C1 controls, bidirectional and zero-width characters,
    line separators and lone surrogates become ``<XXXX>``.

    Args:
        text: Anything.
        limit: Characters at most; a longer text ends in an ellipsis.
    """
    if limit is not None and len(text) > limit:
        text = text[: max(0, limit - 1)] + "…"
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_visible, text)


def fit(text: str, cells: int) -> str:
    """Safe text cut or padded to exactly this many terminal cells, with an ellipsis where it was cut."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(set_cell_size(text, cells - 1) + "…", cells)


def human_bytes(count: int | None) -> str:
    """``1.5 MB``, in powers of 1,024; an empty text for None."""
    if count is None:
        return ""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def human_seconds(seconds: float | None) -> str:
    """``0.12 s``, ``4.2 s``, ``3m05s``, ``2h04m``; an empty text for None."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02d}m"


def human_count(count: int | None) -> str:
    """``1,234``; an empty text for None."""
    return "" if count is None else f"{count:,}"
