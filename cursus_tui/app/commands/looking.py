"""Looking around: panes, zoom, search, copy, help. Nothing here touches the run."""

from __future__ import annotations

from cursus_tui.app.actions import ACTIONS
from cursus_tui.app.arrangement import PANES, neighbour
from cursus_tui.app.panes.log_pane import LogPane
from cursus_tui.app.panes.pipeline_pane import PipelinePane
from cursus_tui.app.screens.help import Help
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.app.screens.palette import Palette


def _go_to(pane: str) -> Verb:
    return lambda screen: screen.go_to(pane)


def to_source(screen: MainScreen) -> None:
    """The selected step's, or of a stop that nobody has looked at yet."""
    screen.stops.visit()
    screen.go_to("source")


def _walk(direction: int) -> Verb:
    return lambda screen: screen.go_to(neighbour(screen.arrangement, screen.situation.pane, direction))


def _hit(direction: int) -> Verb:
    return lambda screen: screen.current.search_step(direction)


def show_help(screen: MainScreen) -> None:
    """What this pane shows, its verbs with reasons, all keys."""
    pane = screen.current
    verbs = [(ACTIONS[name], ACTIONS[name].why_not(screen.situation)) for name in pane.verbs]
    screen.app.push_screen(Help(screen.keymap, pane.TITLE, pane.HELP, verbs))


def palette(screen: MainScreen) -> None:
    """Every action and every step by name."""

    def answered(chosen: str | None) -> None:
        if chosen is None:
            return
        kind, _, name = chosen.partition(" ")
        if kind == "step":
            screen.change(step=name)
            screen.go_to("pipeline")
        else:
            screen.perform(name)

    screen.app.push_screen(Palette(screen.situation, screen.keymap), answered)


def zoom(screen: MainScreen) -> None:
    """This pane alone, or all again."""
    screen.zoom(not screen.zoomed)


def back(screen: MainScreen) -> None:
    """Close what is open, forget what was searched for, unzoom, or return to the pipeline."""
    if screen.close_search() or screen.current.go_back() or screen.forget_search():
        return
    if screen.zoomed:
        screen.zoom(False)
    elif screen.situation.pane != "pipeline":
        screen.go_to("pipeline")


def graph(screen: MainScreen) -> None:
    """Tree or graph."""
    screen.query_one(PipelinePane).toggle_view()


def _copy(row: bool) -> Verb:
    def verb(screen: MainScreen) -> None:
        text = screen.current.copied(row=row)
        if not text:
            screen.say("there is nothing to copy here", "warning")
            return
        screen.app.copy_to_clipboard(text)
        screen.say(f"copied {len(text):,} characters" if len(text) > 60 else f"copied {text}")

    return verb


def error(screen: MainScreen) -> None:
    """The failed step's exception and line; pressed again, the next failed step's."""
    failed = screen.situation.failed_steps
    here = screen.situation.step
    at = failed.index(here) + 1 if here in failed and screen.situation.pane == "source" else 0
    screen.change(step=failed[at % len(failed)])
    screen.go_to("source")


def _frame(direction: int) -> Verb:
    def verb(screen: MainScreen) -> None:
        if screen.situation.stop is not None:
            screen.stops.walk(direction)
            return
        screen.show_tab("source")
        screen.source_pane.walk(direction)

    return verb


def theme(screen: MainScreen) -> None:
    """The list of themes, shown while the cursor moves over it."""
    screen.app.search_themes()


def _grid(binding: str) -> Verb:
    return lambda screen: screen.data_pane.grid_action(binding)


def _log(name: str) -> Verb:
    return lambda screen: screen.query_one(LogPane).log_action(name)


def open_file(screen: MainScreen) -> None:
    """The file under the cursor."""
    screen.data_pane.open_selected()


def to_writer(screen: MainScreen) -> None:
    """The step that wrote the file, or for one of the selected step's own the file of that name that it read."""
    pane = screen.data_pane
    choice = pane.choice
    if choice is None:
        screen.say("put the cursor on a file first", "warning")
    elif not choice.writer or choice.writer not in screen.situation.pipeline.steps:
        screen.say("no step before wrote a file of this name", "warning")
    else:
        screen.change(step=choice.writer)
        pane.point_at(choice.read or choice.path)


VERBS: dict[str, Verb] = {
    **{action.id: _grid(action.binding) for action in ACTIONS.values() if action.id.startswith("grid.")},
    "log.other": _log("log.other"),
    "log.wrap": _log("log.wrap"),
    **{f"pane-{pane}": _go_to(pane) for pane in PANES},
    "pane-source": to_source,
    "help": show_help,
    "palette": palette,
    "next-pane": _walk(1),
    "previous-pane": _walk(-1),
    "zoom": zoom,
    "search": lambda screen: screen.open_search(),
    "next-hit": _hit(1),
    "previous-hit": _hit(-1),
    "back": back,
    "copy": _copy(False),
    "copy-row": _copy(True),
    "graph": graph,
    "error": error,
    "frame-up": _frame(-1),
    "frame-down": _frame(1),
    "theme": theme,
    "open-file": open_file,
    "writer": to_writer,
}
