"""The config JSON that Cursus keeps beside a DAG, and the hyperparameters JSON: read tolerantly, merged per step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from cursus_tui.pipeline.documents import check
from cursus_tui.pipeline.given_files import parse_json, read_json, read_text
from cursus_tui.pipeline.names import name_key
from cursus_tui.pipeline.shapes import Before, shape
from cursus_tui.records.errors import UserError

WHAT = 'a Cursus config: {"configuration": {"shared": {...}, "specific": {"<step>": {...}}}}'
WHAT_HYPERPARAMETERS = "hyperparameters: one JSON object"


def _empty_section(value: Any) -> Any:
    return {} if value is None else value


Fields = Annotated[dict[str, Any], Before(_empty_section)]


@shape
class _Configuration:
    shared: Fields = field(default_factory=dict)
    specific: Annotated[dict[str, Fields], Before(_empty_section)] = field(default_factory=dict)


@shape
class _Metadata:
    config_types: Annotated[dict[str, str], Before(_empty_section)] = field(default_factory=dict)


@shape
class _ConfigDocument:
    configuration: _Configuration
    metadata: Annotated[_Metadata, Before(_empty_section)] = field(default_factory=_Metadata)


@dataclass(frozen=True, slots=True)
class StepConfig:
    """The fields that a config gives one step, its own before the shared ones."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    """Fields from the step's own section."""
    present: bool = False
    """Whether the config knows the step at all; without that, Cursus cannot build it."""

    def get(self, name: str) -> Any:
        """A field's value without the wrappers that Cursus writes around some types; None where it is absent."""
        return plain(self.fields.get(name))

    def text(self, name: str) -> str | None:
        """A field that holds a text; None where it is absent, empty or something else."""
        value = self.fields.get(name)
        return value if isinstance(value, str) and value else None

    @property
    def job_type(self) -> str | None:
        """The step's job type, where its own section gives one."""
        return self.text("job_type") if "job_type" in self.own else None


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """A config JSON."""

    file: Path | None = None
    shared: Mapping[str, Any] = field(default_factory=dict)
    specific: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config_types: Mapping[str, str] = field(default_factory=dict)

    def step(self, node: str) -> StepConfig:
        """What the config says about a step. Case and separators of its name do not matter."""
        key = self._key(node)
        own = self.specific.get(key, {}) if key else {}
        return StepConfig({**self.shared, **own}, frozenset(own), key is not None)

    def _key(self, node: str) -> str | None:
        if node in self.specific or node in self.config_types:
            return node
        wanted = name_key(node)
        return next((key for key in (*self.specific, *self.config_types) if name_key(key) == wanted), None)

    def unused_sections(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Sections that belong to no step of a DAG."""
        known = {name_key(node) for node in nodes}
        return tuple(key for key in self.specific if name_key(key) not in known)


def read_config(file: Path) -> PipelineConfig:
    """Read a config JSON. Neither ``metadata`` nor ``specific`` need be there.

    Raises:
        UserError: It cannot be read or is no config; names the field.
    """
    text = read_text(file, WHAT)
    value = parse_json(text, file, WHAT)
    document = check(_ConfigDocument, value, file, WHAT, text)
    configuration = document.configuration
    return PipelineConfig(file, configuration.shared, configuration.specific, document.metadata.config_types)


def read_hyperparameters(file: Path) -> Mapping[str, Any]:
    """Read a hyperparameters JSON.

    Raises:
        UserError: It cannot be read or is not one object.
    """
    value = read_json(file, WHAT_HYPERPARAMETERS)
    if not isinstance(value, dict):
        raise UserError("this is no JSON object", file=file, expected=WHAT_HYPERPARAMETERS, hint="give another file")
    return value


def plain(value: Any) -> Any:
    """A value without Cursus' type marks: ``{"__type_info__": "list", "value": [..]}`` and ``__model_type__``."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "__type_info__" in value and "value" in value:
        return plain(value["value"])
    return {key: plain(item) for key, item in value.items() if not key.startswith("__")}
