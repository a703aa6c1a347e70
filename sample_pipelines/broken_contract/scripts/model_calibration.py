"""Fits an isotonic curve that turns the model's scores into probabilities."""

import argparse
import json
import logging
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, Optional

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)


def find_first_data_file(folder: str) -> Path:
    """The first CSV of a folder, by name."""
    files = sorted(Path(folder).glob("*.csv"))
    if not files:
        raise FileNotFoundError(f"No CSV file in {folder}")
    return files[0]


def expected_calibration_error(label: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Mean distance between predicted and seen fraud rate over equally wide bins, weighted by rows."""
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    error = 0.0
    for number in range(bins):
        rows = bin_of == number
        if rows.any():
            error += rows.mean() * abs(probability[rows].mean() - label[rows].mean())
    return round(float(error), 6)


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: Optional[argparse.Namespace] = None,
) -> Dict[str, Any]:
    """Calibrate the predictions; write the curve, the metrics and the calibrated data."""
    score_field, label_field = environ_vars["SCORE_FIELD"], environ_vars["LABEL_FIELD"]
    if environ_vars["CALIBRATION_METHOD"] != "isotonic":
        raise ValueError(f"Unknown CALIBRATION_METHOD '{environ_vars['CALIBRATION_METHOD']}'; only isotonic is built in")

    data_file = find_first_data_file(input_paths["evaluation_data"])
    df = pd.read_csv(data_file)
    logger.info(f"Calibrating {score_field} of {data_file.name}: {df.shape}")
    for field in (score_field, label_field):
        if field not in df.columns:
            raise ValueError(f"Field '{field}' not found in the evaluation data; its columns are {list(df.columns)}")

    scores, label = df[score_field].to_numpy(), df[label_field].to_numpy()
    calibrator = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, label)
    calibrated = calibrator.predict(scores).round(6)

    metrics = {
        "rows": len(df),
        "error_before": expected_calibration_error(label, scores),
        "error_after": expected_calibration_error(label, calibrated),
    }
    if metrics["error_after"] > environ_vars["ERROR_THRESHOLD"]:
        logger.warning(f"Calibration error {metrics['error_after']} is above {environ_vars['ERROR_THRESHOLD']}")

    for channel in ("calibration_output", "metrics_output", "calibrated_data"):
        Path(output_paths[channel]).mkdir(parents=True, exist_ok=True)
    with open(Path(output_paths["calibration_output"]) / "calibration_model.pkl", "wb") as file:
        pickle.dump(calibrator, file)
    metrics_file = Path(output_paths["metrics_output"]) / "calibration_metrics.json"
    metrics_file.write_text(json.dumps(metrics, indent=2) + "\n")
    df.assign(calibrated_score=calibrated).to_csv(
        Path(output_paths["calibrated_data"]) / "calibrated_data.csv", index=False
    )
    return metrics


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Model Calibration Script for SageMaker Processing")
    parser.add_argument("--job_type", type=str, default="calibration")
    args = parser.parse_args()
    logger.info(f"Starting model calibration with job_type: {args.job_type}")

    environ_vars = {
        "LABEL_FIELD": os.environ.get("LABEL_FIELD", "label"),
        "SCORE_FIELD": os.environ.get("SCORE_FIELD", "prob_class_1"),
        "CALIBRATION_METHOD": os.environ.get("CALIBRATION_METHOD", "isotonic"),
        "ERROR_THRESHOLD": float(os.environ.get("ERROR_THRESHOLD", "0.05")),
    }
    input_paths = {"evaluation_data": "/opt/ml/processing/input/eval_data"}
    output_paths = {
        "calibration_output": "/opt/ml/processing/output/calibration",
        "metrics_output": "/opt/ml/processing/output/metrics",
        "calibrated_data": "/opt/ml/processing/output/calibrated_data",
    }
    try:
        main(input_paths, output_paths, environ_vars, args)
        logger.info("Calibration completed successfully")
        sys.exit(0)
    except Exception as e:
        logger.error(f"Calibration failed: {e}")
        logger.error(traceback.format_exc())
        sys.exit(1)
