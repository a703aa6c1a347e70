"""broken_contract stops five times, each time for the reason its page gives, and is otherwise fraud_training."""

from __future__ import annotations

import difflib
import filecmp
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import sample_container
from intended_wiring import INTENDED
from sample_container import Sample

SAMPLES = Path(__file__).parents[2] / "sample_pipelines"
FRAUD, BROKEN = SAMPLES / "fraud_training", SAMPLES / "broken_contract"


def from_fraud_training(path: str) -> Callable[[Path], None]:
    """Mend by taking the good file."""
    return lambda folder: (shutil.copyfile(FRAUD / path, folder / path), None)[1]


@dataclass(frozen=True)
class Defect:
    fails: str
    message: str
    mend: Callable[[Path], None]


DEFECTS = (
    Defect("SklearnTraining", "Found array with 0 feature(s)", from_fraud_training("scripts/feature_selection.py")),
    Defect("CurrencyConversion_calibration", "KeyError: 'SEK'", from_fraud_training("config.json")),
    Defect(
        "RiskTableMapping_calibration",
        "No value of 'merchant_category_code' in split 'calibration' is in its risk table",
        from_fraud_training("scripts/missing_value_imputation.py"),
    ),
    Defect(
        "SklearnModelEval_calibration",
        "order_id must name one row",
        lambda folder: (folder / "data/customer_profiles/part-00001.csv").unlink(),
    ),
    Defect(
        "ModelCalibration_calibration",
        "Field 'prob_class_1' not found in the evaluation data; its columns are ['decile'",
        from_fraud_training("scripts/sklearn_model_eval.py"),
    ),
)


def mended(count: int, folder: Path) -> Sample:
    shutil.copytree(BROKEN, folder)
    for defect in DEFECTS[:count]:
        defect.mend(folder)
    return Sample(folder)


@pytest.mark.parametrize("number", range(len(DEFECTS)))
def test_each_defect_stops_the_run_once_the_earlier_ones_are_mended(number: int, tmp_path: Path) -> None:
    runs = sample_container.run(mended(number, tmp_path / "sample"), INTENDED, tmp_path / "outputs")
    assert runs[-1].exit_code != 0
    assert runs[-1].step == DEFECTS[number].fails
    assert DEFECTS[number].message in runs[-1].log


def test_with_all_mended_it_passes(tmp_path: Path) -> None:
    runs = sample_container.run(mended(len(DEFECTS), tmp_path / "sample"), INTENDED, tmp_path / "outputs")
    assert [each.step for each in runs if each.exit_code] == []
    assert len(runs) == 15


def test_the_defects_show_in_the_data_before_anything_fails(tmp_path: Path) -> None:
    runs = sample_container.run(Sample(BROKEN), INTENDED, tmp_path)
    assert {each.exit_code for each in runs[:-1]} == {0}

    def train(step: str) -> pd.DataFrame:
        return pd.read_csv(tmp_path / step / "processed_data/train/train_processed_data.csv", dtype=str)

    joined = sum(len(pd.read_csv(file)) for file in (tmp_path / "TabularPreprocessing_training").rglob("*.csv"))
    assert joined > 3300
    assert "0742" in set(train("CurrencyConversion_training")["merchant_category_code"])
    assert {"742.0"} <= set(train("MissingValueImputation_training")["merchant_category_code"])
    assert list(train("FeatureSelection_training")) == ["order_id", "is_fraud"]


def test_only_what_is_broken_differs_from_fraud_training() -> None:
    files = {str(each.relative_to(FRAUD)) for each in FRAUD.rglob("*") if _kept(each)}
    ours = {str(each.relative_to(BROKEN)) for each in BROKEN.rglob("*") if _kept(each)}
    assert ours - files == {"data/customer_profiles/part-00001.csv"}
    assert files - ours == set()
    _, different, _ = filecmp.cmpfiles(FRAUD, BROKEN, sorted(files), shallow=False)
    assert different == [
        "README.md",
        "config.json",
        "pipeline.dag.json",
        "scripts/feature_selection.py",
        "scripts/missing_value_imputation.py",
        "scripts/sklearn_model_eval.py",
    ]
    for name in different[3:]:
        changed = [
            line
            for line in difflib.ndiff((FRAUD / name).read_text().splitlines(), (BROKEN / name).read_text().splitlines())
            if line.startswith(("- ", "+ "))
        ]
        assert len(changed) == 2, "each broken script differs in one line"


def test_its_page_names_every_failing_step() -> None:
    page = (BROKEN / "README.md").read_text()
    before_answers, answers = page.split("## Answers")
    assert all(defect.fails in before_answers for defect in DEFECTS)
    assert answers.count("<details>") == len(DEFECTS)


def _kept(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts
