"""Measures every budget as a ratio against a reference in the same run: ``python tests/benchmarks [NAME ...]``.

Each ``bench_NAME.py`` here has ``measure() -> Iterable[Row]``. Times are of this machine; ratios carry.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from row import Row

HERE = Path(__file__).parent


def main() -> int:
    """Run the benchmarks named, or all, and print one table."""
    known = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="by default all: " + ", ".join(known))
    names = parser.parse_args().names or known
    if unknown := set(names) - set(known):
        parser.error(f"there is no benchmark {unknown.pop()!r}")
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
