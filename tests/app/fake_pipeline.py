"""A pipeline of five steps without a project, for the screen's own tests."""

from __future__ import annotations

from pathlib import Path

from cursus_tui.records.pipeline import (
    Binding,
    Contract,
    Dependency,
    Finding,
    InputChannel,
    Interface,
    OutputChannel,
    OutputSpec,
    Overrides,
    Pipeline,
    ProjectLayout,
    Severity,
    Step,
    StepKind,
    Value,
)

SCRIPT = '''"""A step."""

import pandas as pd


def main(input_paths, output_paths, environ_vars, job_args):
    frame = pd.read_csv(input_paths["DATA"])
    total = frame["amount"].sum()
    print(total)
    return frame


if __name__ == "__main__":
    main({}, {}, {}, None)
'''
CHAIN = ("load", "prepare", "train", "evaluate", "register")


def make_pipeline(folder: Path, *, data: bool = True) -> Pipeline:
    """load (source) -> prepare -> train -> evaluate -> register (remote); evaluate reads prepare, too."""
    steps: dict[str, Step] = {}
    for name in CHAIN:
        kind = {"load": StepKind.SOURCE, "register": StepKind.REMOTE}.get(name, StepKind.SCRIPT)
        script = None
        if kind is StepKind.SCRIPT:
            script = folder / f"{name}.py"
            script.write_text(SCRIPT)
        given = {"DATA": folder / "given"} if name == "load" and data else {}
        why = {"load": "It brings data from elsewhere.", "register": "It only exists in the cloud."}.get(name, "")
        steps[name] = Step(name, name.title(), None, kind, script, _interface(name), why, given=given)
    edges = (
        ("load", "prepare"),
        ("prepare", "train"),
        ("prepare", "evaluate"),
        ("train", "evaluate"),
        ("evaluate", "register"),
    )
    bindings = (
        Binding("prepare", "DATA", "load", "DATA", 0.95, "the names are equal"),
        Binding("train", "DATA", "prepare", "OUT", 0.71, "compatible types", "a tie with OTHER"),
        Binding("evaluate", "DATA", "prepare", "OUT", 0.71, "compatible types"),
    )
    environment = {
        name: (Value("LABEL", "fraud", "config label_name", True), Value("RATIO", "0.8", "a guess", False))
        for name in CHAIN
    }
    findings = (
        Finding(Severity.WARNING, "doubtful-binding", "train", "DATA may be the wrong one", "look at Call"),
        Finding(
            Severity.ERROR,
            "pip-at-import",
            "evaluate",
            "it installs packages",
            "install xgboost",
            folder / "evaluate.py",
            3,
        ),
    )
    layout = ProjectLayout(folder / "demo.dag.json", folder)
    return Pipeline("demo", layout, steps, edges, bindings, environment, {}, findings, Overrides())


def _interface(name: str) -> Interface:
    inputs = () if name == "load" else (InputChannel("DATA", "/opt/ml/processing/input"),)
    outputs = (OutputChannel("DATA" if name == "load" else "OUT", "/opt/ml/processing/output"),)
    contract = Contract(f"{name}.py", inputs, outputs)
    specs = tuple(OutputSpec(output.name) for output in outputs)
    return Interface(
        name.title(),
        "Processing",
        contract,
        tuple(Dependency(each.name) for each in inputs),
        specs,
        Path(f"{name}.step.yaml"),
    )
