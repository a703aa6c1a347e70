"""``cursus-tui --help`` against importing click, and loading the real DAGs against reading their files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import yaml
from row import Row, at_most, medians

from cursus_tui.records.pipeline import Overrides, ProjectLayout

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("CURSUS_DATA") or HERE.parents[2] / "shared" / "cursus")


def measure() -> Iterable[Row]:
    """Start-up and loading."""
    program = str(Path(sys.executable).parent / "cursus-tui")
    ours, click = medians(lambda: _wall([program, "--help"]), lambda: _wall([sys.executable, "-c", "import click"]), 15)
    yield at_most("cursus-tui --help", ours, click, 'python -c "import click"', 2)
    if DATA.is_dir():
        item = f"load, wire and check {len(_dags())} real DAGs, CPU"
        loaded, read = medians(lambda: _cpu("load_ours"), lambda: _cpu("read_files"), 5)
        yield at_most(item, loaded, read, "PyYAML's C loader on the same files; imports in neither", 3)


def _wall(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - started


def _cpu(function: str) -> float:
    """CPU seconds of a function of this file in a process of its own, so that nothing is cached."""
    code = f"import bench_start; print(bench_start.{function}())"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _dags() -> list[Path]:
    return sorted((DATA / "dags").rglob("*.dag.json"))


def load_ours() -> float:
    """Every DAG through the real code."""
    from cursus_tui.checks.static import static_findings
    from cursus_tui.pipeline.resolve import resolve

    started = time.process_time()
    for file in _dags():
        layout = ProjectLayout(dag_file=file, root=DATA, interfaces=(DATA / "interfaces",))
        static_findings(resolve(layout, Overrides()), lambda python, names: frozenset())
    return time.process_time() - started


def read_files() -> float:
    """The same files, only read: each once, by PyYAML's C loader, which reads JSON, too."""
    started = time.process_time()
    for file in (*_dags(), *sorted((DATA / "interfaces").glob("*.yaml"))):
        yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    return time.process_time() - started
