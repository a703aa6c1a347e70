"""What Cursus' config classes do that neither an interface nor a config JSON says. Facts only, no code.

Source: ``cursus/steps/configs`` of Cursus 2.9.32, read class by class: ``_env_overrides``, ``environment_variables``,
``get_environment_variables`` and ``get_job_arguments``, against the ``env_vars`` that the step's interface declares.
Everything not listed here follows the convention: ``NAME`` from the field ``name``, else the interface's default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN_STEP_TYPES = _words(
    """
    ActiveSampleSelection BatchTransform BedrockBatchProcessing BedrockProcessing BedrockPromptTemplateGeneration
    CradleDataLoading CurrencyConversion DataUploading DummyDataLoading DummyTraining EdxUploading FeatureSelection
    GraphConstruction GraphFeatureProcessing GraphSubgraphExtraction GraphStormGNNInferenceEval GraphStormGNNTraining
    LabelRulesetExecution LightGBMModelEval LightGBMModelInference LightGBMTraining LightGBMMTModelEval
    LightGBMMTModelInference LightGBMMTTraining MissingValueImputation ModelCalibration ModelMetricsComputation
    ModelWikiGenerator Package Payload PercentileModelCalibration PiperMetricGeneration PseudoLabelMerge PyTorchModel
    PyTorchModelEval PyTorchModelInference PyTorchTraining RedshiftDataLoading Registration RiskTableMapping
    SlipboxKnowledgeRouting SOPAInstructionTuning StratifiedSampling TabularPreprocessing TemporalFeatureEngineering
    TemporalSequenceNormalization TemporalSplitPreprocessing TokenizerTraining TSAModelCalibration TSAModelEval
    TSAPreprocessing TSATabularPreprocessing TSATraining XGBoostModel XGBoostModelEval XGBoostModelInference
    XgboostMtModelEval XgboostMtTraining XGBoostTraining
    """
)
"""Step types whose config class was read: where it is silent, the interface's default is what Cursus sets."""

_NAMED_IN_CONFIG = (
    "LightGBMModelEval LightGBMModelInference ModelMetricsComputation PiperMetricGeneration PyTorchModelEval "
    "PyTorchModelInference XGBoostModelEval XGBoostModelInference"
)
_MULTI_TASK = "LightGBMMTModelEval LightGBMMTModelInference XgboostMtModelEval"
_BEDROCK = "BedrockProcessing BedrockBatchProcessing"

FIELD_OF_VARIABLE: Mapping[str, tuple[str, frozenset[str]]] = {
    variable: (field, _words(steps))
    for variable, field, steps in (
        ("LABEL_FIELD", "label_name", f"TabularPreprocessing {_NAMED_IN_CONFIG}"),
        ("ID_FIELD", "id_name", f"{_NAMED_IN_CONFIG} {_MULTI_TASK} TSAModelEval GraphStormGNNInferenceEval"),
        ("LABEL_FIELDS", "label_names", "GraphStormGNNInferenceEval"),
        ("TASK1_LABEL_NAME", "label_name", "TSAModelEval"),
        ("TASK2_LABEL_NAME", "task2_label_name", "TSAModelEval"),
        ("CONTENT_TYPES", "source_model_inference_content_types", "Payload"),
        ("BUCKET_NAME", "bucket", "Package"),
        ("MODEL_VERSION", "pipeline_version", "ModelWikiGenerator"),
        ("AWS_DEFAULT_REGION", "aws_region", f"{_BEDROCK} EdxUploading"),
        ("EDX_DATASET_ARN", "edx_arn_base", "EdxUploading"),
        ("EXCLUDE_COLUMNS", "effective_exclude_columns", "MissingValueImputation"),
        ("BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS", "effective_inference_profile_required_models", _BEDROCK),
    )
}
"""Variable -> the field that it comes from where that has another name, and the step types for which it was seen.

For other step types the same field is a fair guess, and is marked as one.
"""

JSON_VARIABLES = frozenset(
    {
        "CURRENCY_CONVERSION_VARS",
        "CURRENCY_CONVERSION_DICT",
        "EDX_MANIFEST_KEY_PARTS",
        "EDX_OUTPUT_COLUMNS",
        "MULTICLASS_CATEGORIES",
    }
)
"""Lists that are written as JSON although the interface's default does not show it."""

CAPITAL_BOOLEANS = frozenset({("TSAModelCalibration", "ADAPTIVE_KNOTS")})
"""Step type and variable where Cursus writes ``True`` and ``False`` rather than lower case."""

NOT_FROM_CONFIG: Mapping[str, frozenset[str]] = {
    step: _words(variables)
    for step, variables in {
        "LightGBMMTModelEval": "DOLLAR_COLUMN",
        "Package": "WORKING_DIRECTORY",
        "PyTorchModelEval": "DEVICE ACCELERATOR BATCH_SIZE NUM_WORKERS",
        "PyTorchModelInference": "DEVICE",
        "TemporalSplitPreprocessing": "JOB_TYPE",
        "TSAModelEval": "LABEL_FIELD",
        "TSAPreprocessing": "PREPROCESSOR_PATH TRAINING_PREPROCESSOR_PATH",
        "TSATraining": "LOCAL_RANK USE_DISTRIBUTED_TRAINING MAX_RUNTIME_SECONDS",
    }.items()
}
"""Variables that keep the interface's default whatever the config says."""

PRIMARY_MODEL = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILE_MODELS = (
    PRIMARY_MODEL,
    "anthropic.claude-sonnet-4-20250514-v1:0",
    "anthropic.claude-opus-4-1-20250805-v1:0",
)
"""Models that need an inference profile where a Bedrock config does not list any."""
KNOWN_PROFILE_MODELS = frozenset({*PROFILE_MODELS, "anthropic.claude-haiku-4-5-20251001-v1:0"})
"""A primary model among these is added to the list, whatever the config lists."""

_BEDROCK_MODELS: Mapping[str, str] = {
    "BEDROCK_PRIMARY_MODEL_ID": PRIMARY_MODEL,
    "BEDROCK_FALLBACK_MODEL_ID": "anthropic.claude-sonnet-4-20250514-v1:0",
    "BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS": json.dumps(PROFILE_MODELS),
}

CLASS_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "BedrockBatchProcessing": _BEDROCK_MODELS,
    "BedrockProcessing": {
        **_BEDROCK_MODELS,
        "BEDROCK_MAX_TOKENS": "32000",
        "BEDROCK_MAX_INPUT_FIELD_LENGTH": "400000",
    },
    "BedrockPromptTemplateGeneration": {"INCLUDE_EXAMPLES": "true"},
    "MissingValueImputation": {"NUMERICAL_CONSTANT_VALUE": "0.0"},
    "ModelCalibration": {"MONOTONIC_CONSTRAINT": "true", "IS_BINARY": "true"},
    "ModelMetricsComputation": {"SCORE_FIELD": "prob_class_1", "AMOUNT_FIELD": "order_amount"},
    "Payload": {"CONTENT_TYPES": "text/csv"},
    "PercentileModelCalibration": {"ACCURACY": "0.001"},
    "PiperMetricGeneration": {"AMOUNT_FIELD": "order_amount"},
    "PyTorchTraining": {"NUM_WORKERS_PER_RANK": "0", "PREFETCH_FACTOR": "None", "USE_PERSISTENT_WORKERS": "false"},
    "SlipboxKnowledgeRouting": {"ROUTING_THRESHOLD": "0.3"},
    "TabularPreprocessing": {"OPTIMIZE_MEMORY": "false"},
    "TemporalFeatureEngineering": {"ENABLE_VALIDATION": "true", "OUTLIER_DETECTION": "true"},
    "TemporalSequenceNormalization": {
        "MISSING_INDICATORS": '["", "My Text String"]',
        "ENABLE_MULTI_SEQUENCE": "false",
        "INCLUDE_ATTENTION_MASKS": "true",
    },
    "TemporalSplitPreprocessing": {"MAIN_TASK_INDEX": "0"},
    "TSAModelCalibration": {
        "CALIBRATION_METHOD": "bspline",
        "TOLERANCE": "1e-06",
        "MAX_COEF_THRESHOLD": "1000000000000.0",
    },
    "TSAModelEval": {"ID_FIELD": "objectId", "EVAL_BATCH_SIZE": "512"},
    "TSATabularPreprocessing": {"OPTIMIZE_MEMORY": "false"},
    "TSATraining": {"USE_SECURE_PYPI": "false"},
}
"""Defaults of the config class that win over the interface's, because Cursus always sets these variables itself."""

_COMMON_METRICS = "auc,average_precision,f1_score"
_SECURE_PYPI: Mapping[str, str | None] = {"USE_SECURE_PYPI": "false"}

UNDECLARED_VARIABLES: Mapping[str, Mapping[str, str | None]] = {
    "ActiveSampleSelection": {"LABEL_FIELD": None},
    "BedrockBatchProcessing": {"AWS_DEFAULT_REGION": None, **_SECURE_PYPI},
    "BedrockProcessing": {"AWS_DEFAULT_REGION": None, **_SECURE_PYPI},
    "EdxUploading": {"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_DEFAULT_REGION": None, "EDX_DATASET_ARN": None},
    "FeatureSelection": _SECURE_PYPI,
    "LabelRulesetExecution": _SECURE_PYPI,
    "LightGBMModelEval": {**_SECURE_PYPI, "EVAL_METRIC_CHOICES": _COMMON_METRICS},
    "LightGBMModelInference": _SECURE_PYPI,
    "LightGBMMTModelEval": {**_SECURE_PYPI, "EVAL_METRIC_CHOICES": _COMMON_METRICS},
    "LightGBMMTModelInference": _SECURE_PYPI,
    "ModelCalibration": _SECURE_PYPI,
    "ModelMetricsComputation": _SECURE_PYPI,
    "Package": dict.fromkeys(
        ("PIPELINE_NAME", "REGION", "MODEL_TYPE", "BUCKET_NAME", "PIPELINE_VERSION", "MODEL_OBJECTIVE")
    ),
    "PiperMetricGeneration": _SECURE_PYPI,
    "PyTorchModelEval": {**_SECURE_PYPI, "EVAL_METRIC_CHOICES": "auroc,average_precision,f1_score"},
    "PyTorchModelInference": {"OUTPUT_FORMAT": "csv", "JSON_ORIENT": "records", **_SECURE_PYPI},
    "PyTorchTraining": {
        **_SECURE_PYPI,
        "USE_PRECOMPUTED_FEATURES": "false",
        "LIMIT_EVAL_TEST_ROWS": "100000",
        "LIMIT_EVAL_VAL_ROWS": "100000",
    },
    "SlipboxKnowledgeRouting": {
        **_SECURE_PYPI,
        "DEFAULT_CORPUS_VAULT": "",
        "DEFAULT_PROMPTS_DIR": "",
        "ROUTING_INDEX_PATH": "/tmp/pattern_routing_index.pkl",
    },
    "TemporalFeatureEngineering": {
        "ENABLE_DISTRIBUTED_PROCESSING": "false",
        "CHUNK_SIZE": "5000",
        "MAX_WORKERS": "auto",
        "FEATURE_PARALLELISM": "true",
        "CACHE_INTERMEDIATE": "true",
    },
    "TemporalSequenceNormalization": {
        "ENABLE_DISTRIBUTED_PROCESSING": "false",
        "CHUNK_SIZE": "10000",
        "MAX_WORKERS": "auto",
    },
    "TokenizerTraining": _SECURE_PYPI,
    "TSAModelEval": {
        "TASK1_LABEL_NAME": "is_abusive_mdr",
        "TASK2_LABEL_NAME": "is_abusive_flr",
        "EVAL_PERCENTILE": "0.99",
    },
    "TSAPreprocessing": {"SEQ_LEN": "51", "DATA_VERSION": "v0", "SEED": "0", "TIME_DELTA_CAP": "20736000"},
    "TSATraining": {"ENABLE_TF32": "true", "ENABLE_FP8": "false"},
    "XGBoostModelEval": {"EVAL_METRIC_CHOICES": _COMMON_METRICS},
    "XgboostMtModelEval": {
        **_SECURE_PYPI,
        "EVAL_METRIC_CHOICES": _COMMON_METRICS,
        "PREVIOUS_SCORE_FIELDS": "",
        "COMPARISON_METRICS": "all",
        "COMPARISON_PLOTS": "true",
    },
    "XgboostMtTraining": {"USE_NATIVE_CATEGORICAL": "true"},
}
"""Variables that Cursus sets although the interface does not declare them, with the class's default, if it has one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A variable comes from its field only while another field has one of some values."""

    field: str
    values: tuple[Any, ...]
    absent: Any = None
    """What the other field counts as where the config does not give it."""
    otherwise: str | None = None
    """The variable's value while the condition does not hold; None for the interface's default."""


_WITH_SCORE_FIELDS = Condition("score_fields", (True,))

CONDITIONS: Mapping[tuple[str, str], Condition] = {
    ("ActiveSampleSelection", "CONFIDENCE_THRESHOLD"): Condition(
        "selection_strategy", ("confidence_threshold", "top_k_per_class"), "confidence_threshold"
    ),
    ("ActiveSampleSelection", "MAX_SAMPLES"): Condition(
        "selection_strategy", ("confidence_threshold", "top_k_per_class"), "confidence_threshold"
    ),
    ("ActiveSampleSelection", "K_PER_CLASS"): Condition(
        "selection_strategy", ("confidence_threshold", "top_k_per_class"), "confidence_threshold"
    ),
    ("ActiveSampleSelection", "UNCERTAINTY_MODE"): Condition(
        "selection_strategy", ("uncertainty", "diversity", "badge")
    ),
    ("ActiveSampleSelection", "BATCH_SIZE"): Condition("selection_strategy", ("uncertainty", "diversity", "badge")),
    ("ActiveSampleSelection", "METRIC"): Condition("selection_strategy", ("uncertainty", "diversity", "badge")),
    ("ModelCalibration", "MULTICLASS_CATEGORIES"): Condition("is_binary", (False,), absent=True),
    ("ModelCalibration", "TASK_LABEL_NAMES"): _WITH_SCORE_FIELDS,
    ("ModelMetricsComputation", "TASK_LABEL_NAMES"): _WITH_SCORE_FIELDS,
    ("PercentileModelCalibration", "SCORE_FIELD"): Condition("score_fields", (False,), otherwise=""),
    ("PiperMetricGeneration", "TASK_LABEL_NAMES"): _WITH_SCORE_FIELDS,
    ("PseudoLabelMerge", "TEST_VAL_RATIO"): Condition("use_auto_split_ratios", (False,), absent=True),
    ("PseudoLabelMerge", "TRAIN_RATIO"): Condition("use_auto_split_ratios", (False,), absent=True),
    ("TSAPreprocessing", "TSA_STREAMING_BATCH_SIZE"): Condition("enable_tsa_streaming", (True,)),
}

DEFAULT_MODEL_CLASS = "xgboost"
"""What ``model_class`` is where the config does not give it."""

REGIONS: Mapping[str, str] = {"NA": "us-east-1", "EU": "eu-west-1", "FE": "us-west-2"}
"""Cursus' region code -> AWS region."""

_CALIBRATION = (
    f"{_NAMED_IN_CONFIG} LightGBMMTModelEval LightGBMMTModelInference XgboostMtModelEval ModelCalibration "
    "TSAModelCalibration"
)
_TRAINING = (
    f"{_BEDROCK} CurrencyConversion DummyDataLoading FeatureSelection MissingValueImputation PseudoLabelMerge "
    "RiskTableMapping SlipboxKnowledgeRouting StratifiedSampling TemporalFeatureEngineering "
    "TemporalSequenceNormalization TokenizerTraining TSAPreprocessing"
)

DEFAULT_JOB_TYPES: Mapping[str, str] = {
    **dict.fromkeys(_words(_CALIBRATION), "calibration"),
    **dict.fromkeys(_words(_TRAINING), "training"),
    "ActiveSampleSelection": "ssl_selection",
    "TSAModelEval": "evaluation",
}
"""The job type that a config class has where the config gives none."""

UNPASSED_ARGUMENTS = _words(
    "GraphConstruction GraphFeatureProcessing GraphSubgraphExtraction GraphStormGNNInferenceEval"
)
"""Step types whose declared arguments the config class does not pass; their container gets them in another way."""

ARGUMENT_DEFAULTS: Mapping[tuple[str, str], str] = {
    ("BedrockBatchProcessing", "--batch-size"): "10",
    ("BedrockBatchProcessing", "--max-retries"): "3",
    ("BedrockProcessing", "--batch-size"): "10",
    ("BedrockProcessing", "--max-retries"): "3",
    ("BedrockPromptTemplateGeneration", "--include-examples"): "true",
    ("BedrockPromptTemplateGeneration", "--template-version"): "1.0",
    ("TSATabularPreprocessing", "--preprocessor-output-path"): "/opt/ml/processing/output/preprocessor",
}
"""Command-line values of the config class where the config gives none."""

INPUT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "get_data_source_uri": ("data_source",),
    "inference_scripts_source": ("inference_scripts_dir", "source_dir"),
    "resolved_prompt_configs_path": ("prompt_configs_path",),
    "resolved_ruleset_configs_path": ("ruleset_configs_path",),
}
"""What ``input_source_overrides`` of an interface name is a method of the config class; the fields that it reads."""
