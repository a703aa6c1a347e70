"""Generated pipelines are valid, unambiguous, deterministic, and their scripts run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx as nx
import pandas as pd
import pytest
import sample_container
from sample_container import Sample

from cursus_tui.pipeline.discovery import find_project
from cursus_tui.pipeline.resolve import resolve
from cursus_tui.pipeline.target import find_target
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import Overrides, Pipeline
from cursus_tui.samples import generate as generator

SHAPES = ("chain", "fan", "diamond", "layers", "random")


def resolved(dag: Path) -> Pipeline:
    return resolve(find_project(find_target(str(dag)), LayoutFlags()), Overrides())


def graph(dag: Path) -> Any:
    document = json.loads(dag.read_text())["dag"]
    made = nx.DiGraph()
    made.add_nodes_from(document["nodes"])
    made.add_edges_from(map(tuple, document["edges"]))
    return made


def wiring(pipeline: Pipeline) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for each in pipeline.bindings:
        found.setdefault(each.step, {})[each.input] = (each.source_step, each.source_output)
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [1, 2, 7, 60])
def test_the_wiring_is_the_edges_and_nothing_is_doubtful(shape: Any, steps: int, tmp_path: Path) -> None:
    pipeline = resolved(generator.generate(tmp_path, steps, shape, "noop", seed=steps))
    assert len(pipeline.steps) == steps
    assert {(each.source_step, each.step) for each in pipeline.bindings} == set(pipeline.edges)
    assert len(pipeline.bindings) == len(pipeline.edges)
    assert [each for each in pipeline.bindings if each.doubt] == []
    assert pipeline.findings == ()


def test_shapes_are_what_they_are_called(tmp_path: Path) -> None:
    made = {shape: graph(generator.generate(tmp_path / shape, 61, shape)) for shape in SHAPES}
    assert all(nx.is_directed_acyclic_graph(each) for each in made.values())
    assert nx.dag_longest_path_length(made["chain"]) == 60
    assert max(dict(made["fan"].out_degree()).values()) == 60
    joins = [node for node, degree in made["diamond"].in_degree() if degree == 2]
    assert len(joins) == 20
    widths = [len(layer) for layer in nx.topological_generations(made["layers"])]
    assert widths[:-1] == [8] * 7
    assert widths[-1] <= 8
    assert {degree for _, degree in made["random"].in_degree()} == {0, 1, 2}


def test_the_same_seed_gives_the_same_files_and_another_gives_others(tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}

    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        generator.generate(tmp_path / name, 30, "random", "noop", seed)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert files(tmp_path / "one") != files(tmp_path / "three")


@pytest.mark.parametrize(("folder", "steps"), [("full", "3"), ("new", "0"), ("full/file/below", "3")])
def test_what_cannot_be_generated_is_a_sentence(tmp_path: Path, folder: str, steps: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    done = subprocess.run(
        [sys.executable, generator.__file__, tmp_path / folder, "--steps", steps],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "generate.py: error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_six_steps_of_frames_run_in_any_shape(tmp_path: Path) -> None:
    for shape in ("chain", "diamond"):
        dag = generator.generate(tmp_path / shape, 6, shape, "frames")
        pipeline = resolved(dag)
        runs = sample_container.run(Sample(dag.parent), wiring(pipeline), tmp_path / shape / "out")
        assert [(each.step, each.log) for each in runs if each.exit_code] == []
        assert len(runs) == 6
        last = pipeline.edges[-1][1]
        (written,) = (tmp_path / shape / "out" / last).rglob("frame.csv")
        df = pd.read_csv(written)
        assert len(df) == 12000
        assert df["id"].is_unique


def test_prints_and_noop_run(tmp_path: Path) -> None:
    for work, log_lines in (("noop", 0), ("prints", 1000)):
        dag = generator.generate(tmp_path / work, 4, "diamond", work)
        runs = sample_container.run(Sample(dag.parent), wiring(resolved(dag)), tmp_path / work / "out")
        assert [(each.exit_code, each.log.count("\n")) for each in runs] == [(0, log_lines)] * 4


@pytest.mark.parametrize(("steps", "shape", "work"), [(0, "chain", "noop"), (3, "ring", "noop"), (3, "chain", "nap")])
def test_what_it_cannot_make_it_refuses(steps: int, shape: Any, work: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot generate"):
        generator.generate(tmp_path, steps, shape, work)
    assert list(tmp_path.iterdir()) == []


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        generator.generate(tmp_path, 3)


def test_its_command_line(tmp_path: Path) -> None:
    assert isinstance(generator, ModuleType)
    command = [sys.executable, str(generator.__file__), str(tmp_path / "made"), "--steps", "4", "--shape", "layers"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str(tmp_path / "made" / "pipeline.dag.json")
    assert len(graph(tmp_path / "made" / "pipeline.dag.json")) == 4
