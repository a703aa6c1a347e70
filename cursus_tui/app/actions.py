"""Every action of the screen, as data: bindings, footer, palette, help and the key documentation all come from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cursus_tui.app.situation import Situation
from cursus_tui.records.pipeline import StepKind
from cursus_tui.records.run import Phase


class Scope(StrEnum):
    """Where an action's printable keys work. Function keys work everywhere."""

    EVERYWHERE = "everywhere"
    STEPPING = "pipeline, source, call, log, checks, breakpoints"
    DATA = "data"
    LOG = "log"
    BREAKPOINTS = "breakpoints"


Reason = Callable[[Situation], str | None]


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do."""

    id: str
    """Stable; keys are remapped by it."""
    title: str
    """As in the palette: a verb and what it acts on."""
    verb: str
    """As in the footer: one or two words."""
    help: str
    """One sentence."""
    keys: tuple[str, ...] = ()
    """Default keys as a person writes them: ``n``, ``?``, ``shift+f11``. Empty: from the palette only."""
    scope: Scope = Scope.EVERYWHERE
    why_not: Reason = lambda situation: None
    """The reason why it cannot be done now; None when it can."""
    binding: str = ""
    """Id of the widget's own binding of these keys; empty where the screen binds them."""


def _run(command: str) -> Reason:
    """Whatever the session says about a command."""
    return lambda situation: situation.refusal(command, None)


def _run_step(command: str) -> Reason:
    """Whatever the session says about a command for the selected step."""
    return lambda situation: _needs_step(situation) or situation.refusal(command, situation.step)


def _needs_step(situation: Situation) -> str | None:
    return None if situation.selected else "no step is selected"


def _has_script(situation: Situation) -> str | None:
    step = situation.selected
    if step is None:
        return "no step is selected"
    if step.script is None:
        return f"{step.name} has no script here: {step.why}"
    return None


def _has_error(situation: Situation) -> str | None:
    return None if situation.failed_steps else "no step has failed in this run"


def _has_frames(situation: Situation) -> str | None:
    attempt = situation.attempt
    return None if attempt and attempt.error and attempt.error.frames else "the selected step has no traceback"


def _can_edit(situation: Situation) -> str | None:
    return _needs_step(situation) or situation.refusal("edit", situation.step)


def _can_undo(situation: Situation) -> str | None:
    return situation.refusal("undo", situation.step)


def _can_break(situation: Situation) -> str | None:
    step = situation.selected
    if step is None:
        return "no step is selected"
    return situation.refusal("set_breakpoint", step.name)


def _can_point(situation: Situation) -> str | None:
    step = situation.selected
    if step is None:
        return "no step is selected"
    if step.kind is StepKind.SCRIPT:
        return f"{step.name} runs its own script: give single inputs in the Call pane"
    return situation.refusal("edit", step.name)


def _can_save(situation: Situation) -> str | None:
    return None if situation.edited else "nothing was edited"


def _is_running(situation: Situation) -> str | None:
    return None if situation.state and situation.state.phase is Phase.RUNNING else "nothing is running"


_EVERYWHERE = (
    Action("help", "Show help for this pane and all keys", "help", "What this pane shows, and every key.", ("?", "f1")),
    Action("palette", "Search all actions and steps", "palette", "Every action by name; steps too.", (":", "ctrl+p")),
    Action("next-pane", "Go to the next pane", "next pane", "Moves the focus.", ("tab",)),
    Action("previous-pane", "Go to the pane before", "pane before", "Moves the focus.", ("shift+tab",)),
    Action("pane-pipeline", "Go to the pipeline", "pipeline", "The steps, as a tree or a graph.", ("1",)),
    Action("pane-data", "Go to the data", "data", "Files the step reads and wrote.", ("2",)),
    Action("pane-source", "Go to the source", "source", "The step's script, and where it failed.", ("3",)),
    Action("pane-call", "Go to the call", "call", "Contract, wiring, environment, arguments.", ("4",)),
    Action("pane-log", "Go to the log", "log", "What the step prints.", ("5",)),
    Action("pane-checks", "Go to the checks", "checks", "What was noticed before anything ran.", ("6",)),
    Action("pane-breakpoints", "Go to the breakpoints", "breakpoints", "Where execution stops.", ("7",)),
    Action("zoom", "Zoom this pane, or show all again", "zoom", "The pane fills the screen.", ("z",)),
    Action("search", "Search in this pane", "search", "Finds text in the pane that has the focus.", ("/",)),
    Action("next-hit", "Go to the next hit", "next hit", "Of the last search.", (".",)),
    Action("previous-hit", "Go to the hit before", "hit before", "Of the last search.", (",",)),
    Action("back", "Go one level back", "back", "Closes, unzooms, or returns to the pipeline.", ("escape",)),
    Action("copy", "Copy the cell or line", "copy", "To the clipboard, over SSH too (OSC 52).", ("y",)),
    Action("copy-row", "Copy the row or the whole text", "copy row", "To the clipboard (OSC 52).", ("Y",)),
    Action("quit", "Quit", "quit", "Asks first while a step runs.", ("q",)),
)

_STEPPING = (
    Action(
        "step-over",
        "Run the next step, then pause",
        "run next",
        "The status line names it: the one that execution stands before, not the one under the cursor.",
        ("n", "f10"),
        Scope.STEPPING,
        _run("step_over"),
    ),
    Action(
        "continue",
        "Continue to the next breakpoint, failure or the end",
        "continue",
        "Runs steps in order until something stops it.",
        ("c", "f5"),
        Scope.STEPPING,
        _run("continue_"),
    ),
    Action(
        "finish",
        "Pause after the running step",
        "pause after",
        "Lets the running step end, then pauses.",
        ("f", "shift+f11"),
        Scope.STEPPING,
        _run("finish"),
    ),
    Action(
        "run-to",
        "Run to the selected step, pause before it",
        "run to here",
        "Runs only what the step needs.",
        ("t",),
        Scope.STEPPING,
        _run_step("run_to"),
    ),
    Action(
        "pause",
        "Pause before the next step",
        "pause",
        "The running step goes on to its end.",
        ("p",),
        Scope.STEPPING,
        _run("pause"),
    ),
    Action(
        "cancel",
        "Cancel the running step",
        "cancel",
        "Interrupts it, and kills it when it does not listen.",
        ("x",),
        Scope.STEPPING,
        _run("cancel"),
    ),
    Action(
        "rerun",
        "Run the selected step (again)",
        "run this",
        "A new attempt; the steps after it become stale.",
        ("r",),
        Scope.STEPPING,
        _run_step("rerun"),
    ),
    Action(
        "restart",
        "Restart: begin a new run",
        "restart",
        "Nothing of the old run is deleted.",
        ("R",),
        Scope.STEPPING,
        _run("restart"),
    ),
    Action(
        "skip",
        "Skip the selected step",
        "skip",
        "Goes on without it; steps that need its files will miss them.",
        ("k",),
        Scope.STEPPING,
        _run_step("skip"),
    ),
    Action(
        "breakpoint",
        "Set or remove a breakpoint before the selected step",
        "breakpoint",
        "Execution stops there; it is kept between sessions.",
        ("b", "f9"),
        Scope.STEPPING,
        _can_break,
    ),
    Action(
        "breakpoint-options",
        "Edit breakpoints of the selected step: before, after, on failure, hit count",
        "options",
        "At which moments, and from which hit on.",
        ("B",),
        Scope.STEPPING,
        _can_break,
    ),
    Action(
        "error",
        "Go to the last error",
        "error",
        "The failed step, its exception and the line.",
        ("e",),
        Scope.STEPPING,
        _has_error,
    ),
    Action(
        "frame-up",
        "Go to the caller's frame",
        "frame up",
        "One frame out in the traceback of the failed step.",
        ("u",),
        Scope.STEPPING,
        _has_frames,
    ),
    Action(
        "frame-down",
        "Go to the called frame",
        "frame down",
        "One frame in, in the traceback of the failed step.",
        ("d",),
        Scope.STEPPING,
        _has_frames,
    ),
    Action(
        "graph",
        "Show the pipeline as a tree or as a graph",
        "tree/graph",
        "The same steps; the graph shows every edge.",
        ("v",),
        Scope.STEPPING,
    ),
    Action(
        "open-editor",
        "Open the script in $EDITOR",
        "editor",
        "At the line in view. An edited script makes the step and its followers stale.",
        ("o",),
        Scope.STEPPING,
        _has_script,
    ),
    Action(
        "edit",
        "Edit a value: parameter, input, wiring or data folder",
        "edit",
        "The one under the cursor in the Call pane, or a folder for a source step.",
        ("=",),
        Scope.STEPPING,
        _can_edit,
    ),
    Action("undo", "Undo the last edit", "undo", "Resolves the pipeline as before.", ("U",), Scope.STEPPING, _can_undo),
)

_PALETTE_ONLY = (
    Action(
        "run-only",
        "Run only the selected step, with whatever inputs exist",
        "run only",
        "Nothing upstream is run.",
        (),
        Scope.STEPPING,
        _run_step("run_only"),
    ),
    Action(
        "run-from",
        "Run the selected step and everything after it again",
        "run from",
        "New attempts for all of them.",
        (),
        Scope.STEPPING,
        _run_step("run_from"),
    ),
    Action(
        "point-to-folder",
        "Point the selected source step to a folder",
        "folder",
        "Its files stand in for what the step would have brought.",
        (),
        Scope.STEPPING,
        _can_point,
    ),
    Action(
        "save-edits",
        "Save these edits to cursus-tui.yaml",
        "save edits",
        "So that they hold the next time, too.",
        (),
        Scope.STEPPING,
        _can_save,
    ),
    Action(
        "keep-running",
        "Quit and let the running step end in the background",
        "leave",
        "The next start adopts it.",
        (),
        Scope.EVERYWHERE,
        _is_running,
    ),
    Action("theme", "Choose a theme", "theme", "Colours of the screen.", ()),
)


def _has_point(situation: Situation) -> str | None:
    if situation.pane != "breakpoints":
        return "go to the breakpoints first"
    return None if situation.breakpoints else "there are no breakpoints"


_BREAKPOINTS = (
    Action(
        "toggle-breakpoint",
        "Enable or disable the breakpoint under the cursor",
        "on/off",
        "A disabled one stays in the list.",
        ("space",),
        Scope.BREAKPOINTS,
        _has_point,
    ),
)


def _has_table(situation: Situation) -> str | None:
    return None if situation.table else "no table is open: enter opens the file under the cursor"


def _grid(name: str, key: str, title: str, verb: str, help: str) -> Action:
    """An action of the grid, which binds its keys by itself."""
    return Action(f"grid.{name}", title, verb, help, (key,), Scope.DATA, _has_table, f"grid.{name}")


_DATA = (
    Action(
        "open-file",
        "Open the file under the cursor",
        "open",
        "Tables open in a grid, anything else as its first bytes.",
        ("enter",),
        Scope.DATA,
        binding="rows.choose",
    ),
    _grid("cell", "enter", "Show the whole cell", "cell", "All of its text, wrapped."),
    _grid("record", "space", "Show the whole record", "record", "One line a column."),
    _grid("go-to-row", "L", "Go to a row by its number", "row", "Asks for the number."),
    _grid("go-to-column", "c", "Go to a column by its name", "column", "Asks for a part of the name."),
    _grid("columns", "C", "Choose the columns to show", "columns", "The way back to hidden ones."),
    _grid("hide-column", "-", "Hide the column", "hide", "It comes back in the chooser."),
    _grid("width", "_", "Widen the column to its text, or narrow it again", "width", "Up to the width of the pane."),
    _grid("freeze", "!", "Keep the columns up to here in sight, or let go", "freeze", "While the others scroll."),
    _grid("first-row", "g", "Go to the first row", "first", "Of the file."),
    _grid("last-row", "G", "Go to the last row", "last", "Known so far, while the file is counted."),
)

_LOG = (
    Action(
        "log.other",
        "Show the other stream",
        "other stream",
        "Standard output or standard error.",
        ("a",),
        Scope.LOG,
        binding="log.other",
    ),
    Action(
        "log.wrap", "Wrap long lines, or cut them again", "wrap", "Of the log.", ("_",), Scope.LOG, binding="log.wrap"
    ),
)

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {action.id: action for action in (*_EVERYWHERE, *_STEPPING, *_PALETTE_ONLY, *_BREAKPOINTS, *_DATA, *_LOG)}
)
"""By id, in the order of the help."""
