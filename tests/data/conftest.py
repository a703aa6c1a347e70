"""One data process for all tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cursus_tui.data.client import DataClient
from cursus_tui.data.results import TableInfo


@pytest.fixture(scope="session")
def client() -> Iterator[DataClient]:
    with DataClient() as made:
        yield made


class Opened:
    """A file, opened and counted to its end."""

    def __init__(self, client: DataClient, path: Path) -> None:
        self.client = client
        self.path = path
        import threading

        known = threading.Event()
        self.news: list[TableInfo] = []

        def changed(info: TableInfo) -> None:
            self.news.append(info)
            if info.rows is None or info.rows_exact:
                known.set()

        self.first = client.open(path, changed).result(30)
        if self.first.rows is not None:
            assert known.wait(30)
        info = client.info(self.first.view)
        assert info is not None
        self.info = info

    @property
    def rows(self) -> int:
        assert self.info.rows is not None
        return self.info.rows

    def cells(self, first: int = 0, rows: int = 256, columns: int | None = None) -> list[list[str | None]]:
        width = len(self.info.columns) if columns is None else columns
        window = self.client.window(self.info.view, first, rows, tuple(range(width))).result(30)
        return [list(row) for row in window.cells]

    def bad(self, first: int = 0, rows: int = 256) -> tuple[int, ...]:
        return self.client.window(self.info.view, first, rows, (0,)).result(30).bad_rows


@pytest.fixture
def opened(client: DataClient, tmp_path: Path):
    """Writes bytes to a file and opens it."""

    def open_it(content: bytes, name: str = "file.csv") -> Opened:
        path = tmp_path / name
        path.write_bytes(content)
        return Opened(client, path)

    return open_it
