"""Keeps the features that tell fraud from the rest best, by an analysis of variance on the training split."""

import argparse
import json
import logging
import os
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, List

import pandas as pd
from sklearn.feature_selection import f_classif

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

CONTAINER_PATHS = {
    "INPUT_DATA": "/opt/ml/processing/input",
    "OUTPUT_DATA": "/opt/ml/processing/output",
}


def load_splits(input_dir: str, id_field: str) -> Dict[str, pd.DataFrame]:
    """Read <split>/<split>_processed_data.csv of the three training splits."""
    return {
        name: pd.read_csv(Path(input_dir) / name / f"{name}_processed_data.csv", dtype={id_field: str})
        for name in ("train", "test", "val")
    }


def score_features(train: pd.DataFrame, candidates: List[str], label: str, variance_threshold: float) -> pd.Series:
    """F value of each candidate that varies, best first; empty where they cannot be scored."""
    try:
        values, _ = f_classif(train[candidates], train[label])
        scores = pd.Series(values, index=candidates)
        varying = train[candidates].var() > variance_threshold
        return scores[varying].sort_values(ascending=False, kind="stable")
    except ValueError as e:
        logger.warning(f"Could not score features: {e}")
        return pd.Series(dtype=float)


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: argparse.Namespace,
) -> None:
    """Select on train, write every split with the selected features, and pass earlier artifacts on."""
    label, id_field = environ_vars["LABEL_FIELD"], environ_vars["ID_FIELD"]
    splits = load_splits(input_paths["input_data"], id_field)

    excluded = {label, id_field}
    candidates = [column for column in splits["train"].columns if column not in excluded]
    scores = score_features(splits["train"], candidates, label, environ_vars["VARIANCE_THRESHOLD"])
    selected = list(scores.index[: environ_vars["N_FEATURES_TO_SELECT"]])
    logger.info(f"Selected {len(selected)} of {len(candidates)} features: {selected}")

    for name, df in splits.items():
        folder = Path(output_paths["processed_data"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        df[[id_field, *selected, label]].to_csv(folder / f"{name}_processed_data.csv", index=False)

    artifacts = Path(output_paths["model_artifacts_output"])
    artifacts.mkdir(parents=True, exist_ok=True)
    earlier = input_paths.get("model_artifacts_input")
    if earlier and Path(earlier).is_dir():
        for file in sorted(Path(earlier).iterdir()):
            shutil.copyfile(file, artifacts / file.name)
    summary = {"selected_features": selected, "scores": {name: round(float(v), 4) for name, v in scores.items()}}
    (artifacts / "selected_features.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Feature Selection Script")
    parser.add_argument("--job_type", default="training", choices=["training"])
    args = parser.parse_args()

    input_paths = {
        "input_data": CONTAINER_PATHS["INPUT_DATA"],
        "model_artifacts_input": CONTAINER_PATHS["INPUT_DATA"] + "/model_artifacts",
    }
    output_paths = {
        "processed_data": CONTAINER_PATHS["OUTPUT_DATA"] + "/data",
        "model_artifacts_output": CONTAINER_PATHS["OUTPUT_DATA"] + "/model_artifacts",
    }
    environ_vars = {
        "LABEL_FIELD": os.environ["LABEL_FIELD"],
        "ID_FIELD": os.environ.get("ID_FIELD", "id"),
        "N_FEATURES_TO_SELECT": int(os.environ.get("N_FEATURES_TO_SELECT", "10")),
        "VARIANCE_THRESHOLD": float(os.environ.get("VARIANCE_THRESHOLD", "0.0")),
    }
    try:
        main(input_paths, output_paths, environ_vars, args)
        logger.info("Feature selection completed successfully")
        sys.exit(0)
    except Exception as e:
        logger.error(f"Exception during feature selection: {e}")
        logger.error(traceback.format_exc())
        sys.exit(1)
