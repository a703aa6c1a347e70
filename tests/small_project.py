"""Small pipelines of scripts that need nothing but Python, written where a test wants them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import yaml

from cursus_tui.samples.generate import generate

COPYING = """
for name, folder in output_paths.items():
    with open(os.path.join(folder, "rows.csv"), "w") as file:
        file.write("order_id,amount\\n1,10\\n2,20\\n")
print("wrote 2 rows")
"""
HOLDING = """
while os.path.exists({hold!r}):
    time.sleep(0.02)
"""
_BLOCK = """
if __name__ == "__main__":
    main(
        {name: "/opt/ml/processing/input/" + name for name in os.environ["INPUT_NAMES"].split()},
        {name: "/opt/ml/processing/output/" + name for name in os.environ["OUTPUT_NAMES"].split()},
        dict(os.environ),
        None,
    )
"""


def write_project(
    folder: Path,
    feeding: Mapping[str, tuple[str, ...]],
    scripts: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Write a pipeline and return its folder.

    Args:
        folder: Absent, or empty.
        feeding: Step -> the steps whose outputs it reads, in the order of execution. A step ``Clean`` writes its
            output ``clean`` and has an input for each step that feeds it, called like that one's output.
        scripts: Step -> the body of its ``main``; by default two rows are written.
        environment: Further variables of every step.
    """
    for name in ("interfaces", "scripts"):
        (folder / name).mkdir(parents=True)
    for step, sources in feeding.items():
        interface = _interface(step, sources, dict(environment or {}))
        (folder / "interfaces" / f"{step.lower()}.step.yaml").write_text(yaml.safe_dump(interface, sort_keys=False))
        body = textwrap.indent(textwrap.dedent((scripts or {}).get(step, COPYING)).strip(), "    ")
        head = "import json, os, sys, time\n\n\ndef main(input_paths, output_paths, environ_vars, job_args):\n"
        (folder / "scripts" / f"{step.lower()}.py").write_text(f"{head}{body}\n\n{_BLOCK}")
    edges = [[source, step] for step, sources in feeding.items() for source in sources]
    dag = {"dag": {"nodes": list(feeding), "edges": edges}, "metadata": {"name": "small"}, "version": "1.0"}
    (folder / "small.dag.json").write_text(json.dumps(dag))
    return folder


def generated(folder: Path, steps: int, main: str) -> Path:
    """A generated pipeline whose scripts have this source instead of their ``main``; its folder."""
    generate(folder, steps)
    script = folder / "scripts" / "noop.py"
    text = script.read_text()
    start, end = text.index("def main"), text.index("if __name__")
    script.write_text(text[:start] + main.lstrip() + "\n\n" + text[end:])
    return folder


def _interface(step: str, sources: tuple[str, ...], environment: dict[str, str]) -> dict[str, object]:
    inputs = {source.lower(): source for source in sources}
    output = step.lower()
    names = {"INPUT_NAMES": " ".join(inputs), "OUTPUT_NAMES": output}
    return {
        "step_type": step,
        "node_type": "internal" if inputs else "source",
        "registry": {"sagemaker_step_type": "Processing", "description": step},
        "contract": {
            "entry_point": f"{output}.py",
            "inputs": {name: {"path": f"/opt/ml/processing/input/{name}", "required": True} for name in inputs},
            "outputs": {output: {"path": f"/opt/ml/processing/output/{output}"}},
            "env_vars": {"required": [], "optional": {**names, **environment}},
        },
        "spec": {
            "dependencies": {
                name: {"type": "processing_output", "required": True, "compatible_sources": [source]}
                for name, source in inputs.items()
            },
            "outputs": {
                output: {
                    "type": "processing_output",
                    "property_path": f"properties.ProcessingOutputConfig.Outputs['{output}'].S3Output.S3Uri",
                }
            },
        },
    }
