"""Real steps for the debugger's tests, started as the engine's tests start theirs; and VS Code's own test client."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hub_desk import Desk as HubDesk

if TYPE_CHECKING:
    from real_debugging import Desk

    from cursus_tui.execution.local_executor import LocalExecutor

sys.path.append(str(Path(__file__).parent.parent / "execution"))


@pytest.fixture(scope="session")
def node() -> Path:
    """The node that can run VS Code's test client."""
    from node_client import installed_client

    return installed_client()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HubDesk]:
    """A hub whose steps and debuggers are played by the test; files of real steps have another."""
    desk = HubDesk(tmp_path)
    yield desk
    desk.debug.close()


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    """One for the tests of a file: its zygote stays warm."""
    from real_debugging import warmed

    executor = warmed()
    yield executor
    executor.close()


@pytest.fixture
def real_desk(tmp_path: Path, executor: LocalExecutor) -> Iterator[Desk]:
    """A real step and a real debugger."""
    from real_debugging import Desk

    desk = Desk(tmp_path, executor)
    yield desk
    desk.close()
