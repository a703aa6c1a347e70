"""Using what an earlier attempt wrote instead of running a step."""

from __future__ import annotations

import dataclasses
import time

from cursus_tui.execution.data_flow import StepInputs
from cursus_tui.execution.fingerprint import Parts, difference, missing_output
from cursus_tui.execution.position import Position
from cursus_tui.execution.step_states import StepStates
from cursus_tui.records.pipeline import Step
from cursus_tui.records.run import Attempt, StepStatus
from cursus_tui.storage.reader import StoreReader


def up_to_date_attempt(
    store: StoreReader, states: StepStates, at: Position, step: Step, inputs: StepInputs, *, other_runs: bool
) -> tuple[Attempt, Parts] | None:
    """The newest earlier attempt that did exactly what this one would do, and whose files are still there.

    Args:
        store: Where attempts are kept.
        states: Knows what a step depends on.
        at: Where the run stands.
        step: The step.
        inputs: What it would read.
        other_runs: Whether attempts of earlier runs count, too.

    Returns:
        A new attempt that stands for the earlier one, and its parts; None where there is none.
    """
    newest = at.states[step.name].attempt
    if newest is None and not other_runs:
        return None
    dag_file = at.plan.pipeline.layout.dag_file
    for earlier, parts in store.reuse_candidates(dag_file, step.name, None if other_runs else at.run_id):
        if earlier.by_hand and earlier.run_id != at.run_id:
            continue
        if difference(parts, states.parts_now(at.plan, step, inputs, parts)) is None and not missing_output(earlier):
            return _stand_in(at, earlier, ": up to date"), parts
    return None


def borrowed_attempt(store: StoreReader, states: StepStates, at: Position, step: Step) -> tuple[Attempt, Parts] | None:
    """The newest attempt of any run whose files are still there, up to date or not; its note says which.

    Args:
        store: Where attempts are kept.
        states: Knows what a step depends on.
        at: Where the run stands.
        step: The step.
    """
    for earlier, parts in store.reuse_candidates(at.plan.pipeline.layout.dag_file, step.name):
        if missing_output(earlier):
            continue
        why = difference(parts, states.parts_now(at.plan, step, states.inputs(at, step.name), parts))
        if why is None and earlier.by_hand:
            why = "values were set by hand in it"
        # Its own parts, not those of now: it stays out of date if it is.
        return _stand_in(at, earlier, f", although {why}" if why else ": up to date"), parts
    return None


def _stand_in(at: Position, earlier: Attempt, why: str) -> Attempt:
    newest = at.states[earlier.step].attempt
    now = time.time()
    origin = "" if earlier.run_id == at.run_id else f" of run {earlier.run_id}"
    return dataclasses.replace(
        earlier,
        run_id=at.run_id,
        number=newest.number + 1 if newest else 1,
        status=StepStatus.REUSED,
        started=now,
        ended=now,
        import_seconds=None,
        main_seconds=None,
        peak_rss_bytes=None,
        cpu_seconds=None,
        exit_code=None,
        reused_from=(earlier.run_id, earlier.number),
        note=f"reused attempt {earlier.number}{origin}{why}",
    )
