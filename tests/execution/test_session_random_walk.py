"""Random commands in random order: the session never breaks, and what it says always agrees with its store."""

from __future__ import annotations

import hashlib
import os
import random
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Bench, ScriptedStep, bench, failed, passed, pipeline_of, step_of

from cursus_tui.execution.plan import DONE
from cursus_tui.execution.ports import ExecutionResult
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.pipeline import Pipeline
from cursus_tui.records.run import Attempt, BreakpointWhen, Phase, StepBreakpoint, StepStatus

NAMES = ("A", "B", "C", "D", "E")


def diamond(folder: Path) -> Pipeline:
    steps = [
        step_of("A", folder),
        step_of("B", folder, ["data"]),
        step_of("C", folder, ["data"], optional=["more"]),
        step_of("D", folder, ["left", "right"]),
        step_of("E", folder),
    ]
    wires = [("A", "B", "data"), ("A", "C", "data"), ("B", "D", "left"), ("C", "D", "right"), ("E", "C", "more")]
    return pipeline_of(folder, [steps[0], steps[4], *steps[1:4]], wires)


def text_of(script: str, environment: Mapping[str, str], inputs: Mapping[str, str]) -> str:
    """What a step writes: another text whenever anything that it depends on is another."""
    return hashlib.sha256(repr((script, sorted(environment.items()), sorted(inputs.items()))).encode()).hexdigest()


def write_what_it_read(step: ScriptedStep) -> ExecutionResult:
    context = step.context
    inputs = {name: (folder / "part-0.csv").read_text() for name, folder in context.input_paths.items()}
    text = text_of(context.script.read_text(), context.environment, inputs)
    step.write("out", "part-0.csv", f"a\n{text}\n")
    return passed()


def random_command(made: Bench, chance: random.Random) -> None:
    session, step = made.session, chance.choice(NAMES)
    overrides = session.pipeline.overrides
    edited = replace(overrides, environment={**overrides.environment, step: {"X": str(chance.randint(1, 3))}})
    point = StepBreakpoint(step, chance.choice(list(BreakpointWhen)), chance.random() < 0.8, chance.randint(0, 2))
    choices = {
        "continue_": session.continue_,
        "step_over": session.step_over,
        "run_to": lambda: session.run_to(step),
        "run_through": lambda: session.run_through(step),
        "rerun": lambda: session.rerun(step),
        "run_only": lambda: session.run_only(step),
        "run_from": lambda: session.run_from(step),
        "restart": session.restart,
        "skip": lambda: session.skip(step),
        "edit": lambda: session.edit(edited),
        "undo": session.undo,
        "pause": session.pause,
        "finish": session.finish,
        "cancel": session.cancel,
        "script_changed": lambda: session.script_changed(step),
        "set_breakpoint": lambda: session.set_breakpoint(point),
        "remove_breakpoint": lambda: session.remove_breakpoint(step, point.when),
    }
    if chance.random() < 0.15:
        script = made.pipeline.layout.root / f"{step}.py"
        # Replaced, as editors do: two edits within one tick of the clock could not be told apart otherwise.
        script.with_suffix(".new").write_text(f"# {chance.randint(1, 4)}\n")
        os.replace(script.with_suffix(".new"), script)
    name = chance.choice(sorted(choices))
    refusal = choices[name]().exception(5)
    assert refusal is None or (isinstance(refusal, IllegalCommand) and str(refusal))


def agree(made: Bench) -> None:
    """Whenever nothing runs, what the session says is what is stored."""
    state = made.session.state
    for name, step in state.steps.items():
        stored = made.session.attempts(name)
        assert (step.attempt is None) == (not stored)
        if step.attempt is not None:
            assert stored[-1].status is step.attempt.status is step.status
            assert [each.number for each in stored] == list(range(1, len(stored) + 1))
            assert all(each.ended is not None for each in stored)


def origin(attempt: Attempt) -> tuple[str, int]:
    """The attempt that wrote what this one stands for: a reused one is another number for the same files."""
    return attempt.reused_from or (attempt.run_id, attempt.number)


def check(made: Bench) -> None:
    """What must hold whenever nothing runs."""
    agree(made)
    state = made.session.state
    stored = {name: {each.number: each for each in made.session.attempts(name)} for name in state.steps}
    valid = {name: each for name, by_number in stored.items() for each in by_number.values() if each.status in DONE}
    for name, step in state.steps.items():
        if step.status in DONE and step.stale is None and step.attempt is not None:
            for edge in made.session.lineage(name):
                assert edge.source_step is not None
                assert edge.source_attempt is not None
                read = stored[edge.source_step][edge.source_attempt]
                assert origin(read) == origin(valid[edge.source_step]), f"{name} stands on what is out of date"


def check_content(made: Bench) -> None:
    """What is said to be up to date holds what running everything now would write, whatever the store says."""
    made.session.script_changed("A").result(5)
    pipeline, states = made.session.pipeline, made.session.state.steps
    expected: dict[str, str] = {}
    for name, step in pipeline.steps.items():
        assert step.script is not None
        sources = {each.input: each.source_step for each in pipeline.bindings if each.step == name}
        inputs = {channel: expected[source] for channel, source in sources.items() if states[source].status in DONE}
        environment = {value.name: value.value for value in pipeline.environment.get(name, ())}
        expected[name] = f"a\n{text_of(step.script.read_text(), environment, inputs)}\n"
        state = states[name]
        if state.status in DONE and state.stale is None and state.attempt is not None:
            (file,) = (each.path for each in state.attempt.artifacts if each.channel == "out")
            assert file.read_text() == expected[name], f"{name} is not what it would be now"


@pytest.mark.parametrize("seed", range(16))
def test_whatever_is_commanded_the_session_stays_sound_and_can_be_brought_to_its_end(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    made = bench(diamond(tmp_path))
    lucky = {name: lambda step: write_what_it_read(step) if chance.random() < 0.8 else failed() for name in NAMES}
    made.executor.behaviours.update(lucky)
    for _ in range(60):
        random_command(made, chance)
        made.session.wait_settled(5)
        check(made)
        if chance.random() < 0.5:
            check_content(made)
    made.executor.behaviours.update(dict.fromkeys(NAMES, write_what_it_read))
    for point in made.session.breakpoints:
        made.run("remove_breakpoint", point.step, point.when)
    for name in NAMES:
        state = made.session.state.steps[name]
        if state.status in (StepStatus.SKIPPED, StepStatus.FAILED):
            made.run("rerun", name)
    if made.session.why_not("continue_") is None:
        made.run("continue_")
    made.session.wait_counted(5)
    assert {str(each.status) for each in made.session.state.steps.values()} <= {"passed", "reused"}
    assert made.session.state.phase is Phase.FINISHED
    check(made)
    check_content(made)
    made.close()


def test_commands_from_many_threads_at_once_are_taken_one_by_one(tmp_path: Path):
    made = bench(diamond(tmp_path), dict.fromkeys(NAMES, write_what_it_read))

    def hammer(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(15):
            random_command(made, chance)

    threads = [threading.Thread(target=hammer, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    made.session.wait_settled(10)
    check(made)
    check_content(made)
    made.close()
