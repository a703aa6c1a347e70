"""Converts amounts in local currency to US dollars, with the rates of the configuration."""

import argparse
import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, List

import pandas as pd

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

DEFAULT_INPUT_DIR = "/opt/ml/processing/input/data"
DEFAULT_OUTPUT_DIR = "/opt/ml/processing/output"


def split_names(job_type: str) -> List[str]:
    """The splits that a job type has: three in training, else one of its own name."""
    return ["train", "test", "val"] if job_type == "training" else [job_type]


def load_splits(job_type: str, input_dir: str, string_fields: List[str]) -> Dict[str, pd.DataFrame]:
    """Read <split>/<split>_processed_data.csv for each split; codes and ids stay text."""
    return {
        name: pd.read_csv(Path(input_dir) / name / f"{name}_processed_data.csv", dtype={f: str for f in string_fields})
        for name in split_names(job_type)
    }


def convert(df: pd.DataFrame, currency_field: str, variables: List[str], rates: Dict[str, float]) -> pd.DataFrame:
    """Divide each amount by the rate of its row's currency."""
    row_rates = pd.Series([rates[code] for code in df[currency_field]], index=df.index)
    for variable in variables:
        df[variable] = (df[variable] / row_rates).round(2)
    return df


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: argparse.Namespace,
) -> Dict[str, pd.DataFrame]:
    """Convert every split and keep its layout."""
    mappings = environ_vars["CURRENCY_CONVERSION_DICT"].get("mappings", [])
    rates = {mapping["currency_code"]: mapping["conversion_rate"] for mapping in mappings}
    variables = environ_vars["CURRENCY_CONVERSION_VARS"]
    string_fields = [name for name in environ_vars["STRING_FIELDS"].split(",") if name]

    splits = load_splits(job_args.job_type, input_paths["input_data"], string_fields)
    for name, df in splits.items():
        splits[name] = convert(df, environ_vars["CURRENCY_CODE_FIELD"], variables, rates)
        folder = Path(output_paths["processed_data"]) / name
        folder.mkdir(parents=True, exist_ok=True)
        splits[name].to_csv(folder / f"{name}_processed_data.csv", index=False)
        logger.info(f"Converted {variables} of split {name}: {splits[name].shape}")
    return splits


if __name__ == "__main__":
    try:
        parser = argparse.ArgumentParser()
        parser.add_argument("--job_type", required=True, choices=["training", "validation", "testing", "calibration"])
        args = parser.parse_args()

        environ_vars = {
            "STRING_FIELDS": os.environ.get("STRING_FIELDS", ""),
            "CURRENCY_CODE_FIELD": os.environ.get("CURRENCY_CODE_FIELD", "currency"),
            "CURRENCY_CONVERSION_VARS": json.loads(os.environ.get("CURRENCY_CONVERSION_VARS", "[]")),
            "CURRENCY_CONVERSION_DICT": json.loads(os.environ.get("CURRENCY_CONVERSION_DICT", "{}")),
        }
        main({"input_data": DEFAULT_INPUT_DIR}, {"processed_data": DEFAULT_OUTPUT_DIR}, environ_vars, args)
        logger.info("Currency conversion completed successfully")
        sys.exit(0)
    except FileNotFoundError as e:
        logger.error(f"File not found: {e}")
        sys.exit(1)
    except Exception as e:
        logger.error(f"Error in currency conversion script: {e}")
        logger.error(traceback.format_exc())
        sys.exit(3)
