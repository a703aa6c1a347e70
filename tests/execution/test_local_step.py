"""A step of a zygote, as the front sees it: what it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from cursus_tui.execution.local_step import LocalStep
from cursus_tui.execution.ports import ExecutionContext
from cursus_tui.execution.resources import ResourceSampler
from cursus_tui.execution.zygote_client import ZygoteClient
from cursus_tui.records.pipeline import Isolation


class Wire:
    """A zygote that hears, and a sampler that never samples."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> bool:
        self.sent.append(message)
        return True

    def remove(self, step: LocalStep) -> None:
        pass


def test_whoever_stops_waiting_for_an_answer_does_not_lose_the_outcome(tmp_path: Path) -> None:
    wire, nothing = Wire(), dict[str, Any]()
    context = ExecutionContext(
        "run", "A", 1, tmp_path, tmp_path / "a.py", Path("python"), Isolation.ZYGOTE, {}, {}, {}, {}, {}, (), None
    )
    step = LocalStep(1, context, cast(ZygoteClient, wire), lambda event: None, cast(ResourceSampler, wire))
    given_up, late = step.request("debug"), step.request("stack")
    assert not given_up.cancel()
    step.received({"event": "outcome", "outcome": {"outcome": "passed", "exit_code": 0, **nothing}})
    assert step.result.done()
    assert [str(each.exception()) for each in (given_up, late)] == ["the step ended before it answered"] * 2
