"""One attempt of a step: everything before its process starts, and everything after it ended."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.execution import protection
from cursus_tui.execution.data_flow import DataFlowManager, InputUse, StepInputs, overrides_of
from cursus_tui.execution.failure_hint import failure_hint
from cursus_tui.execution.fingerprint import FileDigests, Parts, digest, input_parts, learned_parts, own_parts
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.plan import Plan
from cursus_tui.execution.ports import ExecutionContext, ExecutionResult
from cursus_tui.execution.protection import InputChange, InputProtection, ProtectedInput
from cursus_tui.pipeline.values import command_line
from cursus_tui.records.pipeline import Finding, Severity, Step
from cursus_tui.records.run import BY_HAND, Attempt, LineageEdge, Override, StepError, StepStatus
from cursus_tui.storage.layout import AttemptFolder

PACKED = frozenset({"training", "tuning"})
"""SageMaker step types whose outputs are packed."""
SHOWN_CHANGES = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """An attempt that is ready to start."""

    attempt: Attempt
    parts: Parts
    lineage: tuple[LineageEdge, ...]
    context: ExecutionContext
    protected: Mapping[str, ProtectedInput]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Concluded:
    """An attempt that has ended."""

    attempt: Attempt
    parts: Parts
    findings: tuple[Finding, ...]
    used_up: bool
    """Its private copies of inputs can be removed."""


class AttemptMaker:
    """Prepares attempts and concludes them. Touches the attempt's folder, never the store.

    Args:
        flow: Where inputs come from and outputs go.
        options: Of the run.
    """

    def __init__(self, flow: DataFlowManager, options: RunOptions) -> None:
        self.flow = flow
        self.options = options
        self.digests = FileDigests()
        self._protection = InputProtection()

    def parts_now(self, plan: Plan, step: Step, inputs: StepInputs) -> dict[str, str]:
        """The parts of a step's fingerprint that are known before it runs."""
        return {**own_parts(plan.pipeline, step, self.options, self.digests), **input_parts(inputs.uses)}

    def prepare(self, plan: Plan, run_id: str, step: Step, number: int, inputs: StepInputs) -> Prepared:
        """Make an attempt's folder and protect its inputs.

        Raises:
            OSError: The disk is full, or the folder cannot be made.
        """
        if step.script is None:
            raise ValueError(f"{step.name} has no script")
        folder = self.flow.folder(run_id, step.name, number)
        outputs = self.flow.output_paths(step, folder)
        _make_folders(folder.path, outputs.values())
        protected = {use.channel: self._protection.protect(use.channel, use.path, folder) for use in inputs.uses}
        if protected:
            protection.save(folder, protected)
        parts = self.parts_now(plan, step, inputs)
        attempt = Attempt(
            run_id=run_id,
            step=step.name,
            number=number,
            status=StepStatus.IMPORTING,
            folder=folder.path,
            fingerprint=digest(parts),
            started=time.time(),
            overrides=overrides_of(plan, step.name),
        )
        return Prepared(
            attempt,
            parts,
            self.flow.create_data_lineage(attempt, inputs),
            self._context(plan, step, attempt, outputs, {name: each.path for name, each in protected.items()}),
            protected,
            inputs.findings,
        )

    def _context(
        self, plan: Plan, step: Step, attempt: Attempt, outputs: Mapping[str, Path], inputs: Mapping[str, Path]
    ) -> ExecutionContext:
        pipeline, options = plan.pipeline, self.options
        contract = step.interface.contract if step.interface else None
        kind = step.interface.sagemaker_step_type.lower() if step.interface else ""
        return ExecutionContext(
            run_id=attempt.run_id,
            step=step.name,
            attempt=attempt.number,
            folder=attempt.folder,
            script=step.script or Path(),
            python=step.python or options.python,
            isolation=step.isolation,
            contract_inputs={each.name: each.path for each in contract.inputs} if contract else {},
            contract_outputs={each.name: each.path for each in contract.outputs} if contract else {},
            input_paths=inputs,
            output_paths=outputs,
            environment={value.name: value.value for value in pipeline.environment.get(step.name, ())},
            argv=command_line(pipeline.arguments.get(step.name, ())),
            job_type=step.job_type,
            python_paths=pipeline.python_paths,
            project_root=pipeline.layout.root,
            stubs=pipeline.overrides.stubs,
            as_shipped=options.as_shipped,
            allow_network=options.allow_network,
            pack_outputs=kind in PACKED,
            timeout_seconds=options.timeout_seconds,
            memory_limit_bytes=options.memory_limit_bytes,
        )

    def conclude(
        self,
        step: Step,
        attempt: Attempt,
        result: ExecutionResult,
        parts: Parts,
        protected: Mapping[str, ProtectedInput],
        uses: tuple[InputUse, ...],
    ) -> Concluded:
        """What became of an attempt: its status, its outputs, and what it did to its inputs.

        Args:
            step: The step.
            attempt: As it started.
            result: How its process ended.
            parts: What was known of its fingerprint when it started.
            protected: How its inputs were before.
            uses: What fed it.
        """
        outputs = self.flow.output_paths(step, AttemptFolder(attempt.folder))
        python = step.python or self.options.python
        return self._concluded(outputs, python, attempt, result, parts, protected, uses)

    def conclude_departed(
        self, attempt: Attempt, result: ExecutionResult, parts: Parts, protected: Mapping[str, ProtectedInput]
    ) -> Concluded:
        """The same for a step that the pipeline no longer has: its folder tells what its outputs were."""
        outputs = self.flow.written_outputs(AttemptFolder(attempt.folder))
        return self._concluded(outputs, self.options.python, attempt, result, parts, protected, ())

    def _concluded(
        self,
        outputs: Mapping[str, Path],
        python: Path,
        attempt: Attempt,
        result: ExecutionResult,
        parts: Parts,
        protected: Mapping[str, ProtectedInput],
        uses: tuple[InputUse, ...],
    ) -> Concluded:
        artifacts, odd = self.flow.capture_step_outputs(attempt.step, outputs, result.returned)
        status, error, findings = StepStatus(result.status), result.error, list[Finding]()
        changes = [change for each in protected.values() for change in protection.changes_of(each)]
        shared = [change for change in changes if not change.private]
        if shared and status is StepStatus.PASSED:
            status, error = StepStatus.FAILED, _input_changed(shared, protected)
        elif error is not None and not error.hint:
            error = dataclasses.replace(error, hint=failure_hint(error, uses, protected))
        if private := [change for change in changes if change.private]:
            findings.append(_private_changed(attempt.step, private))
        if status is StepStatus.PASSED:
            findings += odd
        learned = learned_parts(result.imported_files, result.libraries, self.digests, python, attempt.started)
        parts = {**parts, **learned}
        ended = dataclasses.replace(
            attempt,
            status=status,
            fingerprint=digest(parts),
            started=attempt.started if attempt.started is not None else result.started,
            ended=result.ended if result.ended is not None else time.time(),
            import_seconds=result.import_seconds,
            main_seconds=result.main_seconds,
            peak_rss_bytes=result.peak_rss_bytes,
            cpu_seconds=result.cpu_seconds,
            exit_code=result.exit_code,
            error=error,
            call=result.call or attempt.call,
            artifacts=artifacts,
            blocked=result.blocked,
            overrides=_joined(attempt.overrides, (*result.overrides, *_by_hand(attempt))),
            guard=result.guard,
            note="left behind and stopped: " + ", ".join(result.orphans) if result.orphans else attempt.note,
        )
        return Concluded(ended, parts, tuple(findings), status is StepStatus.PASSED and not private)

    def discard_copies(self, step: Step, attempt: Attempt, protected: Mapping[str, ProtectedInput]) -> None:
        """Remove the private copies of inputs that a passed attempt no longer needs."""
        folder = AttemptFolder(attempt.folder)
        protection.discard_copies(folder, protected.values(), self.flow.output_paths(step, folder))


def _make_folders(attempt: Path, outputs: Iterable[Path]) -> None:
    try:
        os.mkdir(attempt.parent, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        # One by one: makedirs gives its mode to the last one only.
        for above in (attempt.parents[2], attempt.parents[1], attempt.parent):
            above.mkdir(0o700, exist_ok=True)
    try:
        os.mkdir(attempt, 0o700)
    except FileExistsError:
        # What is left of an attempt that was never stored.
        shutil.rmtree(attempt)
        os.mkdir(attempt, 0o700)
    for output in outputs:
        os.makedirs(output.parent, 0o700, exist_ok=True)
        os.mkdir(output, 0o700)


def _by_hand(attempt: Attempt) -> tuple[Override, ...]:
    if not AttemptFolder(attempt.folder).set_by_hand.exists():
        return ()
    told = "a variable was set, or a statement run on the console, while it was stopped: other runs do not reuse it"
    return (Override(BY_HAND, "set by hand", told),)


def _joined(first: tuple[Override, ...], second: tuple[Override, ...]) -> tuple[Override, ...]:
    return tuple(dict.fromkeys((*first, *second)))


def _names(changes: list[InputChange]) -> str:
    shown = [f"{each.channel}/{each.name} ({each.what})" for each in changes[:SHOWN_CHANGES]]
    more = len(changes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _input_changed(changes: list[InputChange], protected: Mapping[str, ProtectedInput]) -> StepError:
    first = changes[0]
    source = protected[first.channel].source
    file = source if source.is_file() else source / first.name
    return StepError(
        type="input changed",
        message=f"the script changed its own input: {_names(changes)}",
        file=os.fspath(file),
        hint="the data that other steps read is no longer what was written: run the step that wrote it again",
    )


def _private_changed(step: str, changes: list[InputChange]) -> Finding:
    return Finding(
        Severity.INFO,
        "input-changed",
        step,
        f"{step} changed its private copy of {_names(changes)}",
        "nothing else reads that copy; in SageMaker it would be the container's own copy, too",
    )
