"""Of which kind a step is on this box, and the sentence that says why and what the user can do."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cursus_tui.pipeline.scripts import ScriptSearch, entry_point, find_script
from cursus_tui.pipeline.values import StepSource
from cursus_tui.records.pipeline import Interface, ProjectLayout, StepKind

SOURCE_TYPES = {
    "CradleDataLoading": "Cradle",
    "RedshiftDataLoading": "Redshift",
}
"""SageMaker step types that bring data in -> where from."""

REMOTE_TYPES = {
    "CreateModel": "It registers a model with SageMaker and runs no script.",
    "Transform": "It is a SageMaker batch transform and runs no script.",
    "MimsModelRegistrationProcessing": "It registers the model with a service of the cloud.",
}
"""SageMaker step types that exist only in the cloud -> what they do there."""

SINK_NODE = "sink"
"""Node type of steps that hand data out of the pipeline: uploads."""


@dataclass(frozen=True, slots=True)
class Classified:
    """A step's kind and script."""

    kind: StepKind
    script: Path | None
    why: str
    tried: tuple[Path, ...] = ()


def classify(
    step: str,
    step_type: str,
    layout: ProjectLayout,
    source: StepSource | None,
    stand_in: Path | None,
    given: Collection[str] = (),
) -> Classified:
    """Decide how a step can be treated here.

    Args:
        step: Its name, for the sentence.
        step_type: Its step type, or its name where that is unknown.
        layout: Where scripts are.
        source: Its interface and config; None where no interface has its step type.
        stand_in: The script that the user gave for it.
        given: Its channels that the user gave data for.
    """
    if stand_in is not None:
        return _stand_in(step, layout, stand_in)
    interface = source.interface if source else None
    if interface is not None and interface.sagemaker_step_type in SOURCE_TYPES:
        place = SOURCE_TYPES[interface.sagemaker_step_type]
        here = [output.name for output in interface.outputs if output.name in given]
        advice = f"Your data stands in for {', '.join(here)}." if here else _give_outputs(step, interface)
        why = f"It loads data from {place}, which cannot be done here. {advice}"
        return Classified(StepKind.SOURCE, None, why)
    if interface is not None and (reason := _remote(interface)):
        why = (
            f"{reason} It is not run here; its inputs are still checked. To run something for it, {_name_script(step)}"
        )
        return Classified(StepKind.REMOTE, None, why)
    if source is None:
        why = f"No interface has the step type of {step}, so its inputs and outputs are not known."
        return Classified(StepKind.MISSING_SCRIPT, None, f"{why} Add its *.step.yaml, and {_name_script(step)}")
    return _searched(step, step_type, find_script(layout, source.config, interface), source)


def _remote(interface: Interface) -> str | None:
    if interface.sagemaker_step_type in REMOTE_TYPES:
        return REMOTE_TYPES[interface.sagemaker_step_type]
    is_upload = interface.contract.sink or interface.node_type == SINK_NODE
    return "It uploads data to a service of the cloud." if is_upload else None


def _stand_in(step: str, layout: ProjectLayout, script: Path) -> Classified:
    if os.path.isfile(script):
        return Classified(StepKind.SCRIPT, script, f"Your script {_near(script, layout)} runs for it.", (script,))
    why = f"The script that you gave for {step} does not exist: {_near(script, layout)}. Correct its path."
    return Classified(StepKind.MISSING_SCRIPT, None, why, (script,))


def _searched(step: str, step_type: str, search: ScriptSearch, source: StepSource) -> Classified:
    name = entry_point(source.config, source.interface)
    if search.script is not None:
        return Classified(StepKind.SCRIPT, search.script, f"Its script {name} was found.", search.tried)
    if name is None:
        why = f"Neither the config nor the interface of {step_type} names a script. To run it, {_name_script(step)}"
    else:
        looked = f"was looked for in {len(search.tried)} places" if search.tried else "no script folder is known"
        why = f"Its script {name} was not found; {looked}. Give its folder with --scripts, or {_name_script(step)}"
    return Classified(StepKind.MISSING_SCRIPT, None, why, search.tried)


def _give_outputs(step: str, interface: Interface) -> str:
    channel = interface.outputs[0].name if interface.outputs else "OUTPUT"
    return f"Give its data with --input {step}.{channel}=PATH, or {_name_script(step)}"


def _name_script(step: str) -> str:
    return f"name a script under stand_ins in cursus-tui.yaml ({step}: path/to/script.py)."


def _near(path: Path, layout: ProjectLayout) -> Path:
    return path.relative_to(layout.root) if path.is_relative_to(layout.root) else path
