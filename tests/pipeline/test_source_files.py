"""Noticing that a pipeline's own files changed."""

import os
from pathlib import Path

import pytest

from cursus_tui.pipeline.source_files import SourceFiles, source_files
from cursus_tui.records.pipeline import Contract, Interface, Overrides, Pipeline, ProjectLayout, Step, StepKind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.json"
    file.write_text("{}")
    return file


@pytest.fixture
def files(file: Path) -> SourceFiles:
    files = SourceFiles()
    files.take(files.look([file]))
    assert files.changed([file]) == ()
    return files


def test_a_change_counts_once_it_has_come_to_rest(file: Path, files: SourceFiles) -> None:
    file.write_text('{"half": ')
    assert files.changed([file]) == ()
    file.write_text('{"half": 1}')
    assert files.changed([file]) == ()
    assert files.changed([file]) == (file,)
    assert files.changed([file]) == (file,), "until it is read"
    files.take(files.look([file]))
    assert files.changed([file]) == ()


def test_a_file_that_was_only_touched_or_written_as_it_was_did_not_change(file: Path, files: SourceFiles) -> None:
    os.utime(file, (1, 1))
    assert [files.changed([file]) for _ in range(3)] == [()] * 3
    file.write_text("{}")
    assert [files.changed([file]) for _ in range(3)] == [()] * 3


def test_the_same_size_with_another_content_is_a_change(file: Path, files: SourceFiles) -> None:
    file.write_text("[]")
    os.utime(file, (7, 7))
    assert [files.changed([file]) for _ in range(2)] == [(), (file,)]


def test_a_file_that_goes_and_one_that_comes_are_changes(tmp_path: Path, file: Path, files: SourceFiles) -> None:
    settings = tmp_path / "cursus-tui.yaml"
    assert files.changed([file, settings]) == ()
    file.unlink()
    settings.write_text("stubs: []")
    assert files.changed([file, settings]) == ()
    assert files.changed([file, settings]) == (file, settings)


def test_a_folder_changes_with_the_interfaces_in_it(tmp_path: Path) -> None:
    files, folder = SourceFiles(), tmp_path / "interfaces"
    folder.mkdir()
    files.take(files.look([folder]))
    (folder / "draft.swp").write_text("")
    assert [files.changed([folder]) for _ in range(2)] == [(), ()]
    (folder / "train.step.yaml").write_text("")
    assert [files.changed([folder]) for _ in range(2)] == [(), (folder,)]


def test_what_a_pipeline_is_read_from(tmp_path: Path) -> None:
    interface = Interface("Train", "Training", Contract("train.py"), (), (), tmp_path / "train.step.yaml")
    steps = {
        "Train": Step("Train", "Train", None, StepKind.SCRIPT, tmp_path / "train.py", interface, "", tried=()),
        "Odd": Step("Odd", "Odd", None, StepKind.MISSING_SCRIPT, None, None, "", tried=(tmp_path / "odd.py",)),
    }
    layout = ProjectLayout(
        tmp_path / "copy.dag.json",
        tmp_path,
        interfaces=(tmp_path,),
        config=tmp_path / "config.json",
        dag_source=tmp_path / "dag.py",
    )
    pipeline = Pipeline("p", layout, steps, (), (), {}, {}, (), Overrides())
    found = source_files(pipeline, tmp_path / "cursus-tui.yaml")
    assert [each.name for each in found] == [
        "dag.py",
        "config.json",
        "cursus-tui.yaml",
        "train.step.yaml",
        "odd.py",
        tmp_path.name,
    ]
