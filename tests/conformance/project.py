"""Makes a project folder for one real DAG: a config as a user would have it, small data, and a settings file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
NUMERIC = ["order_amount", "account_age_days", "claim_count", "item_count", "ship_distance_km"]
CATEGORICAL = ["payment_method", "product_group", "marketplace"]
LABEL, IDENTIFIER = "is_abuse", "order_id"

SHARED: dict[str, Any] = {
    "author": "conformance",
    "region": "NA",
    "bucket": "example-bucket",
    "service_name": "OrderAbuse",
    "pipeline_name": "conformance",
    "pipeline_version": "0.0.1",
    "label_name": LABEL,
    "label_field": LABEL,
    "id_name": IDENTIFIER,
    "id_field": IDENTIFIER,
    "score_field": "prob_class_1",
    "strata_column": LABEL,
    "id_column": IDENTIFIER,
}

STEP_FIELDS: dict[str, dict[str, Any]] = {
    "ModelMetricsComputation": {"amount_field": "order_amount"},
    "FeatureSelection": {"n_features_to_select": 8, "variance_threshold": 0.0, "correlation_threshold": 1.0},
    "StratifiedSampling": {"target_sample_size": 600},
    "PseudoLabelMerge": {"output_format": "csv"},
}

JOB_TYPES = {"evaluation": "validation", "FeatureSelection_calibration": "validation"}
"""Suffix or node -> job type: upstream's scripts know no ``evaluation``, FeatureSelection no ``calibration``."""

PRECOMPUTED = {
    "RiskTableMapping_training": "use_precomputed_risk_tables",
    "MissingValueImputation_training": "use_precomputed_imputation",
    "FeatureSelection_training": "use_precomputed_features",
}
"""Upstream's docs: a training step after one of these is configured to take its artifacts as they are."""

HYPERPARAMETERS: dict[str, Any] = {
    "full_field_list": [IDENTIFIER, *NUMERIC, *CATEGORICAL, LABEL],
    "tab_field_list": NUMERIC,
    "cat_field_list": CATEGORICAL,
    "label_name": LABEL,
    "id_name": IDENTIFIER,
    "multiclass_categories": [0, 1],
    "categorical_features_to_encode": CATEGORICAL,
    "num_round": 20,
    "max_depth": 3,
    "eta": 0.3,
    "use_native_categorical": False,
    "num_leaves": 15,
    "learning_rate": 0.1,
    "num_iterations": 20,
    "max_epochs": 1,
    "batch_size": 32,
    "header": 0,
    "class_weights": [1.0, 1.0],
}


def step_type_of(node: str, types: list[str]) -> str:
    """The longest known step type that the node's name starts with."""
    return max((name for name in types if node == name or node.startswith(name + "_")), key=len, default=node)


def config_for(nodes: list[str], types: list[str]) -> dict[str, Any]:
    """A config JSON in Cursus' format for these nodes."""
    specific: dict[str, dict[str, Any]] = {}
    for node in nodes:
        kind = step_type_of(node, types)
        suffix = node.removeprefix(kind).strip("_")
        fields: dict[str, Any] = {"__model_type__": f"{kind}Config", **STEP_FIELDS.get(kind, {})}
        if suffix:
            fields["job_type"] = JOB_TYPES.get(node, JOB_TYPES.get(suffix, suffix))
        elif kind.endswith(("ModelEval", "ModelInference", "Calibration", "Computation")):
            fields["job_type"] = "validation"
        if kind.endswith("Training"):
            fields |= {field: True for step, field in PRECOMPUTED.items() if step in nodes}
        specific[node] = fields
    return {
        "configuration": {"shared": SHARED, "specific": specific},
        "metadata": {"config_types": {node: fields["__model_type__"] for node, fields in specific.items()}},
    }


Wiring = dict[str, dict[str, list[str] | None]]


def settings_for(nodes: list[str], model: Path | None, wiring: Wiring) -> dict[str, Any]:
    """The ``cursus-tui.yaml``: stand-ins for cloud sources, hyperparameters, data for the dummy loaders."""
    stand_ins: dict[str, str] = {}
    inputs: dict[str, dict[str, str]] = {}
    for node in nodes:
        if node.startswith(("CradleDataLoading", "RedshiftDataLoading")):
            stand_ins[node] = "scripts/load_orders.py"
        elif node.startswith("DummyDataLoading"):
            inputs[node] = {"INPUT_DATA": "data"}
        elif node.startswith("DummyTraining"):
            inputs[node] = {"hyperparameters_s3_uri": "hyperparams"}
            if model is not None:
                inputs[node]["model_artifacts_input"] = str(model)
        elif node.startswith(("XGBoostTraining", "LightGBMTraining", "RiskTableMapping")):
            inputs[node] = {"hyperparameters_s3_uri": "hyperparams"}
        elif node.startswith("Package"):
            inputs[node] = {"inference_scripts_input": "scripts"}
    settings: dict[str, Any] = {"stubs": ["torch"], "stand_ins": stand_ins, "inputs": inputs}
    settings["wiring"] = {
        step: {name: ".".join(source) if source else None for name, source in chosen.items()}
        for step, chosen in wiring.items()
    }
    return {key: value for key, value in settings.items() if value}


def make_project(dag_file: Path, folder: Path, types: list[str], model: Path | None, wiring: Wiring) -> Path:
    """Writes the project and returns its DAG file. Nothing of the checkout is copied but the DAG itself."""
    nodes = json.loads(dag_file.read_text())["dag"]["nodes"]
    for name in ("data", "hyperparams", "scripts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    shutil.copy(dag_file, folder / "pipeline.dag.json")
    shutil.copy(HERE / "load_orders.py", folder / "scripts" / "load_orders.py")
    (folder / "config.json").write_text(json.dumps(config_for(nodes, types), indent=1))
    for name in ("hyperparameters.json", "hyperparameters_NA.json"):
        (folder / "hyperparams" / name).write_text(json.dumps(HYPERPARAMETERS, indent=1))
    settings = settings_for(nodes, model, wiring)
    (folder / "cursus-tui.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder / "pipeline.dag.json"


def cursus_project(checkout: Path, name: str, folder: Path) -> Path:
    """The project of one of a checkout's DAGs, named ``family/name``; its DAG file."""
    steps = checkout / "src" / "cursus" / "steps"
    interfaces = sorted((steps / "interfaces").glob("*.step.yaml"))
    types = [yaml.safe_load(file.read_text())["step_type"] for file in interfaces]
    dags = checkout / "src" / "cursus" / "pipeline_catalog" / "shared_dags"
    return make_project(dags / f"{name}.dag.json", folder, types, None, {})
