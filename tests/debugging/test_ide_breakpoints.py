"""What an IDE is told of its breakpoints: numbers that last, and what became of them in the step that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dap_client import IdeClient
from fake_pydevd import FakePydevd
from hub_desk import SCRIPT, Desk
from real_debugging import IN_LOOP, LOOP, until
from real_debugging import Desk as RealDesk

from cursus_tui.records.debug import LineBreakpoint


def moving(step: FakePydevd) -> None:
    """Breakpoints get new numbers each time, as the real debugger gives them; on line 8 they move to 9."""

    def answer(arguments: dict[str, Any]) -> dict[str, Any]:
        begin = 100 + 10 * len(step.requests)
        rows = [(begin + n, 9 if one["line"] == 8 else one["line"]) for n, one in enumerate(arguments["breakpoints"])]
        step.numbers = {line: number for number, line in rows}  # type: ignore[attr-defined]
        source = {"path": arguments["source"]["path"]}
        return {"breakpoints": [{"id": n, "verified": line != 20, "line": line, "source": source} for n, line in rows]}

    step.answers["setBreakpoints"] = answer


def test_each_ide_has_numbers_of_its_own_that_last(desk: Desk) -> None:
    step = desk.attached(7)
    moving(step)
    first, second = (IdeClient(desk.open(), name) for name in ("one", "two"))
    mine = first.attach({SCRIPT: [10, 11]})[SCRIPT]
    others = second.attach({SCRIPT: [11, 12]})[SCRIPT]
    again = first.set_lines(SCRIPT, 9, 10, 11)
    assert [one["id"] for one in again[1:]] == [one["id"] for one in mine]
    assert len({one["id"] for one in again}) == 3
    step.stop(11, hitBreakpointIds=[step.numbers[11]])  # type: ignore[attr-defined]
    assert first.wait("stopped")["hitBreakpointIds"] == [mine[1]["id"]]
    assert second.wait("stopped")["hitBreakpointIds"] == [others[0]["id"]]
    late = IdeClient(desk.open(), "late")
    late.attach()
    assert "hitBreakpointIds" not in late.wait("stopped"), "it is none of its own"
    for ide in (first, second, late):
        ide.close()


def test_breakpoints_of_before_a_step_are_told_when_it_knows_them(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    answers = ide.attach({SCRIPT: [7, 8, 20]})[SCRIPT]
    assert [(one["line"], one["verified"]) for one in answers] == [(7, True), (8, True), (20, True)]
    step = FakePydevd(desk.start(), dial=False)
    moving(step)
    step.dial()
    desk.follow()
    told = [ide.wait("breakpoint") for _ in range(2)]
    assert [one["reason"] for one in told] == ["changed", "changed"]
    assert [(one["breakpoint"]["id"], one["breakpoint"]["line"], one["breakpoint"]["verified"]) for one in told] == [
        (answers[1]["id"], 9, True),
        (answers[2]["id"], 20, False),
    ]
    assert told[0]["breakpoint"]["source"]["path"] == str(SCRIPT)
    ide.ask("threads")
    assert all(event["event"] != "breakpoint" for event in ide.events.queue), "what is as it was is not told"
    step.event("breakpoint", reason="changed", breakpoint={"id": step.numbers[20], "verified": True, "line": 21})  # type: ignore[attr-defined]
    assert ide.wait("breakpoint")["breakpoint"] == {
        "id": answers[2]["id"],
        "line": 21,
        "verified": True,
        "source": {"path": str(SCRIPT)},
    }
    ide.close()


def test_a_source_is_told_by_the_name_that_its_ide_has_for_it(desk: Desk, tmp_path: Path) -> None:
    script, other = tmp_path / "script.py", tmp_path / "link.py"
    script.write_text("pass\n")
    other.symlink_to(script)
    step = desk.attached(7)
    moving(step)
    first, second = (IdeClient(desk.open(), name) for name in ("one", "two"))
    mine, others = first.attach({script: [8]}), second.attach({other: [8]})
    assert mine[script][0]["source"]["path"] == str(script)
    assert others[other][0]["source"]["path"] == str(other)
    first.close()
    second.close()


def test_a_real_breakpoint_that_moves_is_told(real_desk: RealDesk) -> None:
    ide = IdeClient(real_desk.open())
    blank = 20
    answers = ide.attach({real_desk.script: [blank, IN_LOOP]})[real_desk.script]
    assert [(one["line"], one["verified"]) for one in answers] == [(blank, True), (IN_LOOP, True)]
    real_desk.start()
    moved = ide.wait("breakpoint")["breakpoint"]
    assert (moved["id"], moved["verified"]) == (answers[0]["id"], True)
    assert moved["line"] != blank, "there is no code on it"
    assert real_desk.stopped().line == IN_LOOP
    stopped = ide.wait("stopped")
    assert stopped["hitBreakpointIds"] == [answers[1]["id"]]
    real_desk.lines(LOOP)
    ide.ask("continue", threadId=stopped["threadId"])
    assert real_desk.stopped().line == LOOP
    assert "hitBreakpointIds" not in ide.wait("stopped"), "it is the terminal's"
    ide.ask("continue", threadId=stopped["threadId"])
    assert real_desk.stopped().line == IN_LOOP
    assert ide.wait("stopped")["hitBreakpointIds"] == [answers[1]["id"]], "whatever the debugger calls it by now"
    ide.close()
    until(lambda: real_desk.debug.state.ide_breakpoints == ())
    real_desk.finish()


def test_breakpoints_that_are_set_while_a_step_takes_up_its_debugger_hold(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    ide.attach({SCRIPT: [8]})
    step = FakePydevd(desk.start(7), dial=False)
    step.answers["configurationDone"] = None
    step.dial()
    desk.follow()
    step.wait_for("configurationDone")
    answers = ide.set_lines(SCRIPT, 8, 12)
    assert [one["verified"] for one in answers] == [True, True]
    desk.debug.set_lines((LineBreakpoint(SCRIPT, 7), LineBreakpoint(SCRIPT, 14)))
    step.confirm("configurationDone")
    until(lambda: step.lines() == [7, 8, 12, 14])
    ide.close()


def test_breakpoints_are_kept_where_the_step_ends_or_refuses(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["setBreakpoints"] = "no such file"
    ide = IdeClient(desk.open())
    refused = ide.attach({SCRIPT: [8]})[SCRIPT][0]
    assert (refused["verified"], refused["message"]) == (False, "no such file")
    step.answers["setBreakpoints"] = step.answers["setExceptionBreakpoints"] = None
    count = len([name for name, _ in step.requests if name == "setBreakpoints"])
    lines = ide.post("setBreakpoints", source={"path": str(SCRIPT)}, breakpoints=[{"line": 9}])
    filters = ide.post("setExceptionBreakpoints", filters=["raised"])
    step.wait_for("setBreakpoints", count + 1)
    step.hang_up()
    assert lines.result(5)["body"]["breakpoints"][0]["verified"]
    assert filters.result(5)["success"]
    assert [one.line for one in desk.debug.state.ide_breakpoints] == [9]
    ide.close()
