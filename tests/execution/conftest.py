"""What the engine's tests share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dap_front import DapFront
from engine_runner import Runner

from cursus_tui.execution.local_executor import LocalExecutor


@pytest.fixture(scope="module")
def executor() -> Iterator[LocalExecutor]:
    """One for the tests of a file: its zygotes stay warm."""
    executor = LocalExecutor()
    yield executor
    executor.close()


@pytest.fixture
def runner(executor: LocalExecutor, tmp_path: Path) -> Runner:
    """Runs scripts in folders of their own."""
    return Runner(executor, tmp_path / "runs")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DapFront]:
    """Listens where the debuggers of steps dial."""
    front = DapFront(tmp_path_factory.mktemp("front"))
    yield front
    front.close()


@pytest.fixture
def lent_runner(tmp_path: Path, front: DapFront) -> Iterator[Runner]:
    """Runs scripts in an interpreter that debugpy was lent to."""
    lent = threading.Event()
    executor = LocalExecutor(noticed=lambda _, message: lent.set() if message["event"] == "lent" else None)
    executor.warm(Path(sys.executable), ("json",))
    executor.lend(Path(sys.executable), front.lent, front.pycache)
    assert lent.wait(20)
    yield Runner(executor, tmp_path)
    executor.close()
