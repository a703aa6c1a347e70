"""What goes wrong around the hub: steps that cannot be debugged, that die, that answer late or wrongly."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from dap_client import IdeClient
from fake_pydevd import FakePydevd
from hub_desk import NONE, SCRIPT, Desk, until

from cursus_tui.debugging import evaluations, step_link, upstream
from cursus_tui.execution.ports import WorkerEvent
from cursus_tui.records.debug import DebugError, LineBreakpoint, StopKind


def test_a_step_that_cannot_be_debugged_runs_on_and_says_why_once(desk: Desk) -> None:
    desk.start()

    def refuse(arguments: dict[str, Any]) -> None:
        raise RuntimeError("DebuggerUnusableError: no debugpy there")

    desk.process.answers["debug"] = refuse
    desk.follow()
    assert desk.order is not None
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7),))
    until(desk.notices)
    desk.debug.heard(desk.order, WorkerEvent("parked", {"type": "KeyError"}))
    desk.debug.heard(desk.order, WorkerEvent("breakpoint", {}))
    until(lambda: {"release", "go"} <= set(desk.process.names()))
    assert desk.notices() == ["train cannot be debugged: DebuggerUnusableError: no debugpy there"]


def test_every_wish_that_cannot_be_is_answered(desk: Desk) -> None:
    desk.start()

    def refuse(arguments: dict[str, Any]) -> None:
        raise RuntimeError("no debugpy there")

    desk.process.answers["debug"] = refuse
    desk.follow()
    for count in (1, 2, 3):
        desk.debug.suspend()
        until(lambda count=count: len(desk.notices()) == count)
    time.sleep(0.05)
    assert desk.notices() == ["train cannot be debugged: no debugpy there"] * 3


def test_a_step_inside_of_one_long_call_is_debugged_after_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_link, "HANDSHAKE_SECONDS", 0.2)
    monkeypatch.setattr(step_link, "LONG_CALL_SECONDS", 0.05)
    order, heard = desk.start(), Future[None]()
    desk.process.later["debug"] = heard
    desk.follow()
    desk.debug.suspend()
    desk.debug.suspend()
    until(desk.notices)
    time.sleep(0.3)
    step = FakePydevd(order)
    heard.set_result(None)
    step.wait_for("pause")
    step.stop(7, "pause")
    assert desk.told.next().kind is StopKind.PAUSE
    assert [name for name, _ in step.requests].count("pause") == 1
    (said,) = desk.notices()
    assert said.startswith("train does not listen")
    assert said.endswith("its next line of Python")


def test_a_step_that_ends_in_its_long_call_was_not_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_link, "LONG_CALL_SECONDS", 0.05)
    desk.start()
    heard = desk.process.later["debug"] = Future()
    desk.follow()
    desk.debug.suspend()
    until(desk.notices)
    heard.set_exception(RuntimeError("the step ended before it answered"))
    until(lambda: "the step ended before it answered" in desk.notices()[-1])


@pytest.mark.parametrize(
    "library",
    [
        "/env/lib/python3.11/site-packages/thing.py",
        "/usr/lib/python3/dist-packages/thing.py",
        "/usr/lib/python3.11/json/encoder.py",
        "/usr/lib64/python3.12/random.py",
    ],
)
def test_a_breakpoint_in_a_library_lets_libraries_be_stepped_into(desk: Desk, library: str) -> None:
    desk.debug.set_lines((LineBreakpoint(Path(library), 3),))
    desk.order = desk.debug.order("train", SCRIPT, NONE, entry=False, hold=False)
    step = FakePydevd(desk.order)
    assert step.configured.wait(5)
    assert step.wait_for("attach")["justMyCode"] is False


def test_a_step_without_a_debugger_can_be_sampled(desk: Desk) -> None:
    desk.start()
    desk.follow()
    frame = {"file": "/project/script.py", "line": 3, "function": "main", "user": True}
    desk.process.answers["stack"] = lambda arguments: [frame]
    assert [one.function for one in desk.debug.sample().result(5)] == ["main"]
    desk.process.answers["peek"] = lambda arguments: {"file": arguments["path"] + ".jsonl", "rows": 3}
    table = desk.debug.live_table("rows", None).result(5)
    assert (table.rows, table.sampled, table.file.parent) == (3, True, desk.folder / "live")
    desk.process.answers["peek"] = lambda arguments: {"error": "NameError: no rows"}
    with pytest.raises(DebugError, match="NameError: no rows"):
        desk.debug.live_table("rows", None).result(5)


def test_a_machine_without_debugpy_runs_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DebugError, match="not installed"):
        desk.debug.lent()
    desk.start(7)
    assert "debugpy is not installed beside cursus-tui" in desk.notices()[0]


def test_a_machine_without_room_for_the_socket_runs_all_the_same(desk: Desk, tmp_path: Path) -> None:
    order = desk.start()
    desk.follow()
    desk.debug._loop.folder = tmp_path / "missing" / "folder"
    # Neither ends the session, which calls; and what waits for a debugger waits no more.
    desk.debug.heard(order, WorkerEvent("breakpoint", {"file": str(SCRIPT), "line": 7}))
    desk.debug.heard(order, WorkerEvent("parked", {"type": "ValueError"}))
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7),))
    assert [name for name, _ in desk.process.asked] == ["go", "release"]
    assert all("no room for the debugger's socket" in notice for notice in desk.notices())
    assert desk.notices()


def test_a_live_value_without_a_folder_for_it_is_a_sentence(desk: Desk) -> None:
    desk.attached(7)
    (desk.folder / "live").write_text("in the way")
    with pytest.raises(DebugError, match="nowhere to put its rows"):
        desk.debug.live_table("frame", None).result(5)


def test_a_wrong_token_gets_nothing(desk: Desk) -> None:
    order = desk.start(7)
    stranger = FakePydevd(order, token="guessed")
    assert stranger.closed.wait(5)
    assert {name for name, _ in stranger.requests} == {"pydevdAuthorize"}
    assert not desk.debug.state.attached
    step = FakePydevd(order)
    desk.follow()
    assert step.configured.wait(5)


def test_a_second_debugger_of_a_step_is_turned_away(desk: Desk) -> None:
    step = desk.attached(7)
    assert desk.order is not None
    second = FakePydevd(desk.order)
    assert second.closed.wait(5)
    step.stop(7)
    assert desk.told.next().line == 7


def test_a_step_that_is_run_to_a_line_is_told_of_it_once(desk: Desk) -> None:
    """Told again, the debugger has no breakpoint of that file for a moment, while the step runs on."""
    # The debugger's thread is busy, so that the step is followed by the time that it hears of the line.
    busy = threading.Event()
    desk.debug.open_ide(0).result(5)
    desk.debug._loop.post(busy.wait, 5)
    desk.debug.run_to(SCRIPT, 30)
    order = desk.start()
    desk.follow()
    busy.set()
    step = FakePydevd(order, dial=False)
    # It comes to the line before anybody knows that the hand-shake is over: that stop is the one that was wanted.
    step.answers["configurationDone"] = lambda arguments: step.stop(30) or {}
    step.dial()
    assert desk.told.next().line == 30
    until(lambda: desk.debug.state.attached)
    assert desk.told.is_quiet()
    assert "continue" not in dict(step.requests)
    told = [arguments for name, arguments in step.requests if name == "setBreakpoints"]
    assert [[one["line"] for one in each["breakpoints"]] for each in told] in ([[30]], [[30], []])


def test_a_step_that_starts_before_the_last_has_gone_is_debugged(desk: Desk) -> None:
    last = desk.attached(7)
    before = desk.order
    assert before is not None
    desk.debug.run_to(SCRIPT, 30)
    step = FakePydevd(desk.start(7))
    desk.follow()
    assert step.configured.wait(5)
    assert last.closed.wait(5)
    desk.debug.ended(before)
    until(lambda: desk.debug.state.attached)
    assert step.lines() == [7, 30]
    step.stop(30)
    assert desk.told.next().line == 30
    assert not step.closed.is_set()


def test_a_step_that_dies_at_a_stop_goes_on_for_the_session(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    step.hang_up()
    assert desk.told.next() is None
    until(lambda: not desk.debug.state.attached)
    with pytest.raises(DebugError, match="no step is being debugged"):
        desk.debug.frames(1).result(1)


def test_a_question_ends_with_its_step(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["evaluate"] = None
    step.stop(7)
    desk.told.next()
    asked = desk.debug.evaluate("forever()", 3)
    step.wait_for("evaluate")
    step.hang_up()
    with pytest.raises(DebugError, match="gone"):
        asked.result(5)


def test_a_debugger_that_dies_in_the_hand_shake_is_a_notice(desk: Desk) -> None:
    step = FakePydevd(desk.start(7), dial=False)
    step.answers["initialize"] = lambda arguments: step.hang_up()
    step.dial()
    desk.follow()
    until(desk.notices)
    assert desk.notices() == ["train cannot be debugged: the step's debugger is gone"]


def test_an_evaluation_is_ended_by_its_own_process_also_when_its_asker_has_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "EVALUATE_SECONDS", 0.05)
    monkeypatch.setattr(evaluations, "STUBBORN_SECONDS", 0.05)
    desk.process.answers["end_evaluation"] = lambda _: True
    step = desk.attached(7)
    step.answers["evaluate"] = None
    step.stop(7)
    desk.told.next()
    with pytest.raises(DebugError, match="did not answer"):
        desk.debug.evaluate("forever()", 3).result(5)
    assert desk.debug.state.computing == "forever()"
    desk.debug.interrupt()
    until(desk.notices)
    assert set(desk.process.names()) == {"end_evaluation"}
    assert desk.notices()[0].startswith("forever() is inside of a call that cannot be interrupted")
    with pytest.raises(DebugError, match=r"still computes forever\(\)"):
        desk.debug.variables(1).result(5)
    step.hang_up()
    until(lambda: not desk.debug.state.computing)


def test_unverified_breakpoints_are_named(desk: Desk) -> None:
    order = desk.start(7, 99)
    step = FakePydevd(order, dial=False)
    step.answers["setBreakpoints"] = lambda arguments: {
        "breakpoints": [{"id": one["line"], "verified": one["line"] < 50} for one in arguments["breakpoints"]]
    }
    step.dial()
    desk.follow()
    until(lambda: desk.debug.state.unverified == {(SCRIPT, 99)})
    step.event("breakpoint", reason="changed", breakpoint={"id": 99, "verified": True, "line": 99})
    until(lambda: not desk.debug.state.unverified)


def test_values_are_safe_texts(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["variables"] = {
        "variables": [
            {"name": "special variables", "value": "", "type": "", "variablesReference": 9, "evaluateName": "x"},
            {
                "name": "rows",
                "value": "[1]\n\x1b]0;x\x07",
                "type": "list",
                "variablesReference": 4,
                "evaluateName": "rows",
            },
            {"name": "x", "value": "1", "type": "int", "variablesReference": 0, "evaluateName": "x"},
        ]
    }
    step.stop(7)
    desk.told.next()
    rows, x, special = desk.debug.variables(2).result(5)
    assert (rows.name, rows.value, rows.kind, rows.expression) == ("rows", "[1]␊␛]0;x␇", "table", "rows")
    assert (x.kind, special.name, special.expression, special.kind) == ("", "special variables", "", "")
    assert [one.name for one in desk.debug.variables(2, 1, 1).result(5)] == ["x"]


def test_a_failed_step_is_not_held_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_tui.debugging.hold_limit.LOOK_SECONDS", 0.05)
    desk.debug._limit._seconds = 0.2
    step = desk.attached(7)
    step.stop(9, "exception", text="KeyError")
    desk.told.next()
    step.wait_for("continue")
    assert desk.told.next() is None
    assert "held" in desk.notices()[-1]


def test_closing_amid_everything_is_quiet(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    order = desk.start(7)
    silent = FakePydevd(order, dial=False)
    silent.answers["initialize"] = None
    silent.dial()
    silent.wait_for("initialize")
    ide = IdeClient(desk.open())
    ide.attach()
    desk.debug.close()
    assert silent.closed.wait(5)
    assert ide.closed.wait(5)
    assert not caplog.records
    ide.close()


def test_closing_lets_the_step_go_and_leaves_nothing(desk: Desk) -> None:
    threads = threading.active_count()
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    folder = desk.order.socket.parent if desk.order else None
    desk.debug.close()
    assert step.closed.wait(5)
    assert folder is not None
    assert not folder.exists()
    assert "disconnect" not in {name for name, _ in step.requests}
    until(lambda: threading.active_count() <= threads + 1)
    assert not [thread for thread in threading.enumerate() if thread.name == "debug"]


# --- IDEs
