"""Breakpoints on steps: where they stop, how often, and that they last."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import bench, chain, failed, pipeline_of, step_of

from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.events import BreakpointsChanged
from cursus_tui.records.run import BreakpointWhen, StepBreakpoint

BEFORE, AFTER, ON_FAILURE = BreakpointWhen.BEFORE, BreakpointWhen.AFTER, BreakpointWhen.ON_FAILURE


def test_before_and_after_stop_once_each_and_continue_goes_on(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    made.run("set_breakpoint", StepBreakpoint("B", BEFORE))
    made.run("set_breakpoint", StepBreakpoint("B", AFTER))
    made.run("continue_")
    assert (made.stands, made.executor.started) == (("paused", "before step", "B"), ["A"])
    made.run("continue_")
    assert (made.stands, made.executor.started) == (("paused", "after step", "B"), ["A", "B"])
    made.run("continue_")
    assert made.stands[0] == "finished"
    made.close()


def test_run_to_and_step_over_do_not_trip_over_the_breakpoint_they_stand_at(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    made.run("set_breakpoint", StepBreakpoint("B", BEFORE))
    made.run("run_to", "B")
    assert made.stands == ("paused", "before step", "B")
    made.run("step_over")
    assert made.stands == ("paused", "before step", "C")
    made.close()


def test_a_hit_count_stops_from_the_nth_hit_on(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"))
    made.run("set_breakpoint", StepBreakpoint("A", AFTER, hit_count=2))
    made.run("continue_")
    assert made.stands[0] == "finished"
    for _ in range(2):
        made.run("run_from", "A")
        assert made.stands == ("paused", "after step", "A")
    made.close()


def test_disabled_and_removed_ones_do_not_stop(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"))
    made.run("set_breakpoint", StepBreakpoint("A", AFTER, enabled=False))
    made.run("set_breakpoint", StepBreakpoint("B", BEFORE))
    made.run("remove_breakpoint", "B", BEFORE)
    made.run("continue_")
    assert made.stands[0] == "finished"
    told = [each.breakpoints for each in made.events if isinstance(each, BreakpointsChanged)]
    assert told[-1] == (StepBreakpoint("A", AFTER, enabled=False),)
    made.close()


def test_on_failure_stops_even_when_the_run_keeps_going(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("B", tmp_path)]
    made = bench(pipeline_of(tmp_path, steps, []), {"A": lambda step: failed()}, keep_going=True)
    made.run("set_breakpoint", StepBreakpoint("A", ON_FAILURE))
    made.run("continue_")
    assert made.stands == ("paused", "failure", "A")
    made.run("continue_")
    assert made.statuses == {"A": "failed", "B": "passed"}
    made.close()


def test_they_last_in_the_workspace_and_a_headless_run_passes_them(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B")
    made = bench(pipeline)
    made.run("set_breakpoint", StepBreakpoint("B", BEFORE, hit_count=1))
    made.close()
    again = bench(pipeline)
    assert again.session.breakpoints == (StepBreakpoint("B", BEFORE, hit_count=1),)
    again.run("continue_")
    assert again.stands == ("paused", "before step", "B")
    again.close()
    headless = bench(pipeline, use_breakpoints=False)
    headless.run("continue_")
    assert headless.stands[0] == "finished"
    headless.close()


def test_one_on_a_step_that_is_not_there_is_refused(tmp_path: Path):
    made = bench(chain(tmp_path, "A"))
    with pytest.raises(IllegalCommand, match="there is no step Z"):
        made.session.set_breakpoint(StepBreakpoint("Z", BEFORE)).result(5)
    assert made.session.breakpoints == ()
    made.close()
