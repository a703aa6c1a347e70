"""Secrets, hidden in whatever a step shows of its values."""

from __future__ import annotations

import argparse
import dataclasses
import types
from typing import NamedTuple

import pytest

from cursus_tui.worker.masking import MASK, Masker, masked_arguments
from cursus_tui.worker.summaries import one_line


def test_options_of_secret_names_lose_their_values() -> None:
    given = ["--api-key", "sesame", "--depth", "3", "--password=hunter2", "--token", "--flag", "x", "--db_password", ""]
    shown = ["--api-key", MASK, "--depth", "3", f"--password={MASK}", "--token", "--flag", "x", "--db_password", MASK]
    assert masked_arguments(given) == shown


@dataclasses.dataclass
class Login:
    user: str
    password: str = "hunter2"


class Account(NamedTuple):
    user: str
    api_key: str


class Holder:
    __slots__ = ("api_key", "rows")

    def __init__(self) -> None:
        self.api_key, self.rows = "hunter2", 3


class Telling:
    def __repr__(self) -> str:
        return "Telling(password='hunter2', rows=3)"


@pytest.mark.parametrize(
    "value",
    [
        {"DB_PASSWORD": "hunter2", "LABEL": "y"},
        {"a": {"b": {"db_password": "hunter2"}}},
        [{"api_key": "hunter2"}],
        argparse.Namespace(api_key="hunter2", depth=3),
        types.SimpleNamespace(api_key="hunter2"),
        types.MappingProxyType({"password": b"hunter2"}),
        Login("me"),
        [Login("me")],
        Account("me", "hunter2"),
        Holder(),
        Telling(),
    ],
)
def test_fields_of_secret_names_lose_their_texts(value: object) -> None:
    assert MASK in one_line(value)
    assert "hunter2" not in one_line(value)


def test_other_fields_are_shown() -> None:
    assert (
        one_line({"TOKEN": "", "KEYS": ["a"], 1: "z", "key": "b"}) == "{'TOKEN': '', 'KEYS': ['a'], 1: 'z', 'key': 'b'}"
    )
    assert one_line(Login("me")) == f"Login(user='me', password='{MASK}')"
    assert one_line(Telling()) == f"Telling(password='{MASK}', rows=3)"


def test_secrets_are_found_in_text_and_columns_are_not() -> None:
    masker = Masker([("API_KEY", "abc123def456ghi"), ("JOIN_KEYS", "order_id"), ("PLAIN", "abcdef1234567")])
    assert masker.text("x abc123def456ghi y order_id abcdef1234567") == f"x {MASK} y order_id abcdef1234567"
    assert masker.text("https://user:pa55@host/x") == f"https://{MASK}@host/x"
