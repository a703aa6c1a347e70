"""Replaces each category by the fraud rate seen with it: training builds the tables, other job types apply them."""

import argparse
import json
import logging
import os
import pickle
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pandas as pd

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

DEFAULT_INPUT_DIR = "/opt/ml/processing/input/data"
DEFAULT_CONFIG_FILE = "/opt/ml/code/hyperparams/hyperparameters.json"
DEFAULT_MODEL_ARTIFACTS_DIR = "/opt/ml/processing/input/model_artifacts"
DEFAULT_OUTPUT_DIR = "/opt/ml/processing/output"
ARTIFACT = "risk_table_map.pkl"


def split_names(job_type: str) -> List[str]:
    """The splits that a job type has: three in training, else one of its own name."""
    return ["train", "test", "val"] if job_type == "training" else [job_type]


def load_hyperparameters(path: str) -> Dict[str, Any]:
    """The field lists, from the file or from a folder that holds it."""
    file = Path(path)
    return json.loads((file / "hyperparameters.json" if file.is_dir() else file).read_text())


def fit_risk_table(values: pd.Series, label: pd.Series, smooth_factor: float, count_threshold: int) -> Dict[str, Any]:
    """Smoothed fraud rate of each value that is frequent enough; the overall rate for the rest."""
    overall = float(label.mean())
    weight = smooth_factor * len(label)
    counts = label.groupby(values).agg(["sum", "count"]).sort_index()
    counts = counts[counts["count"] >= count_threshold]
    rates = (counts["sum"] + weight * overall) / (counts["count"] + weight)
    return {"bins": {str(k): round(float(v), 6) for k, v in rates.items()}, "default_bin": round(overall, 6)}


def apply_risk_tables(df: pd.DataFrame, tables: Dict[str, Any], split: str) -> pd.DataFrame:
    """Map every category; a column of which no value is known would only hold the default, so refuse it."""
    for field, table in tables.items():
        mapped = df[field].map(table["bins"])
        if not mapped.notna().any():
            raise ValueError(f"No value of '{field}' in split '{split}' is in its risk table of {len(table['bins'])} bins")
        df[field] = mapped.fillna(table["default_bin"])
    return df


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: argparse.Namespace,
) -> Tuple[Dict[str, pd.DataFrame], Dict[str, Any]]:
    """Map every split; write the data, the risk tables, and the artifacts of earlier steps beside them."""
    config = load_hyperparameters(input_paths["hyperparameters_s3_uri"])
    label, categories = config["label_name"], config["cat_field_list"]
    artifacts_in = Path(input_paths["model_artifacts_input"])

    text = {field: str for field in [config["id_name"], *categories]}
    splits = {
        name: pd.read_csv(Path(input_paths["input_data"]) / name / f"{name}_processed_data.csv", dtype=text)
        for name in split_names(job_args.job_type)
    }
    if job_args.job_type == "training":
        train = splits["train"]
        smooth, threshold = environ_vars["SMOOTH_FACTOR"], environ_vars["COUNT_THRESHOLD"]
        tables = {field: fit_risk_table(train[field], train[label], smooth, threshold) for field in categories}
    else:
        with open(artifacts_in / ARTIFACT, "rb") as file:
            tables = pickle.load(file)

    for name, df in splits.items():
        splits[name] = apply_risk_tables(df, tables, name)[config["full_field_list"]]
        folder = Path(output_paths["processed_data"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        splits[name].to_csv(folder / f"{name}_processed_data.csv", index=False)
        logger.info(f"Mapped {len(categories)} fields of split {name}: {splits[name].shape}")

    artifacts = Path(output_paths["model_artifacts_output"])
    artifacts.mkdir(parents=True, exist_ok=True)
    for file in sorted(artifacts_in.iterdir()):
        shutil.copyfile(file, artifacts / file.name)
    with open(artifacts / ARTIFACT, "wb") as file:
        pickle.dump(tables, file)
    return splits, tables


if __name__ == "__main__":
    try:
        parser = argparse.ArgumentParser()
        parser.add_argument("--job_type", required=True, choices=["training", "validation", "testing", "calibration"])
        args = parser.parse_args()

        input_paths = {
            "input_data": DEFAULT_INPUT_DIR,
            "hyperparameters_s3_uri": DEFAULT_CONFIG_FILE,
            "model_artifacts_input": DEFAULT_MODEL_ARTIFACTS_DIR,
        }
        output_paths = {
            "processed_data": DEFAULT_OUTPUT_DIR + "/data",
            "model_artifacts_output": DEFAULT_OUTPUT_DIR + "/model_artifacts",
        }
        environ_vars = {
            "SMOOTH_FACTOR": float(os.environ.get("SMOOTH_FACTOR", "0.01")),
            "COUNT_THRESHOLD": int(os.environ.get("COUNT_THRESHOLD", "5")),
        }
        main(input_paths, output_paths, environ_vars, args)
        logger.info("Risk table mapping completed successfully")
        sys.exit(0)
    except Exception as e:
        logger.error(f"Error in risk table mapping script: {e}")
        logger.error(traceback.format_exc())
        sys.exit(3)
