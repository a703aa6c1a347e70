"""A stand-in for the data loading steps that exist only in the cloud: writes small, deterministic order data.

Written in the habits of a Cursus script: shards without a header, their column names in a ``signature`` file.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 1200
SHARDS = 3
SEEDS = {"training": 1, "calibration": 2, "validation": 3, "evaluation": 3, "testing": 4}


def make_orders(rows: int, seed: int) -> pd.DataFrame:
    """Orders with a label that the features do predict, gaps in some columns, and a numeric id."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(3.5, 1.0, rows).round(2)
    age = rng.integers(1, 3000, rows)
    claims = rng.poisson(0.6, rows)
    payment = rng.choice(["card", "invoice", "gift", "wallet"], rows, p=[0.5, 0.2, 0.1, 0.2])
    risk = -3.0 + 0.012 * amount - 0.0006 * age + 0.9 * claims + 1.2 * (payment == "gift")
    label = (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int)
    frame = pd.DataFrame(
        {
            "order_id": np.arange(rows) + 1_000_000 * seed,
            "order_amount": amount,
            "account_age_days": age.astype(float),
            "claim_count": claims.astype(float),
            "item_count": rng.integers(1, 9, rows).astype(float),
            "ship_distance_km": rng.gamma(2.0, 300.0, rows).round(1),
            "payment_method": payment,
            "product_group": rng.choice(["toys", "books", "phones", "garden", "shoes"], rows),
            "marketplace": rng.choice(["US", "DE", "JP"], rows, p=[0.6, 0.25, 0.15]),
            "is_abuse": label,
        }
    )
    frame.loc[rng.random(rows) < 0.05, "ship_distance_km"] = np.nan
    return frame


def main(input_paths, output_paths, environ_vars, job_args):
    """Write DATA shards, the SIGNATURE and METADATA."""
    frame = make_orders(ROWS, SEEDS.get(job_args.job_type, 5))
    for path in output_paths.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    for number, shard in enumerate(np.array_split(np.arange(len(frame)), SHARDS)):
        frame.iloc[shard].to_csv(Path(output_paths["DATA"]) / f"part-{number:05d}.csv", index=False, header=False)
    (Path(output_paths["SIGNATURE"]) / "signature").write_text(",".join(frame.columns))
    types = {name: str(dtype) for name, dtype in frame.dtypes.items()}
    (Path(output_paths["METADATA"]) / "metadata.json").write_text(json.dumps({"rows": len(frame), "columns": types}))
    return {"rows": len(frame)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", default="training")
    args = parser.parse_args()
    main(
        {},
        {
            "DATA": "/opt/ml/processing/output/place_holder",
            "SIGNATURE": "/opt/ml/processing/output/signature",
            "METADATA": "/opt/ml/processing/output/metadata",
        },
        {},
        args,
    )
    sys.exit(0)
