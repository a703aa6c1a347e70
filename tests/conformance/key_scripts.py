"""What is tried in which real Cursus script: lines of it by their text, so that they are found wherever they stand."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Tried:
    """One script and the places in it.

    Attributes:
        step: A step that runs it.
        call: A line of ``main`` that calls a function of the script.
        callee: That function.
        looped: A line that is run several times, in a function that the script calls later.
        condition: Under which it stops there.
        holds: A name and its value, as the Variables pane shows them, wherever the condition holds.
        plain: A line that is come to after ``looped`` or before it.
        table: A value that can be opened as a table on the line ``plain``.
        shows: What its grid then shows.
        broken: A line that is run before both, and what an edit makes of it, which fails.
        raises: With this.
        completes: The beginning of a name in ``main``, and the name.
        assigned: A variable of ``main`` on the line ``call``, and an expression that gives it its own value back.
        ide: When the IDE attaches: before anything ran, between two steps, during this one at a stop, or while it runs.
    """

    step: str
    call: str
    callee: str
    looped: str
    condition: str
    holds: tuple[str, str]
    plain: str
    table: str
    shows: tuple[str, ...]
    broken: tuple[str, str]
    raises: str
    completes: tuple[str, str]
    assigned: tuple[str, str]
    second: tuple[str, str]
    """A name and its value where ``looped`` is come to for the second time."""
    parameter: tuple[str, str]
    """A variable of its environment, and another value for it."""
    changes: tuple[str, str, str]
    """A line, an expression there, and what it then is."""
    model: tuple[str, str, tuple[str, ...]] | None = None
    """A line, the name of a model there, and what it shows when it is opened."""
    threads: tuple[str, str, str, str, str] | None = None
    """A line that a thread runs, the thread's name, another thread, a function that this one is in, a local there."""
    ide: str = ""


PREPROCESSING = (
    Tried(
        "TabularPreprocessing_training",
        call="signature_columns = load_signature_columns(input_signature_dir)",
        callee="load_signature_columns",
        looped="subfolder = output_path / split_name",
        condition="split_name == 'val'",
        holds=("split_name", "'val'"),
        plain='log(f"[BATCH] Combined data shape: {df.shape}")',
        table="df",
        shows=("order_amount", "row 1 of"),
        broken=("output_path.mkdir(parents=True, exist_ok=True)", "output_path.make(parents=True, exist_ok=True)"),
        raises="AttributeError",
        completes=("enable_true_st", "enable_true_streaming"),
        assigned=("batch_size", "5"),
        second=("split_name", "'test'"),
        parameter=("TRAIN_RATIO", "0.5"),
        changes=("subfolder = output_path / split_name", "round(len(train_df) / len(df), 2)", "0.5"),
        threads=(
            'return {"status": "success", "df": df, "path": str(shard_path)}',
            "ThreadPoolExecutor-0_0",
            "MainThread",
            "combine_shards",
            "all_shards",
        ),
        ide="before",
    ),
    Tried(
        "MissingValueImputation_training",
        call="imputation_config = load_imputation_config(environ_vars)",
        callee="load_imputation_config",
        looped="df_imputed = imputation_engine.transform(df)",
        condition="split_name == 'test'",
        holds=("split_name", "'test'"),
        plain="save_data_func(job_type, output_dir, transformed_data)",
        table="transformed_data['train']",
        shows=("order_amount", "row 1 of"),
        broken=("job_type = job_args.job_type", "job_type = job_args.job_kind"),
        raises="AttributeError",
        completes=("model_artifacts_o", "model_artifacts_output_dir"),
        assigned=("job_type", "job_args.job_type"),
        second=("split_name", "'test'"),
        parameter=("DEFAULT_NUMERICAL_STRATEGY", "median"),
        changes=(
            "df_imputed = imputation_engine.transform(df)",
            "imputation_engine.fitted_imputers['ship_distance_km'].strategy",
            "'median'",
        ),
        model=(
            "self.fitted_imputers[column] = imputer",
            "imputer",
            ("parameter", "strategy", "fitted", "statistics_"),
        ),
        ide="between",
    ),
    Tried(
        "RiskTableMapping_training",
        call="hyperparams = load_json_config(hparam_path)",
        callee="load_json_config",
        looped='self.risk_tables[var]["bins"] = risk_table',
        condition="var == 'product_group'",
        holds=("var", "'product_group'"),
        plain="default_risk = float(fit_df[self.target].mean())",
        table="fit_df",
        shows=("order_amount", "row 1 of"),
        broken=('output_dir = output_paths["processed_data"]', 'output_dir = output_paths["processed_date"]'),
        raises="KeyError",
        completes=("hparam_p", "hparam_path"),
        assigned=("job_type", "job_args.job_type"),
        second=("var", "'product_group'"),
        parameter=("SMOOTH_FACTOR", "0.5"),
        changes=("default_risk = float(fit_df[self.target].mean())", "smooth_factor", "0.5"),
        ide="during",
    ),
    Tried(
        "XGBoostTraining",
        call="config = load_and_validate_config(hparam_path)",
        callee="load_and_validate_config",
        looped='if df_converted[field].dtype == "object":',
        condition="field == 'item_count' and dataset_name == 'validation'",
        holds=("dataset_name", "'validation'"),
        plain="dtrain, dval, feature_columns = prepare_dmatrices(config, train_df, val_df)",
        table="train_df",
        shows=("order_amount", "row 1 of"),
        broken=('data_dir = input_paths["input_path"]', 'data_dir = input_paths["input_paths"]'),
        raises="KeyError",
        completes=("hparam_f", "hparam_filename"),
        assigned=("region", "'NA'"),
        second=("field", "'account_age_days'"),
        parameter=("USE_PRECOMPUTED_FEATURES", "true"),
        changes=(
            'logger.info("Preparing DMatrices for XGBoost...")',
            "use_precomputed_features, fs_applied",
            "(True, False)",
        ),
        model=(
            'logger.info("Model training completed")',
            "model",
            ("booster", "num_boosted_rounds", "20", "feature_names"),
        ),
        ide="running",
    ),
)
E2E = (
    Tried(
        "XGBoostModelEval_calibration",
        call="df, input_format = load_eval_data(eval_data_dir)",
        callee="load_eval_data",
        looped='logger.info(f"Applying risk table mapping for feature: {feature}")',
        condition="feature == 'marketplace'",
        holds=("feature", "'marketplace'"),
        plain='logger.info("Evaluating model")',
        table="df",
        shows=("order_amount", "row 1 of"),
        broken=("job_type = job_args.job_type", "job_type = job_args['job_type']"),
        raises="TypeError",
        completes=("previous_score_f", "previous_score_field"),
        assigned=("comparison_plots", "True"),
        second=("feature", "'product_group'"),
        parameter=("COMPARISON_PLOTS", "false"),
        changes=("job_type = job_args.job_type", "comparison_plots", "False"),
        model=('logger.info("Evaluating model")', "model", ("booster", "num_boosted_rounds", "20", "feature_names")),
        ide="before",
    ),
    Tried(
        "ModelCalibration_calibration",
        call="score_fields = parse_score_fields(environ_vars)",
        callee="parse_score_fields",
        looped="if field not in df.columns:",
        condition="field_type == 'label'",
        holds=("field_type", "'label'"),
        plain="unique_labels = np.unique(y_true[~np.isnan(y_true)])",
        table="df",
        shows=("prob_class_1", "row 1 of"),
        broken=("create_directories(config)", "create_directories(configuration)"),
        raises="NameError",
        completes=("multiclass_categ", "multiclass_categories"),
        assigned=("job_type", "'calibration'"),
        second=("field_type", "'label'"),
        parameter=("CALIBRATION_METHOD", "isotonic"),
        changes=("task_calibrators[score_field] = calibrator", "type(calibrator).__name__", "'list'"),
        model=(
            'lookup_table = _model_to_lookup_table(gam, method="gam", config=config)',
            "gam",
            ("parameter", "max_iter", "fitted", "statistics_"),
        ),
        ide="between",
    ),
    Tried(
        "Package",
        call="ensure_directory(working_directory)",
        callee="ensure_directory",
        looped="files_added += 1",
        condition="files_added == 3",
        holds=("files_added", "3"),
        plain='input_model_tar = model_path / "model.tar.gz"',
        table="environ_vars",
        shows=("WORKING_DIRECTORY", "row 1 of"),
        broken=(
            'script_path = Path(input_paths["inference_scripts_input"])',
            'script_path = Path(input_paths["scripts"])',
        ),
        raises="KeyError",
        completes=("calibration_p", "calibration_path"),
        assigned=("code_directory", "working_directory / 'code'"),
        second=("files_added", "1"),
        parameter=("WORKING_DIRECTORY", "/tmp/by_keys"),
        changes=("ensure_directory(working_directory)", "os.environ['WORKING_DIRECTORY']", "by_keys"),
        ide="during",
    ),
    Tried(
        "Payload",
        call="hyperparams = extract_hyperparameters_from_tarball(model_dir, working_directory)",
        callee="extract_hyperparameters_from_tarball",
        looped="model_var_list.append([field, field_type])",
        condition="field == 'marketplace'",
        holds=("field_type", "'TEXT'"),
        plain="content_types = get_environment_content_types(environ_vars)",
        table="hyperparams",
        shows=("full_field_list", "row 1 of"),
        broken=('model_dir = Path(input_paths["model_input"])', 'model_dir = Path(input_paths["model_output"])'),
        raises="KeyError",
        completes=("payload_sample_d", "payload_sample_dir"),
        assigned=("payload_sample_dir", "working_directory / 'payload_sample'"),
        second=("field", "'account_age_days'"),
        parameter=("CONTENT_TYPES", "application/json"),
        changes=(
            "default_numeric_value = get_environment_default_numeric_value(environ_vars)",
            "content_types",
            "['application/json']",
        ),
        ide="between",
    ),
)
SCRIPTS = {"xgboost/training_with_preprocessing": PREPROCESSING, "xgboost/complete_e2e": E2E}
"""DAG -> what is tried, in the order of execution."""


def line_of(script: Path, text: str) -> int:
    """The one line that is this text."""
    found = [number for number, line in enumerate(script.read_text().splitlines(), 1) if line.strip() == text]
    if len(found) != 1:
        raise LookupError(f"{script.name} has {len(found)} lines that are: {text}")
    return found[0]


def first_line_of_main(script: Path) -> int:
    """The first one that is run."""
    tree = ast.parse(script.read_text())
    main = next(each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "main")
    code = [each for each in main.body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))]
    return code[0].lineno
