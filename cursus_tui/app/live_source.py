"""Rows of a value inside of a step, as a table for the grid: blocks that the step writes and the data process opens."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cursus_tui.app.ports import DataPort, DebuggerPort, TablePort
from cursus_tui.records.debug import DebugError, LiveTable
from cursus_tui.text import human_bytes, safe
from cursus_tui.widgets.grid_source import GridCell, GridColumn, GridRecord, GridWindow

BLOCK_ROWS = 1_000
"""Rows that the step writes at a time."""
_KEPT_BLOCKS = 24
"""Blocks that stay open; the one used longest ago is closed."""
_WENT_ON = "the step went on: rows that were not loaded before cannot be had any more"


@dataclass(frozen=True, slots=True)
class LiveColumn:
    """A column as the value has it."""

    name: str
    type: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """Cells, perhaps of more than one block."""

    cells: Sequence[Sequence[str | None]]
    bad_rows: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """A row by its number in the whole value."""

    row: int
    cells: Sequence[GridCell]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LiveValue:
    """Which value of which moment.

    Attributes:
        expression: What evaluates to it.
        frame: The frame it is evaluated in; None for a sample of the running step.
        title: For the heading of the view.
        is_current: Whether the frame, or the step that is sampled, is still the one it was; asked on any thread.
    """

    expression: str
    frame: int | None
    title: str
    is_current: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Block:
    table: LiveTable
    view: TablePort
    places: tuple[int | None, ...]
    """For each column of the source its number in this block, whose file may hold others."""


class LiveSource:
    """A ``TablePort`` over blocks of 1,000 rows. Blocks that were loaded stay when the step goes on."""

    is_table = True
    bad_rows = 0

    def __init__(self, value: LiveValue, debugger: DebuggerPort, data: DataPort) -> None:
        """Ask nothing yet; see ``open_live``."""
        self.value = value
        self._debugger = debugger
        self._data = data
        self._lock = threading.Lock()
        self._blocks: OrderedDict[int, Future[_Block]] = OrderedDict()
        self._columns: tuple[LiveColumn, ...] = ()
        self._first: LiveTable | None = None
        self._rows = 0
        self._closed = False

    # --- what is known -----------------------------------------------------------------------------

    @property
    def columns(self) -> Sequence[GridColumn]:
        """Those of the first block."""
        return self._columns

    @property
    def rows(self) -> int:
        """Of the whole value, where it tells; else those of the first block."""
        return self._rows

    @property
    def rows_exact(self) -> bool:
        """There is nothing to count."""
        return True

    @property
    def estimated_rows(self) -> int | None:
        """Never a guess."""
        return None

    @property
    def note(self) -> str:
        """What kind of value it is, when it was taken, and what is odd about it."""
        first = self._first
        if first is None:
            return ""
        size = human_bytes(first.bytes)
        moment = "sampled while running" if first.sampled else ""
        if not self.value.is_current():
            moment += " before the step went on"
        return "; ".join(filter(None, (moment.strip(), " ".join(filter(None, (first.type, size))), first.note)))

    # --- rows --------------------------------------------------------------------------------------

    def window(self, first_row: int, rows: int, columns: tuple[int, ...]) -> Future[GridWindow]:
        """Cells, from as many blocks as that takes."""
        last = min(first_row + rows, self.rows)
        numbers = range(first_row // BLOCK_ROWS, max(first_row, last - 1) // BLOCK_ROWS + 1)
        parts = [self._part(number, first_row, last, columns) for number in numbers]
        return _joined(parts)

    def _part(self, number: int, first_row: int, last: int, columns: tuple[int, ...]) -> Future[LiveWindow]:
        begin = number * BLOCK_ROWS
        first, end = max(first_row, begin) - begin, min(last, begin + BLOCK_ROWS) - begin

        def ask(block: _Block) -> Future[Any]:
            there = tuple(place for column in columns if (place := block.places[column]) is not None)
            return block.view.window(first, max(0, end - first), there)

        def take(block: _Block, found: GridWindow) -> LiveWindow:
            held = [block.places[column] is not None for column in columns]
            cells = [_spread(row, held) for row in found.cells]
            return LiveWindow(cells, [row + begin for row in found.bad_rows])

        return _chain(self.block(number), ask, take)

    def record(self, row: int) -> Future[GridRecord]:
        """One row in full."""
        number, place = divmod(row, BLOCK_ROWS)
        return _chain(
            self.block(number),
            lambda block: block.view.record(place),
            lambda block, found: LiveRecord(row, found.cells, found.note),
        )

    def cell(self, row: int, column: int) -> Future[GridCell]:
        """One cell in full."""
        number, place = divmod(row, BLOCK_ROWS)

        def ask(block: _Block) -> Future[Any]:
            there = block.places[column]
            if there is None:
                raise DebugError("these rows have no such column")
            return block.view.cell(place, there)

        return _chain(self.block(number), ask, lambda block, found: found)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Nothing ever changes: columns and rows are known when the first block is there."""
        return lambda: None

    def close(self) -> None:
        """Forget it, and the files that the step wrote for it."""
        with self._lock:
            self._closed = True
            blocks, self._blocks = list(self._blocks.values()), OrderedDict()
        for block in blocks:
            block.add_done_callback(_let_go)

    # --- blocks ------------------------------------------------------------------------------------

    def block(self, number: int) -> Future[_Block]:
        """A block, asked for once; one that could not be had is asked for again the next time."""
        made: Future[_Block] = Future()
        with self._lock:
            known = self._blocks.get(number)
            if known is not None and not (known.done() and known.exception() is not None):
                self._blocks.move_to_end(number)
                return known
            if self._closed or not self.value.is_current():
                made.set_exception(DebugError(_WENT_ON))
                return made
            self._blocks[number] = made
            dropped = [self._blocks.popitem(last=False)[1]] if len(self._blocks) > _KEPT_BLOCKS else []
        for each in dropped:
            each.add_done_callback(_let_go)
        answer = self._debugger.live_table(self.value.expression, self.value.frame, number * BLOCK_ROWS)
        answer.add_done_callback(lambda done: _guarded(made, lambda: self._open(number, done.result(), made)))
        return made

    def _open(self, number: int, table: LiveTable, made: Future[_Block]) -> None:
        """Let the data process open what the step wrote."""
        if not self.value.is_current():
            # Frames are named by small numbers: this answer may be of another stop.
            table.file.unlink(missing_ok=True)
            raise DebugError(_WENT_ON)
        opened = self._data.table(table.file)
        opened.add_done_callback(
            lambda done: _guarded(made, lambda: self._when_counted(number, table, done.result(), made))
        )

    def _when_counted(self, number: int, table: LiveTable, view: TablePort, made: Future[_Block]) -> None:
        """A block is there once all its rows can be asked for: rows of texts are counted in the background."""
        taken = threading.Lock()

        def look() -> None:
            if view.rows_exact and taken.acquire(blocking=False):
                _guarded(made, lambda: made.set_result(self._take(number, table, view)))

        end = view.subscribe(look)
        made.add_done_callback(lambda _: end())
        look()

    def _take(self, number: int, table: LiveTable, view: TablePort) -> _Block:
        if not view.is_table:
            raise DebugError(f"the rows that the step wrote cannot be read: {view.note}")
        names = [safe(column.name) for column in view.columns]
        with self._lock:
            if self._first is None:
                self._first, self._columns = table, _columns(table, view)
                self._rows = number * BLOCK_ROWS + view.rows if table.rows is None else table.rows
            places = {name: place for place, name in reversed(list(enumerate(names)))}
            wanted = [column.name for column in self._columns]
        same = names == wanted
        return _Block(table, view, tuple(range(len(names))) if same else tuple(places.get(name) for name in wanted))


def open_live(value: LiveValue, debugger: DebuggerPort, data: DataPort) -> Future[TablePort]:
    """Open a value: done when its first rows are there.

    Args:
        value: Which one.
        debugger: Asks the step for rows.
        data: Opens the files that it writes.
    """
    source = LiveSource(value, debugger, data)
    opened: Future[TablePort] = Future()

    def came(done: Future[_Block]) -> None:
        done.result()
        opened.set_result(source)

    source.block(0).add_done_callback(lambda done: _guarded(opened, lambda: came(done)))
    return opened


def _columns(table: LiveTable, view: TablePort) -> tuple[LiveColumn, ...]:
    """As the file has them, with the types of the value, which a file of texts does not know."""
    types = {safe(name): safe(kind, 40) for name, kind in table.columns}
    found = []
    for column in view.columns:
        kind = types.get(safe(column.name), column.type)
        numeric = column.numeric or kind.rstrip("0123456789").casefold() in ("int", "uint", "float", "complex")
        found.append(LiveColumn(safe(column.name), kind, numeric))
    return tuple(found)


def _spread(row: Sequence[str | None], held: list[bool]) -> Sequence[str | None]:
    """The cells of a row at their columns; those that a block does not have are null."""
    if all(held):
        return row
    rest = iter(row)
    return [next(rest, None) if here else None for here in held]


def _let_go(done: Future[_Block]) -> None:
    if not done.cancelled() and done.exception() is None:
        block = done.result()
        block.view.close()
        block.table.file.unlink(missing_ok=True)


def _guarded(made: Future[Any], act: Callable[[], None]) -> None:
    """Do something on the way to a result; what goes wrong is the result."""
    try:
        act()
    except Exception as problem:
        with suppress(InvalidStateError):  # nobody waits any more
            made.set_exception(problem)


def _settle(made: Future[Any], result: Callable[[], Any]) -> None:
    def act() -> None:
        found = result()
        with suppress(InvalidStateError):
            made.set_result(found)

    _guarded(made, act)


def _chain(
    first: Future[_Block], ask: Callable[[_Block], Future[Any]], take: Callable[[_Block, Any], Any]
) -> Future[Any]:
    """What a block answers; cancelling it cancels the question, but never the block, which others may want."""
    made: Future[Any] = Future()

    def came(done: Future[_Block]) -> None:
        block = done.result()
        if not made.cancelled():
            asked = ask(block)
            _cancel_with(made, [asked])
            asked.add_done_callback(lambda answer: _settle(made, lambda: take(block, answer.result())))

    first.add_done_callback(lambda done: _guarded(made, lambda: came(done)))
    return made


def _cancel_with(made: Future[Any], parts: Sequence[Future[Any]]) -> None:
    def ended(done: Future[Any]) -> None:
        if done.cancelled():
            for part in parts:
                part.cancel()

    made.add_done_callback(ended)


def _joined(parts: Sequence[Future[LiveWindow]]) -> Future[GridWindow]:
    """Windows one below the other."""
    made: Future[Any] = Future()
    left = list(parts)
    lock = threading.Lock()

    def join() -> LiveWindow:
        found = [part.result() for part in parts]
        return LiveWindow([row for one in found for row in one.cells], [row for one in found for row in one.bad_rows])

    def ended(part: Future[LiveWindow]) -> None:
        with lock:
            left.remove(part)
            last = not left
        if last:
            _settle(made, join)

    _cancel_with(made, parts)
    for part in parts:
        part.add_done_callback(ended)
    return made
