"""Fills missing values: training learns the fill values, other job types apply what training learned."""

import argparse
import json
import logging
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pandas as pd

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

DEFAULT_INPUT_DIR = "/opt/ml/processing/input/data"
DEFAULT_MODEL_ARTIFACTS_DIR = "/opt/ml/processing/input/model_artifacts"
DEFAULT_OUTPUT_DIR = "/opt/ml/processing/output"
ARTIFACT = "impute_dict.pkl"


def split_names(job_type: str) -> List[str]:
    """The splits that a job type has: three in training, else one of its own name."""
    return ["train", "test", "val"] if job_type == "training" else [job_type]


def load_splits(job_type: str, input_dir: str, string_fields: List[str]) -> Dict[str, pd.DataFrame]:
    """Read <split>/<split>_processed_data.csv for each split; codes and ids stay text."""
    splits = {}
    for name in split_names(job_type):
        path = Path(input_dir) / name / f"{name}_processed_data.csv"
        splits[name] = pd.read_csv(path)
    return splits


def fit_fill_values(df: pd.DataFrame, excluded: List[str], environ_vars: Dict[str, str]) -> Dict[str, Any]:
    """A fill value for each column: median or mean of numbers, mode or a constant of the rest."""
    fill_values: Dict[str, Any] = {}
    for column in df.columns:
        if column in excluded:
            continue
        if pd.api.types.is_numeric_dtype(df[column]):
            median = environ_vars["DEFAULT_NUMERICAL_STRATEGY"] == "median"
            fill_values[column] = round(float(df[column].median() if median else df[column].mean()), 4)
        elif environ_vars["DEFAULT_CATEGORICAL_STRATEGY"] == "mode" and df[column].notna().any():
            fill_values[column] = df[column].mode().iloc[0]
        else:
            fill_values[column] = environ_vars["CATEGORICAL_CONSTANT_VALUE"]
    return fill_values


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, str],
    job_args: argparse.Namespace,
) -> Tuple[Dict[str, pd.DataFrame], Dict[str, Any]]:
    """Impute every split; write the data and the fill values."""
    string_fields = [name for name in environ_vars["STRING_FIELDS"].split(",") if name]
    excluded = [environ_vars["LABEL_FIELD"], *environ_vars["EXCLUDE_COLUMNS"].split(",")]
    splits = load_splits(job_args.job_type, input_paths["input_data"], string_fields)

    if job_args.job_type == "training":
        fill_values = fit_fill_values(splits["train"], excluded, environ_vars)
    else:
        with open(Path(input_paths["model_artifacts_input"]) / ARTIFACT, "rb") as file:
            fill_values = pickle.load(file)

    missing = {}
    for name, df in splits.items():
        missing[name] = {column: int(n) for column, n in df.isna().sum().items() if n and column in fill_values}
        splits[name] = df.fillna({column: value for column, value in fill_values.items() if column in df.columns})
        folder = Path(output_paths["processed_data"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        splits[name].to_csv(folder / f"{name}_processed_data.csv", index=False)
        logger.info(f"Filled {sum(missing[name].values())} values of split {name}: {splits[name].shape}")

    artifacts = Path(output_paths["model_artifacts_output"])
    artifacts.mkdir(parents=True, exist_ok=True)
    with open(artifacts / ARTIFACT, "wb") as file:
        pickle.dump(fill_values, file)
    summary = {"fill_values": fill_values, "missing": missing}
    (artifacts / "imputation_summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    return splits, fill_values


if __name__ == "__main__":
    try:
        parser = argparse.ArgumentParser()
        parser.add_argument("--job_type", required=True, choices=["training", "validation", "testing", "calibration"])
        args = parser.parse_args()

        input_paths = {"input_data": DEFAULT_INPUT_DIR}
        if args.job_type != "training":
            input_paths["model_artifacts_input"] = DEFAULT_MODEL_ARTIFACTS_DIR
        output_paths = {
            "processed_data": DEFAULT_OUTPUT_DIR + "/data",
            "model_artifacts_output": DEFAULT_OUTPUT_DIR + "/model_artifacts",
        }
        environ_vars = {
            "LABEL_FIELD": os.environ.get("LABEL_FIELD", "target"),
            "STRING_FIELDS": os.environ.get("STRING_FIELDS", ""),
            "EXCLUDE_COLUMNS": os.environ.get("EXCLUDE_COLUMNS", ""),
            "DEFAULT_NUMERICAL_STRATEGY": os.environ.get("DEFAULT_NUMERICAL_STRATEGY", "mean"),
            "DEFAULT_CATEGORICAL_STRATEGY": os.environ.get("DEFAULT_CATEGORICAL_STRATEGY", "mode"),
            "CATEGORICAL_CONSTANT_VALUE": os.environ.get("CATEGORICAL_CONSTANT_VALUE", "Unknown"),
        }
        main(input_paths, output_paths, environ_vars, args)
        logger.info("Missing value imputation completed successfully")
        sys.exit(0)
    except FileNotFoundError as e:
        logger.error(f"File not found: {e}")
        sys.exit(1)
    except Exception as e:
        logger.error(f"Error in missing value imputation script: {e}")
        logger.error(traceback.format_exc())
        sys.exit(3)
