"""``cursus-tui sample`` with the samples that ship."""

from pathlib import Path

import pytest

from cursus_tui.cli.main import main


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def test_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample"]) == 0
    assert "fraud_training" in capsys.readouterr().out


def test_copies_one_here_and_never_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", "fraud_training"]) == 0
    assert (tmp_path / "fraud_training/pipeline.dag.json").is_file()
    assert main(["sample", "fraud_training"]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert main(["sample", "fraud_training", "elsewhere"]) == 0
    assert (tmp_path / "elsewhere/pipeline.dag.json").is_file()


@pytest.mark.parametrize("name", ["fraud_training", "broken_contract"])
def test_every_sample_checks_without_errors(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", f"sample:{name}"]) == 0
    assert (tmp_path / f"state/cursus-tui/samples/{name}").is_dir()
