"""Combines the shards, joins the customers' profiles, cleans the label and splits the rows."""

import argparse
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Callable, Dict, List, Optional

import pandas as pd
from sklearn.model_selection import train_test_split


def read_signature(signature_dir: Optional[str]) -> Optional[List[str]]:
    """Column names from the signature file, or None where the shards carry their own header."""
    if not signature_dir or not Path(signature_dir).is_dir():
        return None
    files = sorted(path for path in Path(signature_dir).iterdir() if path.is_file())
    return files[0].read_text().strip().split(",") if files else None


def combine_shards(data_dir: str, columns: Optional[List[str]], string_fields: List[str]) -> pd.DataFrame:
    """All part-*.csv of a folder as one frame."""
    shards = sorted(Path(data_dir).glob("part-*.csv"))
    if not shards:
        raise RuntimeError(f"No part-*.csv found in {data_dir}")
    dtype = {name: str for name in string_fields}
    header = {"names": columns, "header": None} if columns else {}
    return pd.concat([pd.read_csv(shard, dtype=dtype, **header) for shard in shards], ignore_index=True)


def split_rows(df: pd.DataFrame, label: str, train_ratio: float, test_val_ratio: float) -> Dict[str, pd.DataFrame]:
    """Stratified train, test and val splits."""
    train, holdout = train_test_split(df, train_size=train_ratio, random_state=42, stratify=df[label])
    test, val = train_test_split(holdout, test_size=test_val_ratio, random_state=42, stratify=holdout[label])
    return {"train": train, "test": test, "val": val}


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, str],
    job_args: argparse.Namespace,
    logger: Optional[Callable[[str], None]] = None,
) -> Dict[str, pd.DataFrame]:
    """Preprocess the orders and write <split>/<split>_processed_data.csv for each split."""
    log = logger or print
    label = environ_vars["LABEL_FIELD"]
    string_fields = [name for name in environ_vars["STRING_FIELDS"].split(",") if name]

    columns = read_signature(input_paths.get("SIGNATURE"))
    df = combine_shards(input_paths["DATA"], columns, string_fields)
    log(f"Combined orders: {df.shape}")

    profiles_dir = input_paths.get("DATA_SECONDARY")
    if profiles_dir and Path(profiles_dir).is_dir():
        profiles = combine_shards(profiles_dir, None, string_fields)
        df = df.merge(profiles, on=environ_vars["JOIN_FIELD"], how="left")
        log(f"Joined {len(profiles)} profiles: {df.shape}")

    df = df[df[label].notna()].copy()
    df[label] = df[label].astype(int)

    if job_args.job_type == "training":
        splits = split_rows(df, label, environ_vars["TRAIN_RATIO"], environ_vars["TEST_VAL_RATIO"])
    else:
        splits = {job_args.job_type: df}

    for name, split in splits.items():
        folder = Path(output_paths["processed_data"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        split.to_csv(folder / f"{name}_processed_data.csv", index=False)
        log(f"Wrote split {name}: {split.shape}")
    return splits


if __name__ == "__main__":
    try:
        parser = argparse.ArgumentParser()
        parser.add_argument("--job_type", required=True, choices=["training", "validation", "testing", "calibration"])
        args = parser.parse_args()

        logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - %(message)s")
        logger = logging.getLogger(__name__)

        input_paths = {
            "DATA": "/opt/ml/processing/input/data",
            "DATA_SECONDARY": "/opt/ml/processing/input/data_secondary",
            "SIGNATURE": "/opt/ml/processing/input/signature",
        }
        output_paths = {"processed_data": "/opt/ml/processing/output"}
        environ_vars = {
            "LABEL_FIELD": os.environ["LABEL_FIELD"],
            "STRING_FIELDS": os.environ.get("STRING_FIELDS", ""),
            "JOIN_FIELD": os.environ.get("JOIN_FIELD", "customer_id"),
            "TRAIN_RATIO": float(os.environ.get("TRAIN_RATIO", "0.7")),
            "TEST_VAL_RATIO": float(os.environ.get("TEST_VAL_RATIO", "0.5")),
        }
        result = main(input_paths, output_paths, environ_vars, args, logger.info)
        logger.info(f"Splits: { {name: df.shape for name, df in result.items()} }")
        sys.exit(0)
    except Exception as e:
        logging.error(f"Error in preprocessing script: {e}")
        logging.error(traceback.format_exc())
        sys.exit(1)
