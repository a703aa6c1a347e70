"""Trains a gradient boosting classifier; SageMaker packs /opt/ml/model into model.tar.gz afterwards."""

import argparse
import json
import logging
import os
import pickle
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any, Dict, Optional

import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - [%(filename)s:%(lineno)d] - %(message)s")
logger = logging.getLogger(__name__)


def load_hyperparameters(path: str) -> Dict[str, Any]:
    """The hyperparameters, from the file or from a folder that holds it."""
    file = Path(path)
    return json.loads((file / "hyperparameters.json" if file.is_dir() else file).read_text())


def find_first_data_file(folder: Path) -> Path:
    """The first CSV of a folder, by name."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise FileNotFoundError(f"No CSV file in {folder}")
    return files[0]


def measure(label: pd.Series, scores: Any) -> Dict[str, float]:
    """Ranking metrics of one split."""
    return {
        "auc_roc": round(float(roc_auc_score(label, scores)), 6),
        "average_precision": round(float(average_precision_score(label, scores)), 6),
        "rows": int(len(label)),
    }


def main(
    input_paths: Dict[str, str],
    output_paths: Dict[str, str],
    environ_vars: Dict[str, Any],
    job_args: argparse.Namespace,
    logger: Optional[logging.Logger] = None,
) -> None:
    """Fit on train, predict val and test, write model artifacts and metrics."""
    log = logger or logging.getLogger(__name__)
    config = load_hyperparameters(input_paths["hyperparameters_s3_uri"])
    id_field, label = config["id_name"], config["label_name"]

    data_dir = Path(input_paths["input_path"])
    splits = {name: pd.read_csv(find_first_data_file(data_dir / name)) for name in ("train", "val", "test")}
    features = [column for column in splits["train"].columns if column not in (id_field, label)]
    log.info(f"Training on {splits['train'].shape} with features {features}")

    model = GradientBoostingClassifier(
        n_estimators=config["n_estimators"],
        max_depth=config["max_depth"],
        learning_rate=config["learning_rate"],
        random_state=config["seed"],
    )
    model.fit(splits["train"][features].to_numpy(), splits["train"][label].to_numpy())

    model_dir = Path(output_paths["model_output"])
    model_dir.mkdir(parents=True, exist_ok=True)
    earlier = Path(input_paths.get("model_artifacts_input", ""))
    if environ_vars["USE_PRECOMPUTED_RISK_TABLES"] and not (earlier / "risk_table_map.pkl").exists():
        raise FileNotFoundError("USE_PRECOMPUTED_RISK_TABLES is set, but model_artifacts_input has no risk_table_map.pkl")
    for name in ("impute_dict.pkl", "risk_table_map.pkl"):
        if environ_vars["USE_PRECOMPUTED_RISK_TABLES"]:
            shutil.copyfile(earlier / name, model_dir / name)
    with open(model_dir / "model.pkl", "wb") as file:
        pickle.dump(model, file)
    (model_dir / "feature_columns.txt").write_text("".join(f"{i},{name}\n" for i, name in enumerate(features)))
    (model_dir / "hyperparameters.json").write_text(json.dumps(config, indent=2) + "\n")

    output_dir = Path(output_paths["evaluation_output"])
    metrics = {}
    for name in ("val", "test"):
        df = splits[name]
        scores = model.predict_proba(df[features].to_numpy())[:, 1].round(6)
        metrics[name] = measure(df[label], scores)
        folder = output_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        predictions = pd.DataFrame({id_field: df[id_field], label: df[label], "prob_class_1": scores})
        predictions.to_csv(folder / "predictions.csv", index=False)
    (output_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    log.info(f"Metrics: {metrics}")


if __name__ == "__main__":
    CONTAINER_PATHS = {
        "INPUT_DATA": "/opt/ml/input/data",
        "MODEL_DIR": "/opt/ml/model",
        "OUTPUT_DATA": "/opt/ml/output/data",
        "CONFIG_FILE": "/opt/ml/code/hyperparams/hyperparameters.json",
        "MODEL_ARTIFACTS_INPUT": "/opt/ml/input/data/model_artifacts_input",
    }
    input_paths = {
        "input_path": CONTAINER_PATHS["INPUT_DATA"],
        "hyperparameters_s3_uri": CONTAINER_PATHS["CONFIG_FILE"],
        "model_artifacts_input": CONTAINER_PATHS["MODEL_ARTIFACTS_INPUT"],
    }
    output_paths = {
        "model_output": CONTAINER_PATHS["MODEL_DIR"],
        "evaluation_output": CONTAINER_PATHS["OUTPUT_DATA"],
    }
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", default=None, choices=["pretrain", "finetune"])
    args = parser.parse_args()

    environ_vars = {
        "REGION": os.environ.get("REGION", "NA"),
        "USE_PRECOMPUTED_RISK_TABLES": os.environ.get("USE_PRECOMPUTED_RISK_TABLES", "false").lower() == "true",
    }
    try:
        main(input_paths, output_paths, environ_vars, args)
        logger.info("Training completed successfully")
        sys.exit(0)
    except Exception as e:
        logger.error(f"Exception during training: {e}")
        logger.error(traceback.format_exc())
        sys.exit(1)
