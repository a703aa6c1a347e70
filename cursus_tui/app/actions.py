"""Every action of the screen, as data: bindings, footer, palette, help and the key documentation all come from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cursus_tui.app.action import Action, Scope
from cursus_tui.app.reasons import (
    can_break,
    can_edit,
    can_point,
    can_run_to,
    can_save,
    can_step_into,
    can_undo,
    go_on,
    has_error,
    has_frames,
    has_point,
    has_script,
    has_table,
    is_running,
    no_debugger,
    run,
    run_step,
)
from cursus_tui.app.value_actions import VALUE_ACTIONS

__all__ = ["ACTIONS", "Action", "Scope"]

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
    Action("pane-variables", "Go to the variables", "variables", "Values where a step is stopped inside.", ("6",)),
    Action("pane-checks", "Go to the checks", "checks", "What was noticed before anything ran.", ("7",)),
    Action("pane-breakpoints", "Go to the breakpoints", "breakpoints", "Where execution stops.", ("8",)),
    Action("pane-stack", "Go to the stack", "stack", "Frames and threads where a step is stopped inside.", ("9",)),
    Action("zoom", "Zoom this pane, or show all again", "zoom", "The pane fills the screen.", ("z",)),
    Action("search", "Search in this pane", "search", "Finds text in the pane that has the focus.", ("/",)),
    Action("next-hit", "Go to the next hit", "next hit", "Of the last search.", (".",)),
    Action("previous-hit", "Go to the hit before", "hit before", "Of the last search.", (",",)),
    Action(
        "back",
        "Go one level back",
        "back",
        "Closes, unmarks hits, unzooms, or returns to the pipeline.",
        ("escape",),
    ),
    Action("copy", "Copy the cell or line", "copy", "To the clipboard, over SSH too (OSC 52).", ("y",)),
    Action("copy-row", "Copy the row or the whole text", "copy row", "To the clipboard (OSC 52).", ("Y",)),
    Action("quit", "Quit", "quit", "Asks first while a step runs.", ("q",)),
)

_STEPPING = (
    Action(
        "step-over",
        "Run the next step, or at a stop the next line, then pause",
        "run next",
        "The status line names the step: the one that execution stands before, not the one under the cursor.",
        ("n", "f10"),
        Scope.STEPPING,
        go_on("step_over"),
        inside="over",
    ),
    Action(
        "step-into",
        "Step into: run the selected step and stop in its main; at a stop, go into the call",
        "step into",
        "Stops on the first line of main, where every value can be looked at.",
        ("s", "f11"),
        Scope.STEPPING,
        can_step_into,
        inside="into",
        held="step into",
    ),
    Action(
        "continue",
        "Continue to the next breakpoint, failure or the end",
        "continue",
        "Runs steps in order until something stops it.",
        ("c", "f5"),
        Scope.STEPPING,
        run("continue_"),
        inside="go on",
        held="let it fail",
    ),
    Action(
        "finish",
        "Pause after the running step, or at a stop after the function",
        "pause after",
        "Lets the running step end, then pauses; inside of a step it runs to the end of the function.",
        ("f", "shift+f11"),
        Scope.STEPPING,
        go_on("finish"),
        inside="out",
    ),
    Action(
        "run-to",
        "Run to the selected step, or in the source to the line under the cursor",
        "run to here",
        "Runs only what the step needs, and pauses before it or on the line.",
        ("t",),
        Scope.STEPPING,
        can_run_to,
        inside="to here",
    ),
    Action(
        "pause",
        "Pause the running step inside, on the line that it is at",
        "pause",
        "Its stack, its variables and its data can be looked at then; c lets it go on.",
        ("p",),
        Scope.STEPPING,
        run("pause"),
    ),
    Action(
        "cancel",
        "Cancel the running step",
        "cancel",
        "Interrupts it, and kills it when it does not listen.",
        ("x",),
        Scope.STEPPING,
        run("cancel"),
    ),
    Action(
        "rerun",
        "Run the selected step (again)",
        "run this",
        "A new attempt; the steps after it become stale.",
        ("r",),
        Scope.STEPPING,
        run_step("rerun"),
    ),
    Action(
        "restart",
        "Restart: begin a new run",
        "restart",
        "Nothing of the old run is deleted.",
        ("R",),
        Scope.STEPPING,
        run("restart"),
    ),
    Action(
        "profile",
        "Profile the selected step: which lines take its time",
        "profile",
        "From now on where it runs, else its next run; what was found is shown here and beside the source.",
        ("P",),
        Scope.STEPPING,
        run_step("profile"),
    ),
    Action(
        "skip",
        "Skip the selected step",
        "skip",
        "Goes on without it; steps that need its files will miss them.",
        ("k",),
        Scope.STEPPING,
        run_step("skip"),
    ),
    Action(
        "breakpoint",
        "Set or remove a breakpoint: in the source on the line, elsewhere before the selected step",
        "breakpoint",
        "Execution stops there; it is kept between sessions.",
        ("b", "f9"),
        Scope.STEPPING,
        can_break,
        inside="break",
    ),
    Action(
        "breakpoint-options",
        "Edit the breakpoint: of the line its condition, of the step its moments, hit counts of both",
        "options",
        "In the source that of the line: condition, hits, or a message to print instead of stopping.",
        ("B",),
        Scope.STEPPING,
        can_break,
    ),
    Action(
        "error",
        "Go to the last error",
        "error",
        "The failed step, its exception and the line.",
        ("e",),
        Scope.STEPPING,
        has_error,
    ),
    Action(
        "frame-up",
        "Go to the caller's frame",
        "frame up",
        "One frame out: of the stopped step, else in the traceback of the failed one.",
        ("u",),
        Scope.STEPPING,
        has_frames,
        inside="caller",
    ),
    Action(
        "frame-down",
        "Go to the called frame",
        "frame down",
        "One frame in: of the stopped step, else in the traceback of the failed one.",
        ("d",),
        Scope.STEPPING,
        has_frames,
        inside="called",
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
        has_script,
    ),
    Action(
        "edit",
        "Edit a value: parameter, input, wiring or data folder",
        "edit",
        "The one under the cursor in the Call pane, or a folder for a source step.",
        ("=",),
        Scope.STEPPING,
        can_edit,
    ),
    Action(
        "attach-ide",
        "Attach an IDE to this session: opens a port, shows how",
        "attach IDE",
        "VS Code, PyCharm or Neovim see the same stops and breakpoints, before, during and between steps.",
        ("A",),
        Scope.STEPPING,
        no_debugger,
    ),
    Action("undo", "Undo the last edit", "undo", "Resolves the pipeline as before.", ("U",), Scope.STEPPING, can_undo),
)

_PALETTE_ONLY = (
    Action(
        "let-go",
        "Let the stopped step go on, pause after it",
        "let go",
        "c goes on to the next step by itself; this pauses when the step has ended.",
        (),
        Scope.STEPPING,
        run("let_go"),
    ),
    Action(
        "pause-next",
        "Let the running step end, pause before the next one",
        "pause before next",
        "It is not stopped inside.",
        (),
        Scope.STEPPING,
        run("pause_next"),
    ),
    Action(
        "run-only",
        "Run only the selected step, with whatever inputs exist",
        "run only",
        "Nothing upstream is run.",
        (),
        Scope.STEPPING,
        run_step("run_only"),
    ),
    Action(
        "run-from",
        "Run the selected step and everything after it again",
        "run from",
        "New attempts for all of them.",
        (),
        Scope.STEPPING,
        run_step("run_from"),
    ),
    Action(
        "point-to-folder",
        "Point the selected source step to a folder",
        "folder",
        "Its files stand in for what the step would have brought.",
        (),
        Scope.STEPPING,
        can_point,
    ),
    Action(
        "save-edits",
        "Save these edits to cursus-tui.yaml",
        "save edits",
        "So that they hold the next time, too.",
        (),
        Scope.STEPPING,
        can_save,
    ),
    Action(
        "keep-running",
        "Quit and let the running step end in the background",
        "leave",
        "The next start adopts it.",
        (),
        Scope.EVERYWHERE,
        is_running,
    ),
    Action("theme", "Choose a theme", "theme", "Colours of the screen.", ()),
)


_BREAKPOINTS = (
    Action(
        "toggle-breakpoint",
        "Enable or disable the breakpoint under the cursor",
        "on/off",
        "A disabled one stays in the list.",
        ("space",),
        Scope.BREAKPOINTS,
        has_point,
    ),
)


def _grid(name: str, key: str, title: str, verb: str, help: str) -> Action:
    """An action of the grid, which binds its keys by itself."""
    return Action(f"grid.{name}", title, verb, help, (key,), Scope.DATA, has_table, f"grid.{name}")


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
    Action(
        "writer",
        "Go to the step that wrote what was read",
        "upstream",
        "With the same file under the cursor: again and again, to where it went wrong.",
        ("u",),
        Scope.DATA,
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
    {
        action.id: action
        for action in (*_EVERYWHERE, *_STEPPING, *_PALETTE_ONLY, *VALUE_ACTIONS, *_BREAKPOINTS, *_DATA, *_LOG)
    }
)
"""By id, in the order of the help."""
