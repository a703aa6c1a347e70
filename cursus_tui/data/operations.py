"""What the data process can be asked for. A new operation is a function here: the protocol carries any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cursus_tui.data.desk import Desk
from cursus_tui.data.file_bytes import FileBytes
from cursus_tui.data.jobs import Job, Lane
from cursus_tui.data.results import WINDOW_CELLS, DataError, Window, to_json
from cursus_tui.data.tables import joined

Run = Callable[[Desk, Job], Any]
HEAD_LIMIT = 64 << 10
_FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Operation:
    """How to do what a request asks for."""

    run: Run
    """Gives something that is JSON; may raise DataError."""
    lane: Lane
    newest_wins: bool
    """Whether a newer request of the same kind for the same view makes older ones pointless."""


OPERATIONS: dict[str, Operation] = {}


def operation(name: str, lane: Lane, *, newest_wins: bool = False) -> Callable[[Run], Run]:
    """Register a function as an operation of the protocol."""

    def register(run: Run) -> Run:
        OPERATIONS[name] = Operation(run, lane, newest_wins)
        return run

    return register


@operation("open", Lane.READ)
def open_file(desk: Desk, job: Job) -> dict[str, Any]:
    """``{view, path, whole}`` -> TableInfo. The client chooses the view's number.

    The slow rest is done in the background, or with ``whole`` before the answer: for a view that was open before.
    """
    view = desk.open(int(job.arguments["view"]), Path(job.arguments["path"]), job)
    job.check()
    desk.put(view)
    whole = bool(job.arguments.get("whole"))
    if view.table is not None and whole:
        view.table.finish(job, lambda: desk.tell(view))
    info = view.info()
    view.told_columns = info.columns
    if view.table is not None and not whole:
        desk.begin(Job(None, _FINISH, {}, view.number))
    return to_json(info)


@operation(_FINISH, Lane.BACKGROUND)
def finish(desk: Desk, job: Job) -> None:
    """Do the slow rest of opening a view, telling the client as more is known."""
    assert job.view is not None
    view, table = desk.table(job.view)
    try:
        table.finish(job, lambda: desk.tell(view))
    except DataError as error:
        view.note = joined(view.note, f"could not be read to its end: {error.message}")
    desk.tell(view, last=True)


@operation("close", Lane.AT_ONCE)
def close(desk: Desk, job: Job) -> None:
    """``{view}``: forget it."""
    desk.close(int(job.arguments["view"]))


@operation("window", Lane.READ)
def window(desk: Desk, job: Job) -> dict[str, Any]:
    """``{view, first_row, rows, columns}`` -> Window."""
    first_row, rows = int(job.arguments["first_row"]), int(job.arguments["rows"])
    columns = tuple(int(column) for column in job.arguments["columns"])
    if first_row < 0 or rows < 0 or rows * max(1, len(columns)) > WINDOW_CELLS or min(columns, default=0) < 0:
        raise DataError(f"a window of {rows} x {len(columns)} cells", expected=f"at most {WINDOW_CELLS} cells")
    view, table = desk.table(int(job.arguments["view"]))
    width = len(table.shape().columns)
    if max(columns, default=-1) >= width:
        raise DataError(f"has no column {max(columns) + 1:,}", file=view.path, expected=f"one of {width:,}")
    before = width
    cells, bad = table.window(first_row, rows, columns, job)
    if len(table.shape().columns) != before:
        desk.tell(view, last=True)
    return to_json(Window(first_row, columns, tuple(tuple(row) for row in cells), tuple(bad)))


@operation("record", Lane.READ, newest_wins=True)
def record(desk: Desk, job: Job) -> dict[str, Any]:
    """``{view, row}`` -> Record."""
    _, table = desk.table(int(job.arguments["view"]))
    return to_json(table.record(int(job.arguments["row"]), job))


@operation("cell", Lane.READ, newest_wins=True)
def cell(desk: Desk, job: Job) -> dict[str, Any]:
    """``{view, row, column}`` -> FullCell."""
    view, table = desk.table(int(job.arguments["view"]))
    column = int(job.arguments["column"])
    if not 0 <= column < len(table.shape().columns):
        raise DataError(f"has no column {column + 1:,}", file=view.path)
    return to_json(table.cell(int(job.arguments["row"]), column, job))


@operation("count_rows", Lane.BACKGROUND)
def count_rows(desk: Desk, job: Job) -> int | None:
    """``{path}`` -> rows, or null where it is not a table."""
    return desk.count_rows(Path(job.arguments["path"]), job)


@operation("head_bytes", Lane.READ)
def head_bytes(desk: Desk, job: Job) -> list[str]:
    """``{path, count}`` -> lines of a hex dump of the first bytes, as they are on disk."""
    count = int(job.arguments["count"])
    if not 0 <= count <= HEAD_LIMIT:
        raise DataError(f"{count} bytes of a hex dump", expected=f"0 to {HEAD_LIMIT}")
    return hex_lines(FileBytes(Path(job.arguments["path"])).read_raw(0, count))


def hex_lines(content: bytes) -> list[str]:
    """Sixteen bytes a line: offset, hex, and what is printable of it."""
    lines = []
    for offset in range(0, len(content), 16):
        part = content[offset : offset + 16]
        printable = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{offset:08x}  {part[:8].hex(' '):<23}  {part[8:].hex(' '):<23}  {printable}")
    return lines
