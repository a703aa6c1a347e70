"""fraud_training passes as SageMaker would run it, the same bytes each time, and its parts fit together."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest
import sample_container
from intended_wiring import INTENDED
from sample_container import Sample, StepRun

SAMPLES = Path(__file__).parents[2] / "sample_pipelines"
FRAUD = Sample(SAMPLES / "fraud_training")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fraud_training")


@pytest.fixture(scope="module")
def runs(outputs: Path) -> list[StepRun]:
    return sample_container.run(FRAUD, INTENDED, outputs)


def digests(outputs: Path) -> dict[str, str]:
    files = (each for each in outputs.rglob("*") if each.is_file())
    return {
        str(file.relative_to(outputs)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if ".containers" not in file.parts
    }


def load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def split(outputs: Path, step: str, name: str, channel: str = "processed_data") -> pd.DataFrame:
    text = {"order_id": str, "customer_id": str, "merchant_category_code": str, "billing_zip": str}
    return pd.read_csv(outputs / step / channel / name / f"{name}_processed_data.csv", dtype=text)


def test_every_step_with_a_script_passes(runs: list[StepRun]) -> None:
    assert [(each.step, each.exit_code) for each in runs if each.exit_code] == []
    without_script = {"RedshiftDataLoading", "CradleDataLoading_calibration", "Registration"}
    assert {each.step for each in runs} == set(FRAUD.nodes) - without_script
    assert len(runs) == 15


def test_another_process_with_another_hash_seed_writes_the_same_bytes(
    runs: list[StepRun], outputs: Path, tmp_path: Path
) -> None:
    wiring = tmp_path / "wiring.json"
    wiring.write_text(json.dumps(INTENDED))
    script = Path(sample_container.__file__)
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(script), str(FRAUD.folder), str(wiring), str(tmp_path / "again")]
    subprocess.run(command, check=True, capture_output=True, env=environment, timeout=120)
    assert digests(tmp_path / "again") == digests(outputs)


def test_rows_survive_from_step_to_step(runs: list[StepRun], outputs: Path) -> None:
    chain = ("TabularPreprocessing", "CurrencyConversion", "MissingValueImputation", "RiskTableMapping")
    for step in chain:
        rows = {name: len(split(outputs, f"{step}_training", name)) for name in ("train", "test", "val")}
        assert rows == {"train": 2100, "test": 450, "val": 450}
        assert len(split(outputs, f"{step}_calibration", "calibration")) == 900


def test_codes_and_ids_stay_text(runs: list[StepRun], outputs: Path) -> None:
    before = split(outputs, "TabularPreprocessing_training", "train")
    after = split(outputs, "MissingValueImputation_training", "train")
    assert "0742" in set(after["merchant_category_code"])
    pd.testing.assert_series_equal(before["billing_zip"], after["billing_zip"])
    assert before["merchant_category_code"].isna().any()
    assert not after["merchant_category_code"].isna().any()


def test_amounts_are_in_dollars(runs: list[StepRun], outputs: Path) -> None:
    raw = split(outputs, "TabularPreprocessing_calibration", "calibration")
    converted = split(outputs, "CurrencyConversion_calibration", "calibration")
    yen = raw["currency"] == "JPY"
    assert yen.any()
    assert ((raw["order_amount"] / 150)[yen] - converted["order_amount"][yen]).abs().max() <= 0.005
    assert {"USD", "SEK"} <= set(raw["currency"])


def test_the_model_has_learned_something(runs: list[StepRun], outputs: Path) -> None:
    metrics = json.loads((outputs / "SklearnModelEval_calibration/metrics_output/metrics.json").read_text())
    assert metrics["rows"] == 900
    assert 0.65 < metrics["auc_roc"] < 0.95
    calibration = json.loads(
        (outputs / "ModelCalibration_calibration/metrics_output/calibration_metrics.json").read_text()
    )
    assert calibration["error_after"] < calibration["error_before"]


def test_training_outputs_are_packed_and_carry_the_artifacts_of_earlier_steps(
    runs: list[StepRun], outputs: Path
) -> None:
    with tarfile.open(outputs / "SklearnTraining/model_output/model.tar.gz") as archive:
        names = set(archive.getnames())
    assert names == {
        "feature_columns.txt", "hyperparameters.json", "impute_dict.pkl", "model.pkl", "risk_table_map.pkl",
    }  # fmt: skip


def test_the_package_answers_the_sample_payload(runs: list[StepRun], outputs: Path, tmp_path: Path) -> None:
    with tarfile.open(outputs / "Package/packaged_model/model.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    handler = load(tmp_path / "code" / "inference_handler.py")
    payload = json.loads((outputs / "Payload/payload_sample/payload_application_json_0.json").read_text())
    answer = handler.predict_fn(payload, handler.model_fn(tmp_path))
    assert 0 <= answer["legacy-score"] <= 1
    assert 0 <= answer["calibrated-score"] <= 1


def test_the_given_calibration_orders_are_what_the_stand_in_writes(tmp_path: Path) -> None:
    module = load(FRAUD.folder / "scripts" / "stand_in_orders.py")
    paths = {"DATA": tmp_path / "data", "SIGNATURE": tmp_path / "signature", "METADATA": tmp_path / "metadata"}
    module.main({}, paths, {}, SimpleNamespace(job_type="calibration"))
    assert digests(tmp_path) == digests(FRAUD.folder / "data" / "orders_calibration")


def test_the_pipeline_has_the_parts_that_a_real_one_has() -> None:
    assert len(FRAUD.nodes) >= 10
    types = {FRAUD.interface(step)["registry"]["sagemaker_step_type"] for step in FRAUD.nodes}
    assert {"Processing", "Training", "CradleDataLoading", "MimsModelRegistrationProcessing"} <= types
    assert FRAUD.script("Registration") is None
    sizes = {each.name: each.read_text().count("\n") for each in (FRAUD.folder / "scripts").glob("*.py")}
    assert {name: lines for name, lines in sizes.items() if not 60 <= lines <= 200} == {}


def test_scripts_parse_on_old_interpreters() -> None:
    for script in (FRAUD.folder / "scripts").glob("*.py"):
        ast.parse(script.read_text(), feature_version=(3, 9))
