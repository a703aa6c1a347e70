"""Lines of a data grid: header, rows and status, cell by cell as plain segments. Nothing here is ever markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from cursus_tui.text import fit, human_count, safe
from cursus_tui.widgets.grid_columns import Placed

if TYPE_CHECKING:
    from cursus_tui.widgets.grid_viewport import GridViewport

NULL = "∅"
WAITING = "·"
UNREADABLE = "?"
BAD = "!"


def aligned(text: str, width: int, *, right: bool) -> str:
    """Safe text in exactly this many cells."""
    cells = cell_len(text)
    if right and cells < width:
        return " " * (width - cells) + text
    return fit(text, width)


class GridPainter:
    """Paints a grid; asks it where things are.

    Args:
        grid: The grid.
    """

    def __init__(self, grid: GridViewport) -> None:
        self._grid = grid

    def _style(self, name: str) -> Style:
        return self._grid.get_component_rich_style(f"grid--{name}", partial=True)

    # --- which part of the pane to paint anew ------------------------------------------------------------

    def repaint_rows(self) -> None:
        """All rows in sight."""
        grid = self._grid
        grid.refresh(Region(0, grid.header_lines, grid.size.width, grid.body_height))

    def repaint_row(self, row: int) -> None:
        """One row, if it is in sight."""
        grid = self._grid
        offset = row - grid.top
        if 0 <= offset < grid.body_height:
            grid.refresh(Region(0, grid.header_lines + offset, grid.size.width, 1))

    def repaint_header(self) -> None:
        """The names."""
        self._grid.refresh(Region(0, 0, self._grid.size.width, 1))

    def repaint_status(self) -> None:
        """The last line."""
        grid = self._grid
        if grid.status_lines:
            grid.refresh(Region(0, grid.size.height - 1, grid.size.width, 1))

    # --- lines --------------------------------------------------------------------------------------------

    def line(self, y: int) -> Strip:
        """One line of the pane."""
        grid = self._grid
        base, width = grid.rich_style, grid.line_width
        if grid.source is None:
            text = safe(grid.message) if y == 0 else ""
            return Strip([Segment(fit(text, width), base)], width)
        if y < grid.header_lines:
            parts = self._header() if y == 0 else self._types()
            filler = self._style("header" if y == 0 else "type")
        elif grid.status_lines and y == grid.size.height - 1:
            parts, filler = [Segment(fit(self.status_text(), width), self._style("status"))], Style()
        else:
            row = grid.top + y - grid.header_lines
            filler = self._style("row") if row == grid.cursor_row and row < grid.rows else Style()
            parts = self._row(row) if row < grid.rows else self._no_row(row)
        strip = Strip(parts).adjust_cell_length(width, filler)
        return strip.apply_style(base)

    def _header(self) -> list[Segment]:
        grid = self._grid
        plain, cursor = self._style("header"), self._style("header-cursor")
        parts = [Segment(" " * grid.number_width, plain)]
        columns = grid.layout_of_columns.columns
        for placed, gap in self._with_gaps(plain):
            style = cursor if placed.column == grid.cursor_column else plain
            column = columns[placed.column]
            parts += gap, Segment(aligned(safe(column.name), placed.width, right=column.numeric), style)
        return parts

    def _types(self) -> list[Segment]:
        grid = self._grid
        style = self._style("type")
        parts = [Segment(" " * grid.number_width, style)]
        columns = grid.layout_of_columns.columns
        for placed, gap in self._with_gaps(style):
            column = columns[placed.column]
            parts += gap, Segment(aligned(safe(column.type), placed.width, right=column.numeric), style)
        return parts

    def _with_gaps(self, background: Style) -> list[tuple[Placed, Segment]]:
        """Columns in sight, each with what stands before it: nothing, a space, or the rule after the frozen ones."""
        found: list[tuple[Placed, Segment]] = []
        before: Placed | None = None
        for placed in self._grid.placed():
            if before is None:
                gap = Segment("")
            elif before.frozen and not placed.frozen:
                gap = Segment(" │ ", background + self._style("rule"))
            else:
                gap = Segment(" ", background)
            found.append((placed, gap))
            before = placed
        return found

    def _row(self, row: int) -> list[Segment]:
        grid = self._grid
        tiles = grid.tiles
        assert tiles is not None
        on_cursor = row == grid.cursor_row
        line = self._style("row") if on_cursor else Style()
        columns = grid.layout_of_columns.columns
        placed = self._with_gaps(line)
        bad = tiles.is_bad(row, [place.column for place, _ in placed])
        number = f"{row + 1}{BAD if bad else ''}"
        parts = [
            Segment(number.rjust(grid.number_width - 1), line + self._style("bad" if bad else "number")),
            Segment(" ", line),
        ]
        for place, gap in placed:
            here, text = tiles.cell_of(row, place.column)
            right = columns[place.column].numeric
            if not here:
                mark = UNREADABLE if tiles.has_failed(row, place.column) else WAITING
                shown, style = aligned(mark, place.width, right=right), line + self._style("waiting")
            elif text is None:
                shown, style = aligned(NULL, place.width, right=right), line + self._style("null")
            else:
                shown, style = aligned(safe(text), place.width, right=right), line
            if on_cursor and place.column == grid.cursor_column:
                style += self._style("cursor")
            parts += gap, Segment(shown, style)
        return parts

    def _no_row(self, row: int) -> list[Segment]:
        grid = self._grid
        if row == 0 and grid.source is not None and grid.source.rows_exact:
            return [Segment(" " * grid.number_width + "no rows", self._style("waiting"))]
        return []

    # --- the status line ------------------------------------------------------------------------------------

    def status_text(self) -> str:
        """Where the cursor is, how many rows there are, and what is odd: the most important first."""
        grid = self._grid
        source = grid.source
        assert source is not None
        parts: list[str] = []
        if grid.problem:
            parts.append(grid.problem)
        parts.append(self._position())
        columns = grid.layout_of_columns.columns
        if grid.cursor_column < len(columns):
            column = columns[grid.cursor_column]
            parts.append(f"{fit(safe(column.name), min(24, cell_len(column.name)))} {safe(column.type)}")
        if source.bad_rows:
            parts.append(f"{human_count(source.bad_rows)} bad")
        hidden = len(grid.layout_of_columns.hidden)
        if hidden:
            parts.append(f"{hidden} hidden: C")
        if source.note:
            parts.append(safe(source.note))
        return " " + " · ".join(parts)

    def _position(self) -> str:
        grid = self._grid
        source = grid.source
        assert source is not None
        if not source.rows:
            return "no rows" if source.rows_exact else "counting…"
        total = human_count(source.rows)
        if not source.rows_exact:
            estimate = f", ~{human_count(source.estimated_rows)}" if source.estimated_rows else ""
            total = f"{total}+{estimate} counting…"
        return f"row {human_count(grid.cursor_row + 1)} of {total}"
