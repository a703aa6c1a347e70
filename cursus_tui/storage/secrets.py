"""Which names hold secrets. The one place that decides what is masked in everything that is stored or shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

MASK = "********"
"""What stands for a secret's value."""

_SECRET = re.compile(r"SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|TOKEN|KEY|(?:^|_)PWD(?:_|$)")
_SHELL_VARIABLES = ("PWD", "OLDPWD")
"""Folders, as every shell sets them; in small letters, as an argument is written, it is a password."""
_HARMLESS = re.compile(
    r"KEYWORD|KEYBOARD|MONKEY|TOKENI[SZ][A-Z]*"  # words of the trade that only look alike
    r"|(?<![A-Z0-9])(?:MAX|MIN|NUM|N|TOTAL|PAD|SPECIAL|MASK|UNK|CLS|SEP|EOS|BOS)(?:_NEW|_INPUT|_OUTPUT)?_TOKENS?"
    r"|TOKENS?_(?:PER|LIMIT|COUNT|LENGTH)(?![A-Z0-9])"
)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether the value of a variable, argument or config field of this name must never be shown or stored.

    Names like ``*KEY*``, ``*TOKEN*``, ``*SECRET*``, ``*PASSWORD*`` and credentials are, whatever their case; a
    tokenizer's options, token counts and keywords are not.
    """
    if name in _SHELL_VARIABLES:
        return False
    flat = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).upper()
    return _SECRET.search(_HARMLESS.sub("", flat)) is not None


def mask(values: Mapping[str, str]) -> dict[str, str]:
    """The same mapping with the values of secrets replaced; an empty value stays empty, since that is worth seeing."""
    return {name: MASK if value and is_secret(name) else value for name, value in values.items()}
