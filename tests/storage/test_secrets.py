"""Which names hold secrets."""

import pytest

from cursus_tui.storage.secrets import MASK, is_secret, mask


@pytest.mark.parametrize(
    "name",
    [
        "API_KEY",
        "apiKey",
        "AWS_ACCESS_KEY_ID",
        "aws_secret_access_key",
        "AWS_SESSION_TOKEN",
        "HF_TOKEN",
        "githubToken",
        "DB_PASSWORD",
        "db-passwd",
        "PWD_HASH",
        "pwd",
        "DB_PWD",
        "CLIENT_SECRET",
        "SERVICE_CREDENTIALS",
        "ADMIN_TOKEN",
        "TOKENIZER_API_KEY",
        "MYKEY",
        "passphrase",
    ],
)
def test_names_that_hold_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "TOKENIZER_NAME",
        "max_tokens",
        "MAX_NEW_TOKENS",
        "PAD_TOKEN",
        "SEMANTIC_KEYWORDS",
        "LABEL_FIELD",
        "TRAIN_RATIO",
        "tokens_per_call",
        "PWD",
        "OLDPWD",
    ],
)
def test_names_that_only_look_alike(name: str) -> None:
    assert not is_secret(name)


def test_masks_values_but_shows_that_one_is_empty() -> None:
    masked = mask({"API_KEY": "abc", "HF_TOKEN": "", "LABEL": "y"})
    assert masked == {"API_KEY": MASK, "HF_TOKEN": "", "LABEL": "y"}
