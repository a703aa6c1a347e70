"""Listing and copying samples without ever overwriting anything."""

import stat
from pathlib import Path

import pytest

from cursus_tui.pipeline.samples import copy_sample, open_sample, sample_names, sample_summary
from cursus_tui.records.errors import UserError


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    folder = tmp_path / "samples"
    (folder / "tiny/scripts/__pycache__").mkdir(parents=True)
    (folder / "tiny/pipeline.dag.json").write_text("{}")
    (folder / "tiny/README.md").write_text("# Tiny\n\nThe smallest pipeline.\n")
    (folder / "tiny/scripts/__pycache__/x.pyc").write_bytes(b"x")
    (folder / "not_a_sample").mkdir()
    return folder


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def test_lists_samples_with_their_summary(samples: Path) -> None:
    assert sample_names(samples) == ("tiny",)
    assert sample_summary("tiny", samples) == "The smallest pipeline."


def test_copies_without_caches_and_never_overwrites(samples: Path, tmp_path: Path) -> None:
    target = copy_sample("tiny", tmp_path / "mine", samples)
    assert (target / "pipeline.dag.json").is_file()
    assert not list(target.rglob("__pycache__"))
    (target / "pipeline.dag.json").write_text("mine")
    assert copy_sample("tiny", tmp_path / "mine", samples) == tmp_path / "mine/tiny"
    with pytest.raises(UserError, match="nothing is overwritten"):
        copy_sample("tiny", tmp_path / "mine", samples)
    assert (target / "pipeline.dag.json").read_text() == "mine"


def test_the_private_copy_keeps_edits_and_is_private(samples: Path, state: Path) -> None:
    first = open_sample("tiny", samples)
    assert first.folder.is_relative_to(state)
    assert stat.S_IMODE(first.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(first.folder.parent.stat().st_mode) == 0o700
    (first.folder / "pipeline.dag.json").write_text("edited")
    again = open_sample("tiny", samples)
    assert (again.folder / "pipeline.dag.json").read_text() == "edited"
    assert "was copied" in first.note
    assert "your copy" in again.note


def test_an_unknown_sample_names_the_nearest(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no sample 'tinny'") as raised:
        copy_sample("tinny", tmp_path / "x", samples)
    assert raised.value.hint == "sample:tiny"
    with pytest.raises(UserError):
        open_sample("../samples/tiny", samples)


def test_a_copy_that_cannot_be_written_leaves_nothing(samples: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot copy"):
        copy_sample("tiny", tmp_path / "samples/tiny/README.md/x", samples)


def test_an_unedited_copy_follows_the_sample_and_keeps_its_runs(samples: Path) -> None:
    copy = open_sample("tiny", samples).folder
    (copy / ".cursus-tui/runs").mkdir(parents=True)
    (samples / "tiny/README.md").write_text("# Tiny\n\nNewer.\n")
    again = open_sample("tiny", samples)
    assert "brought up to date" in again.note
    assert (copy / "README.md").read_text() == "# Tiny\n\nNewer.\n"
    assert (copy / ".cursus-tui/runs").is_dir()
    assert sorted(each.name for each in copy.parent.iterdir()) == ["tiny", "tiny.origin"]


def test_an_edited_copy_is_left_alone_when_the_sample_changes(samples: Path) -> None:
    copy = open_sample("tiny", samples).folder
    (copy / "pipeline.dag.json").write_text("mine")
    (samples / "tiny/README.md").write_text("newer")
    assert "edited copy" in open_sample("tiny", samples).note
    assert (copy / "pipeline.dag.json").read_text() == "mine"
