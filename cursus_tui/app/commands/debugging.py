"""Going on inside of a step, line by line."""

from __future__ import annotations

from cursus_tui.app.screens.main import MainScreen, Verb


def step_into(screen: MainScreen) -> None:
    """At a stop into the call; else, or where a step has failed, the selected step to the first line of its main."""
    now = screen.situation
    if now.stop is not None and not now.held:
        screen.command(lambda session: session.step_into())
    elif (step := now.step) is not None:
        screen.command(lambda session: session.step_into(step))


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
