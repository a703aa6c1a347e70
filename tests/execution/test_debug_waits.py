"""How long a step waits for a front that is stopped, hangs or has died: as long as its order says, or not at all."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from dap_front import DapFront
from engine_runner import Attempt, Runner

from cursus_tui.execution.local_executor import LocalExecutor

pytestmark = pytest.mark.real
PATIENCE = 0.5
FAR_TOO_LONG = 60.0


@pytest.fixture
def runner(lent_runner: Runner) -> Runner:
    return lent_runner


def seconds_between(attempt: Attempt, first: str, second: str) -> float:
    """By the step's own clock, from one kind of event to another."""
    at = {event["event"]: event["time"] for event in recorded(attempt)}
    return float(at[second] - at[first])


def recorded(attempt: Attempt) -> list[dict[str, float]]:
    return [json.loads(line) for line in (attempt.folder / "events.jsonl").read_text().splitlines()]


def test_a_front_that_says_nothing_in_the_hand_shake_is_waited_for_so_long(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("print('over')", debug=front.order(at_start=True, patience=PATIENCE))
    front.accept()
    assert attempt.result.status == "passed"
    assert "hand-shake" in attempt.wait_for("debugger").fields["error"]
    assert seconds_between(attempt, "started", "debugger") >= PATIENCE


def test_a_front_that_sets_no_breakpoint_before_main_is_waited_for_so_long(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("print('over')", debug=front.order(entry=True, patience=PATIENCE))
    front.accept().shake_hands({})
    assert attempt.result.status == "passed"
    assert seconds_between(attempt, "entering", "result") >= PATIENCE


def test_a_front_that_starts_no_debugger_is_waited_for_so_long(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("breakpoint()\nbreakpoint()", debug=front.order(patience=PATIENCE))
    assert attempt.result.status == "passed"
    assert seconds_between(attempt, "breakpoint", "result") >= PATIENCE


def test_a_front_that_lets_no_failed_step_go_is_waited_for_so_long(runner: Runner, front: DapFront) -> None:
    attempt = runner.start_main("raise KeyError('amount')", debug=front.order(hold=True, patience=PATIENCE))
    assert attempt.result.status == "failed"
    assert seconds_between(attempt, "parked", "unparked") >= PATIENCE


@pytest.mark.parametrize("waits_for", ["hand-shake", "entering", "breakpoint", "parked"])
def test_a_step_that_waits_for_its_front_can_be_cancelled(runner: Runner, front: DapFront, waits_for: str) -> None:
    body = {"breakpoint": "breakpoint()", "parked": "raise KeyError('amount')"}.get(waits_for, "pass")
    dials, enters = waits_for in ("hand-shake", "entering"), waits_for == "entering"
    order = front.order(at_start=dials, entry=enters, hold=True, patience=FAR_TOO_LONG)
    attempt = runner.start_main(body, debug=order)
    if dials:
        dap = front.accept()
        if enters:
            dap.shake_hands({})
    if waits_for != "hand-shake":
        attempt.wait_for(waits_for)
    assert attempt.process is not None
    attempt.process.cancel()
    assert attempt.process.result.result(20).status == "cancelled"


@pytest.mark.parametrize(
    ("body", "status"), [("breakpoint()", "passed"), ("breakpoint()\nraise KeyError('amount')", "failed")]
)
def test_a_front_that_has_died_is_not_waited_for_afterwards(
    tmp_path: Path, front: DapFront, body: str, status: str
) -> None:
    """Its death is heard before the step needs it, and opens nothing that is closed again."""
    (tmp_path / "hold").touch()
    waiting = f"import os, time\nprint('half way', flush=True)\nwhile os.path.exists({str(tmp_path / 'hold')!r}):\n"
    first = LocalExecutor()
    attempt = Runner(first, tmp_path / "runs").start_main(
        f"{waiting}    time.sleep(0.01)\n{body}", debug=front.order(hold=True, patience=FAR_TOO_LONG)
    )
    attempt.wait_for_output("half way")
    first.close(keep_running=True)
    (tmp_path / "hold").unlink()
    outcome, until = attempt.folder / "outcome.json", time.monotonic() + 20
    while not outcome.exists():
        assert time.monotonic() < until, recorded(attempt)
        time.sleep(0.02)
    assert json.loads(outcome.read_text())["status"] == status
