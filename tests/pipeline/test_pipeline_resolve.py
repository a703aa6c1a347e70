"""A whole project, resolved: kinds, scripts, values, findings."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cursus_tui.pipeline.resolve import resolve
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Isolation, Overrides, Pipeline, ProjectLayout, Severity, StepKind

INTERFACES = {
    "cradle": """
step_type: CradleDataLoading
registry: {sagemaker_step_type: CradleDataLoading}
contract: {entry_point: scripts.py}
spec: {outputs: {DATA: {}, METADATA: {}}}
""",
    "prepare": """
step_type: Prepare
contract:
  entry_point: prepare.py
  inputs: {DATA: {path: /opt/ml/processing/input}}
  env_vars: {required: [LABEL_FIELD], optional: {RATIO: '0.7'}}
  job_arguments: [{flag: --job_type, source: job_type}]
spec:
  dependencies: {DATA: {compatible_sources: [CradleDataLoading]}}
  outputs: {prepared: {aliases: [training_data]}}
""",
    "train": """
step_type: Train
registry: {sagemaker_step_type: Training}
contract: {entry_point: train.py}
spec:
  dependencies: {training_data: {}, model_start: {type: model_artifacts, required: true}}
""",
    "register": """
step_type: Registration
registry: {sagemaker_step_type: MimsModelRegistrationProcessing}
contract: {entry_point: script.py}
""",
}
NODES = ["CradleDataLoading_training", "Prepare_training", "Train", "Registration"]
EDGES = list(itertools.pairwise(NODES))


@pytest.fixture
def layout(tmp_path: Path) -> ProjectLayout:
    for name, text in INTERFACES.items():
        write(tmp_path / "interfaces" / f"{name}.step.yaml", text)
    write(tmp_path / "scripts" / "prepare.py", "")
    write(tmp_path / "p.dag.json", json.dumps({"dag": {"nodes": NODES, "edges": EDGES}}))
    return ProjectLayout(
        tmp_path / "p.dag.json", tmp_path, interfaces=(tmp_path / "interfaces",), scripts=(tmp_path / "scripts",)
    )


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def with_dag(layout: ProjectLayout, nodes: list[str], edges: list[tuple[str, str]]) -> ProjectLayout:
    write(layout.dag_file, json.dumps({"dag": {"nodes": nodes, "edges": edges}}))
    return layout


def with_config(layout: ProjectLayout, specific: object) -> ProjectLayout:
    file = write(layout.root / "config.json", json.dumps({"configuration": {"shared": {}, "specific": specific}}))
    return replace(layout, config=file)


def found(pipeline: Pipeline) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.step) for finding in pipeline.findings]


def test_a_source_says_what_stands_in_for_it_once_it_is_given(layout: ProjectLayout) -> None:
    source = next(step for step in resolve(layout, Overrides()).steps.values() if step.kind is StepKind.SOURCE)
    assert "Give its data" in source.why
    given = resolve(layout, Overrides(inputs={source.name: {"DATA": layout.root}})).steps[source.name]
    assert "Your data stands in for DATA." in given.why


def test_everything_without_a_config(layout: ProjectLayout) -> None:
    pipeline = resolve(layout, Overrides())
    assert list(pipeline.steps) == NODES
    kinds = [step.kind for step in pipeline.steps.values()]
    assert kinds == [StepKind.SOURCE, StepKind.SCRIPT, StepKind.MISSING_SCRIPT, StepKind.REMOTE]
    prepare = pipeline.steps["Prepare_training"]
    assert prepare.script == layout.root / "scripts" / "prepare.py"
    assert prepare.job_type == "training"
    assert [(b.step, b.input, b.source_output) for b in pipeline.bindings] == [
        ("Prepare_training", "DATA", "DATA"),
        ("Train", "training_data", "prepared"),
    ]
    assert [value.value for value in pipeline.environment["Prepare_training"]] == ["0.7"]
    assert [value.value for value in pipeline.arguments["Prepare_training"]] == ["training"]
    assert pipeline.python_paths == (layout.root / "scripts",)


def test_findings_say_what_is_wrong_and_what_to_do(layout: ProjectLayout) -> None:
    pipeline = resolve(layout, Overrides())
    assert found(pipeline) == [
        ("missing-variable", "Prepare_training"),
        ("missing-script", "Train"),
        ("unwired-input", "Train"),
        ("empty-edge", "Registration"),
    ]
    assert all(finding.hint and finding.message.endswith(".") for finding in pipeline.findings)
    unwired = pipeline.findings[2]
    assert unwired.severity is Severity.ERROR
    assert "--input Train.model_start=PATH" in unwired.hint
    assert pipeline.findings == resolve(layout, Overrides()).findings


def test_each_kind_says_what_the_user_can_do(layout: ProjectLayout) -> None:
    steps = resolve(layout, Overrides()).steps
    assert "--input CradleDataLoading_training.DATA=PATH" in steps["CradleDataLoading_training"].why
    assert "stand_ins" in steps["Train"].why
    assert steps["Train"].tried == (layout.root / "scripts" / "train.py",)
    assert "inputs are still checked" in steps["Registration"].why


def test_the_users_decisions_are_carried_out(layout: ProjectLayout) -> None:
    stand_in = write(layout.root / "mine.py", "")
    data = layout.root / "scripts"
    overrides = Overrides(
        inputs={"Train": {"model_start": data}},
        environment={"Prepare_training": {"LABEL_FIELD": "y"}, "Nobody": {"A": "1"}},
        arguments={"Prepare_training": {"job_type": "testing"}},
        wiring={"Prepare_training": {"DATA": ("CradleDataLoading_training", "METADATA")}},
        job_types={"Prepare_training": "validation"},
        scripts={"CradleDataLoading_training": stand_in, "Train": layout.root / "none.py"},
        isolation={"Train": Isolation.SUBPROCESS},
        pythons={"Train": Path("/usr/bin/python3")},
    )
    pipeline = resolve(layout, overrides)
    assert pipeline.steps["CradleDataLoading_training"].kind is StepKind.SCRIPT
    assert pipeline.steps["Prepare_training"].job_type == "validation"
    assert pipeline.arguments["Prepare_training"][0].value == "testing"
    train = pipeline.steps["Train"]
    assert (train.kind, train.isolation, train.given) == (
        StepKind.MISSING_SCRIPT,
        Isolation.SUBPROCESS,
        {"model_start": data},
    )
    assert pipeline.bindings[0].source_output == "METADATA"
    assert found(pipeline) == [("missing-script", "Train"), ("empty-edge", "Registration")]


def test_a_users_wiring_needs_no_edge_and_orders_the_steps(layout: ProjectLayout) -> None:
    write(layout.dag_file, json.dumps({"dag": {"nodes": ["Train", "Prepare_training"], "edges": []}}))
    assert list(resolve(layout, Overrides()).steps) == ["Train", "Prepare_training"]
    decided = Overrides(wiring={"Train": {"training_data": ("Prepare_training", "prepared")}})
    pipeline = resolve(layout, decided)
    assert list(pipeline.steps) == ["Prepare_training", "Train"]
    assert pipeline.edges == (("Prepare_training", "Train"),)
    assert [(each.source_step, each.overridden) for each in pipeline.bindings] == [("Prepare_training", True)]


def test_impossible_decisions_and_missing_paths_are_findings(layout: ProjectLayout) -> None:
    overrides = Overrides(
        wiring={"Train": {"training_data": ("Registration", "x")}}, inputs={"Train": {"model_start": Path("/no/where")}}
    )
    pipeline = resolve(layout, overrides)
    assert ("impossible-wiring", "Train") in found(pipeline)
    assert ("missing-path", "Train") in found(pipeline)
    assert any(binding.input == "training_data" for binding in pipeline.bindings)


def test_a_script_is_found_below_the_root_though_the_config_names_another_machine(layout: ProjectLayout) -> None:
    script = write(layout.root / "dockers" / "code" / "go.py", "")
    stored = {"training_entry_point": "go.py", "source_dir": "/home/other/project/dockers/code"}
    step = resolve(with_config(layout, {"Train": stored}), Overrides()).steps["Train"]
    assert step.script == script
    assert step.tried[0] == Path("/home/other/project/dockers/code/go.py")
    assert step.tried[-1] == script


def test_hostile_script_names_are_only_not_found(layout: ProjectLayout) -> None:
    stored = {"processing_entry_point": "\0" + "x" * 5000, "processing_source_dir": "../" * 40}
    step = resolve(with_config(layout, {"Train": stored}), Overrides()).steps["Train"]
    assert step.kind is StepKind.MISSING_SCRIPT


def test_config_sections_and_steps_that_do_not_meet_are_findings(layout: ProjectLayout) -> None:
    pipeline = resolve(with_config(layout, {"Prepare_training": {"label_field": "y"}, "Other": {}}), Overrides())
    assert [pair for pair in found(pipeline) if "config" in pair[0]] == [
        ("step-without-config", "CradleDataLoading_training"),
        ("step-without-config", "Train"),
        ("step-without-config", "Registration"),
        ("unused-config-section", None),
    ]
    assert pipeline.environment["Prepare_training"][0].origin == "config label_field"


def test_a_missing_variable_is_an_error_once_there_is_a_config(layout: ProjectLayout) -> None:
    finding = next(
        each for each in resolve(with_config(layout, {}), Overrides()).findings if each.code == "missing-variable"
    )
    assert finding.severity is Severity.ERROR


def test_broken_shapes_still_give_a_pipeline(layout: ProjectLayout) -> None:
    nodes = ["Train", "Prepare_a", "Prepare_b", "Unknown_x"]
    edges = [("Prepare_a", "Prepare_b"), ("Prepare_b", "Prepare_a"), ("Train", "Train"), ("Ghost", "Train")]
    pipeline = resolve(with_dag(layout, nodes, edges), Overrides())
    assert list(pipeline.steps) == ["Train", "Unknown_x", "Prepare_a", "Prepare_b"]
    assert pipeline.edges == (("Prepare_a", "Prepare_b"), ("Prepare_b", "Prepare_a"))
    assert [code for code, _ in found(pipeline)][:3] == ["self-loop", "phantom-step", "cycle"]
    assert ("unknown-step-type", "Unknown_x") in found(pipeline)
    unknown = pipeline.steps["Unknown_x"]
    assert (unknown.step_type, unknown.interface, unknown.kind) == ("Unknown_x", None, StepKind.MISSING_SCRIPT)


def test_an_unknown_step_type_with_a_script_is_only_a_warning(layout: ProjectLayout) -> None:
    script = write(layout.root / "x.py", "")
    overrides = Overrides(
        scripts={"Unknown": script}, environment={"Unknown": {"A": "1"}}, arguments={"Unknown": {"rows": "5"}}
    )
    pipeline = resolve(with_dag(layout, ["Unknown"], []), overrides)
    assert pipeline.findings[0].severity is Severity.WARNING
    assert pipeline.environment["Unknown"][0].value == "1"
    assert pipeline.arguments["Unknown"][0].name == "--rows"


def test_an_input_that_cursus_takes_from_the_config_is_given_where_it_exists(layout: ProjectLayout) -> None:
    text = """
step_type: DummyDataLoading
contract:
  entry_point: prepare.py
  inputs: {INPUT_DATA: {path: /opt/ml/processing/input/data}}
  input_source_overrides: {INPUT_DATA: get_data_source_uri}
spec: {dependencies: {INPUT_DATA: {}}}
"""
    write(layout.root / "interfaces" / "dummy.step.yaml", text)
    with_dag(layout, ["DummyDataLoading"], [])
    assert found(resolve(layout, Overrides())) == [("input-from-config", "DummyDataLoading")]
    (layout.root / "data").mkdir()
    there = resolve(with_config(layout, {"DummyDataLoading": {"data_source": "data"}}), Overrides())
    assert there.steps["DummyDataLoading"].given == {"INPUT_DATA": layout.root / "data"}
    assert there.findings == ()


def test_a_packages_top_is_on_the_python_path(layout: ProjectLayout) -> None:
    scripts = layout.root / "src" / "pack" / "scripts"
    write(scripts / "__init__.py", "")
    write(layout.root / "src" / "pack" / "__init__.py", "")
    write(layout.root / "src" / "__init__.py", "")
    paths = resolve(replace(layout, scripts=(scripts,)), Overrides()).python_paths
    assert paths == (scripts, layout.root / "src")


def test_unreadable_files_are_user_errors(layout: ProjectLayout) -> None:
    with pytest.raises(UserError, match="config"):
        resolve(replace(layout, config=layout.root / "none-config.json"), Overrides())
    write(layout.root / "interfaces" / "train.step.yaml", "step_type: Train\nspec: 5\n")
    with pytest.raises(UserError, match=r"train\.step\.yaml"):
        resolve(layout, Overrides())
