"""Keys typed faster than the step stops: they count at its next line, and nowhere else."""

from __future__ import annotations

import pytest
from fake_pydevd import FakePydevd
from hub_desk import Desk

from cursus_tui.debugging import type_ahead
from cursus_tui.records.debug import DebugStop, Resume, StopKind


def asked(step: FakePydevd, name: str) -> int:
    return [each for each, _ in step.requests].count(name)


def stopped(desk: Desk) -> FakePydevd:
    step = desk.attached(7)
    step.stop(7)
    assert desk.told.next().kind is StopKind.BREAKPOINT
    return step


def test_each_key_is_a_line(desk: Desk) -> None:
    step = stopped(desk)
    for how in (Resume.OVER, Resume.OVER, Resume.INTO):
        desk.debug.resume(how)
    step.wait_for("next")
    step.stop(8, "step")
    step.wait_for("next", 2)
    step.stop(9, "step")
    step.wait_for("stepIn")
    step.stop(20, "step")
    stop = desk.told.next()
    assert (stop.number, stop.line, stop.kind) == (4, 20, StopKind.STEP)
    assert desk.told.is_quiet()
    assert (asked(step, "next"), asked(step, "stepIn")) == (2, 1)


@pytest.mark.parametrize("reason", ["breakpoint", "exception"])
def test_another_stop_than_a_line_drops_them_all(desk: Desk, reason: str) -> None:
    step = stopped(desk)
    for _ in range(4):
        desk.debug.resume(Resume.OVER)
    step.wait_for("next")
    step.stop(7, reason)
    assert desk.told.next().kind is StopKind(reason)
    assert desk.told.is_quiet()
    assert asked(step, "next") == 1
    desk.debug.resume(Resume.OVER)
    step.wait_for("next", 2)
    step.stop(8, "step")
    assert desk.told.next().line == 8
    assert asked(step, "next") == 2, "nothing of the first keys is left"


@pytest.mark.parametrize(
    ("first", "kept_seconds"),
    [pytest.param(Resume.OVER, 0.0, id="typed long ago"), pytest.param(Resume.CONTINUE, 0.5, id="after going on")],
)
def test_a_key_that_does_not_count(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, first: Resume, kept_seconds: float
) -> None:
    monkeypatch.setattr(type_ahead, "KEPT_SECONDS", kept_seconds)
    step = stopped(desk)
    desk.debug.resume(first)
    desk.debug.resume(Resume.OVER)
    went = "next" if first is Resume.OVER else "continue"
    step.wait_for(went)
    step.stop(8, "step")
    assert desk.told.next().line == 8
    assert asked(step, "next") == (went == "next")


def at_a_line(number: int) -> DebugStop:
    return DebugStop(number, "train", 1, StopKind.STEP, 1, None, number)


def test_only_what_is_typed_on_the_way_to_a_line_is_kept_and_not_too_much() -> None:
    ahead = type_ahead.TypeAhead()
    ahead.add(Resume.OVER)
    assert ahead.at(at_a_line(1)) is None, "nobody had let it go on"
    ahead.sent(Resume.OVER)
    for _ in range(type_ahead.MOST + 3):
        ahead.add(Resume.OVER)
    kept = 0
    while ahead.at(at_a_line(2)) is not None:
        kept += 1
    assert kept == type_ahead.MOST
    ahead.add(Resume.OVER)
    assert ahead.at(at_a_line(3)) is None, "it stood already"
