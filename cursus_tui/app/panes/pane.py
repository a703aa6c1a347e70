"""What every pane is: a part of the screen that shows the situation, has verbs for the footer and a help page."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Vertical
from textual.reactive import reactive
from textual.widget import Widget

from cursus_tui.app.situation import Situation


class Pane(Vertical):
    """One pane. The situation comes down; nothing is painted while the pane is out of sight."""

    TITLE: ClassVar[str] = ""
    """As in the heading."""
    VERBS: ClassVar[tuple[str, ...]] = ()
    """Ids of the actions that the footer lists for it, most useful first."""
    HELP: ClassVar[str] = ""
    """What it shows, for the help screen."""
    STEPPING: ClassVar[bool] = True
    """Whether stepping letters work in it."""

    situation: reactive[Situation | None] = reactive(None, init=False, repaint=False)

    _shown: Situation | None = None

    def watch_situation(self) -> None:
        """Show the newest situation now, or when the pane comes into sight."""
        if self.display:
            self.wake()

    def wake(self) -> None:
        """Bring the pane up to date. Called when it comes into sight, too."""
        if self.situation is None or self.situation is self._shown or not self.is_mounted:
            return
        before, self._shown = self._shown, self.situation
        self.show(self.situation, before)

    def show(self, now: Situation, before: Situation | None) -> None:
        """Show a situation; ``before`` is the one shown until now. A pane overrides this."""

    @property
    def focus_target(self) -> Widget:
        """The widget that takes the focus when the pane is chosen."""
        raise NotImplementedError

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that make sense as the pane is now."""
        return self.VERBS

    def search(self, text: str) -> None:
        """Find text in the pane."""

    def search_step(self, direction: int) -> None:
        """Go to the next (1) or previous (-1) hit."""

    def go_back(self) -> bool:
        """One level back inside the pane; False when there is none."""
        return False

    def copied(self, *, row: bool) -> str | None:
        """What ``y`` (or with ``row``: ``Y``) copies; None where there is nothing."""
        return None
