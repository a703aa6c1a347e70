"""Values of a step that is stopped inside."""

from __future__ import annotations

from typing import ClassVar

from cursus_tui.app.panes.list_pane import ListPane
from cursus_tui.app.panes.row_list import Row, remark
from cursus_tui.app.situation import Situation


class VariablesPane(ListPane):
    """What the frame that is looked at knows."""

    TITLE: ClassVar[str] = "Variables"
    VERBS: ClassVar[tuple[str, ...]] = ("step-over", "continue", "zoom", "help")
    HELP: ClassVar[str] = "The values in the frame that is looked at, while a step is stopped inside."

    def rows(self, now: Situation) -> list[Row]:
        """Where the step stands."""
        frame = now.frame_in_view
        if frame is None:
            return [remark("no step is stopped inside")]
        return [remark(f"{frame.name}, line {frame.line}", "plain")]
