"""The data process and the grid: ``python tests/benchmarks data``, or this file with options.

References are DuckDB in this process, on the same files. ``--rows`` and ``--columns`` choose how large they are,
``--folder`` keeps them for the next run. The budgets are those of the design's data pane.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import psutil
from row import Row, at_most, medians, plus

from cursus_tui.data.client import DataClient
from cursus_tui.data.results import TableInfo

WINDOW_ROWS = 256
WINDOW_COLUMNS = tuple(range(10))


def make_files(folder: Path, rows: int, columns: int) -> tuple[Path, Path, Path]:
    """A Parquet file, the same as CSV, and a small CSV file, made once."""
    folder.mkdir(parents=True, exist_ok=True)
    parquet, text, small = folder / f"{rows}.parquet", folder / f"{rows}.csv", folder / "small.csv"
    kinds = [
        "(random() * 1e6)::INTEGER",
        "round(random() * 1000, 4)",
        "'category ' || (random() * 50)::INTEGER",
        "CASE WHEN random() < 0.1 THEN NULL ELSE 'a note, with text ' || (random() * 1e9)::BIGINT END",
        "TIMESTAMP '2024-01-01' + to_seconds((random() * 3e7)::INTEGER)",
    ]
    listed = ", ".join(f"{kinds[number % len(kinds)]} AS c{number}" for number in range(columns - 1))
    with duckdb.connect() as made:
        if not parquet.exists():
            made.execute(f"COPY (SELECT range AS id, {listed} FROM range({rows})) TO '{parquet}'")
        if not text.exists():
            made.execute(f"COPY '{parquet}' TO '{text}' (HEADER)")
        if not small.exists():
            made.execute(f"COPY (FROM '{parquet}' LIMIT 10000) TO '{small}' (HEADER)")
    return parquet, text, small


def seconds(call: Callable[[], Any]) -> Callable[[], float]:
    """A call that measures itself."""

    def measured() -> float:
        begin = time.perf_counter()
        call()
        return time.perf_counter() - begin

    return measured


def counted(client: DataClient, path: Path) -> TableInfo:
    """A view whose rows are all known."""
    info = client.open(path).result()
    while not (client.info(info.view) or info).rows_exact:
        time.sleep(0.01)
    return client.info(info.view) or info


def parquet_window(client: DataClient, engine: Any, path: Path, repeats: int) -> Row:
    info = counted(client, path)
    names = ", ".join(info.columns[column].name for column in WINDOW_COLUMNS)
    generator = random.Random(1)

    def place() -> int:
        return generator.randrange((info.rows or 0) - WINDOW_ROWS)

    def window() -> None:
        client.window(info.view, place(), WINDOW_ROWS, WINDOW_COLUMNS).result()

    def query() -> None:
        first = place()
        engine.execute(
            f"SELECT {names} FROM read_parquet('{path}', file_row_number=true)"
            f" WHERE file_row_number BETWEEN {first} AND {first + WINDOW_ROWS - 1}"
        ).fetchall()

    ours, raw = medians(seconds(window), seconds(query), repeats)
    return at_most("window reply, unsorted Parquet", ours, raw, "raw row-number query", 1.5)


def first_csv_page(client: DataClient, engine: Any, path: Path, repeats: int) -> Row:
    def page() -> None:
        info = client.open(path).result()
        client.window(info.view, 0, 100, WINDOW_COLUMNS).result()
        client.close_view(info.view)

    def query() -> None:
        engine.execute(f"SELECT * FROM read_csv('{path}') LIMIT 100").fetchall()

    ours, theirs = medians(seconds(page), seconds(query), repeats)
    return at_most("first CSV page", ours, theirs, "DuckDB limit 100", 0.3)


def middle_csv_page(client: DataClient, engine: Any, path: Path, repeats: int) -> Row:
    info = counted(client, path)
    rows = info.rows or 0
    generator = random.Random(2)

    def page() -> None:
        first = generator.randrange(rows // 4, 3 * rows // 4)
        client.window(info.view, first, 100, WINDOW_COLUMNS).result()

    def query() -> None:
        engine.execute(f"SELECT * FROM read_csv('{path}') LIMIT 100 OFFSET {rows // 2}").fetchall()

    ours, theirs = medians(seconds(page), seconds(query), min(5, repeats))
    return at_most("indexed CSV page", ours, theirs, "DuckDB offset at the middle", 0.05)


def csv_index(client: DataClient, engine: Any, path: Path, repeats: int) -> Row:
    def index() -> None:
        path.touch()  # a count is remembered as long as the file is the same
        client.count_rows(path).result()

    def query() -> None:
        engine.execute(f"SELECT count(*) FROM read_csv('{path}')").fetchall()

    ours, theirs = medians(seconds(index), seconds(query), min(5, repeats))
    return at_most("CSV index build", ours, theirs, "DuckDB count(*)", 1.2)


async def scroll(path: Path | None) -> float:
    """Megabytes of a process that shows a file in the grid and goes through it; of an empty app without one."""
    from textual.app import App, ComposeResult

    from cursus_tui.widgets.data_grid import DataGrid

    class Host(App[None]):
        def compose(self) -> ComposeResult:
            if path is not None:
                yield DataGrid()

    with DataClient() as client:
        host = Host()
        async with host.run_test(size=(160, 45)) as pilot:
            if path is not None:
                grid = host.query_one(DataGrid)
                view = client.table(path).result()
                grid.show(view)
                while not view.rows_exact:
                    await pilot.pause(0.02)
                grid.focus()
                for share in range(40):
                    grid.go_to_row(view.rows * share // 40)
                    await pilot.pause(0.02)
                await pilot.press(*["pagedown"] * 5, *["right"] * 15)
            await pilot.pause(0.1)
            return psutil.Process().memory_info().rss / 1e6


def front_memory(path: Path | None) -> float:
    """``scroll`` in a process of its own."""
    command = [sys.executable, __file__, "--scroll", str(path or "")]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(rows: int = 1_000_000, columns: int = 30, repeats: int = 21, folder: Path | None = None) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as temporary, DataClient() as client:
        parquet, text, small = make_files(folder or Path(temporary), rows, columns)
        engine = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
        yield parquet_window(client, engine, parquet, repeats)
        yield first_csv_page(client, engine, text, repeats)
        yield middle_csv_page(client, engine, text, repeats)
        yield csv_index(client, engine, text, repeats)
        little = front_memory(small)
        for path in (parquet, text):
            yield at_most(f"front RSS, {path.name}", front_memory(path), little, "10,000 rows", 1.2, "MB")
        yield plus("front RSS", little, front_memory(None), "an empty Textual app", 60, "MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--scroll", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scroll is not None:
        print(asyncio.run(scroll(Path(options.scroll) if options.scroll else None)))
        return
    for row in measure(options.rows, options.columns, options.repeats, options.folder):
        print(row.line(), flush=True)


if __name__ == "__main__":
    main()
