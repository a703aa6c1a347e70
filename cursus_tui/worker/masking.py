"""Hiding secrets in everything that is stored or shown. The one place that decides which names hold them."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

MASK = "********"
"""What stands for a secret's value."""
MASK_TEXT = repr(MASK)
MAX_NAME = 200
_WORDS = frozenset(("key", "keys", "token", "tokens"))
_PAIR = re.compile(r"""(['"]?\b(?P<name>[A-Za-z_][\w-]{0,80})['"]?(?:=|: ))b?(['"])(?:\\.|(?!\3).)+(?:\3|\Z)""")
"""A name and a text, as in what Python writes of an object or a mapping, perhaps cut."""
_SECRET = re.compile(r"SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIAL|TOKEN|KEY|(?:^|_)PWD(?:_|$)")
_SHELL_VARIABLES = ("PWD", "OLDPWD")
"""Folders, as every shell sets them; in small letters, as an argument is written, it is a password."""
_HARMLESS = re.compile(
    r"KEYWORD|KEYBOARD|MONKEY|TOKENI[SZ][A-Z]*"  # words of the trade that only look alike
    r"|(?<![A-Z0-9])(?:MAX|MIN|NUM|N|TOTAL|PAD|SPECIAL|MASK|UNK|CLS|SEP|EOS|BOS)(?:_NEW|_INPUT|_OUTPUT)?_TOKENS?"
    r"|TOKENS?_(?:PER|LIMIT|COUNT|LENGTH)(?![A-Z0-9])"
)
_URL_PASSWORD = re.compile(r"(?<=://)([^/\s:@]+):([^/\s@]+)@")
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{12,}\Z")
"""What a random secret looks like. Shorter or plainer values are never searched for in text: a column named by an
environment variable ``JOIN_KEY`` would vanish from the very message that explains a failure."""


def is_secret_name(name: str) -> bool:
    """Whether the value of a variable, argument or config field of this name must never be shown or stored.

    Names like ``*KEY*``, ``*TOKEN*``, ``*SECRET*``, ``*PASSWORD*`` and credentials are, whatever their case; a
    tokenizer's options, token counts and keywords are not.
    """
    if name in _SHELL_VARIABLES:
        return False
    flat = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).upper()
    return _SECRET.search(_HARMLESS.sub("", flat)) is not None


def masked(values: Mapping[str, str]) -> Dict[str, str]:
    """The same mapping with the values of secret names hidden; an empty one stays empty: that is worth seeing."""
    return {name: MASK if value and is_secret_name(name) else value for name, value in values.items()}


def masked_arguments(arguments: Iterable[str]) -> List[str]:
    """A command line with the values of secret options hidden, whether ``--name value`` or ``--name=value``."""
    shown: List[str] = []
    hide = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        is_option = argument.startswith("-")
        if hide and not is_option:
            shown.append(MASK)
        elif is_option and value and is_secret_name(name.lstrip("-")):
            shown.append(name + equals + MASK)
        else:
            shown.append(argument)
        hide = is_option and not equals and is_secret_name(name.lstrip("-"))
    return shown


def is_secret_item(name: object, value: object) -> bool:
    """Whether a field, entry or variable is to be masked where values are listed.

    There is more than names of settings there: the ``key`` of a loop and the ``token`` of a text are no secrets.
    """
    if not (isinstance(name, str) and isinstance(value, (str, bytes)) and len(value) and len(name) <= MAX_NAME):
        return False
    return name not in _WORDS and is_secret_name(name)


def without_pairs(text: str) -> str:
    """A text such as ``Login(user='me', password='x')`` without the values of secret names."""
    return _PAIR.sub(lambda pair: pair[1] + MASK_TEXT if _is_secret_text(pair["name"]) else pair[0], text)


def _is_secret_text(name: str) -> bool:
    return is_secret_item(name, "x")


class Masker:
    """Removes known secret values, and passwords in URLs, from free text.

    Args:
        environment: Names and values; the values of secret names are what is searched for.
    """

    def __init__(self, environment: Iterable[Tuple[str, str]]) -> None:
        self._environment = environment
        self._secrets: Optional[List[str]] = None

    def text(self, text: str) -> str:
        """The text without secrets."""
        if self._secrets is None:
            found = {value for name, value in self._environment if is_secret_name(name) and _MIXED.match(value)}
            # The longest first: one secret may be the beginning of another.
            self._secrets = sorted(found, key=len, reverse=True)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _URL_PASSWORD.sub(MASK + "@", text) if "://" in text else text
