"""What the widgets share whose rows are all in memory, so that a search has its hits at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from cursus_tui.widgets.hits import Hit, Hits
from cursus_tui.widgets.line_view import LineView


class SearchedView(LineView):
    """Rows that can be searched for a literal text.

    A subclass tells its texts, and marks ``self._hits`` where it paints them. Other rows make ``self._hits`` anew.
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._hits = Hits()

    @abstractmethod
    def searched(self) -> Iterable[str]:
        """The texts to search; a hit tells which of them it is in."""

    def search_start(self) -> int:
        """Which of the texts a search begins with."""
        return self.cursor

    def go_to_hit(self, hit: Hit) -> None:
        """Bring a hit into sight."""
        self.move_cursor(hit.row)

    def find(self, text: str) -> int:
        """Go to the first hit from the cursor on; the number of hits."""
        self._hits = Hits(text, self.searched())
        self._hits.seek(self.search_start())
        self._show_hit()
        return len(self._hits)

    def step_hit(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) hit, round the end."""
        self._hits.step(direction)
        self._show_hit()

    def _show_hit(self) -> None:
        if hit := self._hits.hit:
            self.go_to_hit(hit)
        self.refresh()
        self.post_message(self.SearchMoved(self, self._hits.text, self._hits.current + 1, len(self._hits)))
