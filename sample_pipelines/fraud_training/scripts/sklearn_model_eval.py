"""Scores a data set with the trained model, and writes predictions and metrics."""

import argparse
import json
import logging
import os
import pickle
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)

CONTAINER_PATHS = {
    "MODEL_DIR": "/opt/ml/processing/input/model",
    "EVAL_DATA_DIR": "/opt/ml/processing/input/eval_data",
    "OUTPUT_EVAL_DIR": "/opt/ml/processing/output/eval",
    "OUTPUT_METRICS_DIR": "/opt/ml/processing/output/metrics",
}


def load_model(model_dir: str) -> Tuple[Any, List[str]]:
    """The model and its feature columns, from model.tar.gz or from the unpacked folder."""
    with tempfile.TemporaryDirectory() as unpacked:
        folder = Path(model_dir)
        if (folder / "model.tar.gz").exists():
            with tarfile.open(folder / "model.tar.gz") as archive:
                archive.extractall(unpacked, filter="data")
            folder = Path(unpacked)
        with open(folder / "model.pkl", "rb") as file:
            model = pickle.load(file)
        columns = [line.split(",", 1)[1] for line in (folder / "feature_columns.txt").read_text().splitlines()]
    return model, columns


def decile_report(label: pd.Series, scores: pd.Series) -> pd.DataFrame:
    """Rows, frauds and mean score of each tenth of the data, highest scores first."""
    decile = scores.rank(method="first", ascending=False, pct=True).mul(10).clip(upper=9.999).astype(int) + 1
    grouped = pd.DataFrame({"decile": decile, "fraud": label, "score": scores}).groupby("decile")
    report = grouped.agg(rows=("fraud", "size"), frauds=("fraud", "sum"), mean_score=("score", "mean"))
    return report.round(6).reset_index()


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: argparse.Namespace,
) -> None:
    """Predict every row of the evaluation data and measure the predictions."""
    id_field, label = environ_vars["ID_FIELD"], environ_vars["LABEL_FIELD"]
    model, columns = load_model(input_paths["model_input"])

    files = sorted(Path(input_paths["processed_data"]).rglob("*.csv"))
    if not files:
        raise FileNotFoundError(f"No CSV file in {input_paths['processed_data']}")
    df = pd.read_csv(files[0], dtype={id_field: str})
    repeated = int(df[id_field].duplicated().sum())
    if repeated:
        raise ValueError(f"{id_field} must name one row, but {repeated} of {len(df)} rows of {files[0].name} repeat one")

    scores = pd.Series(model.predict_proba(df[columns].to_numpy())[:, 1].round(6), index=df.index)
    predictions = df[[id_field, label]].assign(prob_class_0=(1 - scores).round(6), prob_class_1=scores)
    eval_dir = Path(output_paths["eval_output"])
    eval_dir.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(eval_dir / "eval_predictions.csv", index=False)

    metrics_dir = Path(output_paths["metrics_output"])
    metrics_dir.mkdir(parents=True, exist_ok=True)
    metrics = {
        "auc_roc": round(float(roc_auc_score(df[label], scores)), 6),
        "average_precision": round(float(average_precision_score(df[label], scores)), 6),
        "rows": len(df),
    }
    (metrics_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    if environ_vars["DECILE_REPORT"]:
        decile_report(df[label], scores).to_csv(metrics_dir / "decile_report.csv", index=False)
    logger.info(f"Metrics: {metrics}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", type=str, required=True)
    args = parser.parse_args()

    input_paths = {
        "model_input": CONTAINER_PATHS["MODEL_DIR"],
        "processed_data": CONTAINER_PATHS["EVAL_DATA_DIR"],
    }
    output_paths = {
        "eval_output": CONTAINER_PATHS["OUTPUT_EVAL_DIR"],
        "metrics_output": CONTAINER_PATHS["OUTPUT_METRICS_DIR"],
    }
    environ_vars = {
        "ID_FIELD": os.environ.get("ID_FIELD", "id"),
        "LABEL_FIELD": os.environ.get("LABEL_FIELD", "label"),
        "DECILE_REPORT": os.environ.get("DECILE_REPORT", "true").lower() == "true",
    }
    try:
        main(input_paths, output_paths, environ_vars, args)
        Path(output_paths["metrics_output"], "_SUCCESS").touch()
        sys.exit(0)
    except Exception as e:
        logger.exception(f"Script failed with error: {e}")
        sys.exit(1)
