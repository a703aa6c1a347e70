"""The line that names the selected step where the pipeline with its cursor is out of sight."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive

from cursus_tui.app.faces import figures, is_held
from cursus_tui.app.panes.chrome import Line
from cursus_tui.app.situation import Situation
from cursus_tui.text import fit, safe


class StepLine(Line):
    """The selected step, its state and figures."""

    DEFAULT_CSS = """
    StepLine { background: $boost; color: $text; }
    """

    step: reactive[str] = reactive("")
    told: reactive[str] = reactive("")

    def show(self, now: Situation) -> None:
        """The step of this situation."""
        state = now.selected_state
        self.step = safe(now.step or "")
        if state is None:
            self.told = ""
            return
        word = "held before it fails" if is_held(now, self.step) else state.word
        word = f"{word}, stale" if state.stale else word
        if state.attempt is not None and state.attempt.by_hand:
            word += ", values set by hand"
        attempt = f"attempt {state.attempt.number}" if state.attempt and state.attempt.number > 1 else ""
        slower = "debugger attached" if now.debugger.attached and now.stands_at == now.step else ""
        self.told = " · ".join(part for part in (word, slower, attempt, *figures(now, state)[:3]) if part)

    def render(self) -> Content:
        """The name first; what does not fit beside it is cut."""
        name = fit(self.step, self.size.width - 2) if cell_len(self.step) > self.size.width - 2 else self.step
        room = self.size.width - cell_len(name) - 4
        told = fit(self.told, room) if cell_len(self.told) > room > 0 else self.told
        return Content.assemble((f" {name}", "bold"), f"  {told}" if room > 0 else "")
