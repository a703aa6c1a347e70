"""Inputs stay as they are: copies, what is read in place, and finding out who changed what."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import ScriptedStep, bench, chain, passed, write_everything

from cursus_tui.execution import protection
from cursus_tui.execution.protection import InputProtection, changes_of, load, save
from cursus_tui.records.events import FindingAdded
from cursus_tui.records.run import StepStatus
from cursus_tui.storage.layout import AttemptFolder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "train").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "train" / "a.csv").write_text("a\n1\n")
    (folder / "b.json").write_text("{}")
    os.utime(folder / "b.json", (1_000, 1_000))
    return folder


def test_a_small_channel_is_a_private_copy_with_its_folders_and_times(tmp_path: Path, data: Path):
    made = InputProtection().protect("data", data, AttemptFolder(tmp_path / "1"))
    assert made.private
    assert (made.path / "train" / "a.csv").read_text() == "a\n1\n"
    assert (made.path / "empty").is_dir()
    assert (made.path / "b.json").stat().st_mtime == 1_000
    assert changes_of(made) == []
    (made.path / "b.json").write_text("[]")
    (made.path / "train" / "a.csv").unlink()
    (made.path / "new").touch()
    assert [(each.name, each.what) for each in changes_of(made)] == [
        ("train/a.csv", "removed"),
        ("b.json", "changed"),
        ("new", "added"),
    ]
    assert (data / "b.json").read_text() == "{}"


def test_a_file_is_copied_under_its_own_name(tmp_path: Path, data: Path):
    made = InputProtection().protect("hp", data / "b.json", AttemptFolder(tmp_path / "1"))
    assert made.path.name == "b.json"
    assert made.path.read_text() == "{}"
    made.path.write_text("[1]")
    assert [(each.name, each.what) for each in changes_of(made)] == [("b.json", "changed")]


def test_a_big_channel_is_read_in_place_and_watched(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protection, "SMALL_BYTES", 3)
    keeper = InputProtection()
    keeper._unshared.add(data.stat().st_dev)
    folder = AttemptFolder(tmp_path / "1")
    folder.path.mkdir()
    made = keeper.protect("data", data, folder)
    assert (made.path, made.private) == (data, False)
    assert not folder.input("data").exists()
    save(folder, {"data": made})
    (data / "b.json").write_text("[]")
    assert [(each.name, each.what, each.private) for each in changes_of(load(folder)["data"])] == [
        ("b.json", "changed", False)
    ]


def test_odd_files_do_not_hang_it(tmp_path: Path, data: Path):
    os.mkfifo(data / "pipe")
    (data / "loop").symlink_to(data)
    (data / "dangling").symlink_to(tmp_path / "nowhere")
    made = InputProtection().protect("data", data, AttemptFolder(tmp_path / "1"))
    assert set(made.stamps) == {"b.json", "train/a.csv"}


def test_nothing_kept_means_nothing_known(tmp_path: Path):
    assert load(AttemptFolder(tmp_path)) == {}


def change_input(step: ScriptedStep):
    (step.context.input_paths["data"] / "part-0.csv").write_text("spoilt")
    return write_everything(step)


def test_a_step_that_changes_what_others_read_has_failed_with_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(protection, "SMALL_BYTES", 0)
    monkeypatch.setattr(InputProtection, "_share", lambda *arguments: False)
    made = bench(chain(tmp_path, "A", "B"), {"B": change_input})
    made.run("continue_")
    attempt = made.session.state.steps["B"].attempt
    assert attempt.status is StepStatus.FAILED
    assert attempt.error.type == "input changed"
    assert attempt.error.message == "the script changed its own input: data/part-0.csv (changed)"
    source = made.session.state.steps["A"].attempt.folder
    assert attempt.error.file == str(source / "output" / "out" / "part-0.csv")
    made.close()


def test_a_step_that_changes_its_own_copy_is_only_noted(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"B": change_input})
    made.run("continue_")
    assert made.statuses["B"] == "passed"
    findings = [each.finding for each in made.events if isinstance(each, FindingAdded)]
    assert [each.code for each in findings] == ["input-changed"]
    assert "data/part-0.csv" in findings[0].message
    source = made.session.state.steps["A"].attempt.folder
    assert (source / "output" / "out" / "part-0.csv").read_text() != "spoilt"
    made.close()


@pytest.mark.parametrize("linked", [False, True])
def test_big_copies_go_once_the_step_passed_unless_its_output_links_to_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
):
    monkeypatch.setattr(protection, "KEPT_BYTES", 1)

    def step_b(step: ScriptedStep):
        if linked:
            (step.context.output_paths["out"] / "same.csv").symlink_to(step.context.input_paths["data"] / "part-0.csv")
        return replace(passed())

    made = bench(chain(tmp_path, "A", "B"), {"B": step_b})
    made.run("continue_")
    copies = AttemptFolder(made.session.state.steps["B"].attempt.folder).input("data")
    made.session.wait_counted(5)
    assert copies.exists() is linked
    made.close()


def test_the_next_step_does_not_wait_for_the_last_ones_copies_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    started: list[tuple[str, ...]] = []
    made = bench(chain(tmp_path, "A", "B", "C"), start=False)
    monkeypatch.setattr(protection, "discard_copies", lambda *arguments: started.append(tuple(made.executor.started)))
    made.session.start().result(10)
    made.run("continue_")
    made.close()
    assert started == [("A", "B"), ("A", "B", "C"), ("A", "B", "C")]
