"""What the one-line parts of the main screen say of a situation."""

from __future__ import annotations

from textual.screen import Screen

from cursus_tui.app.actions import ACTIONS
from cursus_tui.app.arrangement import ABOUT_STOPS, BELOW, PANES, TABS, TWO_COLUMNS, Arrangement
from cursus_tui.app.keymap import Keymap
from cursus_tui.app.panes.chrome import PaneBar, StatusLine, VerbLine
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.situation import Situation
from cursus_tui.app.standing import Progress, standing
from cursus_tui.records.pipeline import Severity
from cursus_tui.records.run import PauseReason
from cursus_tui.text import safe

_BARS = {"#bar-all": PANES, "#bar-left": ("pipeline",), "#bar-right": TABS, "#bar-below": BELOW}


def tell_headings(screen: Screen[None], now: Situation, arrangement: Arrangement) -> None:
    """Numbers and titles of the panes, with what counts in them."""
    titles = {name: name.capitalize() for name in PANES}
    if now.checking:
        titles["checks"] += " …"
    elif worst := sum(found.severity is not Severity.INFO for found in now.findings):
        titles["checks"] += f" {worst}"
    if points := len(now.breakpoints) + len(now.line_breakpoints):
        titles["breakpoints"] += f" {points}"
    if now.debugger.ide.port is not None:
        titles["stack"] += f" IDE :{now.debugger.ide.port}"
    if not arrangement.single:
        titles["pipeline"] += f"  {safe(now.pipeline.name, 40)}"
    bars = {**_BARS, "#bar-under": ("variables",)} if arrangement.variables_below else _BARS
    for bar, names in bars.items():
        found = screen.query_one(bar, PaneBar)
        found.panes = tuple((name, str(PANES.index(name) + 1), titles[name]) for name in names)
        found.current = (arrangement.below or "") if bar == "#bar-below" else arrangement.tab
        found.focused_pane = now.pane


def tell_standing(
    screen: Screen[None], now: Situation, progress: Progress | None, keymap: Keymap, problem: str | None
) -> None:
    """Where execution stands and the next keys; or why nothing can run."""
    sentence, following = standing(
        now, progress, narrow=screen.size.width < TWO_COLUMNS, hidden=_is_hidden(screen, now)
    )
    status = screen.query_one(StatusLine)
    status.sentence = safe(problem) if problem else sentence
    stepping = screen.query_one(f"#pane-{now.pane}", Pane).STEPPING
    labelled = [(keymap.label_in(action_id, stepping=stepping), (action_id, words)) for action_id, words in following]
    if any(not label for label, _ in labelled) and not stepping:
        labelled = [
            *(each for each in labelled if each[0]),
            (keymap.label("pane-pipeline"), ("pane-pipeline", "pipeline")),
        ]
    status.keys = tuple(labelled)
    failure = now.state is not None and now.state.reason is PauseReason.FAILURE
    status.set_class(failure or bool(problem), "-failure")
    status.set_class(now.running, "-running")


def _is_hidden(screen: Screen[None], now: Situation) -> bool:
    """Whether somebody is elsewhere, and does not see the line on which a step is stopped."""
    if now.stop is None:
        return False
    shown = now.pane in ABOUT_STOPS or screen.query_one("#pane-source", Pane).display
    return now.step != now.stop.step or not shown


def tell_verbs(screen: Screen[None], now: Situation, verbs: tuple[str, ...], keymap: Keymap) -> None:
    """The verbs of a pane with their keys, and which of them can be done now."""
    screen.query_one(VerbLine).verbs = tuple(
        (name, keymap.label(name) or ":", ACTIONS[name].verb_now(now), ACTIONS[name].why_not(now) is None)
        for name in verbs
    )
