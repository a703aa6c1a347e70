"""What flows between steps: which attempt's which file a step reads, where it writes, and the lineage of both."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cursus_tui.execution.artifacts import MOST_FILES, list_artifacts
from cursus_tui.execution.input_sources import (
    Given,
    Missing,
    Wired,
    given_outputs,
    how_to_give,
    input_sources,
    output_names,
)
from cursus_tui.execution.plan import Plan
from cursus_tui.records.pipeline import Binding, Finding, Severity, Step
from cursus_tui.records.run import Artifact, Attempt, LineageEdge, Override
from cursus_tui.storage.layout import AttemptFolder, attempt_folder, unquoted
from cursus_tui.storage.secrets import MASK, is_secret


@dataclass(frozen=True, slots=True)
class InputUse:
    """One input channel of an attempt, and what feeds it."""

    channel: str
    path: Path
    """Where the data lies: never a private copy."""
    source_step: str | None = None
    """The step that it comes from; None where the user or the project gave it to this step."""
    source: Attempt | None = None
    """The attempt that wrote it; None where it was given, to this step or to the one before."""
    output: str | None = None


@dataclass(frozen=True, slots=True)
class StepInputs:
    """Everything that a step would read if it ran now."""

    uses: tuple[InputUse, ...]
    missing: tuple[str, ...] = ()
    """One sentence for each required input that nothing feeds, with what to do."""
    findings: tuple[Finding, ...] = ()


class DataFlowManager:
    """Maps outputs to inputs along the bindings.

    Args:
        workspace: The workspace's folder.
    """

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def folder(self, run_id: str, step: str, number: int) -> AttemptFolder:
        """The folder of an attempt."""
        return attempt_folder(self._workspace, run_id, step, number)

    def setup_step_inputs(self, plan: Plan, name: str, outputs: Mapping[str, Attempt]) -> StepInputs:
        """What a step reads, from the newest valid attempts of the steps before it and from what the user gave.

        Args:
            plan: The plan.
            name: The step.
            outputs: Step -> its newest attempt whose outputs are valid.
        """
        step = plan.pipeline.steps[name]
        uses: list[InputUse] = []
        missing: list[str] = []
        for source in input_sources(plan.pipeline, step, plan.feeding[name]):
            match source:
                case Given(channel, path):
                    use: InputUse | None = InputUse(channel, path.absolute())
                    required, reason = True, f"was given as {path}, which is absent"
                case Wired(channel, required, binding):
                    use = self._wired(plan, binding, outputs)
                    reason = f"comes from {binding.source_step}.{binding.source_output}, which is not there"
                case Missing(channel, required, reason):
                    use = None
            if use is not None and use.path.exists():
                uses.append(use)
            elif required:
                missing.append(f"{channel} {reason}; {how_to_give(name, channel)}")
        findings = [each for use in uses for each in _channel_findings(step, use)]
        return StepInputs(tuple(uses), tuple(missing), tuple(findings))

    def _wired(self, plan: Plan, binding: Binding, outputs: Mapping[str, Attempt]) -> InputUse | None:
        source = plan.pipeline.steps[binding.source_step]
        attempt = outputs.get(binding.source_step)
        if (path := given_outputs(source).get(binding.source_output)) is not None:
            return InputUse(binding.input, path.absolute(), source.name, None, binding.source_output)
        if attempt is None:
            return None
        path = AttemptFolder(attempt.folder).output(binding.source_output)
        return InputUse(binding.input, path, source.name, attempt, binding.source_output)

    def output_paths(self, step: Step, folder: AttemptFolder) -> dict[str, Path]:
        """Where a step writes each of its outputs."""
        return {name: folder.output(name) for name in output_names(step)}

    def written_outputs(self, folder: AttemptFolder) -> dict[str, Path]:
        """The outputs that an attempt has folders for, whatever its step looks like now."""
        folders = sorted(folder.outputs.iterdir()) if folder.outputs.is_dir() else []
        return {unquoted(each): each for each in folders}

    def capture_step_outputs(
        self, step: str, output_paths: Mapping[str, Path], returned: Mapping[str, Path]
    ) -> tuple[tuple[Artifact, ...], tuple[Finding, ...]]:
        """What a step wrote, and what is odd about it.

        Args:
            step: The step.
            output_paths: Output channel -> its folder.
            returned: DataFrames that ``main`` returned -> the file each was kept in.
        """
        artifacts, total = list_artifacts(step, output_paths, returned)
        written = {each.channel for each in artifacts}
        findings = [
            Finding(
                Severity.WARNING,
                "empty-output",
                step,
                f"{step} passed but wrote nothing to {channel}",
                "look at its log; the steps that read it will find an empty folder",
            )
            for channel in output_paths
            if channel not in written and total <= MOST_FILES
        ]
        if total > len(artifacts):
            message = f"{step} wrote {total} files; the first {len(artifacts)} are listed"
            findings.append(Finding(Severity.INFO, "many-files", step, message, "all of them are in its folder"))
        return artifacts, tuple(findings)

    def create_data_lineage(self, attempt: Attempt, inputs: StepInputs) -> tuple[LineageEdge, ...]:
        """Which attempt's which channel feeds an attempt."""
        return tuple(
            LineageEdge(
                attempt.run_id,
                attempt.step,
                attempt.number,
                use.channel,
                use.source_step,
                use.source.number if use.source else None,
                use.output,
                use.path,
            )
            for use in inputs.uses
        )


def _channel_findings(step: Step, use: InputUse) -> Iterable[Finding]:
    """Training channels that the source has no folder for: SageMaker would mount them empty."""
    if step.interface is None:
        return
    for each in step.interface.contract.inputs:
        if each.name != use.channel or tuple(each.channels) == (PurePosixPath(each.path or "").name,):
            continue
        for folder in each.channels:
            if not (use.path / folder).is_dir():
                yield Finding(
                    Severity.WARNING,
                    "missing-channel-folder",
                    step.name,
                    f"{use.channel} has no folder {folder!r}: SageMaker would mount an empty training channel",
                    f"look at what {use.source_step or 'the given folder'} holds",
                    file=use.path,
                )


def overrides_of(plan: Plan, name: str) -> tuple[Override, ...]:
    """Every way in which the user made a step differ from what Cursus would run, secrets hidden."""
    pipeline, decided = plan.pipeline, plan.pipeline.overrides
    step = pipeline.steps[name]
    found = [Override("input", channel, os.fspath(path)) for channel, path in decided.inputs.get(name, {}).items()]
    found += [
        Override("wiring", each.input, f"{each.source_step}.{each.source_output}")
        for each in plan.feeding[name]
        if each.overridden
    ]
    found += [
        Override("wiring", channel, "unwired")
        for channel, source in decided.wiring.get(name, {}).items()
        if source is None
    ]
    for kind, values in (
        ("environment", decided.environment.get(name, {})),
        ("argument", decided.arguments.get(name, {})),
    ):
        found += [Override(kind, key, MASK if is_secret(key) else value) for key, value in values.items()]
    if name in decided.job_types:
        found.append(Override("argument", "job_type", decided.job_types[name]))
    if name in decided.scripts:
        found.append(Override("script", os.path.basename(step.script or ""), os.fspath(decided.scripts[name])))
    return tuple(found)
