"""Answers of the step's debugger as records: everything in them is untrusted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cursus_tui.debugging.breakpoints import PRINTS
from cursus_tui.debugging.live_tables import kind_of, kind_told
from cursus_tui.records.debug import DebugThread, Scope, StackFrame, StopKind, Variable
from cursus_tui.storage.secrets import MASK, is_secret
from cursus_tui.text import safe

Body = Mapping[str, Any]
LONGEST_NAME = 200
LONGEST_VALUE = 4_000
PSEUDO = frozenset({"special variables", "function variables", "class variables", "protected variables", "len()"})
"""Groups that the debugger adds to a value's children: shown last."""


def threads_of(body: Body, *, stopped: bool) -> tuple[DebugThread, ...]:
    """Threads of a ``threads`` answer; all of them stand still together."""
    return tuple(
        DebugThread(whole(one.get("id")), text_of(one, "name", LONGEST_NAME), stopped)
        for one in rows_of(body, "threads")
    )


def frames_of(body: Body) -> tuple[StackFrame, ...]:
    """Frames of a ``stackTrace`` answer, innermost first."""
    return tuple(_frame(one) for one in rows_of(body, "stackFrames"))


def place_of(body: Body) -> tuple[str, int]:
    """(path, line) of the innermost frame of a ``stackTrace`` answer; empty and 0 where there is none."""
    top = next(iter(rows_of(body, "stackFrames")), {})
    source = top.get("source")
    path = source.get("path") if isinstance(source, Mapping) else None
    return str(path or ""), whole(top.get("line"))


_PAIR = re.compile(r"""((['"])(?P<name>[^'"]{1,80})\2: )(['"])(?:\\.|(?!\4).)+\4""")
"""A name and a text, as in what Python writes of a mapping."""


def kind_of_stop(body: Body, *, once: StopKind | None, known: bool, called: bool, paused: bool) -> StopKind:
    """Why it stands still, from a ``stopped`` event.

    Args:
        body: The event's.
        once: What a breakpoint at this place that holds once was for.
        known: Somebody has a breakpoint at this place.
        called: The script has just called ``breakpoint()``, and waited for its debugger.
        paused: A pause was asked for.
    """
    reason = body.get("reason")
    if reason == "exception":
        return StopKind.EXCEPTION
    if called:
        return StopKind.CALL
    if reason == "pause":
        return StopKind.PAUSE if paused else StopKind.CALL
    if once is not None:
        return once
    if reason in ("breakpoint", "function breakpoint"):
        # With its debugger attached, a script that calls ``breakpoint()`` stops at none that anyone has set.
        return StopKind.BREAKPOINT if known or body.get("hitBreakpointIds") else StopKind.CALL
    return StopKind.ENTRY if reason == "entry" else StopKind.STEP


def exception_text(body: Body) -> str:
    """``KeyError: 'amount'`` of a stop on an exception; empty for others."""
    if body.get("reason") != "exception":
        return ""
    return safe(": ".join(str(body[name]) for name in ("text", "description") if body.get(name)), LONGEST_VALUE)


def condition_failure(body: Body) -> str:
    """Of an ``output`` event: a sentence on a breakpoint whose condition could not be evaluated; empty for all else."""
    text = str(body.get("output") or "").strip()
    if "Error while evaluating expression in conditional breakpoint" not in text:
        return ""
    what = "message" if PRINTS in text else "condition"
    return f"the {what} of a breakpoint failed: {safe(text.splitlines()[-1], 400)}"


def scopes_of(body: Body) -> tuple[Scope, ...]:
    """Scopes of a ``scopes`` answer."""
    return tuple(
        Scope(text_of(one, "name", LONGEST_NAME), whole(one.get("variablesReference")))
        for one in rows_of(body, "scopes")
    )


def variables_of(body: Body) -> tuple[Variable, ...]:
    """Variables of a ``variables`` answer, the debugger's own groups last."""
    found = [_variable(one) for one in rows_of(body, "variables")]
    return tuple(sorted(found, key=lambda one: one.name in PSEUDO))


def value_of(body: Body, name: str, expression: str) -> Variable:
    """The value of an ``evaluate``, ``setVariable`` or ``setExpression`` answer."""
    kind, reference = text_of(body, "type", LONGEST_NAME), whole(body.get("variablesReference"))
    value = text_of(body, "result" if "result" in body else "value", LONGEST_VALUE)
    return Variable(name, value, kind, reference, expression, _opens_as(body, kind, reference) if expression else "")


def completions_of(body: Body, text: str, column: int) -> tuple[str, ...]:
    """Whole texts that a ``completions`` answer offers for the text up to a column from 0."""
    found = []
    for one in rows_of(body, "targets"):
        offered = str(one.get("text") or one.get("label") or "")
        start = one.get("start")
        begin = start if isinstance(start, int) and 0 <= start <= column else column
        if offered and safe(offered) == offered:
            found.append(text[:begin] + offered + text[column:])
    return tuple(dict.fromkeys(found))


def sentence(text: str) -> str:
    """Why a request failed, as one safe line: of a traceback, what was raised."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return safe(lines[-1], 500) if lines else "it failed without a word"


def rows_of(body: Body, name: str) -> list[Body]:
    """The objects of a list in an answer."""
    rows = body.get(name)
    return [one for one in rows if isinstance(one, Mapping)] if isinstance(rows, list) else []


def text_of(body: Body, name: str, limit: int) -> str:
    """A text of an answer, as one safe line."""
    return safe(str(body.get(name) or ""), limit)


def whole(value: object) -> int:
    """A number of an answer; 0 where there is none."""
    return value if isinstance(value, int) else 0


def _frame(one: Body) -> StackFrame:
    source = one.get("source")
    source = source if isinstance(source, Mapping) else {}
    path = source.get("path")
    return StackFrame(
        whole(one.get("id")),
        text_of(one, "name", LONGEST_NAME),
        Path(str(path)) if path else None,
        whole(one.get("line")),
        one.get("presentationHint") != "subtle",
    )


def _variable(one: Body) -> Variable:
    name, reference = text_of(one, "name", LONGEST_NAME), whole(one.get("variablesReference"))
    kind, expression = text_of(one, "type", LONGEST_NAME), str(one.get("evaluateName") or "")
    if name in PSEUDO:
        expression = ""
    value = _without_secrets(name, text_of(one, "value", LONGEST_VALUE), kind)
    return Variable(name, value, kind, reference, expression, _opens_as(one, kind, reference) if expression else "")


def _opens_as(body: Body, type_name: str, reference: int) -> str:
    told = kind_told(body)
    return kind_of(type_name, reference) if told is None else told


def _without_secrets(name: str, value: str, kind: str) -> str:
    """A listed value without what nobody should see over a shoulder; the console shows what it is asked for."""
    bare = name.strip("'\"")
    # The ``key`` of a loop is no secret: names of settings have more than one word, or are in capitals.
    if kind == "str" and len(value) > len("''") and is_secret(bare) and ("_" in bare or bare.isupper()):
        return f"'{MASK}'"
    return _PAIR.sub(lambda pair: f"{pair[1]}'{MASK}'" if is_secret(pair["name"]) else pair[0], value)
