"""The message of a breakpoint: read like an f-string, and refused with a sentence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.execution.line_breakpoints import checked
from cursus_tui.execution.logpoint import LogValue, pieces
from cursus_tui.records.debug import LineBreakpoint
from cursus_tui.records.errors import UserError


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ()),
        ("100%", ("100%",)),
        ("{n} rows", (LogValue("n"), " rows")),
        ("x={x:.2f}", ("x=", LogValue("x", "", ".2f"))),
        ("{x!r:>10}", (LogValue("x", "repr", ">10"),)),
        ("{x!a}", (LogValue("x", "ascii"),)),
        ("{d['a:b']:>5}", (LogValue("d['a:b']", "", ">5"),)),
        ("{a[1:2]}", (LogValue("a[1:2]"),)),
        ("{x != 1}", (LogValue("x != 1"),)),
        ("{ {'k': 1}['k'] }", (LogValue("{'k': 1}['k']"),)),
        ("{'}'}", (LogValue("'}'"),)),
        ("{{x}}", ("{x}",)),
    ],
)
def test_texts_and_values(message: str, expected: tuple[str | LogValue, ...]) -> None:
    assert pieces(message) == expected


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ("{", "not closed"),
        ("50% {i", "not closed"),
        ("}", "not opened"),
        ("{}", "is empty"),
        ("{1 +}", r"\{1 \+\} in the message is no Python expression"),
        ("{x!z}", "no Python expression"),
        ("{x:{w}}", "no Python expression"),
    ],
)
def test_what_cannot_be_read_is_said_when_the_breakpoint_is_set(tmp_path: Path, message: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        pieces(message)
    script = tmp_path / "script.py"
    script.write_text("x = 1\n")
    with pytest.raises(UserError, match=problem):
        checked(LineBreakpoint(script, 1, message=message))


@given(st.text(alphabet="{}x!r:.2f '\"[1]\\\n%#", max_size=30))
def test_any_text_is_read_or_refused(message: str) -> None:
    with suppress(ValueError):
        found = pieces(message)
        assert all(compile(f"({one.expression}\n)", "", "eval") for one in found if isinstance(one, LogValue))
