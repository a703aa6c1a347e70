"""Breakpoints as they are sent: one for each line, and all but a plain one as an expression."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cursus_tui.debugging.breakpoints import by_file, from_source, hit_test, to_source, union
from cursus_tui.records.debug import LineBreakpoint


def evaluated(condition: str, times: int, **names: object) -> list[object]:
    """What a condition is, time after time."""
    # The debugger is where hits are counted; outside of a step anything will do.
    sys.modules.setdefault("pydevd", type(sys)("pydevd"))
    return [bool(eval(condition, {}, {**names, "i": number})) for number in range(times)]


@pytest.mark.parametrize(
    ("hits", "stops"),
    [("3", [3]), ("== 3", [3]), (">= 4", [4, 5, 6]), (">4", [5, 6]), ("% 2", [2, 4, 6]), ("<2", [1]), ("<= 2", [1, 2])],
)
def test_hits_are_counted_among_those_whose_condition_holds(tmp_path: Path, hits: str, stops: list[int]) -> None:
    source = to_source(LineBreakpoint(tmp_path, 1, condition="i % 2", hits=hits))
    answers = evaluated(source["condition"], 12)
    assert [number // 2 + 1 for number, stop in enumerate(answers) if stop] == stops


def test_a_condition_may_end_in_a_comment(tmp_path: Path) -> None:
    source = to_source(LineBreakpoint(tmp_path, 1, condition="i > 1  # not the first", hits=">= 2"))
    assert evaluated(source["condition"], 5) == [False, False, False, True, True]


@pytest.mark.parametrize(
    "condition",
    [
        "any(j == i for j in wanted)",
        "[j for j in range(9) if j == i and j in wanted]",
        "(lambda: i in wanted)()  # why",
        "i in {j: i for j in wanted if j == i}",
    ],
)
def test_what_runs_within_a_condition_sees_the_frames_variables(tmp_path: Path, condition: str) -> None:
    for hits, stops in (("", [2, 3]), ("== 2", [3])):
        source = to_source(LineBreakpoint(tmp_path, 1, condition=condition, hits=f"{hits}"))
        answers = evaluated(source["condition"], 5, wanted=[2, 3])
        assert [number for number, stop in enumerate(answers) if stop] == stops


def test_hits_that_are_no_number_stop_always(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a number of hits"):
        hit_test("often")
    with pytest.raises(ValueError, match="not a number of hits"):
        hit_test("% 0")
    assert evaluated(to_source(LineBreakpoint(tmp_path, 1, hits="often"))["condition"], 2) == [True, True]


@pytest.mark.parametrize(
    ("message", "printed"),
    [
        ("plain", "plain"),
        ("100% {name}", "100% a"),
        ("{name.upper()}", "A"),
        ("{ {'k': name}['k'] }!", "a!"),
        ("{i + 1} and {name}", "1 and a"),
        ("{(i + 1) / 3:.2f}", "0.33"),
        ("{name!r:>5}|", "  'a'|"),
        ("{{name}} {name}", "{name} a"),
        ("{name[0:1]} {i != 1}", "a True"),
        ("{name # who}", "a"),
        ("{[n + name for n in name]!r:>8}", "  ['aa']"),
        ("50% {i", "50% {i"),
    ],
)
def test_a_logpoint_prints_and_never_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], message: str, printed: str
) -> None:
    source = to_source(LineBreakpoint(tmp_path, 1, message=message))
    assert evaluated(source["condition"], 1, name="a") == [False]
    assert capsys.readouterr().out == printed + "\n"


def test_an_unconditional_breakpoint_wins_and_counts_are_the_first_clients() -> None:
    terminal = [{"line": 3, "condition": "a"}, {"line": 1, "condition": "t"}]
    ide = [{"line": 3}, {"line": 1, "hitCondition": "2"}, {"line": 2}, {"line": "x"}, {"line": -1}]
    assert union([terminal, ide]) == [{"line": 1, "condition": "t"}, {"line": 2}, {"line": 3}]


def test_two_conditions_on_a_line_both_stop() -> None:
    terminal, ide = {"line": 3, "condition": "i == 1  # mine"}, {"line": 3, "condition": "i == 3"}
    (both,) = union([[terminal], [ide]])
    assert evaluated(both["condition"], 5) == [False, True, False, True, False]
    assert union([[terminal], [terminal]]) == [terminal]


@pytest.mark.parametrize("own", [{"hitCondition": "2"}, {"logMessage": "here"}])
def test_a_condition_is_not_united_with_what_the_debugger_counts_or_prints(own: dict[str, str]) -> None:
    plain, counted = {"line": 3, "condition": "a"}, {"line": 3, "condition": "b", **own}
    assert union([[plain], [counted]]) == [plain]
    assert union([[counted], [plain]]) == [counted]


def test_a_breakpoint_of_an_ide_is_shown_whole(tmp_path: Path) -> None:
    given = {"line": 3, "condition": "a", "hitCondition": "2", "logMessage": "here"}
    assert from_source(str(tmp_path), given) == LineBreakpoint(tmp_path, 3, True, "a", "2", "here")


def test_disabled_breakpoints_are_not_sent(tmp_path: Path) -> None:
    lines = (LineBreakpoint(tmp_path, 1, enabled=False), LineBreakpoint(tmp_path, 2, condition="x"))
    assert by_file(lines) == {str(tmp_path): [{"line": 2, "condition": "x"}]}
