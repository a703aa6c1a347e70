"""The first rows of a file as text, for whoever looks from Python."""

from __future__ import annotations

from pathlib import Path

from cursus_tui.data.client import DataClient
from cursus_tui.data.results import WINDOW_CELLS
from cursus_tui.records.interactive import InspectedData


def first_rows(client: DataClient, name: str, file: Path, rows: int) -> InspectedData:
    """Open a file, read its first rows, and close it. Blocks.

    Args:
        client: The front's side of the data process.
        name: How the result names it.
        file: Any file: what is no table has no columns and no rows.
        rows: How many, as far as one window has them.

    Returns:
        Its columns, and the rows as text.

    Raises:
        DataError: It cannot be read.
    """
    view = client.table(file).result()
    try:
        info = view.info
        columns = tuple((each.name, each.type) for each in view.columns)
        count = max(0, min(rows, WINDOW_CELLS // max(1, len(columns))))
        cells: tuple[tuple[str | None, ...], ...] = ()
        if view.is_table and columns and count:
            cells = view.window(0, count, tuple(range(len(columns)))).result().cells
        whole = view.rows if view.is_table and view.rows_exact else None
        return InspectedData(name, file, info.kind, columns, whole, cells, info.note)
    finally:
        view.close()
