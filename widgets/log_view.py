"""The output of a program while it is written: followed, searched, any line of millions.

Standard output and standard error are two files without a common clock, so an order between their lines
would be made up. They are shown one at a time, with the other one key away and its length always in sight:
after a failure the traceback is then the end of ``stderr``, not somewhere among the prints.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer
from textual.worker import Worker, get_current_worker

from cursus_tui.text import human_bytes
from cursus_tui.widgets.hits import pattern_of
from cursus_tui.widgets.line_view import LineView, ViewMessage, strip_of
from cursus_tui.widgets.log_files import LogFiles, LogSource
from cursus_tui.widgets.log_index import LogIndex
from cursus_tui.widgets.log_search import search_log
from cursus_tui.widgets.log_wrap import places, top_for, wrap

_SECONDS_BETWEEN_TURNS = 1 / 10
_FLOOD = 500
"""Rows of one turn that are more than anybody follows."""
_MOST_TURNS_LEFT_OUT = 4
_TEXTS_KEPT = 512
_WHOLE = 64 * 1024
"""Bytes of a line that ``line_text`` gives, and cells that can be scrolled to."""


class LogView(LineView):
    """Lines of one of several log files, which may still be written.

    While it follows, the cursor stays on the last line. Moving up ends that; ``G``, or coming to the end,
    begins it again.
    """

    HELP = """
    # Log

    What the step printed. `a` shows its other stream, `G` or end follows the newest line, moving up stops that,
    `_` wraps long lines. Colours and cursor moves are left out, a progress bar shows its last state.
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--cut"}
    DEFAULT_CSS = """
    LogView > .line--cut { color: $text-warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "sideways(-8)", "Scroll left", show=False, id="log.left"),
        Binding("right", "sideways(8)", "Scroll right", show=False, id="log.right"),
        Binding("underscore", "wrap", "Wrap lines", id="log.wrap"),
        Binding("a", "other", "Other stream", id="log.other"),
        Binding("enter", "choose", "Show line", show=False, id="log.choose"),
    ]

    class LogMessage(ViewMessage):
        """Something about a log."""

        def __init__(self, view: LogView, line: int = 0) -> None:
            super().__init__(view)
            self.line = line

    class StatusChanged(LogMessage):
        """The place, the lengths, the file shown, following or wrapping changed."""

    class LineChosen(LogMessage):
        """Enter or a double click on a line, from 0; ``view.line_text`` holds it whole."""

    class SearchEnded(Message):
        """A thread's answer: the line found, if any, for the search of that number."""

        def __init__(self, number: int, line: int | None) -> None:
            super().__init__()
            self.number = number
            self.line = line

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.following = True
        self.wrapped = False
        self.live = False
        self.files = LogFiles()
        self._current = 0
        self._remembered: list[tuple[int, bool]] = []
        self._texts: dict[int, tuple[str, int]] = {}
        self._poll: Timer | None = None
        self._catching_up: Worker[None] | None = None
        self._layout: list[tuple[int, int]] | None = None
        self._pieces_kept: dict[int, list[Strip]] | None = None
        self._rows_taken_in = 0
        self._turns_left_out = 0
        self._search_number = 0
        self._looked_for = ""

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, *sources: LogSource, live: bool = False, first: str = "") -> None:
        """Show some log files, following the end of one of them.

        Args:
            sources: The files; they need not exist yet.
            live: Whether they may still grow.
            first: Name of the one to begin with, if not the first.
        """
        if sources == self.files.sources and live == self.live:
            # Whoever follows it sees it grow; this is called for each key, too.
            return
        if sources != self.files.sources:
            self._stop_catching_up()
            self.files = LogFiles(sources)
            self._remembered = [(0, True)] * len(sources)
            self._current = next((at for at, source in enumerate(sources) if source.name == first), 0)
            self._looked_for = ""
            self._begin_file()
        self.set_live(live)
        self._turn()

    def set_live(self, live: bool) -> None:
        """Say whether the files may still grow; what was written until now is read in any case."""
        self.live = live
        if self._poll is None:
            self._poll = self.set_interval(_SECONDS_BETWEEN_TURNS, self._turn)
        self.post_message(self.StatusChanged(self))

    def show_source(self, name: str) -> bool:
        """Show another of the files; False where there is none of that name."""
        names = [source.name for source in self.files.sources]
        if name not in names:
            return False
        self._remembered[self._current] = (self.cursor, self.following)
        self._current = names.index(name)
        self._begin_file()
        return True

    @property
    def source_name(self) -> str:
        """Name of the file that is shown; empty without any."""
        return self.files.sources[self._current].name if self.files else ""

    @property
    def line_text(self) -> str:
        """The line under the cursor as plain text, up to 64 KiB of it."""
        return self._index.text(self.cursor, limit=_WHOLE)[0] if self.files else ""

    @property
    def _index(self) -> LogIndex:
        return self.files.indexes[self._current]

    def _begin_file(self) -> None:
        cursor, self.following = self._remembered[self._current] if self._remembered else (0, True)
        self._texts.clear()
        self.scroll_to(x=0, animate=False, force=True)
        self._take_in()
        if not self.following:
            super().move_cursor(cursor)

    # --- growing -----------------------------------------------------------------------------------

    def _turn(self) -> None:
        """Take in what was written since the last turn; a thread does so where it is much."""
        grew = self._catching_up is not None or self.files.turn()
        if self._catching_up is not None and self._catching_up.is_finished:
            self._catching_up = None
        if grew and self._is_flooded():
            self._turns_left_out += 1
        elif grew or self._turns_left_out:
            self._take_in()
        if self._catching_up is None and self.files.backlog > 0:
            self._catching_up = self.run_worker(self._catch_up, thread=True, group="log-index", exit_on_error=False)
        if not self.live and self._catching_up is None and self._poll is not None:
            self._poll.stop()
            self._poll = None

    def _is_flooded(self) -> bool:
        """Whether to leave this turn out: lines that nobody can read are painted less often, for the sake of keys."""
        rows = self.row_count - self._rows_taken_in
        return self.live and self.following and rows > _FLOOD and self._turns_left_out < _MOST_TURNS_LEFT_OUT

    def _catch_up(self) -> None:
        worker = get_current_worker()
        self.files.catch_up(lambda: worker.is_cancelled)

    def _stop_catching_up(self) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
            self._catching_up = None

    def _take_in(self) -> None:
        self._rows_taken_in, self._turns_left_out = self.row_count, 0
        self._set_height()
        if self.following:
            super().move_cursor(self.row_count - 1)
        self.refresh()
        self.post_message(self.StatusChanged(self))

    def _set_height(self) -> None:
        # While lines are wrapped any may stand at the top, else the end of the last ones would be out of reach.
        below = max(0, self.size.height - 1) if self.wrapped else 0
        self.reach(Size(_WHOLE, self.row_count + below))

    # --- moving ------------------------------------------------------------------------------------

    @property
    def row_count(self) -> int:
        """Lines of the file that is shown."""
        return self._index.line_count if self.files else 0

    def cursor_moved(self, row: int) -> None:
        """Tell that the place changed."""
        self.post_message(self.StatusChanged(self))

    def row_chosen(self, row: int) -> None:
        """Tell which line was chosen."""
        self.post_message(self.LineChosen(self, row))

    def move_cursor(self, row: int) -> None:
        """Put the cursor on a line; on the last one the log is followed."""
        super().move_cursor(row)
        self._follow(self.cursor >= self.row_count - 1)

    def _follow(self, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.post_message(self.StatusChanged(self))

    def _scrolled(self) -> None:
        """After the wheel or the bar: the cursor comes along."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        at_end = top >= self.max_scroll_y
        self.cursor = self.row_count - 1 if at_end else max(top, min(self.cursor, top + height - 1))
        self._follow(at_end)

    def on_mouse_scroll_up(self) -> None:
        """See where the wheel has led to."""
        self.call_after_refresh(self._scrolled)

    on_mouse_scroll_down = on_scroll_up = on_scroll_down = on_scroll_to = on_mouse_scroll_up

    def on_resize(self) -> None:
        """Wrapped lines need room below the last one."""
        self._set_height()

    def action_sideways(self, cells: int) -> None:
        """Scroll sideways, as far as the lines in sight go."""
        top = self.scroll_offset.y
        widths = [cell_len(self._text(row)[0]) for row in range(top, min(top + self.size.height, self.row_count))]
        furthest = max(0, max(widths, default=0) + 12 - self.row_width)
        if not self.wrapped:
            self.scroll_to(x=max(0, min(self.scroll_offset.x + cells, furthest)), animate=False, force=True)

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them again."""
        self.wrapped = not self.wrapped
        self._texts.clear()
        self.scroll_to(x=0, animate=False, force=True)
        self._set_height()
        self.show_row(self.cursor)
        self.refresh()
        self.post_message(self.StatusChanged(self))

    def action_other(self) -> None:
        """Show the next of the files."""
        if self.files:
            self.show_source(self.files.sources[(self._current + 1) % len(self.files)].name)

    # --- wrapped lines -----------------------------------------------------------------------------

    def show_row(self, row: int, *, centre: bool = False) -> None:
        """Scroll a line into sight, all of it when lines are wrapped."""
        height = self.size.height
        if not self.wrapped or not height:
            super().show_row(row, centre=centre)
        elif self.row_count:
            # Far away lines need not be measured one by one.
            top = max(self.scroll_offset.y, row - height)
            self.scroll_to(y=top_for(row, top, height, lambda row: len(self._pieces(row))), animate=False, force=True)

    def row_at(self, y: int) -> int:
        """The line that is shown on a line of the pane."""
        if not self.wrapped:
            return super().row_at(y)
        shown = self._places()
        return shown[y][0] if y < len(shown) else self.row_count

    def repaint_row(self, row: int) -> None:
        """Repaint one line if it is in sight."""
        if not self.wrapped:
            super().repaint_row(row)
            return
        lines = [y for y, (shown, _) in enumerate(self._places()) if shown == row]
        if lines:
            self.refresh(Region(0, lines[0], self.size.width, len(lines)))

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the pane; how lines are wrapped is found out once for all of them."""
        if not self.wrapped:
            return super().render_lines(crop)
        self._pieces_kept = {}
        self._layout = self._places()
        try:
            return super().render_lines(crop)
        finally:
            self._layout, self._pieces_kept = None, None

    def _places(self) -> list[tuple[int, int]]:
        if self._layout is not None:
            return self._layout
        return places(self.scroll_offset.y, self.size.height, self.row_count, lambda row: len(self._pieces(row)))

    def _pieces(self, row: int) -> list[Strip]:
        kept = self._pieces_kept if self._pieces_kept is not None else {}
        if row not in kept:
            parts = self._parts(row)
            kept[row] = wrap(strip_of(parts, sum(cell_len(text) for text, _ in parts)), self.row_width - 1)
        return kept[row]

    def render_line(self, y: int) -> Strip:
        """One line of the pane."""
        if not self.wrapped:
            return super().render_line(y)
        shown = self._places()
        base = self.base
        if y >= len(shown):
            return Strip.blank(self.row_width, base)
        row, part = shown[y]
        strip = Strip.join([strip_of([self._mark(row, part)], 1), self._pieces(row)[part]])
        return self.with_cursor(strip, base) if row == self.cursor else strip.apply_style(base)

    # --- search ------------------------------------------------------------------------------------

    def find(self, text: str) -> None:
        """Look for a literal text from the cursor on, in a thread; ``SearchMoved`` tells the outcome."""
        self._looked_for = text
        self.refresh()
        if text:
            self._search(self.cursor, forward=True)
        else:
            self.cancel_search()
            self.post_message(self.SearchMoved(self, "", 0, 0))

    def step_hit(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) line with the text, round the end."""
        self._search(self.cursor + direction, forward=direction > 0)

    def cancel_search(self) -> None:
        """Give up a search that is under way."""
        self._search_number += 1
        self.workers.cancel_group(self, "log-search")

    def _search(self, start: int, *, forward: bool) -> None:
        self.cancel_search()
        if self._looked_for and self.row_count:
            job = partial(self._search_in_thread, self._index, self._looked_for, start, forward, self._search_number)
            self.run_worker(job, thread=True, group="log-search", exit_on_error=False)

    def _search_in_thread(self, index: LogIndex, text: str, start: int, forward: bool, number: int) -> None:
        worker = get_current_worker()
        found = search_log(index, text, start, forward=forward, stopped=lambda: worker.is_cancelled)
        if found is None:
            start = 0 if forward else index.line_count - 1
            found = search_log(index, text, start, forward=forward, stopped=lambda: worker.is_cancelled)
        if not worker.is_cancelled:
            self.post_message(self.SearchEnded(number, found))

    def on_log_view_search_ended(self, message: SearchEnded) -> None:
        """Go to what was found."""
        message.stop()
        if message.number != self._search_number:
            return
        if message.line is not None:
            self.show_row(message.line, centre=True)
            self.move_cursor(message.line)
            self._follow(False)
        self.post_message(
            self.SearchMoved(
                self, self._looked_for, int(message.line is not None), None if message.line is not None else 0
            )
        )

    # --- painting ----------------------------------------------------------------------------------

    def _text(self, row: int) -> tuple[str, int]:
        """Plain text of a line and the bytes cut from it; kept, but for the last line, which may grow."""
        found = self._texts.get(row)
        if found is None:
            found = self._index.text(row, limit=4 * self.size.width * self.size.height if self.wrapped else 0)
            if row < self.row_count - 1:
                if len(self._texts) >= _TEXTS_KEPT:
                    self._texts.clear()
                self._texts[row] = found
        return found

    def _parts(self, row: int) -> list[tuple[str, Style]]:
        text, cut = self._text(row)
        parts: list[tuple[str, Style]] = []
        done = 0
        if self._looked_for:
            style = self.tone("current-hit" if row == self.cursor else "hit")
            for hit in pattern_of(self._looked_for).finditer(text):
                parts += [(text[done : hit.start()], Style()), (hit.group(), style)]
                done = hit.end()
        parts.append((text[done:], Style()))
        if cut:
            parts.append((f" … {human_bytes(cut)} more", self.tone("cut")))
        return parts

    def _mark(self, row: int, part: int = 0) -> tuple[str, Style]:
        return ("›" if row == self.cursor and part == 0 else " ", self.tone("active"))

    def render_row(self, row: int, width: int) -> Strip:
        """A line, scrolled sideways."""
        parts = self._parts(row)
        left = self.scroll_offset.x
        cells = sum(cell_len(text) for text, _ in parts)
        if not left and cells < width:
            return strip_of([self._mark(row), *parts], width)
        line = strip_of(parts, cells).crop_extend(left, left + width - 1, Style())
        if cells > left + width - 1:
            line = Strip.join([line.crop(0, width - 2), strip_of([("…", self.tone("muted"))], 1)])
        return Strip.join([strip_of([self._mark(row)], 1), line])
