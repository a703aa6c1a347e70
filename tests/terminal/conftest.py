"""The real program in a real terminal, real keys in, the screen out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import REPOSITORY, missing
from real_terminal import PROGRAM, Terminal

SAMPLES = REPOSITORY / "sample_pipelines"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the real program: ``terminal("debug", "sample:fraud_training", width=80, height=24)``.

    Further arguments by name: ``program`` in its place, and ``environment`` on top of a small one.
    """
    if shutil.which("tmux") is None:
        missing("tmux")
    opened: list[Terminal] = []

    def start(
        *arguments: str,
        width: int = 80,
        height: int = 24,
        program: tuple[str, ...] = (PROGRAM,),
        environment: dict[str, str] | None = None,
    ) -> Terminal:
        opened.append(Terminal([*program, *arguments], width, height, tmp_path, environment or {}))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
        one.wait_ended()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the sample that passes."""
    return Path(shutil.copytree(SAMPLES / "fraud_training", tmp_path / "project"))
