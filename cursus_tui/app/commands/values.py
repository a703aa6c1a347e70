"""Values of a step: watched, set, opened as data, evaluated on a console."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future

from cursus_tui.app.console_log import error_of
from cursus_tui.app.live_source import LiveValue
from cursus_tui.app.messages import CommandRefused
from cursus_tui.app.panes.variables_pane import ValueTarget, VariablesPane
from cursus_tui.app.screens.console import Console, ConsolePlace
from cursus_tui.app.screens.edit_value import EditValue
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.records.debug import Variable
from cursus_tui.storage.layout import AttemptFolder

_RETURNED = "(return) "
"""Before the name of a function whose newest value the debugger lists among the locals."""
_RETURN_VALUES = re.compile(r"__pydevd_ret_val_dict\['([^']*)'\]")
"""What the debugger calls such a value where it is evaluated."""
_ASSIGNED = re.compile(
    r"\s*(?:for\s+)?([A-Za-z_][\w.]*)\s*(?:[-+*/%&|^@]|//|\*\*|<<|>>)?(?:=(?!=)|\bin\b|:[^=]*=(?!=))"
)


def variables(screen: MainScreen) -> VariablesPane:
    """The pane of all values."""
    return screen.query_one(VariablesPane)


def _target(screen: MainScreen) -> ValueTarget | None:
    return variables(screen).target if screen.situation.pane == "variables" else None


def _ask(
    screen: MainScreen,
    title: str,
    text: str,
    value: str,
    take: Callable[[str], None],
    refusal: Callable[[str], str | None] | None = None,
    *,
    offered: bool = False,
) -> None:
    """Ask for an expression; what is refused stays in the input."""

    def answered(answer: str | None) -> None:
        if answer is not None:
            take(answer.strip())

    screen.app.push_screen(EditValue(title, text, value, refusal or expression_refusal, offered=offered), answered)


def expression_refusal(text: str) -> str | None:
    """Why a text is no Python expression; None when it is one."""
    if not text.strip():
        return "an expression is wanted"
    try:
        compile(text.strip(), "<expression>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return f"not an expression: {getattr(problem, 'msg', None) or problem}"
    return None


# --- watches -------------------------------------------------------------------------------------------


def watch(screen: MainScreen) -> None:
    """Ask what to watch, and offer the value under the cursor; with nothing typed a watch there is taken away.

    It always asks: who expects to type an expression would else type keys.
    """
    target = _target(screen)
    text = "Evaluated at each stop, in the frame that is looked at."
    if target is not None and target.watch:
        _ask_on_watch(screen, target.expression, text)
        return
    named = target is not None and not target.sampled and not target.name.startswith(_RETURNED)
    offered = target.expression if target is not None and named else _name_in_view(screen)
    _ask(screen, "Watch", text, offered, lambda wanted: _add_watch(screen, wanted), offered=True)


def _ask_on_watch(screen: MainScreen, watched: str, text: str) -> None:
    def take(wanted: str) -> None:
        if wanted:
            _add_watch(screen, wanted)
            return
        kept = tuple(each for each in screen.situation.watches if each != watched)
        screen.command(lambda session: session.set_watches(kept))

    def refusal(wanted: str) -> str | None:
        return expression_refusal(wanted) if wanted.strip() else None

    _ask(screen, "Watch", f"{text}\nenter without one takes {watched} away.", "", take, refusal)


def _add_watch(screen: MainScreen, expression: str) -> None:
    watched = screen.situation.watches
    if expression in watched:
        screen.say(f"{expression} is watched already")
        return
    screen.command(lambda session: session.set_watches((*watched, expression)))
    if not variables(screen).display:
        screen.say(f"watching {expression}")


def _name_in_view(screen: MainScreen) -> str:
    """What the line under the cursor of the source gives a value to, if anything."""
    if screen.situation.pane != "source":
        return ""
    return assigned(screen.source_pane.copied(row=False) or "")


def assigned(line: str) -> str:
    """The name that a line of Python gives a value to; empty where it gives none."""
    found = _ASSIGNED.match(line)
    return found.group(1) if found else ""


# --- set a variable --------------------------------------------------------------------------------------


def set_variable(screen: MainScreen) -> None:
    """Give the variable under the cursor another value."""
    target, debugger, stop = _target(screen), screen.debugger, screen.situation.stop
    if target is None or debugger is None or stop is None:
        screen.say("put the cursor on a variable first", "warning")
        return
    returned = target.name.startswith(_RETURNED)
    if returned or target.sampled or not (target.container or assignment(target, "0")):
        screen.say(f"nothing can be assigned to {target.name}", "warning")
        return

    def refusal(value: str) -> str | None:
        if _stop_number(screen) != stop.number:
            return "the step went on meanwhile: nothing can be set any more"
        return expression_refusal(value)

    def take(value: str) -> None:
        now = screen.situation
        if _stop_number(screen) != stop.number or now.frame is None:
            screen.say(f"the step went on meanwhile: {value} was not set", "warning")
            return
        statement = assignment(target, value)
        if statement:
            answer = debugger.evaluate(statement, now.frame)
        else:
            answer = debugger.set_variable(target.container, target.name, value)
        _then(screen, answer, variables(screen).renew)

    asked = "An expression; it is evaluated in the frame."
    _ask(screen, f"Set {target.name}", asked, _as_expression(target), take, refusal)


def _as_expression(target: ValueTarget) -> str:
    """The value as text to change, or where only a summary of it is shown its name."""
    summary = "…" in target.value or expression_refusal(target.value) is not None
    return target.expression if summary else target.value


def assignment(target: ValueTarget, value: str) -> str:
    """The statement that gives a value another one; empty where there is none.

    The debugger's own request to set a variable says nothing where the new value cannot be evaluated.
    """
    if target.is_global:
        # As a statement it would make a local of it.
        statement = f"__import__('sys').modules[__name__].{target.name} = {value}"
    else:
        statement = f"{target.expression} = {value}" if target.expression else ""
    try:
        compile(statement, "<statement>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return statement


def _then(screen: MainScreen, answer: Future[Variable], done: Callable[[], None]) -> None:
    """Go on when the debugger did it; what it refuses becomes a notice."""

    def ended(future: Future[Variable]) -> None:
        problem = future.exception() if not future.cancelled() else None
        if problem is not None:
            screen.post_message(CommandRefused(error_of(str(problem))))
        else:
            screen.call_later(done)

    answer.add_done_callback(ended)


# --- open as data ----------------------------------------------------------------------------------------


def open_value(screen: MainScreen) -> None:
    """The value under the cursor in the Data pane; elsewhere an expression is asked for."""
    target = _target(screen)
    if target is not None and target.expression:
        open_expression(screen, target.expression)
    elif target is not None:
        screen.say(f"nothing evaluates to {target.name}: it cannot be opened", "warning")
    else:
        text = "Any table, array, list, dict or model; its first 1,000 rows come at once."
        _ask(screen, "Open as a table", text, _name_in_view(screen), lambda wanted: open_expression(screen, wanted))


def open_expression(screen: MainScreen, expression: str) -> None:
    """Open an expression: of the frame looked at, or while a step runs a sample of it."""
    debugger, now = screen.debugger, screen.situation
    step = now.stop.step if now.stop is not None else now.state.current if now.state and now.running else None
    if debugger is None or step is None:
        screen.say("no step is stopped inside, and none runs", "warning")
        return
    if step != now.step and step in now.pipeline.steps:
        screen.change(step=step)
    value = LiveValue(expression, now.frame, f"{step} › {called(expression)}", _still(screen))
    screen.go_to("data")
    screen.data_pane.open_live(value, debugger)


def called(expression: str) -> str:
    """An expression as the Variables pane names it."""
    return _RETURN_VALUES.sub(_RETURNED + r"\1", expression)


def _still(screen: MainScreen) -> Callable[[], bool]:
    """Whether the stop, or the attempt that runs, is still the one of now."""
    debugger, now = screen.debugger, screen.situation
    stop = now.stop
    if stop is not None and debugger is not None:

        def same_stop() -> bool:
            found = debugger.state.stop
            return found is not None and found.number == stop.number

        return same_stop
    current = now.state.current if now.state else None
    attempt = now.of(current)

    def same_attempt() -> bool:
        then = screen.situation
        found = then.of(current)
        return (
            then.running
            and found is not None
            and attempt is not None
            and found.attempt is not None
            and attempt.attempt is not None
            and found.attempt.number == attempt.attempt.number
        )

    return same_attempt


# --- console ---------------------------------------------------------------------------------------------


def console(screen: MainScreen) -> None:
    """Evaluate in the frame that is looked at."""
    debugger, now = screen.debugger, screen.situation
    stop = now.stop
    if debugger is None or stop is None:
        screen.say("no step is stopped inside", "warning")
        return
    found = now.of(stop.step)
    logs = AttemptFolder(found.attempt.folder) if found and found.attempt else None
    place = ConsolePlace(
        lambda: screen.situation.frame if screen.situation.stop is not None else None,
        lambda: _stop_number(screen),
        lambda: _place_name(screen),
        (logs.stdout, logs.stderr) if logs else (),
        variables(screen).renew,
    )

    def answered(expression: str | None) -> None:
        if expression is not None:
            open_expression(screen, expression)

    screen.app.push_screen(Console(debugger, place, variables(screen).console), answered)


def _stop_number(screen: MainScreen) -> int | None:
    stop = screen.situation.stop
    return stop.number if stop is not None else None


def _place_name(screen: MainScreen) -> str:
    """Step, function and line of the frame that is looked at."""
    stop, frame = screen.situation.stop, screen.situation.frame_in_view
    step = stop.step if stop is not None else ""
    return f"{step} › {frame.name}, line {frame.line}" if frame else step


VERBS: dict[str, Verb] = {"watch": watch, "open-value": open_value, "console": console}
"""``set_variable`` is what ``edit`` does in the Variables pane."""
