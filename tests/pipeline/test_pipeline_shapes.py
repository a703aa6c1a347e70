"""Reading values into shapes: exactly as pydantic would, which is asked only about what does not fit."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cursus_tui.pipeline.shapes import FORBID_OTHERS, Before, read_shape, shape


class Kind(StrEnum):
    ONE = "one"
    TWO = "two"


def _empty(value: Any) -> Any:
    if value == "no":
        raise ValueError("not no")
    return {} if value is None else value


@shape
class Inner:
    name: str
    on: bool = True
    kind: Kind = Kind.ONE


@shape
class Outer:
    inner: Inner
    many: list[Inner] = dataclasses.field(default_factory=list)
    by_name: Annotated[dict[str, Annotated[str, Before(_empty)]], Before(_empty)] = dataclasses.field(
        default_factory=dict
    )
    names: tuple[str, ...] = ()
    pair: tuple[str, int] | None = None
    either: str | int | float | None = None
    free: Any = None


@shape
class Closed:
    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_OTHERS
    name: str


scalars = st.sampled_from(["", "a", "one", "no", "true", "\ud800", "ü", 0, 1, 2.5, True, None, [], {}])
inner = st.fixed_dictionaries({}, optional={"name": scalars, "on": scalars, "kind": scalars, "other": scalars})
outer = st.fixed_dictionaries(
    {"inner": inner | scalars},
    optional={
        "many": st.lists(inner, max_size=2) | scalars,
        "by_name": st.dictionaries(st.sampled_from(["a", "b", 1]), scalars, max_size=2) | scalars,
        "names": st.lists(scalars, max_size=2) | scalars,
        "pair": st.lists(scalars, max_size=3) | scalars,
        "either": scalars,
        "free": scalars | inner,
        "other": scalars,
    },
)


def _outcome(read: Any) -> Any:
    try:
        return _plain(read())
    except ValidationError as error:
        return [(each["loc"], each["type"]) for each in error.errors(include_context=False, include_input=False)]


def _plain(value: Any) -> Any:
    """With the types, since True == 1."""
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [_plain(each) for each in value]
    return type(value), value


@given(outer)
def test_a_shape_is_read_as_pydantic_reads_it(value: Any) -> None:
    assert _outcome(lambda: read_shape(Outer, value)) == _outcome(lambda: TypeAdapter(Outer).validate_python(value))


def test_other_fields_are_refused_where_a_shape_says_so() -> None:
    assert read_shape(Closed, {"name": "a"}).name == "a"
    with pytest.raises(ValidationError):
        read_shape(Closed, {"name": "a", "other": 1})


def test_what_no_shape_is_made_of_is_said() -> None:
    with pytest.raises(TypeError, match="no shape is made of"):
        read_shape(complex, 1j)


def test_a_sound_pipeline_is_opened_without_what_takes_long_to_import(tmp_path: Any) -> None:
    """A proxy for the time to the first picture: the sample, with its settings, through everything before it."""
    code = (
        "import sys; from cursus_tui.workbench import open_pipeline;"
        "open_pipeline('sample:fraud_training', check=False);"
        "import cursus_tui.app.screens.main; print(*sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout.split()
    assert "cursus_tui.pipeline.settings" in told
    slow = {"networkx", "pydantic", "pydantic_core", "duckdb", "pandas", "numpy", "psutil", "sqlite3", "pygments"}
    assert not slow & set(told)
    later = (
        "cursus_tui.checks.static",
        "cursus_tui.execution.session",
        "cursus_tui.execution.asking",
        "cursus_tui.records.events",
        "cursus_tui.storage.store",
        "cursus_tui.storage.workspace",
        "cursus_tui.app.follow",
        "cursus_tui.app.opening",
        "cursus_tui.app.commands",
        "cursus_tui.widgets.data_grid",
        "cursus_tui.widgets.dag_graph",
    )
    assert not [name for name in told if name in later or name == "cursus_tui.app.panes.later"]
