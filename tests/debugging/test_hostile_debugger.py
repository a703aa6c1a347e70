"""A script may get hold of its debugger's socket, and answer what it likes: the hub outlives that."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from dap_client import IdeClient, RefusedError
from fake_pydevd import FakePydevd, encode
from hub_desk import SCRIPT, Desk, until

from cursus_tui.debugging.clients import MOST_UNSENT_BYTES
from cursus_tui.debugging.known_threads import MOST_THREADS
from cursus_tui.debugging.live_tables import table_of
from cursus_tui.debugging.upstream import MOST_UNANSWERED
from cursus_tui.records.debug import DebugError, Resume, StopKind

DEEP = 900
"""As deeply nested as a message can be read at all."""


def nested() -> Any:
    value: Any = []
    for _ in range(DEEP):
        value = [value]
    return value


@pytest.mark.parametrize("path", ["/project/nul\0.py", "/project/half\ud800.py", "[red]\x1b[2J", ""])
def test_a_stop_in_code_named_after_anything_is_told(desk: Desk, path: str) -> None:
    step = desk.attached(7)
    step.stop(3, path=path)
    stop = desk.told.next()
    assert (stop.file, stop.line) == (Path(path) if path else None, 3)
    assert desk.debug.frames(1).result(5)[0].line == 3
    desk.debug.resume(Resume.OVER)
    step.wait_for("next")


def test_a_message_nested_without_end_ends_the_debugger_and_nothing_else(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    step._socket.sendall(encode({"type": "event", "event": "output", "body": {"output": nested()}}))
    assert step.closed.wait(5)
    until(lambda: not desk.debug.state.attached)
    assert ide.ask("threads")["threads"]
    assert not caplog.records
    ide.close()


def test_an_answer_nested_without_end_is_refused(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    step.answers["scopes"] = {"scopes": nested()}
    with pytest.raises(RefusedError, match="scopes"):
        ide.ask("scopes", frameId=3)
    assert desk.debug.scopes(3).result(5) == ()
    ide.close()


def test_forged_stops_are_numbered_and_the_newest_counts(desk: Desk) -> None:
    step = desk.attached(7)
    for line in range(1, 50):
        step.stop(line, "step")
    until(lambda: desk.debug.state.stop is not None and desk.debug.state.stop.line == 49)
    assert desk.debug.state.stop is not None
    assert (desk.debug.state.stop.number, desk.debug.state.stop.kind) == (49, StopKind.STEP)


def test_a_million_variables_are_asked_for_in_parts(desk: Desk) -> None:
    step = desk.attached(7)
    row = {"name": "[red]x\x1b[2J\0\ud800", "value": "v" * 40, "type": "str", "variablesReference": 0}
    step.answers["variables"] = {"variables": [row] * 200_000}
    step.stop(7)
    desk.told.next()
    found = desk.debug.variables(2).result(30)
    assert len(found) == 100
    assert found[0].name == "[red]x␛[2J␀<D800>"


@pytest.mark.parametrize(
    "answer", [None, 1e308, "stack", ["frame"], [{"line": 3}], [{"file": "a", "line": 1e400, "function": "f"}]]
)
def test_a_sample_that_is_no_stack_is_a_sentence(desk: Desk, answer: object) -> None:
    desk.start()
    desk.follow()
    # A script can write to the control socket of its own step.
    desk.process.answers["stack"] = lambda arguments: answer
    with pytest.raises(DebugError, match="no stack"):
        desk.debug.sample().result(5)


@pytest.mark.parametrize("name", ["..", "2.jsonl", "precious.csv", "1/../2.jsonl", "/etc/passwd", "a\0b"])
def test_a_step_names_no_other_file_than_its_own_rows(tmp_path: Path, name: str) -> None:
    answer = {"file": f"{tmp_path}/{name}" if not name.startswith("/") else name, "rows": 1}
    with pytest.raises(DebugError, match="not asked to write"):
        table_of(answer, "x", tmp_path / "1", 0, sampled=False)


def test_rows_go_to_no_folder_that_a_step_put_in_the_place_of_theirs(desk: Desk) -> None:
    elsewhere = desk.folder / "elsewhere"
    elsewhere.mkdir()
    (desk.folder / "live").symlink_to(elsewhere)
    desk.start()
    desk.follow()
    with pytest.raises(DebugError, match="nowhere to put its rows"):
        desk.debug.live_table("rows", None).result(5)
    assert desk.process.names() == []


def test_a_debugger_that_says_everything_at_once_is_followed(desk: Desk) -> None:
    step = FakePydevd(desk.start(7))
    desk.follow()
    assert step.configured.wait(5)
    for name in ("continued", "thread", "breakpoint", "output", "module", "exited", "terminated", "made up"):
        for body in (None, [], "text", {"threadId": "x", "breakpoint": 3, "output": 7, "reason": []}):
            step._send({"type": "event", "event": name, "body": body})
    step.stop(7)
    assert desk.told.next().line == 7
    until(lambda: desk.debug.state.attached)
    assert str(SCRIPT) in str(step.wait_for("setBreakpoints"))


FLOOD = 20_000


def flood(step: FakePydevd, name: str, bodies: Iterable[dict[str, Any]]) -> None:
    """Say the same thing very often, as fast as the hub reads."""
    messages = b"".join(encode({"seq": 0, "type": "event", "event": name, "body": body}) for body in bodies)
    with step._sending:
        step._socket.sendall(messages)


def test_threads_without_end_are_kept_to_a_bound(desk: Desk) -> None:
    step = desk.attached(7)
    flood(step, "thread", ({"reason": "started", "threadId": number} for number in range(2, FLOOD)))
    step.stop(7)
    desk.told.next()
    assert len(list(desk.debug._hub.threads)) == MOST_THREADS
    # Those that an IDE is told of when it comes: the main thread, and the newest.
    assert {1, FLOOD - 1} <= set(desk.debug._hub.threads)


def test_of_stops_without_end_one_is_looked_at(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["stackTrace"] = None
    flood(step, "stopped", ({"reason": "step", "threadId": 1} for _ in range(FLOOD)))
    until(lambda: desk.debug._hub.stops._number == FLOOD, 30)
    asked = [name for name, _ in step.requests if name == "stackTrace"]
    assert len(asked) < FLOOD / 20, "one for each turn of the loop, not for each stop"
    assert len(desk.debug._hub._tasks) <= MOST_UNANSWERED + 10


def test_a_debugger_that_answers_nothing_is_let_go(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    step.answers["scopes"] = None
    asked = [desk.debug.scopes(3) for _ in range(MOST_UNANSWERED + 1)]
    assert step.closed.wait(5)
    for one in asked:
        with pytest.raises(DebugError, match="gone"):
            one.result(5)
    until(lambda: not desk.debug.state.attached)


def test_one_long_request_is_no_debugger_that_does_not_read(desk: Desk) -> None:
    step = desk.attached(7)
    step.stop(7)
    desk.told.next()
    step.answers["evaluate"] = {"result": "42", "variablesReference": 0}
    assert desk.debug.evaluate("x" * (2 * MOST_UNSENT_BYTES), 3).result(20).value == "42"
    assert desk.debug.state.attached


def test_a_debugger_that_does_not_read_is_let_go(desk: Desk) -> None:
    order = desk.start(7)
    step = FakePydevd(order)
    desk.follow()
    assert step.configured.wait(5)
    until(lambda: desk.debug.state.attached)
    step.stop(7)
    desk.told.next()
    reads_on = threading.Event()
    step.answers["evaluate"] = lambda arguments: reads_on.wait(10) and None
    try:
        asked = [desk.debug.evaluate("x" * (1 << 20), 3) for _ in range(4 + MOST_UNSENT_BYTES // (1 << 20))]
        until(lambda: not desk.debug.state.attached)
    finally:
        reads_on.set()
    assert any(isinstance(one.exception(5), DebugError) for one in asked)


def test_conditions_that_fail_without_end_are_said_once_in_a_while(desk: Desk) -> None:
    step = desk.attached(7)
    failed = "Error while evaluating expression in conditional breakpoint: x\nNameError: {}"
    flood(step, "output", ({"output": failed.format(number)} for number in range(FLOOD)))
    step.stop(7)
    desk.told.next()
    said = [one for one in desk.notices() if "condition" in one]
    # Once a second; on a busy box it takes some.
    assert said[0] == "the condition of a breakpoint failed: NameError: 0"
    assert len(said) < 30


def test_an_error_in_the_debuggers_older_words_answers_its_request_alone(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["completions"] = None
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    asked = ide.post("completions", text="ro", column=3, frameId=3)
    step.wait_for("completions")
    step.say(b"109\t0\tsomething that is not for us")
    step.say(b"901\t%d\tTraceback (most recent call last):\n  ...\nKeyError: 3\n" % step.seen["completions"])
    answer = asked.result(5)
    assert (answer["success"], answer["message"]) == (False, "KeyError: 3")
    assert ide.place(1) == ("main", 7)
    ide.close()


def test_an_answer_that_is_too_long_is_refused_and_nothing_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cursus_tui.debugging.dap.LONGEST_BYTES", 1 << 20)
    step = desk.attached(7)
    step.answers["evaluate"] = lambda given: {"result": given["expression"] * 1_000, "variablesReference": 0}
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    with pytest.raises(RefusedError, match="its answer has 1 MB, more than can be shown"):
        ide.ask("evaluate", expression="x" * 2_000, frameId=3)
    assert len(ide.ask("evaluate", expression="x" * 1_000, frameId=3)["result"]) == 1_000_000
    assert ide.place(1) == ("main", 7)
    ide.close()


def test_an_ide_that_asks_for_a_long_text_gets_it(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["evaluate"] = {"result": "x" * (MOST_UNSENT_BYTES * 2), "variablesReference": 0}
    ide = IdeClient(desk.open())
    ide.attach()
    step.stop(7)
    ide.wait("stopped")
    asked = [ide.post("evaluate", expression="text", frameId=3, context="clipboard"), ide.post("threads")]
    step.event("output", category="stdout", output="hello")
    assert len(asked[0].result(20)["body"]["result"]) == MOST_UNSENT_BYTES * 2
    assert asked[1].result(5)["success"]
    assert ide.wait("output")["output"] == "hello"
    ide.close()
