"""A desk with a scripted session: the screen's own tests need no process and no clock."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fake_data import FakeData
from fake_pipeline import make_pipeline
from fake_session import FakeSession

from cursus_tui.app.ports import DebuggerPort
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import Saved
from cursus_tui.records.pipeline import (
    Overrides,
    Pipeline,
)
from cursus_tui.records.run import (
    RunRecord,
)


class FakeDesk:
    """What the workbench gives the app."""

    def __init__(
        self,
        folder: Path,
        *,
        data: bool = True,
        unfinished: RunRecord | None = None,
        read_only: str | None = None,
        **script: Any,
    ) -> None:
        self.folder = folder
        self.pipeline = make_pipeline(folder, data=data)
        self.data = FakeData()
        self.workspace = SimpleNamespace(read_only=read_only)
        self.session = FakeSession(self.pipeline, folder, **script)
        self.started: list[str | None] = []
        self.saved: list[Overrides] = []
        self.left_out: tuple[str, ...] = ()
        self.changed: tuple[Path, ...] = ()
        self.reloaded: list[tuple[Path, ...]] = []
        self.invalid: UserError | None = None
        self._unfinished = unfinished
        self.debugger: DebuggerPort | None = None

    def check(self) -> Pipeline:
        return self.pipeline

    def unfinished(self) -> RunRecord | None:
        return self._unfinished

    def start(self, run_id: str | None = None) -> FakeSession:
        self.started.append(run_id)
        return self.session

    def save(self, overrides: Overrides) -> Saved:
        self.saved.append(overrides)
        return Saved(self.folder / "cursus-tui.yaml", self.left_out)

    def changed_files(self) -> tuple[Path, ...]:
        return self.changed

    def reload(self, changed: Iterable[Path]) -> bool:
        self.reloaded.append(tuple(changed))
        self.changed = ()
        if self.invalid is not None:
            raise self.invalid
        return True

    def close(self, *, keep_running: bool = False) -> None:
        self.data.close()
