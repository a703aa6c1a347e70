"""Whatever an IDE asks, it is answered once; nobody else notices."""

from __future__ import annotations

from typing import Any

from dap_client import IdeClient
from hub_desk import SCRIPT, Desk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cursus_tui.debugging.arguments import checked
from cursus_tui.debugging.conventions import Conventions
from cursus_tui.debugging.conversation import UNSUPPORTED
from cursus_tui.debugging.handshake import PASSED_ON
from cursus_tui.records.debug import DebugError

OWN = {"attach", "configurationDone", "initialize", "pause", "setBreakpoints", "setDebuggerProperty"}
FOREIGN = {"cancel", "disassemble", "loadedSources", "readMemory", "restartFrame", "stepBack", "terminateThreads"}
COMMANDS = sorted(PASSED_ON | OWN | FOREIGN | UNSUPPORTED.keys() | {"setExceptionBreakpoints"})
WHOLE = dict.fromkeys(["column", "frameId", "levels", "line", "sourceReference", "startFrame", "targetId"], int)
WHOLE |= dict.fromkeys(["threadId", "variablesReference"], int)
TEXTS = dict.fromkeys(["condition", "context", "expression", "path", "text", "value"], str)
KINDS: dict[str, type] = {**WHOLE, **TEXTS}
NAMES = sorted({*KINDS, "breakpoints", "clientName", "filters", "format", "lines", "linesStartAt1", "name", "source"})
TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-1, 9), st.floats(), TEXT, st.just(str(SCRIPT)), st.just("x")
)
JSON = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | TEXT, inner, max_size=5),
    max_leaves=12,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "threadId": st.integers(0, 2) | JSON,
        "frameId": st.integers(0, 4) | JSON,
        "expression": TEXT | JSON,
        "text": TEXT | JSON,
        "column": st.integers(0, 9) | JSON,
        "line": st.integers(0, 30) | JSON,
        "targetId": st.integers(0, 3) | JSON,
        "variablesReference": st.integers(0, 9) | JSON,
        "sourceReference": st.integers(0, 3) | JSON,
        "name": TEXT | JSON,
        "value": TEXT | JSON,
        "source": st.fixed_dictionaries({"path": st.just(str(SCRIPT)) | TEXT | JSON}) | JSON,
        "breakpoints": st.lists(st.fixed_dictionaries({"line": st.integers(0, 30) | JSON}), max_size=3) | JSON,
        "filters": st.lists(st.sampled_from(["raised", "uncaught", "x"])) | JSON,
    },
)
REQUEST = st.tuples(st.sampled_from(COMMANDS) | JSON.filter(lambda one: one != "disconnect"), LIKELY | JSON)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests=st.lists(REQUEST, min_size=1, max_size=8))
def test_each_request_is_answered_once_and_nobody_else_notices(desk: Desk, requests: list[tuple[Any, Any]]) -> None:
    if desk.order is None:
        step = desk.attached(7)
        step.stop(7)
        desk.told.next()
    port = desk.open()
    other = IdeClient(port, "other")
    other.attach()
    ide = IdeClient(port)
    ide.attach()
    posted = [(command, ide.post_raw(command, arguments)) for command, arguments in requests]
    for command, answer in posted:
        response = answer.result(5)
        assert response["command"] == str(command)
        assert response["success"] is True or response["message"]
    assert not ide.closed.is_set()
    assert other.ask("threads")["threads"]
    assert desk.debug.state.attached
    assert set(desk.debug.state.ide.clients) == {"other", "Test Code"}
    for one in (ide, other):
        one.close()
    assert sorted(ide.answered) == [*range(1, len(ide.answered) + 1)], "each is answered once"


@settings(max_examples=150)
@given(st.sampled_from(sorted(PASSED_ON | {"setBreakpoints"})), LIKELY | JSON)
def test_what_is_let_through_is_what_the_debugger_takes(command: str, arguments: Any) -> None:
    try:
        found = Conventions(0, 0, uris=True).to_here(checked(command, arguments))
    except DebugError:
        return
    for name, value in _within(found, command):
        if name in KINDS:
            assert type(value) is KINDS[name], (command, name)
        if name == "path":
            assert "\0" not in value
        if isinstance(value, str):
            value.encode()


def _within(value: Any, name: str) -> Any:
    """Each plain value, and the name that it is under."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _within(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _within(one, name)
    else:
        yield name, value
