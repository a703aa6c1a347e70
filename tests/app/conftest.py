"""What the screen's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_desk import FakeDesk
from fake_stops import FakeStops

from cursus_tui.execution.options import RunOptions
from cursus_tui.workbench import Workbench, open_pipeline


@pytest.fixture(autouse=True)
def no_settings_of_mine(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of whoever runs the tests must not change what they see."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def desk(tmp_path: Path) -> FakeDesk:
    return FakeDesk(tmp_path)


@pytest.fixture
def bench(project: Path, tmp_path: Path) -> Iterator[Workbench]:
    """The real thing, over the project of the test's file."""
    workbench = Workbench(open_pipeline(str(project)), RunOptions(), tmp_path / "workspace")
    yield workbench
    workbench.close()


@pytest.fixture
def stops(desk: FakeDesk) -> FakeStops:
    """Its debugger, which stops where the test says."""
    return FakeStops(desk)
