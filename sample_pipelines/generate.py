"""Makes a pipeline of N steps in a given shape, in Cursus' formats: for benchmarks and tests.

    python generate.py FOLDER --steps 1000 --shape layers --work noop

Every step has one of two colours, which names its output (``data_a``, ``data_b``). A step has at most one parent of each
colour, and one input for each. So Cursus' wiring rule finds exactly one best output for every input, in any shape.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

Shape = Literal["chain", "fan", "diamond", "layers", "random"]
Work = Literal["noop", "frames", "prints"]

WORK_FOLDER = Path(__file__).parent / "generator_scripts"
"""The scripts that a generated pipeline runs: one for each kind of work."""

ENVIRONMENT: dict[Work, dict[str, str]] = {
    "noop": {},
    "frames": {"STAGE": "0", "SEED": "0", "ROWS": "12000"},
    "prints": {"LINES": "1000"},
}
"""What each kind of work reads from its environment besides its channels, with the interface's defaults."""


@dataclass(frozen=True)
class Node:
    """One step: its name, its colour and the steps that feed it."""

    number: int
    colour: str
    parents: tuple[Node, ...]

    @property
    def step_type(self) -> str:
        """``SourceA``, ``StageAB`` (from a to b), ``JoinB`` (from both to b)."""
        colours = "".join(sorted(parent.colour for parent in self.parents)).upper()
        kind = {0: "Source", 1: f"Stage{colours}", 2: "Join"}[len(self.parents)]
        return kind + self.colour.upper()

    @property
    def name(self) -> str:
        """The node's name in the DAG."""
        return f"{self.step_type}_{self.number:04d}"


def generate(folder: Path, steps: int, shape: Shape = "chain", work: Work = "noop", seed: int = 0) -> Path:
    """Write a pipeline into a folder that is absent or empty. The same arguments always give the same files.

    Args:
        folder: Gets ``pipeline.dag.json``, ``interfaces/``, ``scripts/`` and ``config.json``.
        steps: How many nodes, from 1.
        shape: ``chain``: one after the other. ``fan``: the first feeds all others. ``diamond``: a chain of diamonds, each
            of which splits and joins again. ``layers``: square layers, each step fed by two of the layer before.
            ``random``: each step is fed by one or two of the steps before it.
        work: ``noop``: writes a line. ``frames``: pandas and scikit-learn, about 0.1 s of CPU a step. ``prints``: prints
            ``LINES`` lines.
        seed: Of the random shape, and of the data of ``frames``.

    Returns:
        The DAG's file.

    Raises:
        ValueError: There is no such shape or work, or fewer steps than one.
        FileExistsError: The folder has something in it.
    """
    if shape not in get_args(Shape) or work not in get_args(Work) or steps < 1:
        raise ValueError(f"cannot generate {steps} steps of shape {shape!r} and work {work!r}")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    nodes = _nodes(steps, shape, random.Random(seed))
    (folder / "interfaces").mkdir(parents=True)
    (folder / "scripts").mkdir()
    for node in {node.step_type: node for node in nodes}.values():
        file = folder / "interfaces" / f"{node.step_type.lower()}.step.yaml"
        file.write_text(yaml.safe_dump(_interface(node, work), sort_keys=False), encoding="utf-8")
    shutil.copyfile(WORK_FOLDER / f"{work}.py", folder / "scripts" / f"{work}.py")
    _write_json(folder / "config.json", _config(nodes, work, seed))
    _write_json(folder / "pipeline.dag.json", _dag(nodes, f"{shape}_{work}_{steps}"))
    return folder / "pipeline.dag.json"


def _nodes(steps: int, shape: Shape, chance: random.Random) -> list[Node]:
    nodes: list[Node] = []
    # Even, so that neighbours always have different colours, also around the edge.
    width = 2 * max(1, round(math.sqrt(steps) / 2))
    for number in range(steps):
        if shape == "random":
            colour, parents = chance.choice("ab"), _random_parents(nodes, chance)
        else:
            colour = "ab"[_column(number, shape, width) % 2]
            parents = [nodes[parent] for parent in _parents(number, shape, width)]
        nodes.append(Node(number, colour, tuple(parents)))
    return nodes


def _column(number: int, shape: Shape, width: int) -> int:
    """Steps of an odd column are of colour b."""
    if shape == "layers":
        return number % width
    if shape == "diamond":
        return int(number % 3 == 2)
    return 0


def _parents(number: int, shape: Shape, width: int) -> Iterable[int]:
    if number == 0:
        return ()
    if shape == "fan":
        return (0,)
    if shape == "diamond":
        # 0 splits into 1 and 2, which join in 3, which splits again.
        return {1: (number - 1,), 2: (number - 2,), 0: (number - 2, number - 1)}[number % 3]
    if shape == "layers":
        above = number // width - 1
        row = above * width
        return () if above < 0 else (row + number % width, row + (number + 1) % width)
    return (number - 1,)


def _random_parents(nodes: list[Node], chance: random.Random) -> list[Node]:
    """One of the steps before, and half of the time one of the other colour, too."""
    if not nodes:
        return []
    first = chance.choice(nodes)
    others = [node for node in nodes if node.colour != first.colour]
    return [first, chance.choice(others)] if others and chance.random() < 0.5 else [first]


def _interface(node: Node, work: Work) -> dict[str, Any]:
    inputs = sorted(f"data_{parent.colour}" for parent in node.parents)
    output = f"data_{node.colour}"
    return {
        "step_type": node.step_type,
        "node_type": "internal" if inputs else "source",
        "registry": {"sagemaker_step_type": "Processing", "description": f"Generated step ({work})"},
        "contract": {
            "entry_point": f"{work}.py",
            "inputs": {name: {"path": f"/opt/ml/processing/input/{name}", "required": True} for name in inputs},
            "outputs": {output: {"path": f"/opt/ml/processing/output/{output}"}},
            "env_vars": {
                "required": [],
                "optional": {"INPUT_NAMES": ",".join(inputs), "OUTPUT_NAME": output, **ENVIRONMENT[work]},
            },
        },
        "spec": {
            "dependencies": {name: {"type": "processing_output", "required": True} for name in inputs},
            "outputs": {
                output: {
                    "type": "processing_output",
                    "property_path": f"properties.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri",
                    "data_type": "S3Uri",
                }
            },
        },
    }


def _config(nodes: list[Node], work: Work, seed: int) -> dict[str, Any]:
    shared = {"author": "sample", "pipeline_name": "generated", "pipeline_version": "1.0.0", "seed": seed}
    specific = {
        node.name: {
            "__model_type__": f"{node.step_type}Config",
            "processing_entry_point": f"{work}.py",
            "processing_source_dir": "scripts",
            "stage": node.number,
        }
        for node in nodes
    }
    types = {name: fields["__model_type__"] for name, fields in specific.items()}
    return {"configuration": {"shared": shared, "specific": specific}, "metadata": {"config_types": types}}


def _dag(nodes: list[Node], name: str) -> dict[str, Any]:
    return {
        "dag": {
            "description": "Generated",
            "nodes": [node.name for node in nodes],
            "edges": [[parent.name, node.name] for node in nodes for parent in node.parents],
        },
        "metadata": {"name": name},
        "version": "1.0",
    }


def _write_json(file: Path, document: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a pipeline of N steps in a given shape.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--shape", choices=get_args(Shape), default="chain")
    parser.add_argument("--work", choices=get_args(Work), default="noop")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        print(generate(args.folder, args.steps, args.shape, args.work, args.seed))
    except (OSError, ValueError) as error:
        parser.error(str(error))
