"""The environment and command line of a step: what Cursus' step builders would give it, without Cursus.

Every value says where it came from. ``certain`` means that Cursus would set exactly this; a guess is never certain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cursus_tui.pipeline.config import StepConfig
from cursus_tui.pipeline.cursus_rules import (
    ARGUMENT_DEFAULTS,
    CAPITAL_BOOLEANS,
    CLASS_DEFAULTS,
    CONDITIONS,
    DEFAULT_JOB_TYPES,
    DEFAULT_MODEL_CLASS,
    FIELD_OF_VARIABLE,
    JSON_VARIABLES,
    KNOWN_PROFILE_MODELS,
    KNOWN_STEP_TYPES,
    NOT_FROM_CONFIG,
    PRIMARY_MODEL,
    PROFILE_MODELS,
    REGIONS,
    UNDECLARED_VARIABLES,
    UNPASSED_ARGUMENTS,
)
from cursus_tui.records.pipeline import Interface, JobArgument, Value

BY_USER = "set by you"
BY_BUILDER = "Cursus' own step builder"
INTERFACE_DEFAULT = "interface default"
CLASS_DEFAULT = "Cursus default"
JOB_TYPE_FLAGS = ("--job_type", "--job-type")
BUILT_IN_JOB_TYPE = "Cursus default job type"


@dataclass(frozen=True, slots=True)
class BuilderValues:
    """What Cursus' own step builder gives one step, where Cursus could be asked."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    """The words of its command line."""


@dataclass(frozen=True, slots=True)
class StepSource:
    """Everything that the values of one step are taken from."""

    interface: Interface
    config: StepConfig = field(default_factory=StepConfig)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    job_type: Value | None = None
    builder: BuilderValues | None = None
    """The exact answer; without it, values are derived."""

    @property
    def well_known(self) -> bool:
        """Whether what the config leaves out is known: the config has the step, and its config class was read."""
        return self.config.present and self.interface.step_type in KNOWN_STEP_TYPES


def resolve_job_type(step_type: str | None, suffix: str | None, config: StepConfig, chosen: str | None) -> Value | None:
    """A step's job type: the user's, the config's, the node's suffix, the config class's default, in this order."""
    if chosen is not None:
        return Value("job_type", chosen, BY_USER, certain=True)
    if config.job_type is not None:
        return Value("job_type", config.job_type, "config job_type", certain=True)
    if suffix is not None:
        return Value("job_type", suffix, "suffix of the step's name", certain=False)
    default = DEFAULT_JOB_TYPES.get(step_type or "")
    return Value("job_type", default, BUILT_IN_JOB_TYPE, certain=False) if default else None


def environment(source: StepSource, overrides: Mapping[str, str]) -> tuple[Value, ...]:
    """The environment of a step: what the interface declares, what Cursus adds, and what the user sets."""
    contract = source.interface.contract
    undeclared = UNDECLARED_VARIABLES.get(source.interface.step_type, {}) if source.config.present else {}
    values: dict[str, Value] = {}
    for name in dict.fromkeys((*contract.required_env, *contract.optional_env, *undeclared)):
        value = _variable(name, source)
        if value is not None:
            values[name] = value
    values |= _paths_of_the_execution(source)
    explicit = source.config.get("env")
    if isinstance(explicit, dict):
        values |= {name: Value(name, as_text(value), "config env", certain=True) for name, value in explicit.items()}
    values |= _column_strategies(source)
    if source.builder is not None:
        values |= {
            name: Value(name, text, BY_BUILDER, certain=True) for name, text in source.builder.environment.items()
        }
    values |= {name: Value(name, value, BY_USER, certain=True) for name, value in overrides.items()}
    return tuple(values.values())


def _paths_of_the_execution(source: StepSource) -> dict[str, Value]:
    """Variables that hold an S3 folder of the pipeline's execution: its prefix is known in the cloud only.

    Without an execution Cursus' builder falls back to ``pipeline_s3_loc``.
    """
    place = source.config.text("pipeline_s3_loc")
    if place is None:
        return {}
    return {
        name: Value(name, "/".join((place, *folders)), "a folder under config pipeline_s3_loc", certain=False)
        for name, folders in source.interface.contract.computed_env_paths.items()
    }


def missing_variables(source: StepSource, values: tuple[Value, ...]) -> tuple[str, ...]:
    """Variables that the interface requires and that nothing gives."""
    given = {value.name for value in values}
    return tuple(name for name in source.interface.contract.required_env if name not in given)


def _variable(name: str, source: StepSource) -> Value | None:
    step_type = source.interface.step_type
    default = source.interface.contract.optional_env.get(name)
    condition = CONDITIONS.get((step_type, name))
    if condition is not None and not _holds(source.config, condition.field, condition.values, condition.absent):
        if condition.otherwise is not None:
            return Value(name, condition.otherwise, f"Cursus, for config {condition.field}", certain=source.well_known)
        return _default(name, default, source)
    has_fields = bool(source.config.fields or source.hyperparameters)
    if has_fields and name not in NOT_FROM_CONFIG.get(step_type, frozenset()):
        found = _from_config(name, default, source) or _from_hyperparameters(name, source)
        if found is not None:
            return found
    return _default(name, default, source)


def _holds(config: StepConfig, name: str, values: tuple[Any, ...], absent: Any) -> bool:
    value = config.get(name)
    value = absent if value is None else value
    return (value if isinstance(value, str) else bool(value)) in values


def _default(name: str, declared: str | None, source: StepSource) -> Value | None:
    step_type = source.interface.step_type
    computed = any(field_name in _DERIVED for field_name, _ in _fields_of(name, step_type))
    # Null in the config is another value than the class's default; what Cursus writes for it depends on the class.
    emptied = any(field_name in source.config.fields for field_name, _ in _fields_of(name, step_type))
    default = CLASS_DEFAULTS.get(step_type, {}).get(name)
    if default is None and declared is None:
        default = UNDECLARED_VARIABLES.get(step_type, {}).get(name)
    if default is not None:
        return Value(name, default, CLASS_DEFAULT, certain=source.well_known and not computed and not emptied)
    if declared is None:
        return None
    return Value(name, declared, INTERFACE_DEFAULT, certain=source.well_known and not computed)


def _from_config(name: str, default: str | None, source: StepSource) -> Value | None:
    for field_name, sure in _fields_of(name, source.interface.step_type):
        derived = _DERIVED.get(field_name)
        value = derived(source.config) if derived else None
        origin = f"derived from config {_DERIVED_FROM[field_name]}" if value is not None else f"config {field_name}"
        if value is None:
            value = source.config.get(field_name)
        if value is None or (derived is None and value in ("", [], {}) and default is not None):
            continue
        text = as_text(value, json_list=_is_json(name, default), like=default)
        if isinstance(value, bool) and (source.interface.step_type, name) in CAPITAL_BOOLEANS:
            text = str(value)
        return Value(name, text, origin, certain=sure and derived is None)
    return None


def _fields_of(name: str, step_type: str) -> tuple[tuple[str, bool], ...]:
    """The config fields that a variable may come from, and whether that is known or a guess."""
    convention = name.lower()
    alias, steps = FIELD_OF_VARIABLE.get(name, (None, frozenset()))
    if alias is None:
        return ((convention, True),)
    if step_type in steps:
        return ((alias, True),)
    if step_type in KNOWN_STEP_TYPES:
        return ((convention, True),)
    return ((convention, True), (alias, False))


def _from_hyperparameters(name: str, source: StepSource) -> Value | None:
    """A column's name from the hyperparameters: a guess, tried where the config is silent.

    Only names of columns and required variables: others, such as a batch size, mean the training's own.
    """
    alias, _ = FIELD_OF_VARIABLE.get(name, (None, None))
    fields = [alias] if alias else []
    if name in source.interface.contract.required_env:
        fields.append(name.lower())
    inside = source.config.get("hyperparameters")
    for where in (inside if isinstance(inside, dict) else {}, source.hyperparameters):
        for field_name in fields:
            value = where.get(field_name)
            if isinstance(value, str | int | float | list) and value != "":
                return Value(name, as_text(value), f"hyperparameters {field_name}", certain=False)
    return None


def _column_strategies(source: StepSource) -> dict[str, Value]:
    """MissingValueImputation takes one variable for each column that the config names."""
    strategies = source.config.get("column_strategies")
    if source.interface.step_type != "MissingValueImputation" or not isinstance(strategies, dict):
        return {}
    named = {f"COLUMN_STRATEGY_{column.upper()}": as_text(strategy) for column, strategy in strategies.items()}
    return {name: Value(name, text, "config column_strategies", certain=True) for name, text in named.items()}


def as_text(value: Any, *, json_list: bool = False, like: str | None = None) -> str:
    """A config value as Cursus writes it into the environment.

    Args:
        value: A value from a JSON file.
        json_list: Write a list as JSON rather than joined by commas.
        like: The interface's default: where it shows a fraction, a whole number is written as one, too, because the
            config class has a float there.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) or (isinstance(value, list) and json_list):
        return json.dumps(value)
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    if isinstance(value, int) and like is not None and _is_fraction(like):
        return str(float(value))
    return str(value)


def _is_fraction(text: str) -> bool:
    whole, dot, rest = text.partition(".")
    return bool(dot) and whole.lstrip("-").isdigit() and rest.isdigit()


def _is_json(name: str, default: str | None) -> bool:
    return name in JSON_VARIABLES or (default is not None and default.startswith(("[", "{")))


def _pipeline_name(config: StepConfig) -> str | None:
    """Cursus puts a pipeline's name together again on every load and ignores the one that is stored."""
    author, service, region = (config.text(name) for name in ("author", "service_name", "region"))
    model_class = config.text("model_class") or DEFAULT_MODEL_CLASS
    return f"{author}-{service}-{model_class}-{region}" if author and service and region else None


def _aws_region(config: StepConfig) -> str | None:
    region = config.text("region")
    return REGIONS.get(region) if region else None


def _edx_arn(config: StepConfig) -> str | None:
    parts = [config.text(name) for name in ("edx_provider", "edx_subject", "edx_dataset")]
    return "arn:amazon:edx:iad::manifest/" + "/".join(part for part in parts if part) if all(parts) else None


def _excluded_columns(config: StepConfig) -> list[str] | None:
    columns = config.get("exclude_columns")
    label = config.text("label_field")
    names = [*([label] if label else []), *(columns if isinstance(columns, list) else [])]
    return [str(name) for name in dict.fromkeys(names)] or None


def _profile_models(config: StepConfig) -> list[str] | None:
    """As both Bedrock config classes do: the models listed, and the primary one where it is known to need a profile."""
    listed = config.get("bedrock_inference_profile_required_models")
    primary = config.text("bedrock_primary_model_id")
    if listed is None and primary is None:
        return None
    models = [str(model) for model in listed] if isinstance(listed, list) else list(PROFILE_MODELS)
    primary = primary or PRIMARY_MODEL
    return [*models, primary] if primary in KNOWN_PROFILE_MODELS and primary not in models else models


_DERIVED: Mapping[str, Callable[[StepConfig], Any]] = {
    "pipeline_name": _pipeline_name,
    "aws_region": _aws_region,
    "edx_arn_base": _edx_arn,
    "effective_exclude_columns": _excluded_columns,
    "effective_inference_profile_required_models": _profile_models,
}
"""Fields that a config class computes; what the file stores for them is only what they were once."""

_DERIVED_FROM: Mapping[str, str] = {
    "pipeline_name": "author, service_name, model_class, region",
    "aws_region": "region",
    "edx_arn_base": "edx_provider, edx_subject, edx_dataset",
    "effective_exclude_columns": "label_field, exclude_columns",
    "effective_inference_profile_required_models": (
        "bedrock_inference_profile_required_models, bedrock_primary_model_id"
    ),
}


def arguments(source: StepSource, overrides: Mapping[str, str]) -> tuple[Value, ...]:
    """The command line of a step, in the interface's order; flags that only the user names come last."""
    values = _built_arguments(source.builder, source.job_type) if source.builder else _derived_arguments(source)
    known = {argument.flag.lstrip("-"): argument.flag for argument in source.interface.contract.job_arguments}
    for name, text in overrides.items():
        flag = known.get(name.lstrip("-"), f"--{name.lstrip('-')}")
        values[flag] = Value(flag, text, BY_USER, certain=True)
    return tuple(values.values())


def _derived_arguments(source: StepSource) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for argument in source.interface.contract.job_arguments:
        value = _argument(argument, source)
        if value is not None:
            values[argument.flag] = value
    return values | _literal_arguments(source.config)


def _built_arguments(builder: BuilderValues, job_type: Value | None) -> dict[str, Value]:
    """A builder's command line as flags with their values; the user's own job type wins."""
    values: dict[str, Value] = {}
    for position, word in enumerate(builder.arguments):
        if not word.startswith("--"):
            continue
        following = builder.arguments[position + 1] if position + 1 < len(builder.arguments) else "--"
        bare = following.startswith("--")
        values[word] = Value(word, "" if bare else following, BY_BUILDER, certain=True, bare=bare)
        if word in JOB_TYPE_FLAGS and job_type is not None and job_type.origin == BY_USER:
            values[word] = replace(job_type, name=word)
    return values


def command_line(values: tuple[Value, ...]) -> tuple[str, ...]:
    """Arguments as a script's ``sys.argv[1:]`` holds them."""
    return tuple(word for value in values for word in ((value.name,) if value.bare else (value.name, value.value)))


def _argument(argument: JobArgument, source: StepSource) -> Value | None:
    flag, field_name = argument.flag, argument.source or argument.flag.lstrip("-").replace("-", "_")
    if field_name == "job_type":
        job_type = source.job_type
        return Value(flag, job_type.value, job_type.origin, job_type.certain) if job_type else None
    value, origin = source.config.get(field_name), f"config {field_name}"
    certain = source.interface.step_type not in UNPASSED_ARGUMENTS
    if value is None or value == "":
        default = ARGUMENT_DEFAULTS.get((source.interface.step_type, flag))
        value, origin, certain = True if default == "true" else default, CLASS_DEFAULT, source.well_known
    if value is None or value is False:
        return None
    if value is True:
        return Value(flag, "", origin, certain, bare=True)
    return Value(flag, as_text(value), origin, certain)


def _literal_arguments(config: StepConfig) -> dict[str, Value]:
    """``processing_script_arguments`` of a config: words that are passed on as they stand."""
    words = config.get("processing_script_arguments")
    values: dict[str, Value] = {}
    flag = ""
    for word in [str(word) for word in words] if isinstance(words, list) else []:
        if word.startswith("--") or not flag:
            flag = word
            values[flag] = Value(flag, "", "config processing_script_arguments", certain=True, bare=True)
        else:
            values[flag] = Value(flag, word, "config processing_script_arguments", certain=True)
            flag = ""
    return values
