"""Step interfaces and the folders that hold them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_tui.pipeline import catalog as catalog_module
from cursus_tui.pipeline.catalog import StepCatalog
from cursus_tui.records.errors import UserError

LOADER = """\
step_type: Loader
registry: {sagemaker_step_type: Processing}
contract:
  entry_point: loader.py
  inputs: {DATA: {path: /opt/ml/processing/input/data, required: false}}
  outputs: {DATA: {path: /opt/ml/processing/output}}
  env_vars: {required: [LABEL], optional: {N: 5, FLAG: true, NOTHING: null}}
  job_arguments: [{flag: --job_type, source: job_type}]
spec:
  dependencies: {DATA: {required: false, compatible_sources: [A, B]}}
  outputs: {DATA: {aliases: [raw], data_type: S3Uri}}
variants:
  training:
    spec:
      outputs: {DATA: {aliases: [train_raw]}, EXTRA: {}}
"""


def folder(place: Path, **files: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / f"{name}.step.yaml").write_text(text)
    return place


def test_an_interface_becomes_a_record(tmp_path: Path) -> None:
    found = StepCatalog([folder(tmp_path, loader=LOADER)]).interface("Loader")
    assert found is not None
    assert found.contract.optional_env == {"N": "5", "FLAG": "true", "NOTHING": ""}
    assert found.contract.inputs[0].required is False
    assert found.dependencies[0].compatible_sources == ("A", "B")
    assert found.outputs[0].aliases == ("raw",)


def test_a_variant_is_merged_deeply_and_an_unknown_job_type_gets_the_base(tmp_path: Path) -> None:
    catalog = StepCatalog([folder(tmp_path, loader=LOADER)])
    training = catalog.interface("Loader", "training")
    assert training is not None
    assert [(output.name, output.aliases) for output in training.outputs] == [("DATA", ("train_raw",)), ("EXTRA", ())]
    assert training.contract == catalog.interface("Loader", "other").contract  # type: ignore[union-attr]


def test_the_first_folder_wins(tmp_path: Path) -> None:
    mine = folder(tmp_path / "mine", x="step_type: Loader\ncontract: {entry_point: mine.py}\n")
    catalog = StepCatalog([mine, folder(tmp_path / "theirs", loader=LOADER, other="step_type: Other\n")])
    assert catalog.interface("Loader").contract.entry_point == "mine.py"  # type: ignore[union-attr]
    assert catalog.step_types == ("Loader", "Other")
    assert catalog.findings == ()


def test_the_step_type_inside_rules_over_the_file_name(tmp_path: Path) -> None:
    catalog = StepCatalog([folder(tmp_path, wrong="contract: {}\n'step_type': Right\n")])
    assert catalog.step_types == ("Right",)


def test_only_asked_files_are_parsed_and_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[Path] = []
    real = catalog_module.parse_yaml
    monkeypatch.setattr(
        catalog_module, "parse_yaml", lambda text, file, what: parsed.append(file) or real(text, file, what)
    )
    place = folder(tmp_path, a="step_type: A\n", b="step_type: B\nspec: {\n")
    for _ in range(3):
        assert StepCatalog([place]).interface("A", "training") is not None
    assert [file.name for file in parsed] == ["a.step.yaml"]


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    place = folder(tmp_path, a="step_type: A\nnode_type: source\n")
    assert StepCatalog([place]).interface("A").node_type == "source"  # type: ignore[union-attr]
    folder(tmp_path, a="step_type: A\nnode_type: nknown\n")
    os.utime(place / "a.step.yaml", ns=(1, 1))
    assert StepCatalog([place]).interface("A").node_type == "nknown"  # type: ignore[union-attr]


def test_a_wrong_field_is_named_with_file_line_and_expectation(tmp_path: Path) -> None:
    text = "step_type: A\ncontract:\n  inputs:\n    DATA:\n      required: perhaps\n"
    with pytest.raises(UserError) as caught:
        StepCatalog([folder(tmp_path, a=text)]).interface("A")
    error = caught.value
    assert (error.message, error.line) == ("contract.inputs.DATA.required is 'perhaps'", 5)
    assert "boolean" in error.expected
    assert error.file == tmp_path / "a.step.yaml"


def test_broken_yaml_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not valid YAML") as caught:
        StepCatalog([folder(tmp_path, a="step_type: A\nspec: [1\nx: y\n")]).interface("A")
    assert caught.value.line == 3


def test_files_without_step_type_and_second_ones_are_findings(tmp_path: Path) -> None:
    place = folder(tmp_path, a="step_type: A\n", b="step_type: A\n", c="spec: {}\n", d="- 1\n", e="x: [\n")
    catalog = StepCatalog([place, tmp_path / "none"])
    assert [(finding.code, finding.file.name) for finding in catalog.findings if finding.file] == [
        ("duplicate-interface", "b.step.yaml"),
        ("broken-interface", "c.step.yaml"),
        ("broken-interface", "d.step.yaml"),
        ("broken-interface", "e.step.yaml"),
        ("unreadable-interfaces", "none"),
    ]
    assert catalog.interface("Nothing") is None


def test_empty_sections_mean_nothing_in_them(tmp_path: Path) -> None:
    text = "step_type: A\nregistry:\ncontract:\n  inputs:\n  outputs: {X: }\n  env_vars:\nspec:\n  outputs:\n"
    found = StepCatalog([folder(tmp_path, a=text)]).interface("A")
    assert found is not None
    assert [output.name for output in found.contract.outputs] == ["X"]
