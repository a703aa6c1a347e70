"""Hiding secrets in everything that is stored or shown."""

from __future__ import annotations

import argparse
import os
import re
import types
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

MASK = "********"
MAX_FIELDS = 1000
"""Of a larger mapping only the size is ever shown."""
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
    """Whether a variable of this name is to be masked: the rule of ``storage/secrets.py``, out of reach from here."""
    if name in _SHELL_VARIABLES:
        return False
    flat = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+", "_", name).upper()
    return _SECRET.search(_HARMLESS.sub("", flat)) is not None


def masked(values: Mapping[str, str]) -> Dict[str, str]:
    """The same mapping with the values of secret names hidden."""
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


def without_secrets(value: Any) -> Any:
    """The same value, or a copy of a mapping or namespace in which texts of secret names are hidden. Never raises."""
    try:
        if isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
            hidden = _hidden(vars(value))
            return type(value)(**{**vars(value), **hidden}) if hidden else value
        if isinstance(value, type(os.environ)):
            return {**value, **_hidden(dict(value))}
        if isinstance(value, dict) and len(value) <= MAX_FIELDS:
            hidden = _hidden(value)
            # The class of the script's may answer for its methods with anything: these are the interpreter's own.
            return {**dict.copy(value), **hidden} if hidden else value
    except Exception as error:
        return "<not shown: %s>" % type(error).__name__
    return value


def _hidden(fields: Dict[Any, Any]) -> Dict[str, str]:
    return {
        name: MASK
        for name, value in dict.items(fields)
        if isinstance(name, str) and isinstance(value, str) and value and is_secret_name(name)
    }


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
