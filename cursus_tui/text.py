"""Making untrusted text safe for a terminal, and fitting text to cells. No imports of ours."""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

_CONTROL_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
)
_EMOJI_STYLE = "\ufe0f"
"""Programs print it with their warning signs; it has no width, and terminals disagree about that of the sign."""
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufff9-\ufffb"
    + _INVISIBLE
    + "\U000e0000-\U000e0fff]"
)
# ECMA-48: CSI; then OSC and the other strings, where they end within the line; character sets; single functions.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]+[0-~]"
    "|\x1b[0-OQ-WYZ\\\\`-~]"
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


def last_state(line: str) -> str:
    """What a terminal would still show of one line of output: not yet safe, see ``plain_line``.

    Escape sequences (colours, titles, cursor moves) are dropped, backspaces applied, and of what carriage
    returns overwrote (progress bars) only the last state is kept.
    """
    if "\r" in line:
        # A bar that ends in a carriage return, or a line that ends in CR LF, still shows what came before it.
        line = next((state for state in reversed(line.split("\r")) if _ESCAPES.sub("", state)), "")
    line = _ESCAPES.sub("", line)
    if "\b" in line:
        shown: list[str] = []
        for char in line:
            if char != "\b":
                shown.append(char)
            elif shown:
                shown.pop()
        line = "".join(shown)
    return line


def plain_line(line: str, limit: int | None = None) -> str:
    """One line of a program's output as plain safe text, its tabs expanded to every eighth column.

    Args:
        line: The line, without its newline.
        limit: Characters at most; a longer text ends in an ellipsis.
    """
    return safe(last_state(line).replace(_EMOJI_STYLE, "").expandtabs(8), limit)


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


def human_rows(count: int | None) -> str:
    """``1,234 rows``; an empty text for None."""
    return "" if count is None else f"{count:,} row" if count == 1 else f"{count:,} rows"
