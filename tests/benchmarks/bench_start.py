"""``cursus-tui --help`` against importing click, and loading the real DAGs against reading their files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml
from row import Row, at_most, median_seconds

from cursus_tui.records.pipeline import Overrides, ProjectLayout

DATA = Path(os.environ.get("CURSUS_DATA") or Path(__file__).resolve().parents[3] / "shared" / "cursus")


def measure() -> Iterable[Row]:
    """Start-up and loading."""
    program = str(Path(sys.executable).parent / "cursus-tui")
    help_seconds = median_seconds(lambda: subprocess.run([program, "--help"], capture_output=True, check=True), 9)
    click_seconds = median_seconds(lambda: subprocess.run([sys.executable, "-c", "import click"], check=True), 9)
    yield at_most("cursus-tui --help", help_seconds, click_seconds, 'python -c "import click"', 2)
    if DATA.is_dir():
        yield load_real_dags()


def load_real_dags() -> Row:
    """All real DAGs, loaded, wired and checked in a process of their own, so that nothing is cached."""
    ours = _seconds_of("load_ours")
    theirs = _seconds_of("read_files")
    return at_most("load, wire and check 46 real DAGs", ours, theirs, "PyYAML's C loader on the same files", 3)


def _seconds_of(function: str) -> float:
    code = (
        f"import bench_start, time; t = time.perf_counter(); bench_start.{function}(); print(time.perf_counter() - t)"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(5)
    ]
    return sorted(float(output) for output in outputs)[2]


def load_ours() -> None:
    """Every DAG through the real code."""
    from cursus_tui.checks.static import static_findings
    from cursus_tui.pipeline.resolve import resolve

    for file in sorted((DATA / "dags").rglob("*.dag.json")):
        layout = ProjectLayout(dag_file=file, root=DATA, interfaces=(DATA / "interfaces",))
        pipeline = resolve(layout, Overrides())
        static_findings(pipeline, lambda name: True)


def read_files() -> None:
    """The same files, only read: JSON by its parser, each interface once by PyYAML's C loader."""
    import json

    for file in sorted((DATA / "dags").rglob("*.dag.json")):
        json.loads(file.read_text())
    for file in sorted((DATA / "interfaces").glob("*.yaml")):
        yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
