"""The samples through the real session: one passes; the other is mended, defect by defect, without starting anew."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import Session
from cursus_tui.records.run import Artifact, PauseReason, Phase, StepStatus
from cursus_tui.workbench import Workbench, open_pipeline

SAMPLES = Path(__file__).parents[2] / "sample_pipelines"
PATIENCE = 90.0
"""Seconds to wait for a run; only a run that hangs takes as long."""

Open = Callable[[str], Session]


@pytest.fixture
def open_sample(tmp_path: Path) -> Iterator[Open]:
    opened: list[Workbench] = []

    def open_(name: str) -> Session:
        shutil.copytree(SAMPLES / name, tmp_path / name)
        workbench = Workbench(open_pipeline(str(tmp_path / name)), RunOptions(), tmp_path / "workspace")
        opened.append(workbench)
        return workbench.start()

    yield open_
    for workbench in opened:
        workbench.close()


def rows(session: Session, step: str, channel: str) -> int:
    session.wait_counted(PATIENCE)
    attempt = session.state.steps[step].attempt
    assert attempt
    return sum(each.rows or 0 for each in attempt.artifacts if each.channel == channel and _is_table(each))


def _is_table(artifact: Artifact) -> bool:
    return artifact.kind == "csv"


@pytest.mark.real
def test_fraud_training_passes(open_sample: Open) -> None:
    session = open_sample("fraud_training")
    session.continue_().result()
    state = session.wait_settled(PATIENCE)
    assert state.phase == Phase.FINISHED
    by_status: dict[StepStatus, set[str]] = {}
    for step in state.steps.values():
        by_status.setdefault(step.status, set()).add(step.step)
    assert by_status.pop(StepStatus.REUSED) == {"RedshiftDataLoading", "CradleDataLoading_calibration"}
    assert by_status.pop(StepStatus.NOT_LOCAL) == {"Registration"}
    assert {status: len(steps) for status, steps in by_status.items()} == {StepStatus.PASSED: 15}
    assert rows(session, "TabularPreprocessing_training", "processed_data") == 3000
    assert rows(session, "ModelCalibration_calibration", "calibrated_data") == 900


@pytest.mark.real
def test_broken_contract_is_mended_step_by_step_in_one_run(open_sample: Open, tmp_path: Path) -> None:
    session = open_sample("broken_contract")
    folder = tmp_path / "broken_contract"

    def stops_at(step: str, message: str) -> None:
        state = session.wait_settled(PATIENCE)
        assert (state.phase, state.reason, state.current) == (Phase.PAUSED, PauseReason.FAILURE, step)
        attempt = state.steps[step].attempt
        assert attempt
        assert attempt.error
        assert message in f"{attempt.error.type}: {attempt.error.message}"

    def mend_script(name: str) -> None:
        shutil.copyfile(SAMPLES / "fraud_training" / "scripts" / name, folder / "scripts" / name)
        session.continue_().result()

    session.continue_().result()
    stops_at("SklearnTraining", "Found array with 0 feature(s)")
    assert rows(session, "TabularPreprocessing_training", "processed_data") > 3300

    mend_script("feature_selection.py")
    stops_at("CurrencyConversion_calibration", "KeyError: 'SEK'")

    good = json.loads((SAMPLES / "fraud_training" / "config.json").read_text())["configuration"]["specific"]
    rates = json.dumps(good["CurrencyConversion_calibration"]["currency_conversion_dict"])
    environment = {"CurrencyConversion_calibration": {"CURRENCY_CONVERSION_DICT": rates}}
    session.edit(dataclasses.replace(session.pipeline.overrides, environment=environment)).result()
    session.continue_().result()
    stops_at("RiskTableMapping_calibration", "No value of 'merchant_category_code'")

    mend_script("missing_value_imputation.py")
    stops_at("SklearnModelEval_calibration", "order_id must name one row")

    (folder / "data" / "customer_profiles" / "part-00001.csv").unlink()
    session.continue_().result()
    stops_at("ModelCalibration_calibration", "Field 'prob_class_1' not found")

    mend_script("sklearn_model_eval.py")
    state = session.wait_settled(PATIENCE)
    assert state.phase == Phase.FINISHED
    assert {step.step for step in state.steps.values() if step.stale} == set()
    assert rows(session, "TabularPreprocessing_training", "processed_data") == 3000
    # Only what stands on something that was mended ran again.
    attempts = {step: len(session.attempts(step)) for step in ("CradleDataLoading_training", "SklearnTraining")}
    assert attempts == {"CradleDataLoading_training": 1, "SklearnTraining": 4}
