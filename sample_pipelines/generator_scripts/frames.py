"""Does real work on a frame with pandas and scikit-learn; which work, its STAGE says. Any order of stages fits together."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

NUMBERS = ["amount", "quantity", "age", "distance", "score"]


def make(rows, seed):
    """Orders with a label that the numbers explain in part."""
    chance = np.random.default_rng(seed)
    df = pd.DataFrame({name: chance.normal(size=rows).round(4) for name in NUMBERS})
    df.insert(0, "id", np.arange(rows))
    df["group"] = chance.integers(0, 200, rows)
    df["label"] = (df["amount"] + df["age"] + chance.normal(size=rows) > 1).astype(int)
    return df


def clean(df):
    """Clip outliers and sort."""
    df[NUMBERS] = df[NUMBERS].clip(-3, 3)
    return df.sort_values(["group", "id"]).reset_index(drop=True)


def aggregate(df):
    """Shift each row by its group's mean."""
    df["amount"] = (df["amount"] - df.groupby("group")["amount"].transform("mean") / 2).round(4)
    return df


def scale(df):
    """Standardise the numbers."""
    df[NUMBERS] = StandardScaler().fit_transform(df[NUMBERS]).round(4)
    return df


def reduce(df):
    """Rotate the numbers onto their principal components, which keep the first ones' names."""
    df[NUMBERS] = PCA(n_components=len(NUMBERS), random_state=0).fit_transform(df[NUMBERS]).round(4)
    return df


def train(df):
    """Fit a classifier and keep its score."""
    model = LogisticRegression(max_iter=200).fit(df[NUMBERS[:4]], df["label"])
    df["score"] = model.predict_proba(df[NUMBERS[:4]])[:, 1].round(4)
    return df


STAGES = [clean, aggregate, scale, reduce, train]


def main(input_paths, output_paths, environ_vars, job_args):
    """Read what the parents wrote, or make it; work on it; write it."""
    parents = [pd.read_csv(Path(folder) / "frame.csv") for folder in input_paths.values()]
    if parents:
        # Two parents hold the same orders: take each order once.
        df = pd.concat(parents).drop_duplicates("id").reset_index(drop=True)
    else:
        df = make(environ_vars["ROWS"], environ_vars["SEED"])
    df = STAGES[environ_vars["STAGE"] % len(STAGES)](df)
    for folder in output_paths.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
        df.to_csv(Path(folder) / "frame.csv", index=False)


if __name__ == "__main__":
    names = [name for name in os.environ.get("INPUT_NAMES", "").split(",") if name]
    output_name = os.environ.get("OUTPUT_NAME", "data_a")
    input_paths = {name: f"/opt/ml/processing/input/{name}" for name in names}
    output_paths = {output_name: f"/opt/ml/processing/output/{output_name}"}
    environ_vars = {name: int(os.environ.get(name, "0")) for name in ("STAGE", "SEED", "ROWS")}
    main(input_paths, output_paths, environ_vars, None)
