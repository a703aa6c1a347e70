"""IDEs that count from 0, or name files by URIs: each is told, and understood, in its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dap_client import IdeClient, RefusedError
from hub_desk import SCRIPT, Desk, until
from hypothesis import given
from hypothesis import strategies as st
from node_client import NodeIde
from real_debugging import IN_LOOP, LOOP
from real_debugging import Desk as RealDesk

from cursus_tui.debugging.conventions import Conventions, conventions_of
from cursus_tui.debugging.path_mapping import PathMapping
from cursus_tui.records.debug import DebugError

FROM_ZERO = {"linesStartAt1": False, "columnsStartAt1": False}
BY_URI = {"pathFormat": "uri"}


def test_an_ide_that_counts_from_zero(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["gotoTargets"] = lambda given: {"targets": [{"id": 1, "label": "here", "line": given["line"]}]}
    step.answers["completions"] = {"targets": [{"label": "rows", "start": 0, "length": 2}]}
    ide = IdeClient(desk.open(), says=FROM_ZERO)
    answers = ide.attach({SCRIPT: [{"line": 8, "column": 4}, 0]})
    assert [(one["line"], one["verified"]) for one in answers[SCRIPT]] == [(8, True), (0, True)]
    assert step.lines() == [1, 7, 9]
    assert [one.line for one in desk.debug.state.ide_breakpoints] == [9, 1]
    step.event("breakpoint", reason="changed", breakpoint={"id": 2, "verified": True, "line": 12})
    assert ide.wait("breakpoint")["breakpoint"]["line"] == 11
    step.stop(9)
    ide.wait("stopped")
    frame = ide.ask("stackTrace", threadId=1, format={"line": True})["stackFrames"][0]
    assert (frame["line"], frame["column"], frame["source"]["path"]) == (8, 0, str(SCRIPT))
    assert step.wait_for("stackTrace", 2)["format"] == {"line": True}
    targets = ide.ask("gotoTargets", source={"path": str(SCRIPT)}, line=11, column=0)["targets"]
    assert (step.wait_for("gotoTargets")["line"], targets[0]["line"]) == (12, 11)
    completed = ide.ask("completions", text="ro", column=2, line=0, frameId=3)["targets"]
    assert (step.wait_for("completions")["column"], step.wait_for("completions")["line"]) == (3, 1)
    assert completed[0]["start"] == 0
    ide.close()


def test_an_ide_that_names_files_by_uris(desk: Desk) -> None:
    odd = "/project/a b#ü%.py"
    uri = "file:///project/a%20b%23%C3%BC%25.py"
    step = desk.attached(7)
    ide = IdeClient(desk.open(), says=BY_URI)
    ide.attach()
    answers = ide.ask("setBreakpoints", source={"path": uri}, breakpoints=[{"line": 8}])["breakpoints"]
    assert answers[0]["verified"]
    assert step.lines(odd) == [8]
    assert desk.debug.state.ide_breakpoints[0].path == Path(odd)
    step.stop(8, path=odd)
    ide.wait("stopped")
    assert ide.ask("stackTrace", threadId=1)["stackFrames"][0]["source"]["path"] == uri
    step.event("loadedSource", reason="new", source={"path": odd})
    assert ide.wait("loadedSource")["source"]["path"] == uri
    step.answers["modules"] = {"modules": [{"id": 1, "name": "a", "path": odd}]}
    assert ide.ask("modules")["modules"][0]["path"] == uri
    ide.close()


def test_ides_of_different_habits_share_a_stop(desk: Desk) -> None:
    step = desk.attached(7)
    port = desk.open()
    zero, plain, uri = (IdeClient(port, says=says) for says in (FROM_ZERO, {}, BY_URI))
    zero.attach({SCRIPT: [20]})
    plain.attach({SCRIPT: [22]})
    uri.attach()
    uri.ask("setBreakpoints", source={"path": SCRIPT.as_uri()}, breakpoints=[{"line": 23}])
    assert step.lines() == [7, 21, 22, 23]
    step.stop(21)
    seen = []
    for ide in (zero, plain, uri):
        ide.wait("stopped")
        frame = ide.ask("stackTrace", threadId=1)["stackFrames"][0]
        seen.append((frame["line"], frame["source"]["path"]))
    assert seen == [(20, str(SCRIPT)), (21, str(SCRIPT)), (21, SCRIPT.as_uri())]
    zero.close()
    until(lambda: step.lines() == [7, 22, 23])
    plain.close()
    uri.close()


def test_uris_on_another_machine(desk: Desk) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open(), says=BY_URI)
    ide.attach(pathMappings=[{"localRoot": "C:\\work", "remoteRoot": "/project"}])
    ide.ask("setBreakpoints", source={"path": "file:///c%3A/work/script.py"}, breakpoints=[{"line": 8}])
    assert step.lines() == [7, 8]
    step.stop(8)
    ide.wait("stopped")
    told = ide.ask("stackTrace", threadId=1)["stackFrames"][0]["source"]["path"]
    assert told == "file:///C%3A/work/script.py"
    ide.close()


def test_a_uri_of_an_ide_that_names_files_by_paths_is_understood(desk: Desk) -> None:
    # What nvim-dap sends when it is to go to the line of the cursor.
    step = desk.attached(7)
    step.answers["gotoTargets"] = {"targets": []}
    ide = IdeClient(desk.open())
    ide.attach()
    ide.ask("gotoTargets", source={"path": SCRIPT.as_uri()}, line=9)
    assert step.wait_for("gotoTargets")["source"]["path"] == str(SCRIPT)
    ide.close()


@pytest.mark.parametrize("uri", ["file:///a%00b", "file://elsewhere/a.py", "file:///%ff", "file:", "file://[x/a.py"])
def test_a_uri_that_names_no_file_is_refused(desk: Desk, uri: str) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open(), says=BY_URI)
    ide.attach()
    step.wait_for("setExceptionBreakpoints", 2)
    before = len(step.requests)
    with pytest.raises(RefusedError, match="names no file"):
        ide.ask("setBreakpoints", source={"path": uri}, breakpoints=[{"line": 8}])
    assert step.requests[before:] == []
    ide.close()


def test_another_way_to_name_files_is_refused_at_once(desk: Desk) -> None:
    ide = IdeClient(desk.open())
    with pytest.raises(RefusedError, match='by "path" or by "uri", not by "inode"'):
        ide.ask("initialize", adapterID="debugpy", pathFormat="inode")
    assert ide.ask("initialize", adapterID="debugpy", pathFormat=None)
    ide.close()


def test_what_has_no_file_and_no_line_stays_so() -> None:
    frame = {"line": 0, "column": 0, "source": {"path": "<string>", "sourceReference": 3}}
    assert Conventions(0, 0, uris=True).to_ide({"stackFrames": [frame]}) == {"stackFrames": [frame]}


@given(
    st.integers(0, 1),
    st.integers(0, 1),
    st.booleans(),
    st.lists(st.text(st.characters(exclude_characters="/\0\\", exclude_categories=["Cs"]), min_size=1), min_size=1),
    st.integers(1, 2**20),
)
def test_what_is_told_comes_back_as_it_was(line: int, column: int, uris: bool, parts: list[str], number: int) -> None:
    says = Conventions(line, column, uris, PathMapping((("/home/me", "/project"),)))
    told: dict[str, Any] = {
        "source": {"path": "/project/" + "/".join(parts)},
        "breakpoints": [{"line": number, "column": number, "endLine": number, "endColumn": number}],
        "lines": [number],
    }
    assert says.to_here(says.to_ide(told)) == told


@pytest.mark.parametrize("says", [{}, FROM_ZERO, BY_URI, FROM_ZERO | BY_URI])
def test_conventions_are_read_of_the_introduction(says: dict[str, Any]) -> None:
    assert conventions_of(says) == Conventions(
        int(says.get("linesStartAt1", True)), int(says.get("columnsStartAt1", True)), "pathFormat" in says
    )
    with pytest.raises(DebugError, match="not by"):
        conventions_of({"pathFormat": "bytes"})


def test_a_real_step_between_two_habits(real_desk: RealDesk) -> None:
    real_desk.start(entry=True)
    real_desk.stopped()
    port = real_desk.open()
    zero, uri = IdeClient(port, says=FROM_ZERO), IdeClient(port, says=BY_URI)
    answers = zero.attach({real_desk.script: [IN_LOOP - 1]})
    assert [(one["line"], one["verified"]) for one in answers[real_desk.script]] == [(IN_LOOP - 1, True)]
    uri.attach()
    zero.wait("stopped")
    thread = uri.wait("stopped")["threadId"]
    uri.ask("continue", threadId=thread)
    zero.wait("stopped")
    uri.wait("stopped")
    assert zero.place(thread) == ("main", IN_LOOP - 1)
    top = uri.ask("stackTrace", threadId=thread)["stackFrames"][0]
    assert (top["line"], top["source"]["path"]) == (IN_LOOP, real_desk.script.as_uri())
    target = uri.ask("gotoTargets", source={"path": real_desk.script.as_uri()}, line=LOOP)["targets"][0]
    assert target["line"] == LOOP
    uri.ask("goto", threadId=thread, targetId=target["id"])
    zero.wait("stopped")
    assert zero.place(thread) == ("main", LOOP - 1)
    zero.close()
    uri.close()
    until(lambda: real_desk.debug.state.ide_breakpoints == ())
    real_desk.finish()


def test_vs_codes_own_client_with_habits_of_another(real_desk: RealDesk, node: Path) -> None:
    real_desk.start(entry=True)
    real_desk.stopped()
    ide = NodeIde(real_desk.open(), node, FROM_ZERO | BY_URI)
    ide.attach()
    thread = ide.wait("stopped")["threadId"]
    source = {"path": real_desk.script.as_uri()}
    answers = ide.ask("setBreakpoints", source=source, breakpoints=[{"line": IN_LOOP - 1}])["breakpoints"]
    assert [(one["line"], one["verified"], one["source"]) for one in answers] == [(IN_LOOP - 1, True, source)]
    ide.ask("continue", threadId=thread)
    assert ide.wait("stopped")["hitBreakpointIds"] == [answers[0]["id"]]
    top = ide.ask("stackTrace", threadId=thread)["stackFrames"][0]
    assert (top["line"], top["column"], top["source"]["path"]) == (IN_LOOP - 1, 0, source["path"])
    ide.close()
    until(lambda: real_desk.debug.state.ide_breakpoints == ())
    real_desk.finish()
