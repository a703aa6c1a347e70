"""What Cursus itself answers for its own DAGs, configs and interfaces is what must come out here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_tui.pipeline.catalog import StepCatalog
from cursus_tui.pipeline.config import read_config
from cursus_tui.pipeline.dag import read_dag
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.values import StepSource, arguments, command_line, environment, resolve_job_type
from cursus_tui.records.pipeline import Overrides, Pipeline, ProjectLayout, Value

ANONYMISED = {"PIPELINE_NAME"}
"""The authors' names were replaced in the configs after the truth was recorded, and this is made of them."""


@pytest.fixture(scope="module")
def pipelines(cursus_data: Path) -> dict[str, Pipeline]:
    folder = cursus_data / "dags"
    files = sorted(folder.glob("*/*.dag.json"))
    return {
        str(file.relative_to(folder)): resolve(
            ProjectLayout(file, cursus_data, interfaces=(cursus_data / "interfaces",)), Overrides()
        )
        for file in files
    }


def test_all_46_dags_resolve(pipelines: dict[str, Pipeline]) -> None:
    assert len(pipelines) == 46
    assert sum(len(pipeline.steps) for pipeline in pipelines.values()) == 460
    assert sum(len(pipeline.edges) for pipeline in pipelines.values()) == 490
    assert all(step.interface for pipeline in pipelines.values() for step in pipeline.steps.values())


def test_460_of_460_names_resolve(cursus_data: Path) -> None:
    catalog = StepCatalog([cursus_data / "interfaces"])
    nodes = [node for file in (cursus_data / "dags").glob("*/*.dag.json") for node in read_dag(file).nodes]
    found = [catalog.split_node(node).step_type for node in nodes]
    assert (len(found), sum(step_type is not None for step_type in found)) == (460, 460)


def test_386_of_386_bindings_are_those_of_cursus(cursus_data: Path, pipelines: dict[str, Pipeline]) -> None:
    truth = json.loads((cursus_data / "wiring_truth.json").read_text())
    equal = 0
    for name, expected in truth.items():
        mine = {(one.step, one.input): one for one in pipelines[name].bindings}
        wanted = {
            (step, channel): one for step, inputs in expected["wiring"].items() for channel, one in inputs.items()
        }
        assert mine.keys() == wanted.keys(), name
        for key, binding in mine.items():
            assert (binding.source_step, binding.source_output) == (
                wanted[key]["source_step"],
                wanted[key]["source_output"],
            ), (name, key)
            assert abs(binding.score - wanted[key]["compatibility"]) < 1e-6, (name, key)
            assert binding.reason
            equal += 1
    assert equal == 386


def test_doubts_are_those_that_were_counted(pipelines: dict[str, Pipeline]) -> None:
    bindings = [binding for pipeline in pipelines.values() for binding in pipeline.bindings]
    doubts = [binding.doubt or "" for binding in bindings]
    assert len(bindings) == 722
    assert sum("ties with" in doubt for doubt in doubts) == 9
    assert sum("METADATA describes data, DATA_SECONDARY expects" in doubt for doubt in doubts) == 84
    assert sum("neither the name nor the source" in doubt for doubt in doubts) == 49


def test_findings_are_those_that_were_counted(pipelines: dict[str, Pipeline]) -> None:
    codes = Counter(finding.code for pipeline in pipelines.values() for finding in pipeline.findings)
    unwired = {name for name, pipeline in pipelines.items() for one in pipeline.findings if one.code == "unwired-input"}
    assert (codes["tied-binding"], codes["empty-edge"], len(unwired)) == (9, 5, 4)
    assert not {"cycle", "phantom-step", "unknown-step-type", "self-loop", "empty-dag"} & codes.keys()


def answers(cursus_data: Path) -> Iterator[tuple[str, dict[str, str], list[str], tuple[Value, ...], tuple[Value, ...]]]:
    """Node, Cursus' environment and arguments, ours."""
    catalog = StepCatalog([cursus_data / "interfaces"])
    for file, nodes in json.loads((cursus_data / "env_truth.json").read_text()).items():
        config = read_config(cursus_data / file)
        for node, truth in nodes.items():
            name, own = catalog.split_node(node), config.step(node)
            job_type = resolve_job_type(name.step_type, name.suffix, own, None)
            assert name.step_type
            interface = catalog.interface(name.step_type, job_type.value if job_type else None)
            assert interface
            source = StepSource(interface, own, {}, job_type)
            yield node, truth["env"], truth["args"] or [], environment(source, {}), arguments(source, {})


def test_environment_and_arguments_are_those_of_cursus(cursus_data: Path) -> None:
    total = equal = nodes = 0
    wrong: set[str] = set()
    for _, truth, line, found, words in answers(cursus_data):
        nodes += 1
        mine = {value.name: value.value for value in found}
        assert mine.keys() == truth.keys()
        wrong |= {name for name in truth if mine[name] != truth[name]}
        total += len(truth) + 1
        equal += sum(mine[name] == truth[name] for name in truth) + (list(command_line(words)) == line)
    assert nodes == 18
    assert wrong <= ANONYMISED
    assert equal / total >= 0.95


def test_no_wrong_value_is_certain_and_most_are(cursus_data: Path) -> None:
    certain = total = 0
    for node, truth, line, found, words in answers(cursus_data):
        for value in found:
            assert not value.certain or truth.get(value.name) == value.value, (node, value)
        assert not any(value.certain for value in words) or list(command_line(words)) == line, node
        certain += sum(value.certain for value in found)
        total += len(found)
    assert certain / total > 0.9
