"""cursus-tui resolves every sample exactly as it is meant, with nothing to complain of before it runs."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from intended_wiring import INTENDED
from sample_container import Sample

from cursus_tui.checks.static import static_findings
from cursus_tui.pipeline.discovery import find_project
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.settings import read_settings
from cursus_tui.pipeline.target import find_target
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import Pipeline, StepKind

SAMPLES = Path(__file__).parents[2] / "sample_pipelines"
NAMES = ("fraud_training", "broken_contract")


def resolved(name: str) -> Pipeline:
    folder = SAMPLES / name
    settings = read_settings(folder / "cursus-tui.yaml")
    layout = find_project(find_target(str(folder)), LayoutFlags(), settings=settings.file)
    return resolve(layout, settings.overrides)


def absent(python: Path | None, modules: frozenset[str]) -> frozenset[str]:
    """Which libraries this interpreter lacks."""
    return frozenset(each for each in modules if importlib.util.find_spec(each) is None)


@pytest.mark.parametrize("name", NAMES)
def test_the_wiring_is_as_intended_without_a_doubt(name: str) -> None:
    pipeline = resolved(name)
    wired = {(each.step, each.input): (each.source_step, each.source_output) for each in pipeline.bindings}
    assert wired == {(step, name): source for step, each in INTENDED.items() for name, source in each.items()}
    assert [each for each in pipeline.bindings if each.doubt or each.overridden or each.score <= 0.8] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_edge_carries_something(name: str) -> None:
    pipeline = resolved(name)
    assert {(each.source_step, each.step) for each in pipeline.bindings} == set(pipeline.edges)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_before_it_runs(name: str) -> None:
    pipeline = resolved(name)
    assert pipeline.findings == ()
    assert static_findings(pipeline, absent) == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_of_its_kind(name: str) -> None:
    kinds = {step.name: step.kind for step in resolved(name).steps.values()}
    assert {step for step, kind in kinds.items() if kind != StepKind.SCRIPT} == {
        "RedshiftDataLoading",
        "CradleDataLoading_calibration",
        "Registration",
    }
    assert kinds["RedshiftDataLoading"] == kinds["CradleDataLoading_calibration"] == StepKind.SOURCE
    assert kinds["Registration"] == StepKind.REMOTE


def test_the_values_are_those_that_the_container_test_gives() -> None:
    pipeline, sample = resolved("fraud_training"), Sample(SAMPLES / "fraud_training")
    for step in pipeline.steps.values():
        if step.kind != StepKind.SCRIPT:
            continue
        ours = {value.name: value.value for value in pipeline.environment[step.name]}
        theirs = sample.environment(step.name)
        # Cursus adds the label, which the script leaves out anyway.
        theirs.pop("EXCLUDE_COLUMNS", None)
        assert {name: ours[name] for name in theirs} == theirs, step.name
        line = [word for value in pipeline.arguments[step.name] for word in (value.name, value.value)]
        assert line == sample.arguments(step.name), step.name


def test_broken_contract_lacks_only_the_rate_of_one_currency() -> None:
    def rates(name: str) -> list[dict]:
        values = {each.name: each.value for each in resolved(name).environment["CurrencyConversion_calibration"]}
        return json.loads(values["CURRENCY_CONVERSION_DICT"])["mappings"]

    missing = [each["currency_code"] for each in rates("fraud_training") if each not in rates("broken_contract")]
    assert missing == ["SEK"]
