"""Looking on at a run that another front owns: its state is read from the store whenever that changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from cursus_tui.execution.adoption import edits_of, stored_position
from cursus_tui.execution.plan import LIVE, Plan
from cursus_tui.execution.run_control import RunControl
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.records.run import StepState, StepStatus

LOOK_SECONDS = 0.5


class Onlooker:
    """Follows the newest run of a pipeline, or a given one.

    Args:
        run: What follows it; nothing else acts on it.
        resolve: Resolves the pipeline with the owner's edits.
        run_id: The run to look at; None for the newest.
    """

    def __init__(self, run: RunControl, resolve: Callable[[Overrides], Pipeline], run_id: str | None) -> None:
        self._run = run
        self._resolve = resolve
        self._run_id = run_id
        self._given = run.at.edits[0]
        self._dag_file: Path = run.at.plan.pipeline.layout.dag_file
        self._version = -1
        self._ended = threading.Event()

    def follow(self, post: Callable[[Callable[[], None]], None]) -> None:
        """Look again twice a second, on the session's thread, until ``end``."""

        def work() -> None:
            while not self._ended.wait(LOOK_SECONDS):
                post(self.look)

        threading.Thread(target=work, name="onlooker", daemon=True).start()

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()

    def look(self) -> None:
        """Take over what the owner stored since the last look."""
        read = self._run.store.read
        version = read.version()
        if version == self._version:
            return
        self._version = version
        run_id = self._run_id or next((each.run_id for each in read.runs(self._dag_file)), None)
        if run_id is None:
            return
        before = self._run.at
        edits = edits_of(read, run_id, self._given)
        plan = before.plan if edits == before.edits else Plan(self._resolve(edits[-1]))
        at = stored_position(read, run_id, plan, edits)
        at = self._run.states.all(replace(at, read_only=before.read_only))
        current = next((name for name, state in at.states.items() if state.status in LIVE), None)
        states = {name: _kept(before.states.get(name), _shown(state)) for name, state in at.states.items()}
        self._run.at = replace(at, states=states, current=current)


def _shown(state: StepState) -> StepState:
    """The store does not tell importing from running: of the two the longer."""
    return replace(state, status=StepStatus.RUNNING) if state.status is StepStatus.IMPORTING else state


def _kept(old: StepState | None, new: StepState) -> StepState:
    return old if old == new and old is not None else new
