"""``cursus-tui check``: JSON for programs, text for people, and an exit code."""

import json
from pathlib import Path

import pytest

from cursus_tui.cli.main import main

INTERFACE = """
step_type: {name}
registry: {{sagemaker_step_type: Processing}}
contract:
  entry_point: {script}
  inputs: {inputs}
  outputs: {{{output}: {{path: /opt/ml/processing/output}}}}
  env_vars: {{required: [], optional: {{API_TOKEN: "", LABEL: y, NOTE: ""}}}}
  job_arguments: [{{flag: --job_type, source: job_type}}]
spec:
  dependencies: {dependencies}
  outputs: {{{output}: {{type: processing_output, data_type: S3Uri, aliases: [DATA]}}}}
"""
SCRIPT = """
import argparse, json
def main(input_paths, output_paths, environ_vars, job_args):
    pass
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", required=True, choices=["training"])
    main({}, {}, {}, parser.parse_args())
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "interfaces").mkdir(parents=True)
    (folder / "scripts").mkdir()
    wiring = "{DATA: {type: processing_output, required: true, compatible_sources: [Clean], data_type: S3Uri}}"
    (folder / "interfaces/clean.step.yaml").write_text(
        INTERFACE.format(name="Clean", script="clean.py", inputs="{}", output="cleaned", dependencies="{}")
    )
    (folder / "interfaces/train.step.yaml").write_text(
        INTERFACE.format(
            name="Train",
            script="train.py",
            inputs="{DATA: {path: /opt/ml/processing/input/data, required: true}}",
            output="model",
            dependencies=wiring,
        )
    )
    for name in ("clean", "train"):
        (folder / f"scripts/{name}.py").write_text(SCRIPT)
    dag = {"dag": {"nodes": ["Clean_training", "Train_training"], "edges": [["Clean_training", "Train_training"]]}}
    (folder / "shop.dag.json").write_text(json.dumps(dag))
    return folder


def check_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, list[dict[str, object]]]]:
    status = main(["check", *arguments, "--json"])
    document: dict[str, list[dict[str, object]]] = json.loads(capsys.readouterr().out)
    return status, document


def test_json_has_exactly_the_promised_shape(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, document = check_json(capsys, str(project), "--env", "Train_training.API_TOKEN=hunter2")
    assert status == 0
    assert list(document) == ["steps", "bindings", "environment", "arguments", "findings"]
    assert document["steps"][0] == {
        "name": "Clean_training",
        "step_type": "Clean",
        "job_type": "training",
        "kind": "script",
        "script": str(project / "scripts/clean.py"),
    }
    (binding,) = document["bindings"]
    assert {k: binding[k] for k in ("step", "input", "source_step", "source_output")} == {
        "step": "Train_training",
        "input": "DATA",
        "source_step": "Clean_training",
        "source_output": "cleaned",
    }
    assert set(binding) == {"step", "input", "source_step", "source_output", "score", "reason"}
    assert all(set(each) == {"step", "name", "value", "origin", "certain"} for each in document["environment"])
    assert document["arguments"]
    assert all(set(each) == {"step", "flag", "value", "origin", "certain"} for each in document["arguments"])
    assert all(set(each) == {"severity", "code", "step", "message", "hint"} for each in document["findings"])
    token = next(e for e in document["environment"] if e["step"] == "Train_training" and e["name"] == "API_TOKEN")
    assert token["value"] == "********"
    assert token["certain"] is True


def test_text_says_the_same_within_80_columns(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(project), "--env", "Train_training.API_TOKEN=hunter2"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "shop  2 steps, 1 edge" in out
    assert "cleaned of Clean_training" in out
    assert "hunter2" not in out
    assert "API_TOKEN" in out


def test_an_error_is_exit_1_and_settings_mend_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "scripts/train.py").write_text(SCRIPT.replace('choices=["training"]', 'choices=["testing"]'))
    status, document = check_json(capsys, str(project))
    assert status == 1
    assert [each["code"] for each in document["findings"] if each["severity"] == "error"] == ["choice-rejected"]
    (project / "cursus-tui.yaml").write_text("job_types: {Train_training: testing}\n")
    assert check_json(capsys, str(project))[0] == 0
    status, _ = check_json(capsys, str(project), "--job-type", "Train_training=training")
    assert status == 1, "flags win over the settings file"


def test_a_dag_without_steps_is_an_error_for_check_and_bad_input_for_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    next(project.glob("*.dag.json")).write_text('{"dag": {"nodes": [], "edges": []}}')
    assert main(["check", str(project)]) == 1
    assert "Steps: none. 1 error." in capsys.readouterr().out
    assert main(["run", str(project)]) == 2
    assert "the pipeline has no steps" in capsys.readouterr().err


def test_untrusted_text_cannot_reach_the_terminal(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "scripts/clean.py").write_text("[/bold] \x1b[31m = \n")
    (project / "cursus-tui.yaml").write_text('environment: {Clean_training: {NOTE: "[red]\\e[31mx"}}\n')
    main(["check", str(project)])
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]␛[31mx" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--input", "Trian_training.DATA=/tmp"],
            "--input: there is no step 'Trian_training'\n  try: did you mean Train_training?",
        ),
        (["--input", "Train_training.DATE=/tmp"], "--input: step Train_training has no channel 'DATE'"),
        (["--input", "Train_training.DATA=/nope"], "--input Train_training.DATA: there is no such file or folder"),
        (["--env", "Nope.X=1"], "--env: there is no step 'Nope'"),
        (["--arg", "Nope.x=1"], "--arg: there is no step 'Nope'"),
        (["--wire", "Train_training.DATA=Clean_training.nope"], "--wire: step Clean_training has no output 'nope'"),
        (["--job-type", "Nope=training"], "--job-type: there is no step 'Nope'"),
        (["--stand-in", "Clean_training=/nope.py"], "--stand-in Clean_training: there is no such file"),
        (["--python", "/nope"], "there is no such interpreter"),
        (["--settings", "/nope.yaml"], "--settings: there is no such file"),
        (["--config", "/nope.json"], "--config: there is no such file"),
    ],
)
def test_mistyped_flags_say_what_was_meant(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["check", str(project), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_names_in_the_settings_that_the_dag_lacks_are_warned_of(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "cursus-tui.yaml").write_text("environment: {Trian_training: {A: b}}\n")
    status, document = check_json(capsys, str(project))
    assert status == 0
    found = next(each for each in document["findings"] if each["code"] == "unknown-in-settings")
    assert found["hint"] == "did you mean Train_training?"


def test_a_python_pipeline_is_opened_without_cursus(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "shop.dag.json").unlink()
    (project / "shop.py").write_text(
        "from cursus.api.dag.base_dag import PipelineDAG\n"
        "def create_dag() -> PipelineDAG:\n"
        "    dag = PipelineDAG()\n"
        "    dag.add_node('Clean_training'); dag.add_node('Train_training')\n"
        "    dag.add_edge('Clean_training', 'Train_training')\n"
        "    return dag\n"
    )
    status, document = check_json(capsys, str(project))
    assert status == 0
    assert [each["name"] for each in document["steps"]] == ["Clean_training", "Train_training"]
    assert len(document["bindings"]) == 1


def test_all_real_dags_open(cursus_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dags = sorted((cursus_data / "dags").rglob("*.dag.json"))
    assert len(dags) == 46
    for dag in dags:
        status, document = check_json(capsys, str(dag))
        assert status in (0, 1)
        assert {step["name"] for step in document["steps"]} >= set(json.loads(dag.read_text())["dag"]["nodes"])


def test_checking_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {each: each.stat().st_mtime_ns for each in project.rglob("*")}
    assert main(["check", str(project)]) == 0
    assert {each: each.stat().st_mtime_ns for each in project.rglob("*")} == before
