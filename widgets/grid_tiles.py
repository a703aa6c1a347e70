"""Cells of a table that is far larger than memory: fetched in tiles, kept while they are near, dropped when not."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass

from cursus_tui.widgets.grid_source import GridSource, GridWindow

TILE_ROWS = 256
TILE_COLUMNS = 16
KEPT_TILES = 32
"""Some 15 MB of cells of average length."""


@dataclass(frozen=True, slots=True)
class TileKey:
    """Which 256 rows of which 16 columns."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Tile:
    """Cells that arrived."""

    cells: Sequence[Sequence[str | None]]
    bad_rows: frozenset[int]
    extent: tuple[int, int]
    """Rows and columns that the source had there when it was asked: more of them make the tile out of date."""


class Tiles:
    """The tiles of one source. Used from one thread; ``arrived`` is called on any.

    Args:
        source: Where cells come from.
        arrived: Told when a request ended; ``take`` must then be called on the tiles' own thread.
    """

    def __init__(self, source: GridSource, arrived: Callable[[TileKey, Future[GridWindow]], None]) -> None:
        self._source = source
        self._arrived = arrived
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()
        self._pending: dict[TileKey, tuple[Future[GridWindow], tuple[int, int]]] = {}
        self._failed: dict[TileKey, str] = {}
        self.requests = 0
        """Windows asked for so far."""

    def __len__(self) -> int:
        return len(self._tiles)

    def cell_of(self, row: int, column: int) -> tuple[bool, str | None]:
        """Whether a cell is here, and what it holds."""
        tile = self._tiles.get(TileKey(row // TILE_ROWS, column // TILE_COLUMNS))
        if tile is None or row % TILE_ROWS >= len(tile.cells):
            return False, None
        cells = tile.cells[row % TILE_ROWS]
        place = column % TILE_COLUMNS
        return (True, cells[place]) if place < len(cells) else (False, None)

    def is_bad(self, row: int, columns: Sequence[int]) -> bool:
        """Whether a row is known not to fit the columns, from the tiles of these columns."""
        keys = {TileKey(row // TILE_ROWS, column // TILE_COLUMNS) for column in columns}
        return any(row in tile.bad_rows for key in keys if (tile := self._tiles.get(key)))

    def columns_of(self, key: TileKey) -> Iterator[tuple[int, Sequence[str | None]]]:
        """The columns of a tile that is here, by number."""
        tile = self._tiles.get(key)
        if tile is not None:
            yield from enumerate(zip(*tile.cells, strict=True), key.columns * TILE_COLUMNS)

    def keys(self, first_row: int, last_row: int, columns: Sequence[int]) -> list[TileKey]:
        """The tiles that hold these rows (both ends included, as far as they exist) of these columns."""
        last_row = min(last_row, self._source.rows - 1)
        if last_row < max(0, first_row):
            return []
        groups = sorted({column // TILE_COLUMNS for column in columns})
        rows = range(max(0, first_row) // TILE_ROWS, last_row // TILE_ROWS + 1)
        return [TileKey(row, group) for row in rows for group in groups]

    def want(self, visible: Sequence[TileKey], ahead: Sequence[TileKey]) -> None:
        """Ask for what is in sight, and only when all of that is here for what comes next; stop all else."""
        needed = {*visible, *ahead}
        for key in [key for key in self._pending if key not in needed]:
            self._pending.pop(key)[0].cancel()
        for key in (*ahead, *visible):
            if key in self._tiles:
                self._tiles.move_to_end(key)
        missing = [key for key in visible if not self._here(key)]
        for key in missing or ahead:
            if not self._here(key) and key not in self._pending and key not in self._failed:
                self._ask(key)

    def _extent(self, key: TileKey) -> tuple[int, int]:
        return (
            min(TILE_ROWS, self._source.rows - key.rows * TILE_ROWS),
            min(TILE_COLUMNS, len(self._source.columns) - key.columns * TILE_COLUMNS),
        )

    def _here(self, key: TileKey) -> bool:
        tile = self._tiles.get(key)
        return tile is not None and tile.extent >= self._extent(key)

    def _ask(self, key: TileKey) -> None:
        extent = self._extent(key)
        first_column = key.columns * TILE_COLUMNS
        self.requests += 1
        columns = tuple(range(first_column, first_column + extent[1]))
        future = self._source.window(key.rows * TILE_ROWS, TILE_ROWS, columns)
        self._pending[key] = future, extent
        future.add_done_callback(lambda done: self._arrived(key, done))

    def take(self, key: TileKey, future: Future[GridWindow]) -> str | None:
        """Keep what arrived. Returns what went wrong, if something did and it is still wanted."""
        asked, extent = self._pending.get(key, (None, (0, 0)))
        if asked is not future:
            return None
        del self._pending[key]
        try:
            window = future.result()
        except CancelledError:
            return None
        except Exception as error:
            self._failed[key] = str(error)
            return self._failed[key]
        self._tiles[key] = Tile(window.cells, frozenset(window.bad_rows), extent)
        self._tiles.move_to_end(key)
        while len(self._tiles) > KEPT_TILES:
            self._tiles.popitem(last=False)
        return None

    def has_failed(self, row: int, column: int) -> bool:
        """Whether the tile of a cell could not be had."""
        return TileKey(row // TILE_ROWS, column // TILE_COLUMNS) in self._failed

    def try_again(self) -> bool:
        """Forget failures: what is wanted next is asked for again. Returns whether there were any."""
        failed = bool(self._failed)
        self._failed.clear()
        return failed

    def stop(self) -> None:
        """Cancel all requests."""
        pending, self._pending = self._pending, {}
        for future, _ in pending.values():
            future.cancel()
