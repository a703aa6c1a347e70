"""Container paths of a contract, and where they are on this box."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_tui.worker.container_paths import ContainerPaths, ContainerView
from cursus_tui.worker.job import Job


def job(**fields: object) -> Job:
    return Job(**{"id": 1, "step": "S", "folder": "/run", "script": "/code/step.py", **fields})  # type: ignore[arg-type]


PATHS = ContainerPaths(
    job(
        contract_inputs={
            "input_path": "/opt/ml/input/data",
            "artifacts": "/opt/ml/input/data/artifacts",
            "hyperparameters": "/opt/ml/code/hyperparams/hyperparameters.json",
            "unwired": "/opt/ml/processing/input/unwired",
        },
        contract_outputs={"model": "/opt/ml/model", "other": "/opt/ml/model/", "data": "/opt/ml/output/data"},
        input_paths={"input_path": "/in", "artifacts": "/art", "hyperparameters": "/hp"},
        output_paths={"model": "/out/model", "other": "/out/other", "data": "/out/data"},
    )
)


@pytest.mark.parametrize(
    ("name", "path", "local", "contract_name"),
    [
        ("input_path", "/opt/ml/input/data", "/in", None),
        ("DATA", "/opt/ml/input/data/", "/in", "input_path"),
        ("train", "/opt/ml/input/data/train", "/in/train", None),
        ("artifacts", "/opt/ml/input/data/artifacts", "/art", None),
        ("more", "/opt/ml/input/data/artifacts/more", "/art/more", None),
        ("artifacts", "/opt/ml/elsewhere", "/art", None),
        ("hyperparameters", "/opt/ml/code/hyperparams", "/hp", None),
        ("models", "/opt/ml/code/models", "/code/models", None),
        ("unwired", "/opt/ml/processing/input/unwired", "/run/container/processing/input/unwired", None),
        ("mine", "/home/me/data", "/home/me/data", None),
        ("relative", "data/x", "data/x", None),
    ],
)
def test_inputs_are_mapped(name: str, path: str, local: str, contract_name: str | None) -> None:
    assert PATHS.input(name, path) == (local, contract_name)


def test_outputs_are_mapped() -> None:
    assert PATHS.output("model", "/opt/ml/model") == ("/out/model", None)
    assert PATHS.output("other", "/opt/ml/model") == ("/out/other", None)
    assert PATHS.output("odd", "/opt/ml/output/data/x") == ("/out/data/x", None)
    one = ContainerPaths(job(contract_outputs={"only": None}, output_paths={"only": "/out"}))
    assert one.output("processed", "/opt/ml/processing/output") == ("/out", "only")
    assert PATHS.any("/opt/ml/input/data/artifacts/x") == "/art/x"
    assert PATHS.any("/opt/mlflow") == "/opt/mlflow"


def test_a_file_of_the_contract_stands_for_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "hyperparameters.json"
    file.write_text("{}")
    contract = {"hp": "/opt/ml/code/hyperparams/hyperparameters.json"}
    paths = ContainerPaths(job(contract_inputs=contract, input_paths={"hp": str(file)}))
    assert paths.input("hp", "/opt/ml/code/hyperparams") == (str(tmp_path), None)
    assert paths.input("hp", "/opt/ml/code/hyperparams/hyperparameters.json") == (str(file), None)


def test_a_view_is_seen_and_hidden(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    paths = ContainerPaths(
        job(folder=str(tmp_path), contract_inputs={"x": "/opt/ml/x"}, input_paths={"x": str(tmp_path / "in")})
    )
    view = ContainerView(paths, str(tmp_path / "container"))
    before = (os.stat, open)
    view.show()
    try:
        assert Path("/opt/ml/x").is_dir()
        Path("/opt/ml/x/file").write_text("seen")
        os.makedirs("/opt/ml/output/more", exist_ok=True)
        assert os.listdir("/opt/ml/output") == ["more"]
    finally:
        view.hide()
    assert (os.stat, open) == before
    assert not Path("/opt/ml/x").exists()
    assert (tmp_path / "in" / "file").read_text() == "seen"
    assert (tmp_path / "container" / "output" / "more").is_dir()
