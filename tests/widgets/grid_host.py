"""A grid in an app of its own, over a source that answers when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cursus_tui.widgets.data_grid import DataGrid

SIZE = (80, 24)


@dataclass(frozen=True)
class Column:
    name: str
    type: str = "text"
    numeric: bool = False


@dataclass(frozen=True)
class Win:
    cells: Sequence[Sequence[str | None]]
    bad_rows: Sequence[int] = ()


@dataclass(frozen=True)
class Cell:
    name: str
    type: str
    text: str | None
    characters: int


@dataclass(frozen=True)
class Rec:
    row: int
    cells: Sequence[Cell]
    note: str = ""


def value(row: int, column: int) -> str | None:
    return f"r{row}c{column}"


@dataclass
class Source:
    """A table that makes its cells up."""

    columns: Sequence[Column]
    rows: int
    value: Callable[[int, int], str | None] = value
    rows_exact: bool = True
    estimated_rows: int | None = None
    bad: frozenset[int] = frozenset()
    note: str = ""
    held: bool = False
    asked: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list)
    open: list[tuple[Future[Win], Win]] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    error: Exception | None = None

    @property
    def bad_rows(self) -> int:
        return len(self.bad)

    def window(self, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[Win]:
        self.asked.append((first_row, rows, columns))
        future: Future[Win] = Future()
        if self.error is not None:
            future.set_exception(self.error)
            return future
        numbers = range(first_row, min(first_row + rows, self.rows))
        cells = [[self.value(row, column) for column in columns] for row in numbers]
        made = Win(cells, [row for row in numbers if row in self.bad])
        if self.held:
            self.open.append((future, made))
        else:
            future.set_result(made)
        return future

    def release(self) -> None:
        while self.open:
            future, made = self.open.pop()
            if future.set_running_or_notify_cancel():
                future.set_result(made)

    def cell(self, row: int, column: int) -> Future[Cell]:
        future: Future[Cell] = Future()
        text = self.value(row, column)
        future.set_result(Cell(self.columns[column].name, self.columns[column].type, text, len(text or "")))
        return future

    def record(self, row: int) -> Future[Rec]:
        future: Future[Rec] = Future()
        cells = [self.cell(row, column).result() for column in range(len(self.columns))]
        future.set_result(Rec(row, cells, "too short" if row in self.bad else ""))
        return future

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def grow(self, rows: int, *, exact: bool) -> None:
        self.rows, self.rows_exact = rows, exact
        for listener in self.listeners:
            listener()


class Host(App[None]):
    def __init__(self, source: Source | None, message: str = "") -> None:
        super().__init__()
        self.grid = DataGrid(source, message=message)
        self.said: list[object] = []
        self.painted = 0

    def compose(self) -> ComposeResult:
        yield self.grid

    def on_mount(self) -> None:
        self.grid.focus()

    def on_data_grid_cell_chosen(self, event: DataGrid.CellChosen) -> None:
        self.said.append((event.row, event.column))

    def on_data_grid_failed(self, event: DataGrid.Failed) -> None:
        self.said.append(event.reason)


def columns(count: int) -> list[Column]:
    return [Column(f"col{number}") for number in range(count)]


def screen(grid: DataGrid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


def status(grid: DataGrid) -> str:
    return screen(grid)[-1].strip()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()
