"""Configs, and the environment and command line that come of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.pipeline.config import PipelineConfig, plain, read_config, read_hyperparameters
from cursus_tui.pipeline.values import (
    StepSource,
    arguments,
    as_text,
    command_line,
    environment,
    missing_variables,
    resolve_job_type,
)
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Contract, Interface, JobArgument, Value


def source(
    step_type: str = "Custom",
    fields: Mapping[str, Any] | None = None,
    *,
    optional: Mapping[str, str] | None = None,
    required: tuple[str, ...] = (),
    flags: tuple[JobArgument, ...] = (),
    hyperparameters: Mapping[str, Any] | None = None,
    job_type: Value | None = None,
) -> StepSource:
    contract = Contract("x.py", required_env=required, optional_env=optional or {}, job_arguments=flags)
    interface = Interface(step_type, "Processing", contract, (), (), Path("x.step.yaml"))
    config = PipelineConfig(specific={"N": fields} if fields is not None else {})
    return StepSource(interface, config.step("N"), hyperparameters or {}, job_type)


def one(found: tuple[Value, ...], name: str) -> Value:
    return next(value for value in found if value.name == name)


def write(file: Path, value: Any) -> Path:
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return file


def test_own_fields_win_over_shared_ones_and_metadata_may_be_missing(tmp_path: Path) -> None:
    document = {"configuration": {"shared": {"a": 1, "b": 2}, "specific": {"Some_Node": {"b": 3}}}}
    step = read_config(write(tmp_path / "c.json", document)).step("some_node")
    assert (step.get("a"), step.get("b"), step.present) == (1, 3, True)


def test_empty_specific_leaves_shared_fields(tmp_path: Path) -> None:
    config = read_config(write(tmp_path / "c.json", {"configuration": {"shared": {"a": 1}, "specific": None}}))
    assert config.step("N").get("a") == 1
    assert not config.step("N").present


def test_job_type_is_taken_from_the_steps_own_section_only() -> None:
    config = PipelineConfig(shared={"job_type": "training"}, specific={"N": {}, "M": {"job_type": "testing"}})
    assert config.step("N").job_type is None
    assert config.step("M").job_type == "testing"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "configuration is missing"),
        ({"configuration": {"specific": {"N": 5}}}, "configuration.specific.N is 5"),
        ([], "the whole file is []"),
    ],
)
def test_config_errors_name_the_field(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_config(write(tmp_path / "c.json", value))
    assert caught.value.message == message
    assert caught.value.expected


def test_hyperparameters_must_be_one_object(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="this is no JSON object"):
        read_hyperparameters(write(tmp_path / "h.json", [1]))


def test_type_marks_are_taken_off() -> None:
    assert plain({"__model_type__": "X", "a": {"__type_info__": "list", "value": [{"__t": 1, "b": 2}]}}) == {
        "a": [{"b": 2}]
    }


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [(True, None, "true"), ([1, "a"], None, "1,a"), ({"a": 1}, None, '{"a": 1}'), (1, "0.7", "1.0"), (1, "5", "1")],
)
def test_values_are_written_as_cursus_writes_them(value: Any, like: str | None, text: str) -> None:
    assert as_text(value, like=like) == text


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "label_name"]), st.none() | st.integers() | st.text() | st.lists(st.text())
    )
)
def test_any_config_gives_an_environment_of_texts(fields: dict[str, Any]) -> None:
    found = environment(source(fields=fields, optional={"A": "1", "LABEL_FIELD": ""}, required=("B",)), {})
    assert all(isinstance(value.value, str) and value.origin for value in found)


def test_a_variable_comes_from_the_field_of_its_name() -> None:
    found = environment(source(fields={"n_bins": 7}, optional={"N_BINS": "10"}), {})
    assert found == (Value("N_BINS", "7", "config n_bins", certain=True),)


def test_a_default_that_is_json_makes_a_list_json() -> None:
    found = environment(source(fields={"items": ["a"], "names": ["a", "b"]}, optional={"ITEMS": "[]", "NAMES": ""}), {})
    assert [value.value for value in found] == ['["a"]', "a,b"]


def test_an_interface_default_is_certain_only_where_cursus_class_is_known() -> None:
    assert not environment(source("Custom", {}, optional={"N": "1"}), {})[0].certain
    assert environment(source("RiskTableMapping", {}, optional={"N": "1"}), {})[0].certain
    assert not environment(source("RiskTableMapping", None, optional={"N": "1"}), {})[0].certain


def test_an_alias_is_certain_for_the_steps_it_is_known_of_and_a_guess_for_others() -> None:
    fields = {"label_name": "y"}
    known = environment(source("XGBoostModelEval", fields, optional={"LABEL_FIELD": "label"}), {})
    guess = environment(source("Custom", fields, optional={"LABEL_FIELD": "label"}), {})
    assert one(known, "LABEL_FIELD") == Value("LABEL_FIELD", "y", "config label_name", certain=True)
    assert one(guess, "LABEL_FIELD") == Value("LABEL_FIELD", "y", "config label_name", certain=False)


def test_derived_fields_are_put_together_and_never_certain() -> None:
    fields = {"author": "a", "service_name": "s", "model_class": "m", "region": "EU", "pipeline_name": "stale"}
    found = one(environment(source("Package", fields), {}), "PIPELINE_NAME")
    assert (found.value, found.certain) == ("a-s-m-EU", False)
    region = environment(source("BedrockProcessing", fields), {})
    assert one(region, "AWS_DEFAULT_REGION").value == "eu-west-1"


def test_conditions_decide_whether_a_field_is_used() -> None:
    optional = {"MULTICLASS_CATEGORIES": ""}
    binary = environment(source("ModelCalibration", {"multiclass_categories": [0, 1]}, optional=optional), {})
    several = {"multiclass_categories": [0, 1, 2], "is_binary": False}
    multiclass = environment(source("ModelCalibration", several, optional=optional), {})
    assert one(binary, "MULTICLASS_CATEGORIES").value == ""
    assert one(multiclass, "MULTICLASS_CATEGORIES").value == "[0, 1, 2]"


def test_variables_that_cursus_never_takes_from_the_config_keep_their_default() -> None:
    found = environment(source("PyTorchModelEval", {"batch_size": 99}, optional={"BATCH_SIZE": "32"}), {})
    assert one(found, "BATCH_SIZE").value == "32"


def test_hyperparameters_fill_in_as_a_guess() -> None:
    found = environment(source(required=("LABEL_FIELD",), hyperparameters={"label_name": "y", "batch_size": 2}), {})
    assert found == (Value("LABEL_FIELD", "y", "hyperparameters label_name", certain=False),)


def test_config_env_and_the_user_come_last() -> None:
    step = source(fields={"a": 1, "env": {"A": "2", "B": True}}, optional={"A": "0"})
    found = environment(step, {"B": "mine"})
    assert [(value.name, value.value, value.origin) for value in found] == [
        ("A", "2", "config env"),
        ("B", "mine", "set by you"),
    ]


def test_required_variables_without_a_value_are_told() -> None:
    step = source(required=("A", "B"), fields={"a": "x"})
    assert missing_variables(step, environment(step, {})) == ("B",)


def test_imputation_has_a_variable_for_each_column_and_never_fills_the_label() -> None:
    fields = {"label_field": "y", "exclude_columns": ["id", "y"], "column_strategies": {"age": "mean"}}
    found = environment(source("MissingValueImputation", fields, optional={"EXCLUDE_COLUMNS": ""}), {})
    assert one(found, "COLUMN_STRATEGY_AGE").value == "mean"
    assert one(found, "EXCLUDE_COLUMNS").value == "y,id"


def test_job_type_goes_by_user_config_suffix_class() -> None:
    own = PipelineConfig(specific={"N": {"job_type": "testing"}}).step("N")
    none = PipelineConfig().step("N")
    assert resolve_job_type("XGBoostModelEval", "x", own, "mine") == Value(
        "job_type", "mine", "set by you", certain=True
    )
    assert resolve_job_type("XGBoostModelEval", "x", own, None) == Value("job_type", "testing", "config job_type", True)
    suffix = resolve_job_type("XGBoostModelEval", "x", none, None)
    assert suffix is not None
    assert (suffix.value, suffix.certain) == ("x", False)
    default = resolve_job_type("XGBoostModelEval", None, none, None)
    assert default is not None
    assert (default.value, default.certain) == ("calibration", False)
    assert resolve_job_type("XGBoostTraining", None, none, None) is None


def test_command_line_has_values_bare_flags_and_the_users_own() -> None:
    flags = (
        JobArgument("--job_type", "job_type"),
        JobArgument("--include-examples", "include_examples"),
        JobArgument("--absent", "absent"),
        JobArgument("--off", "off"),
        JobArgument("--rows", None),
    )
    job_type = Value("job_type", "training", "config job_type", certain=True)
    step = source(fields={"include_examples": True, "off": False, "rows": 5}, flags=flags, job_type=job_type)
    found = arguments(step, {"rows": "6", "new": "1"})
    assert command_line(found) == ("--job_type", "training", "--include-examples", "--rows", "6", "--new", "1")
    assert one(found, "--rows").origin == "set by you"
    assert one(found, "--job_type").certain


def test_no_job_type_means_no_flag() -> None:
    assert arguments(source(flags=(JobArgument("--job_type", "job_type"),)), {}) == ()


def test_literal_arguments_are_passed_on() -> None:
    step = source(fields={"processing_script_arguments": ["--verbose", "--rows", "5"]})
    assert command_line(arguments(step, {})) == ("--verbose", "--rows", "5")


def test_a_booleans_case_is_that_of_the_config_class() -> None:
    optional = {"ADAPTIVE_KNOTS": "True", "OTHER": "True"}
    found = environment(source("TSAModelCalibration", {"adaptive_knots": False, "other": False}, optional=optional), {})
    assert [value.value for value in found] == ["False", "false"]


def test_arguments_that_cursus_declares_but_does_not_pass_are_guesses() -> None:
    flags = (JobArgument("--graph-name", "graph_name"),)
    assert not arguments(source("GraphConstruction", {"graph_name": "g"}, flags=flags), {})[0].certain
    assert arguments(source("Custom", {"graph_name": "g"}, flags=flags), {})[0].certain


def test_arguments_have_the_defaults_of_the_config_class() -> None:
    flags = (
        JobArgument("--include-examples", "include_examples"),
        JobArgument("--template-version", "template_version"),
    )
    found = arguments(source("BedrockPromptTemplateGeneration", {}, flags=flags), {})
    assert command_line(found) == ("--include-examples", "--template-version", "1.0")
