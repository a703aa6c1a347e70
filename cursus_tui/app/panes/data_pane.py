"""The files that the selected step reads and wrote; a chosen one opens below: a grid, or its first bytes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from cursus_tui.app.artifact_rows import PART, FileChoice, artifact_rows
from cursus_tui.app.messages import ActionAsked
from cursus_tui.app.panes.chrome import Line
from cursus_tui.app.panes.column_changes import ColumnChanges
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.panes.row_list import Row, RowList, heading, remark
from cursus_tui.app.ports import DataPort, DebuggerPort, TablePort
from cursus_tui.app.situation import Situation
from cursus_tui.records.run import LineageEdge
from cursus_tui.text import fit, safe

if TYPE_CHECKING:
    from cursus_tui.app.live_source import LiveValue
    from cursus_tui.widgets.data_grid import DataGrid

_BOTH_FROM = 26
"""Lines from which on the list stays in sight above an open file."""
_DUMP_BYTES = 4096


class FileHeading(Line):
    """Which file is open, and what is odd about it."""

    title: str = ""
    note: str = ""

    def tell(self, title: str, note: str = "") -> None:
        """Show another title and note."""
        self.title, self.note = title, note
        self.refresh()

    def render(self) -> Content:
        """Title, then as much of the note as fits."""
        title = _ending(safe(self.title), self.size.width - 2)
        room = self.size.width - cell_len(title) - 4
        note = fit(safe(self.note), room).rstrip() if self.note and room > 4 else ""
        return Content.assemble((f" {title}", "bold"), (f"  {note}" if note else "", "$text-warning"))


def _ending(title: str, room: int) -> str:
    """A title that loses its first parts where there is no room: the name of the file is the last."""
    parts = title.split(PART)
    shown = title
    while len(parts) > 1 and cell_len(shown) > room:
        parts = parts[1:]
        shown = "…" + PART + PART.join(parts)
    return shown


class DataPane(Pane):
    """Files in and out of a step. Stepping letters do not work here: the grid has letters of its own."""

    TITLE: ClassVar[str] = "Data"
    STEPPING: ClassVar[bool] = False
    VERBS: ClassVar[tuple[str, ...]] = ("open-file", "writer", "back", "copy", "copy-row", "search", "zoom", "help")
    HELP: ClassVar[str] = (
        "Files that the selected step wrote, then those it reads, with channel, kind, size and rows. Enter opens one: "
        "tables in a grid, anything else as its first bytes; esc goes back to the list. Below the list: which columns "
        "have another type than in the file of that name that was read, are gone or new; u goes to the step that wrote "
        "what was read, and to the same file there, as often as there is one before. In the grid: hjkl and arrows "
        "move, g and G go to the ends, L to a row, c to a column, enter shows the whole cell, space the record, "
        "- hides a column, _ sets widths. Letters for stepping do not work here; F10, F5, F9 do. A step that stops "
        "meanwhile takes neither the table nor a key from you: the status line says so. Values of a step come "
        "from the Variables pane: rows that were loaded stay when the step goes on."
    )

    GRID_VERBS: ClassVar[tuple[str, ...]] = (
        "grid.cell",
        "grid.record",
        "back",
        "grid.go-to-row",
        "grid.go-to-column",
        "grid.hide-column",
        "grid.columns",
        "grid.width",
        "grid.freeze",
        "copy",
        "copy-row",
        "zoom",
        "help",
    )
    """Ids of the actions that the footer lists while a table is open."""

    class TableShown(Message):
        """A table was opened or closed."""

        def __init__(self, shown: bool) -> None:
            super().__init__()
            self.shown = shown

    class Opened(Message):
        """The data process answered."""

        def __init__(self, generation: int, choice: FileChoice | LiveValue, answer: Future[Any]) -> None:
            super().__init__()
            self.generation = generation
            self.choice = choice
            self.answer = answer

    class Dumped(Opened):
        """The first bytes are there."""

    def __init__(
        self, data: Callable[[], DataPort], lineage: Callable[[str], tuple[LineageEdge, ...]], *, id: str
    ) -> None:
        """Make the pane.

        Args:
            data: Gives what opens files; asked when the first one is.
            lineage: What fed a step's newest attempt.
            id: As for any widget.
        """
        super().__init__(id=id)
        self._data = data
        self._lineage = lineage
        self._files = RowList(right=(2, 3), id="files")
        self._stale = Detail()
        self._changes = ColumnChanges(data)
        self._heading = FileHeading()
        self._grid: DataGrid | None = None
        self._dump = RowList(id="dump")
        self._generation = 0
        self._open: FileChoice | LiveValue | None = None
        self._table: TablePort | None = None
        self._step: str | None = None
        self._told_shown = False
        self._concerned: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and what is out of sight until a file is open; the grid is made for the first table."""
        yield self._stale
        yield self._files
        yield self._changes
        yield self._heading
        yield self._dump

    def on_mount(self) -> None:
        """No file is open yet."""
        self._lay_out()

    @property
    def focus_target(self) -> Widget:
        """The open file, else the list."""
        return self._viewer if self._open is not None and self._viewer.display else self._files

    @property
    def _viewer(self) -> Widget:
        return self._grid if self._grid is not None and self._table is not None else self._dump

    @property
    def verbs(self) -> tuple[str, ...]:
        """Those of the grid while a table is open."""
        return self.GRID_VERBS if self._table is not None else self.VERBS

    def grid_action(self, binding: str) -> None:
        """Do what one of the grid's keys does."""
        grid = self._grid
        for found in grid.BINDINGS if grid else ():
            if grid and isinstance(found, Binding) and found.id == binding:
                grid.focus()
                self.app.call_later(grid.run_action, found.action)

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, now: Situation, before: Situation | None) -> None:
        """The files of the selected step; another step closes the open file."""
        if self._table is not None and self._table.note != self._heading.note:
            # The step went on: a live table holds what was loaded before.
            self._heading.tell(self._heading.title, self._table.note)
        concerned = _concerned(now)
        if concerned == self._concerned:
            return
        self._concerned = concerned
        if now.step != self._step:
            self._step = now.step
            self._close()
            self._files.move_cursor(0)
        state = now.selected_state
        stale = f"stale: {state.stale}" if state and state.stale else ""
        self._stale.tell((stale, "$text-warning"))
        lineage = self._lineage(now.step) if now.step and now.attempt else ()
        self._files.set_rows(artifact_rows(now, lineage))
        self._look_at_columns()

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """What the step made of this file's columns."""
        event.stop()
        self._look_at_columns()

    def _look_at_columns(self) -> None:
        """Of the file under the cursor while the list is in sight; nothing is asked for one that nobody looks at."""
        row = self._files.selected if self._files.display else None
        choice = row.value if row is not None and isinstance(row.value, FileChoice) else None
        self._changes.look(choice.read if choice else None, choice.path if choice else None)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Open a file."""
        event.stop()
        if isinstance(event.row.value, FileChoice):
            self.open_file(event.row.value)

    def open_selected(self) -> None:
        """Open the file under the cursor."""
        row = self._files.selected
        if row is not None and isinstance(row.value, FileChoice):
            self.open_file(row.value)

    @property
    def choice(self) -> FileChoice | None:
        """The file that is open, else the one under the cursor."""
        if self._open is not None:
            return self._open if isinstance(self._open, FileChoice) else None
        row = self._files.selected
        return row.value if row is not None and isinstance(row.value, FileChoice) else None

    def point_at(self, path: Path) -> None:
        """Put the cursor on a file, if it is listed."""
        for place, row in enumerate(self._files.rows):
            if isinstance(row.value, FileChoice) and row.value.path == path:
                self._files.move_cursor(place)
                return

    def open_file(self, choice: FileChoice) -> None:
        """Ask the data process for a file; whatever was asked before no longer counts."""
        generation = self._begin(choice, "opening")
        answer = self._data().table(choice.path)
        answer.add_done_callback(lambda done: self.post_message(self.Opened(generation, choice, done)))

    def open_live(self, value: LiveValue, debugger: DebuggerPort) -> None:
        """Show rows of a value of a step; whatever was asked before no longer counts."""
        from cursus_tui.app.live_source import open_live

        generation = self._begin(value, "asking the step")
        answer = open_live(value, debugger, self._data())
        answer.add_done_callback(lambda done: self.post_message(self.Opened(generation, value, done)))

    def _begin(self, choice: FileChoice | LiveValue, told: str) -> int:
        """Close what is open, and say what is awaited."""
        self._close()
        self._open = choice
        self._generation += 1
        self._heading.tell(choice.title, told)
        self._dump.set_rows([remark(told)])
        self._lay_out()
        self._dump.focus()
        return self._generation

    async def _made_grid(self) -> DataGrid:
        if self._grid is None:
            from cursus_tui.widgets.data_grid import DataGrid

            grid = DataGrid()
            grid.display = False
            await self.mount(grid, after=self._heading)
            self._grid = grid
        return self._grid

    async def on_data_pane_opened(self, event: Opened) -> None:
        """A grid for a table; the first bytes for anything else."""
        event.stop()
        problem = None if event.answer.cancelled() else event.answer.exception()
        table: TablePort | None = event.answer.result() if not event.answer.cancelled() and problem is None else None
        grid = await self._made_grid() if table is not None and table.is_table else None
        if event.generation != self._generation:
            if table is not None:
                table.close()
            return
        if table is not None and grid is not None:
            self._table = table
            focused = self._dump.has_focus
            self._heading.tell(event.choice.title, table.note)
            grid.show(table)
            self._lay_out()
            if focused:
                grid.focus()
            return
        note = str(problem) if problem else table.note if table else ""
        if table is not None:
            table.close()
        self._heading.tell(event.choice.title, note.splitlines()[0] if note else "")
        generation, choice = event.generation, event.choice
        if not isinstance(choice, FileChoice):
            self._dump.set_rows([remark(line, "bad") for line in (note or "it has no rows").splitlines()])
            return
        answer = self._data().head_bytes(choice.path, _DUMP_BYTES)
        answer.add_done_callback(lambda done: self.post_message(self.Dumped(generation, choice, done)))

    def on_data_pane_dumped(self, event: Dumped) -> None:
        """The first bytes in hex."""
        event.stop()
        if event.generation != self._generation or event.answer.cancelled():
            return
        problem = event.answer.exception()
        if problem is not None:
            rows = [remark(line, "bad") for line in str(problem).splitlines()]
        else:
            lines = event.answer.result()
            rows = [heading(f"Its first {_DUMP_BYTES:,} bytes at most"), *(Row((line,), ("plain",)) for line in lines)]
        self._dump.set_rows(rows)

    # --- layout ------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        is_open = self._open is not None
        both = self.size.height >= _BOTH_FROM
        self._files.display = not is_open or both
        self._files.styles.height = "35%" if is_open and both else "1fr"
        self._heading.display = is_open
        if self._grid is not None:
            self._grid.display = is_open and self._table is not None
        self._dump.display = is_open and self._table is None
        self._look_at_columns()
        shown = self._table is not None
        if shown != self._told_shown:
            self._told_shown = shown
            self.post_message(self.TableShown(shown))

    def on_resize(self, event: events.Resize) -> None:
        """The list may have room now, or none any more."""
        self._lay_out()

    def _close(self) -> None:
        self._generation += 1
        if self._grid is not None and self._table is not None:
            self._grid.show(None)
            self._table.close()
        self._open, self._table = None, None
        self._lay_out()

    def on_unmount(self) -> None:
        """Let an open table go: that of a live value has files."""
        if self._table is not None:
            self._table.close()

    def go_back(self) -> bool:
        """From the file to the list; from a value of a step to where it was found."""
        if self._open is None:
            return False
        focused, file = self.has_focus_within, isinstance(self._open, FileChoice)
        self._close()
        if focused and not file:
            self.post_message(ActionAsked("pane-variables"))
        elif focused:
            self._files.focus()
        return True

    # --- search and copy ---------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Find a file, or text in the bytes that are shown."""
        (self._dump if self._dump.display else self._files).find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous hit."""
        (self._dump if self._dump.display else self._files).step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The path of the file; of an open one the line in view."""
        if self._open is not None and self._dump.display:
            return self._dump.plain() or None
        chosen = self._files.selected
        return str(chosen.value.path) if chosen and isinstance(chosen.value, FileChoice) else None


def _concerned(now: Situation) -> tuple[object, ...]:
    """What the list depends on: others' steps come and go without the store and folders being read again."""
    sources = [binding.source_step for binding in now.pipeline.bindings if binding.step == now.step]
    given = now.selected.given if now.selected else None
    return (now.step, given, now.selected_state, *(now.of(source) for source in sources))
