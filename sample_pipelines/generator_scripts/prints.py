"""Prints LINES lines, and writes how many."""

import os
from pathlib import Path


def main(input_paths, output_paths, environ_vars, job_args):
    """Print, one line at a time, as a chatty script does."""
    for number in range(environ_vars["LINES"]):
        print(f"line {number} of {environ_vars['LINES']}")
    for folder in output_paths.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "lines.txt").write_text(f"{environ_vars['LINES']}\n")


if __name__ == "__main__":
    names = [name for name in os.environ.get("INPUT_NAMES", "").split(",") if name]
    output_name = os.environ.get("OUTPUT_NAME", "data_a")
    input_paths = {name: f"/opt/ml/processing/input/{name}" for name in names}
    output_paths = {output_name: f"/opt/ml/processing/output/{output_name}"}
    main(input_paths, output_paths, {"LINES": int(os.environ.get("LINES", "1000"))}, None)
