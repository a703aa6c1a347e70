"""The reference of the engine's benchmark: the same mains, called one after the other in this process.

    python six_mains.py SCRIPT ATTEMPT_FOLDER ...

Prints the CPU seconds of the calls; imports are not among them, as they are not in a warm zygote's steps.
"""

import importlib.util
import json
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Call ``main`` of the script for each attempt, on that attempt's inputs and into fresh folders."""
    spec = importlib.util.spec_from_file_location("frames", sys.argv[1])
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    jobs = [json.loads((Path(folder) / "job.json").read_bytes()) for folder in sys.argv[2:]]
    inputs = [sources(Path(folder)) for folder in sys.argv[2:]]
    with tempfile.TemporaryDirectory() as outputs:
        started = time.process_time()
        for number, job in enumerate(jobs):
            numbers = {name: int(job["environment"][name]) for name in ("STAGE", "SEED", "ROWS")}
            written = {name: f"{outputs}/{number}/{name}" for name in job["output_paths"]}
            script.main(inputs[number], written, numbers, None)
        print(time.process_time() - started)


def sources(attempt: Path) -> dict[str, str]:
    """Input channel -> the data that the attempt had a copy of."""
    kept = attempt / "inputs.json"
    channels = json.loads(kept.read_bytes()) if kept.exists() else {}
    return {channel: each["source"] for channel, each in channels.items()}


if __name__ == "__main__":
    main()
