"""Runs real Cursus DAGs with a checkout's own unchanged scripts on small data: ``tests/conformance --cursus DIR``.

Prints for each DAG what passed, every override per step, and every failure by file and line; ``--json`` keeps it all.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from project import make_project

HERE = Path(__file__).parent
FAMILIES = ("dummy", "lightgbm", "xgboost")

ARTIFACTS = "model_artifacts_output"
RISK_TABLES = {"RiskTableMapping_evaluation": {"model_artifacts_input": ["RiskTableMapping_training", ARTIFACTS]}}
SELECTED = {"FeatureSelection_evaluation": {"model_artifacts_input": ["FeatureSelection_training", ARTIFACTS]}}
WIRING: dict[str, dict[str, dict[str, list[str] | None]]] = {
    # No edge leads to the step that everything after it needs.
    "xgboost/complete_e2e_with_wiki": {
        "XGBoostModelInference_calibration": {
            "model_input": ["XGBoostTraining", "model_output"],
            "processed_data": ["TabularPreprocessing_calibration", "processed_data"],
        }
    },
    # Ties, which Cursus breaks in favour of the step before instead of the same step's training twin.
    "xgboost/training_with_feature_selection": {**RISK_TABLES, **SELECTED},
    "xgboost/training_with_preprocessing": RISK_TABLES,
}
"""DAG -> step -> input -> output: what is decided against a DAG's own wiring."""


def make_data(python: Path, folder: Path) -> None:
    """The file that the dummy data loaders read."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); from load_orders import make_orders; "
    code += "make_orders(1200, 1).to_csv(sys.argv[2], index=False)"
    subprocess.run([str(python), "-c", code, str(HERE), str(folder / "data" / "orders.csv")], check=True)


def short_name(dag_file: Path) -> str:
    """``family/name`` of a DAG file."""
    return f"{dag_file.parent.name}/{dag_file.name.removesuffix('.dag.json')}"


def run_dag(arguments: argparse.Namespace, dag_file: Path, model: Path | None) -> dict[str, Any]:
    """One DAG through ``cursus-tui run --json --keep-going``; the report is its output."""
    steps = arguments.cursus / "src" / "cursus" / "steps"
    types = sorted(path.name for path in (steps / "interfaces").glob("*.step.yaml"))
    types = [
        next(
            line.split(":")[1].strip()
            for line in (steps / "interfaces" / name).read_text().splitlines()
            if line.startswith("step_type:")
        )
        for name in types
    ]
    name = short_name(dag_file)
    folder = arguments.work / name.replace("/", "-")
    wiring = {} if arguments.no_wiring_overrides else WIRING.get(name, {})
    dag = make_project(dag_file, folder, types, model, wiring)
    make_data(arguments.python, folder)
    command = [
        sys.executable,
        "-m",
        "cursus_tui",
        "run",
        str(dag),
        "--json",
        "--keep-going",
        "--interfaces",
        str(steps / "interfaces"),
        "--scripts",
        str(steps / "scripts"),
        "--python",
        str(arguments.python),
        "--workspace",
        str(folder / "workspace"),
    ]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        sys.exit(f"{name}: no report (exit {done.returncode})\n{done.stderr[-4000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    report["dag"] = name
    report["wall_seconds"] = round(time.monotonic() - started, 1)
    return report


def pretrained_model(arguments: argparse.Namespace) -> Path | None:
    """The ``model.tar.gz`` of ``xgboost/simple``: what a dummy training step is given."""
    report = run_dag(arguments, arguments.dags / "xgboost" / "simple.dag.json", None)
    for step in report["steps"]:
        for output in step["outputs"]:
            if step["name"] == "XGBoostTraining" and output["channel"] == "model_output":
                return Path(output["path"])
    return None


def print_report(report: dict[str, Any]) -> None:
    """One DAG in words."""
    statuses = Counter(step["status"] for step in report["steps"])
    print(
        f"\n{report['dag']}: {', '.join(f'{count} {status}' for status, count in statuses.most_common())}"
        f"  ({report['wall_seconds']} s)"
    )
    for step in report["steps"]:
        error = step.get("error")
        if error:
            print(f"  {step['status']:14} {step['name']}: {error['type']}: {error['message'][:200]}")
            print(f"{'':17}{error.get('file')}:{error.get('line')}")
        elif step["status"] not in ("passed", "not local", "reused"):
            print(f"  {step['status']:14} {step['name']}: {step.get('note', '')}")
        for override in step["overrides"]:
            print(f"    {step['name']}: {override['kind']} {override['name']}: {override['detail'][:120]}")


def main() -> int:
    """Run the DAGs asked for and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cursus", type=Path, required=True, help="a checkout of the public Cursus repository")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="has xgboost, lightgbm, pygam")
    parser.add_argument("--dag", action="append", default=[], help="only these, as family/name")
    parser.add_argument("--no-wiring-overrides", action="store_true")
    parser.add_argument("--work", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=None)
    arguments = parser.parse_args()
    arguments.dags = arguments.cursus / "src" / "cursus" / "pipeline_catalog" / "shared_dags"
    arguments.work = arguments.work or Path(tempfile.mkdtemp(prefix="conformance-"))
    model = pretrained_model(arguments)
    files = [file for family in FAMILIES for file in sorted((arguments.dags / family).glob("*.dag.json"))]
    if arguments.dag:
        files = [file for file in files if short_name(file) in arguments.dag]
    reports = []
    for file in files:
        reports.append(run_dag(arguments, file, model))
        print_report(reports[-1])
        sys.stdout.flush()
    total = Counter(step["status"] for report in reports for step in report["steps"])
    kinds = Counter(
        override["kind"] for report in reports for step in report["steps"] for override in step["overrides"]
    )
    print(f"\n{len(reports)} DAGs, {sum(total.values())} steps: {dict(total.most_common())}")
    print(f"overrides: {dict(kinds.most_common())}")
    if arguments.json:
        arguments.json.write_text(json.dumps(reports, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
