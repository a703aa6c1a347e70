"""Does as little as a step can: writes one line, so that the next step has an input."""

import os
from pathlib import Path


def main(input_paths, output_paths, environ_vars, job_args):
    """Write one line for each output."""
    for folder in output_paths.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "done.txt").write_text("done\n")


if __name__ == "__main__":
    names = [name for name in os.environ.get("INPUT_NAMES", "").split(",") if name]
    output_name = os.environ.get("OUTPUT_NAME", "data_a")
    input_paths = {name: f"/opt/ml/processing/input/{name}" for name in names}
    output_paths = {output_name: f"/opt/ml/processing/output/{output_name}"}
    main(input_paths, output_paths, {}, None)
