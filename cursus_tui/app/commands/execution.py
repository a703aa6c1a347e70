"""Running: each verb is one command to the session, which alone decides what it means."""

from __future__ import annotations

from collections.abc import Callable

from cursus_tui.app.leaving import Leaving
from cursus_tui.app.ports import Done, SessionPort
from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.records.run import StepStatus


def _plain(given: Callable[[SessionPort], Done]) -> Verb:
    return lambda screen: screen.command(given)


def _on_step(given: Callable[[SessionPort, str], Done]) -> Verb:
    def verb(screen: MainScreen) -> None:
        step = screen.situation.step
        if step is not None:
            screen.command(lambda session: given(session, step))

    return verb


def pause(screen: MainScreen) -> None:
    """Stop the running step on the line that it is at; where nothing can stop it inside, pause after it."""
    screen.command(lambda session: session.pause())
    if screen.situation.debuggable:
        screen.say("it stops at its next line of Python; x cancels it")


def restart(screen: MainScreen) -> None:
    """A new run, after a question when this one has something to lose sight of."""
    state = screen.situation.state
    done = [name for name, found in state.steps.items() if found.status is StepStatus.PASSED] if state else []
    if not done:
        screen.command(lambda session: session.restart())
        return

    def answered(answer: str | None) -> None:
        if answer == "restart":
            screen.command(lambda session: session.restart())

    steps = "1 step has passed" if len(done) == 1 else f"{len(done)} steps have passed"
    answers = [("restart", "Begin a new run", "the old one stays in the workspace"), ("stay", "Stay in this run", "")]
    screen.app.push_screen(Choose("Restart", f"{steps} in this run.", answers), answered)


def quit_app(screen: MainScreen) -> None:
    """Leave at once where nothing runs or stands still inside, else ask what becomes of it."""
    now = screen.situation
    stands_inside = now.stop is not None
    if not (now.running or stands_inside) or screen.desk.workspace.read_only:
        screen.app.exit(Leaving(keep_running=False))
        return
    state = now.state
    current = (state.current if state else None) or "a step"

    def answered(answer: str | None) -> None:
        if answer == "keep":
            screen.app.exit(Leaving(keep_running=True))
        elif answer == "cancel":
            screen.app.exit(Leaving(keep_running=False))

    if now.held:
        answers = [
            ("cancel", "Let it fail, and quit", "the traceback with its locals is kept"),
            ("stay", "Stay", ""),
        ]
        text = f"{current} has failed, and is held with its frames alive: they are lost when you quit."
        screen.app.push_screen(Choose("Quit", text, answers), answered)
        return
    answers = [
        ("keep", "Quit, and let it run on", "the next start adopts it"),
        ("cancel", "Cancel it and quit", "what it wrote so far is not used"),
        ("stay", "Stay", ""),
    ]
    standing = "stopped inside" if stands_inside else "running"
    screen.app.push_screen(Choose("Quit", f"{current} is {standing}.", answers), answered)


def keep_running(screen: MainScreen) -> None:
    """Leave without a question; the running step goes on."""
    screen.app.exit(Leaving(keep_running=True))


VERBS: dict[str, Verb] = {
    "step-over": _plain(lambda session: session.step_over()),
    "continue": _plain(lambda session: session.continue_()),
    "finish": _plain(lambda session: session.finish()),
    "pause": pause,
    "pause-next": _plain(lambda session: session.pause_next()),
    "let-go": _plain(lambda session: session.let_go()),
    "cancel": _plain(lambda session: session.cancel()),
    "rerun": _on_step(lambda session, step: session.rerun(step)),
    "skip": _on_step(lambda session, step: session.skip(step)),
    "run-only": _on_step(lambda session, step: session.run_only(step)),
    "run-from": _on_step(lambda session, step: session.run_from(step)),
    "restart": restart,
    "quit": quit_app,
    "keep-running": keep_running,
}
