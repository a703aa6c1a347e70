"""Below the files of a step: what it made of the columns of the one under the cursor, if it read one of that name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from textual.message import Message

from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.ports import DataPort, TablePort

_NAMED = 4
"""Columns of a kind that are named; the others are counted."""
_WHERE = "which line? 3 and s step through main; 6 unfolds a DataFrame's column types"

Columns = Mapping[str, str]
"""Name -> type, as a file looks."""


class ColumnChanges(Detail):
    """Says in a line or two which columns have another type, are gone or new; out of sight where none are.

    Args:
        data: Gives what opens files.
    """

    class Opened(Message):
        """The data process has looked at one of the two files."""

        def __init__(self, asked: object, columns: Columns, then: Callable[[Columns], None]) -> None:
            super().__init__()
            self.asked = asked
            self.columns = columns
            self.then = then

    def __init__(self, data: Callable[[], DataPort]) -> None:
        super().__init__()
        self._data = data
        self._asked: tuple[Path, Path] | None = None

    def look(self, read: Path | None, written: Path | None) -> None:
        """Compare these two; whatever was compared before no longer counts."""
        asked = (read, written) if read is not None and written is not None else None
        if asked == self._asked:
            return
        self._asked = asked
        self.tell()
        if asked is not None:
            # One after the other: who walks along a list of files has gone on by then, and the second is not opened.
            self._open(asked[0], lambda before: self._open(asked[1], lambda after: self._compare(before, after)))

    def _open(self, path: Path, then: Callable[[Columns], None]) -> None:
        asked = self._asked

        def opened(answer: Future[Any]) -> None:
            if answer.cancelled() or answer.exception() is not None:
                return  # to open it by hand says why
            table: TablePort = answer.result()
            columns = {column.name: column.type for column in table.columns} if table.is_table else {}
            table.close()
            self.post_message(self.Opened(asked, columns, then))

        self._data().table(path).add_done_callback(opened)

    def on_column_changes_opened(self, event: Opened) -> None:
        """Go on, unless another file is looked at by now."""
        event.stop()
        if event.asked == self._asked and event.columns:
            event.then(event.columns)

    def _compare(self, before: Columns, after: Columns) -> None:
        types, others = type_changes(before, after), other_changes(before, after)
        changed = " · ".join(part for part in (types, others) if part)
        self.tell(
            (f"since it was read: {changed}" if changed else "", "bold"), (_WHERE if types else "", "$text-muted")
        )


def type_changes(before: Columns, after: Columns) -> str:
    """Which columns have another type than before; empty for none."""
    return _some([f"{name} {before[name]} → {kind}" for name, kind in after.items() if before.get(name, kind) != kind])


def other_changes(before: Columns, after: Columns) -> str:
    """Which columns are gone and which are new; empty for none."""
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    return " · ".join(f"{word} {_some(names)}" for word, names in (("gone:", gone), ("new:", new)) if names)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
