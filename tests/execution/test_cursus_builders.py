"""Where the scripts' interpreter has Cursus, its own step builders say what a step is given."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_tui.execution.cursus_builders import ask_builders
from cursus_tui.execution.interpreter import probe_of
from cursus_tui.pipeline.values import BY_BUILDER, BY_USER
from cursus_tui.records.pipeline import Overrides
from cursus_tui.samples.generate import generate
from cursus_tui.workbench import open_pipeline

UTILS = """
import json
def load_configs(file):
    print("noise on stdout")
    return json.load(open(file))["configuration"]["specific"]
"""
CATALOG = """
class Builder:
    def __init__(self, config, sagemaker_session, role):
        self.config = config
    def _get_environment_variables(self):
        if self.config.get("broken"):
            raise ValueError("no such region")
        return {"EXACT": "from the builder", "IN_THE_CLOUD": object()}
    def _get_job_arguments(self):
        return ["--job_type", "training", "--dry"]
class StepCatalog:
    def get_builder_for_config(self, config, node_name):
        return None if config.get("sdk") else Builder
"""


@pytest.fixture
def cursus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small package that answers as Cursus does, to an interpreter that was asked nothing yet."""
    package = tmp_path / "lib" / "cursus"
    configs = package / "steps" / "configs"
    configs.mkdir(parents=True)
    for folder in (package, package / "steps", configs):
        (folder / "__init__.py").touch()
    (configs / "utils.py").write_text(UTILS)
    (package / "step_catalog.py").write_text(CATALOG)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    probe_of.cache_clear()
    yield package
    probe_of.cache_clear()


def config_of(tmp_path: Path, **steps: dict[str, object]) -> Path:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"configuration": {"shared": {}, "specific": steps}}))
    return file


def test_each_step_gets_what_its_builder_says(cursus: Path, tmp_path: Path) -> None:
    config = config_of(tmp_path, Good={}, Broken={"broken": True}, Internal={"sdk": True})
    values, problem = ask_builders(config, Path(sys.executable), cursus)
    assert list(values) == ["Good"]
    assert values["Good"].environment == {"EXACT": "from the builder"}
    assert values["Good"].arguments == ("--job_type", "training", "--dry")
    assert problem == "Broken: ValueError: no such region"


def test_the_answer_is_kept_until_the_config_changes_but_a_failure_is_not(cursus: Path, tmp_path: Path) -> None:
    config = config_of(tmp_path, A={})
    utils = cursus / "steps" / "configs" / "utils.py"
    utils.write_text("import absent_sdk")
    assert "absent_sdk" in ask_builders(config, Path(sys.executable), cursus)[1]
    utils.write_text(UTILS)
    assert list(ask_builders(config, Path(sys.executable), cursus)[0]) == ["A"]
    utils.write_text("import absent_sdk")
    assert list(ask_builders(config, Path(sys.executable), cursus)[0]) == ["A"]
    config_of(tmp_path, B={})
    assert ask_builders(config, Path(sys.executable), cursus)[0] == {}


def test_the_pipeline_takes_exact_values_and_the_user_still_wins(cursus: Path, tmp_path: Path) -> None:
    dag = generate(tmp_path / "pipeline", 1)
    node = json.loads(dag.read_text())["dag"]["nodes"][0]
    opened = open_pipeline(str(dag))
    origins = {value.name: (value.value, value.origin) for value in opened.pipeline.environment[node]}
    assert origins["EXACT"] == ("from the builder", BY_BUILDER)
    arguments = {value.name: value for value in opened.pipeline.arguments[node]}
    assert arguments["--dry"].bare
    edited = opened.resolve(Overrides(environment={node: {"EXACT": "mine"}}, job_types={node: "calibration"}))
    origins = {value.name: (value.value, value.origin) for value in edited.environment[node]}
    assert origins["EXACT"] == ("mine", BY_USER)
    assert {value.name: value.value for value in edited.arguments[node]}["--job_type"] == "calibration"
