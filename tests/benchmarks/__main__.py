"""Measures every budget as a ratio against a reference in the same run: ``python tests/benchmarks [NAME ...]``.

Each ``bench_NAME.py`` here has ``measure() -> Iterable[Row]``. Times are of this machine; ratios carry.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from row import Row

HERE = Path(__file__).parent


def main() -> int:
    """Run the benchmarks named, or all, and print one table."""
    names = sys.argv[1:] or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    console = Console()
    worst = 0
    for name in names:
        console.print(f"\n{name}", style="bold")
        rows: Iterable[Row] = importlib.import_module(f"bench_{name}").measure()
        for row in rows:
            console.print(row.line(), highlight=False, markup=False, soft_wrap=True)
            worst = max(worst, 0 if row.holds else 1)
    return worst


if __name__ == "__main__":
    sys.exit(main())
