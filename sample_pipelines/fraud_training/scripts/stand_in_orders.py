"""Stands in for CradleDataLoading: writes the orders that the data lake would have sent.

The same job type always gives the same bytes. The shards have no header; the signature names their columns.
`python stand_in_orders.py --job_type calibration` made the files under data/orders_calibration.
"""

import argparse
import csv
import json
import logging
import random
from pathlib import Path

logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(levelname)s - %(message)s")
logger = logging.getLogger(__name__)

COLUMNS = [
    "order_id", "order_date", "customer_id", "marketplace", "currency", "order_amount", "shipping_amount",
    "item_count", "merchant_category_code", "payment_method", "account_age_days", "device_age_days",
    "failed_payments_24h", "billing_zip", "is_fraud",
]  # fmt: skip
MARKETPLACES = {"US": ("USD", 1.0), "UK": ("GBP", 0.8), "DE": ("EUR", 0.9), "JP": ("JPY", 150.0), "SE": ("SEK", 10.5)}
MERCHANT_CATEGORIES = ["0742", "0763", "0780", "4812", "5045", "5311", "5411", "5661", "5732", "5812", "5944", "7995"]
RISKY_CATEGORIES = {"5732", "5944", "7995"}
PAYMENT_METHODS = ["credit_card", "debit_card", "gift_card", "invoice"]
JOBS = {
    # Sweden opened in May, after the training period; merchants without a code were gone by then.
    "training": {"rows": 3000, "shards": 4, "seed": 20250131, "month": 1, "weights": [55, 18, 17, 10, 0], "no_code": 0.04},
    "calibration": {"rows": 900, "shards": 2, "seed": 20250531, "month": 5, "weights": [50, 18, 16, 10, 6], "no_code": 0.0},
}  # fmt: skip


def make_order(number, job, chance):
    """One row of the orders, as the lake exports it: amounts in local currency, blanks where nothing is known."""
    marketplace = chance.choices(list(MARKETPLACES), job["weights"])[0]
    currency, rate = MARKETPLACES[marketplace]
    dollars = chance.lognormvariate(3.6, 0.9)
    category = chance.choice(MERCHANT_CATEGORIES)
    payment = chance.choices(PAYMENT_METHODS, [50, 30, 8, 12])[0]
    account_age = int(chance.expovariate(1 / 500))
    device_age = int(chance.expovariate(1 / 200))
    failed_payments = chance.choices([0, 1, 2, 5], [86, 9, 3, 2])[0]
    risk = 0.01 + 0.05 * (category in RISKY_CATEGORIES) + 0.12 * (payment == "gift_card") + 0.05 * failed_payments
    risk += 0.08 * (account_age < 40) + 0.10 * (dollars > 150)
    return [
        f"O-{job['month']:02d}{number:06d}",
        f"2025-{job['month']:02d}-{1 + number % 28:02d}",
        f"{chance.randrange(600):06d}",
        marketplace,
        currency,
        f"{dollars * rate:.2f}",
        "" if chance.random() < 0.05 else f"{chance.uniform(0, 9) * rate:.2f}",
        chance.randint(1, 6),
        "" if chance.random() < job["no_code"] else category,
        payment,
        account_age,
        "" if chance.random() < 0.08 else device_age,
        failed_payments,
        f"{chance.randrange(501, 99951):05d}",
        int(chance.random() < risk),
    ]


def main(input_paths, output_paths, environ_vars, job_args):
    """Write DATA (shards without a header), SIGNATURE (the header) and METADATA."""
    job = JOBS[job_args.job_type]
    chance = random.Random(job["seed"])
    rows = [make_order(number, job, chance) for number in range(job["rows"])]

    data_dir = Path(output_paths["DATA"])
    data_dir.mkdir(parents=True, exist_ok=True)
    for shard in range(job["shards"]):
        with open(data_dir / f"part-{shard:05d}.csv", "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows[shard :: job["shards"]])

    signature_dir = Path(output_paths["SIGNATURE"])
    signature_dir.mkdir(parents=True, exist_ok=True)
    (signature_dir / "signature").write_text(",".join(COLUMNS) + "\n")

    metadata_dir = Path(output_paths["METADATA"])
    metadata_dir.mkdir(parents=True, exist_ok=True)
    (metadata_dir / "metadata.json").write_text(json.dumps({"rows": len(rows), "columns": COLUMNS}, indent=2) + "\n")
    logger.info("Wrote %d orders in %d shards to %s", len(rows), job["shards"], data_dir)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--job_type", default="training", choices=sorted(JOBS))
    args = parser.parse_args()

    output_paths = {
        "DATA": "/opt/ml/processing/output/place_holder",
        "SIGNATURE": "/opt/ml/processing/output/signature",
        "METADATA": "/opt/ml/processing/output/metadata",
    }
    main({}, output_paths, {}, args)
