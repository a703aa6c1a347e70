"""What counts as installing a package, and which hosts are this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cursus_tui.worker.network_guard import is_local
from cursus_tui.worker.pip_guard import install_request


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (["pip", "install", "x"], True),
        ([sys.executable, "-m", "pip", "install", "-q", "x"], True),
        (["/usr/bin/python3.9", "-u", "-m", "pip", "--quiet", "install", "x"], True),
        (["uv", "pip", "install", "x"], True),
        (["conda", "install", "-y", "x"], True),
        (["sudo", "apt-get", "install", "x"], True),
        ("cd /tmp; pip3 install x", True),
        ("PIP_INDEX_URL=x pip install x", True),
        (["sh", "-c", "echo 1 && pip install x"], True),
        ([b"pip", b"install", b"x"], True),
        (["pip", "list"], False),
        (["pip"], False),
        ([], False),
        ("", False),
        ("echo 'pip install x'", False),
        (["grep", "pip", "install"], False),
        (["python", "pip_install.py", "install"], False),
        (["python", "-m", "pytest", "install"], False),
        ('echo "unbalanced', False),
        (None, False),
        (Path("pip"), False),
    ],
)
def test_installing_commands_are_known(command: object, found: bool) -> None:
    assert (install_request(command) is not None) is found


def test_an_index_with_its_token_is_not_reported() -> None:
    command = [
        "pip",
        "install",
        "--index-url",
        "https://aws:secret@host/simple",
        "x==1",
        "-r",
        "needs.txt",
        "--upgrade",
    ]
    assert install_request(command) == "x==1 (not installed), -r needs.txt"


class Disguised(str):
    """A text that calls itself something else."""

    def __str__(self) -> str:
        return "localhost"

    strip = lower = partition = __str__  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("localhost", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        (None, True),
        (b"localhost", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("127.0.0.1.example.com", False),
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("::ffff:7f00:1", True),
        ("0:0:0:0:0:0:0:1", True),
        ("[::1]", True),
        (bytearray(b"127.0.0.1"), True),
        (bytearray(b"10.0.0.1"), False),
        (Disguised("10.0.0.1"), False),
        (10, False),
    ],
)
def test_loopback_is_known(host: object, local: bool) -> None:
    assert is_local(host) is local
