"""Going on inside of a step, line by line."""

from __future__ import annotations

from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.records.debug import DebugStop


def step_into(screen: MainScreen) -> None:
    """At a stop into the call; else, or where a step has failed, the selected step to the first line of its main."""
    now = screen.situation
    if now.stop is not None and now.step_beside_stop:
        _ask_which(screen, now.stop, now.step_beside_stop)
    elif now.stop is not None and not now.held:
        screen.command(lambda session: session.step_into())
    elif (step := now.step) is not None:
        screen.command(lambda session: session.step_into(step))


def _ask_which(screen: MainScreen, stop: DebugStop, step: str) -> None:
    """Another step is selected than the one that is stopped: either may be meant, and one of them ends."""

    def answered(answer: str | None) -> None:
        now = screen.situation.stop
        if answer == "there":
            screen.command(lambda session: session.step_into(step))
        elif answer == "here" and now is not None and now.number == stop.number:
            screen.command(lambda session: session.step_into())

    answers = [
        ("there", f"Go into {step}", "the stopped one is cancelled"),
        ("here", "Step on in the stopped one", "into what its line calls"),
    ]
    screen.app.push_screen(Choose("Step into", f"{stop.step} is stopped inside.", answers), answered)


def run_to(screen: MainScreen) -> None:
    """To the line under the cursor of the source; elsewhere to the selected step."""
    now = screen.situation
    if now.pane == "source" and now.source_place is not None:
        path, line = now.source_place
        screen.command(lambda session: session.run_to_line(path, line))
    elif (step := now.step) is not None:
        screen.command(lambda session: session.run_to(step))


def attach_ide(screen: MainScreen) -> None:
    """Open the door for IDEs and say how to come in."""
    from cursus_tui.app.screens.attach_ide import AttachIde

    debugger = screen.stops.debugger
    if debugger is not None:
        screen.app.push_screen(AttachIde(debugger, screen.situation.pipeline.layout.root))


VERBS: dict[str, Verb] = {"step-into": step_into, "run-to": run_to, "attach-ide": attach_ide}
