"""What who knows pdb types on the console: its commands are no Python, and its keys are keys of the screen here."""

from __future__ import annotations

import re

_PRINTS = re.compile(r"(?:pp?\s+|!\s*)(?=\S)")
_COMMAND = re.compile(
    r"a|args|b|break|bt|c|cont|continue|d|down|l|ll|longlist|n|next|q|quit|r|return|s|step|u|until|up|w|where"
)


def as_python(text: str) -> str:
    """``p x``, ``pp x`` and ``!x`` as what they mean, unless the text is Python as it stands."""
    found = _PRINTS.match(text)
    return text[found.end() :] if found and not _compiles(text) else text


def command_hint(text: str) -> str:
    """For a command of pdb's that was not found as a name: where such keys work. Empty for anything else."""
    return (
        f"to step or walk the stack with keys such as {text}, close the console: esc"
        if _COMMAND.fullmatch(text)
        else ""
    )


def _compiles(text: str) -> bool:
    try:
        compile(text, "<console>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
