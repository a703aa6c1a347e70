"""What the endpoint runs: turns one request into a calibrated fraud probability. Packed by the Package step."""

import json
import pickle
from pathlib import Path


def model_fn(model_dir):
    """Load everything that the training pipeline left for a prediction."""
    folder = Path(model_dir)
    loaded = {"hyperparameters": json.loads((folder / "hyperparameters.json").read_text())}
    for name, file in {
        "model": "model.pkl",
        "fill_values": "impute_dict.pkl",
        "risk_tables": "risk_table_map.pkl",
        "calibrator": "calibration/calibration_model.pkl",
    }.items():
        with open(folder / file, "rb") as stream:
            loaded[name] = pickle.load(stream)
    lines = (folder / "feature_columns.txt").read_text().splitlines()
    loaded["features"] = [line.split(",", 1)[1] for line in lines]
    return loaded


def predict_fn(request, loaded):
    """Score one request: a mapping of field to text, as the Payload step writes it."""
    row = []
    for field in loaded["features"]:
        value = request.get(field) or loaded["fill_values"][field]
        table = loaded["risk_tables"].get(field)
        row.append(table["bins"].get(str(value), table["default_bin"]) if table else float(value))
    score = float(loaded["model"].predict_proba([row])[0, 1])
    return {"legacy-score": score, "calibrated-score": float(loaded["calibrator"].predict([score])[0])}
