"""What a running step's events mean for the session."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cursus_tui.execution.ports import WorkerEvent
from cursus_tui.execution.position import LiveStep
from cursus_tui.records.events import Noticed, OutputGrew, ResourcesSampled
from cursus_tui.records.run import Call, ResourceSample, StepState, StepStatus
from cursus_tui.storage.rows import masked_call

if TYPE_CHECKING:
    from cursus_tui.execution.run_control import RunControl

FOR_DEBUGGER = frozenset({"entering", "breakpoint", "parked", "unparked", "debugger"})
"""Names of the events that are the debugger's business."""
HEARD = frozenset({"importing", "imported", "called", "output", "resources", "blocked", "notice"}) | FOR_DEBUGGER
"""Names of the events that mean something while a step runs; its outcome says the rest."""
_FEW = 3
"""Packages named in a notice."""
LOG = logging.getLogger(__name__)
MOST_SAMPLES = 2_000
"""Readings kept of one attempt; a longer series keeps every second one, and so on."""
KEEP_EVERY_SECONDS = 5.0
"""A long step's series is stored this often, so that little is lost with this process."""


def apply_event(run: RunControl, live: LiveStep, event: WorkerEvent) -> None:
    """Take in one event of an attempt; events of one that has ended are too late.

    Args:
        run: The run.
        live: The attempt.
        event: What its process, or the executor, reported.
    """
    if run.at.live is not live:
        return
    if event.name in FOR_DEBUGGER:
        _pass_on(run, live, event)
        return
    try:
        _apply(run, live, event.name, event.fields)
    except (TypeError, ValueError, OverflowError):
        # The run must not suffer from what a script writes to its own control socket.
        LOG.warning("%s reported an odd %r", live.attempt.step, event.name, exc_info=True)


def _pass_on(run: RunControl, live: LiveStep, event: WorkerEvent) -> None:
    if event.name in ("parked", "unparked"):
        live.parked = event.name == "parked"
    debugger, order = run.debugger, live.order
    if debugger is not None and order is not None:
        run.after_commit(lambda: debugger.heard(order, event))


def _apply(run: RunControl, live: LiveStep, name: str, fields: Mapping[str, Any]) -> None:
    match name:
        case "importing":
            stands(run, live, StepStatus.IMPORTING)
        case "imported":
            stands(run, live, StepStatus.RUNNING, import_seconds=_number(fields.get("seconds")))
        case "called":
            stands(run, live, StepStatus.RUNNING, call=masked_call(_call(fields)))
        case "output":
            attempt = live.attempt
            grown = (int(fields.get("stdout_bytes", 0)), int(fields.get("stderr_bytes", 0)))
            run.say(OutputGrew(attempt.step, attempt.number, *grown))
        case "resources":
            _sampled(run, live, fields)
        case "blocked":
            run.say(
                Noticed(
                    "warning", f"{live.attempt.step}: blocked {fields.get('kind')}: {_few(str(fields.get('detail')))}"
                )
            )
        case "notice":
            run.say(Noticed("info", f"{live.attempt.step}: {fields.get('message')}"))


def stands(run: RunControl, live: LiveStep, status: StepStatus, **changes: Any) -> None:
    """Where a live step stands now; one that is stopped inside stays paused, whatever it reported before."""
    if run.at.stop is not None:
        status = StepStatus.PAUSED
    attempt, step = dataclasses.replace(live.attempt, status=status, **changes), live.attempt.step
    # What a full disk kept from being stored is known here already, but not shown.
    if attempt == live.attempt and run.at.states[step].attempt is live.attempt:
        return
    live.attempt = attempt
    run.at = run.at.with_states({step: StepState(step, status, live.attempt)})


def _sampled(run: RunControl, live: LiveStep, fields: Mapping[str, Any]) -> None:
    sample = ResourceSample(
        seconds=float(fields.get("seconds", 0.0)),
        rss_bytes=int(fields.get("rss_bytes", 0)),
        cpu_percent=float(fields.get("cpu_percent", 0.0)),
        threads=int(fields.get("threads", 0)),
        read_bytes=int(fields.get("read_bytes", 0)),
        written_bytes=int(fields.get("written_bytes", 0)),
    )
    run.say(ResourcesSampled(live.attempt.step, live.attempt.number, sample))
    live.skipped += 1
    if live.skipped < live.every:
        return
    live.skipped = 0
    live.samples.append(sample)
    if len(live.samples) > MOST_SAMPLES:
        del live.samples[::2]
        live.every *= 2
    if sample.seconds - live.kept_until >= KEEP_EVERY_SECONDS:
        live.kept_until = sample.seconds
        run.store.keep_samples(live.attempt, tuple(live.samples))


def _call(fields: Mapping[str, Any]) -> Call:
    def texts(name: str) -> dict[str, str]:
        return {str(key): str(value) for key, value in dict(fields.get(name) or {}).items()}

    return Call(
        how=str(fields.get("how", "")),
        input_paths=texts("input_paths"),
        output_paths=texts("output_paths"),
        environ_vars=texts("environ_vars"),
        job_args=texts("job_args"),
        extra=texts("extra"),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _few(detail: str) -> str:
    """A notice is read at a glance: the first packages; the attempt holds all."""
    parts = detail.split(", ")
    return detail if len(parts) <= _FEW else f"{', '.join(parts[:_FEW])} and {len(parts) - _FEW} more"
