"""What Cursus' Bedrock config classes compute for their steps, derived from the config alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cursus_tui.pipeline.config import PipelineConfig
from cursus_tui.pipeline.interface import build_interface
from cursus_tui.pipeline.values import StepSource, environment
from cursus_tui.records.pipeline import Value

SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
BATCH = {
    "step_type": "BedrockBatchProcessing",
    "contract": {
        "entry_point": "x.py",
        "env_vars": {
            "required": ["BEDROCK_PRIMARY_MODEL_ID"],
            "optional": {"BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS": "[]", "BEDROCK_FALLBACK_MODEL_ID": ""},
        },
        "computed_env_paths": {"BEDROCK_BATCH_INPUT_S3_PATH": ["bedrock-batch", "input"]},
    },
}


def values(fields: Mapping[str, Any]) -> dict[str, Value]:
    interface = build_interface(BATCH, Path("x.step.yaml"), None, "")
    config = PipelineConfig(specific={"N": fields})
    return {value.name: value for value in environment(StepSource(interface, config.step("N")), {})}


@pytest.mark.parametrize(
    ("fields", "models"),
    [
        ({"bedrock_primary_model_id": "mine"}, None),
        ({"bedrock_inference_profile_required_models": ["mine"]}, f'["mine", "{SONNET}"]'),
        ({"bedrock_inference_profile_required_models": [], "bedrock_primary_model_id": "mine"}, "[]"),
        (
            {
                "bedrock_inference_profile_required_models": [SONNET],
                "bedrock_primary_model_id": HAIKU,
                "effective_inference_profile_required_models": ["what was stored once"],
            },
            f'["{SONNET}", "{HAIKU}"]',
        ),
    ],
)
def test_the_models_that_need_a_profile_are_put_together_and_never_certain(
    fields: Mapping[str, Any], models: str | None
) -> None:
    found = values(fields)["BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS"]
    assert not found.certain
    if models is not None:
        assert found.value == models


def test_a_primary_model_that_needs_a_profile_joins_the_defaults() -> None:
    found = values({"bedrock_primary_model_id": HAIKU})["BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS"]
    assert found.value.endswith(f', "{HAIKU}"]')
    assert found.value.startswith(f'["{SONNET}", ')


def test_paths_under_the_runs_prefix_are_a_guess_from_where_the_config_puts_the_pipeline() -> None:
    found = values({"pipeline_s3_loc": "s3://bucket/MODS/name_1"})["BEDROCK_BATCH_INPUT_S3_PATH"]
    assert found == Value(
        "BEDROCK_BATCH_INPUT_S3_PATH",
        "s3://bucket/MODS/name_1/bedrock-batch/input",
        "a folder under config pipeline_s3_loc",
        certain=False,
    )
    assert "BEDROCK_BATCH_INPUT_S3_PATH" not in values({})
    explicit = values({"pipeline_s3_loc": "s3://b", "env": {"BEDROCK_BATCH_INPUT_S3_PATH": "s3://mine"}})
    assert explicit["BEDROCK_BATCH_INPUT_S3_PATH"].value == "s3://mine"


def test_a_field_that_the_config_empties_is_not_surely_the_classs_default() -> None:
    assert not values({"bedrock_fallback_model_id": None})["BEDROCK_FALLBACK_MODEL_ID"].certain
    assert values({})["BEDROCK_FALLBACK_MODEL_ID"].certain
