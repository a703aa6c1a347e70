"""What is said about the data that the user gave."""

from pathlib import Path

import pytest

from cursus_tui.checks.given_data import given_data_findings
from cursus_tui.execution import fingerprint
from cursus_tui.execution.data_flow import InputUse
from cursus_tui.records.pipeline import Overrides, Pipeline, ProjectLayout, Severity, Step, StepKind


def pipeline_with(given: Path) -> Pipeline:
    step = Step("Load", "Load", None, StepKind.SOURCE, None, None, "", given={"DATA": given})
    layout = ProjectLayout(given.parent / "test.dag.json", given.parent)
    return Pipeline("test", layout, {"Load": step}, (), (), {}, {}, (), Overrides())


def test_a_folder_of_many_files_is_said_to_be_compared_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    for name in ("a", "b", "deep/c"):
        (data / name).write_text("1")
    assert not list(given_data_findings(pipeline_with(data), most=3))
    assert not list(given_data_findings(pipeline_with(data / "a"), most=0))
    assert not list(given_data_findings(pipeline_with(tmp_path / "absent"), most=0))
    (found,) = given_data_findings(pipeline_with(data), most=2)
    assert (found.severity, found.code, found.step, found.file) == (
        Severity.INFO,
        "many-given-files",
        "Load",
        data,
    )
    assert "first 2" in found.message
    # What it says holds: the files of the top folder come first, by name.
    monkeypatch.setattr(fingerprint, "MOST_GIVEN_FILES", 2)
    use = InputUse("DATA", data, None, None)
    before = fingerprint.input_parts([use])
    (data / "deep" / "c").write_text("longer")
    assert fingerprint.input_parts([use]) == before
    (data / "b").write_text("longer")
    assert fingerprint.input_parts([use]) != before
