"""Where a step spends its time: asked for, and shown once it is known."""

from __future__ import annotations

from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.main import MainScreen, Verb


def profile(screen: MainScreen) -> None:
    """Profile the selected step; where its newest run was profiled, show that first."""
    now, session = screen.situation, screen.session
    step, known, attempt = now.step, now.profile, now.attempt
    if step is None or session is None:
        return
    if known is None or attempt is None:
        screen.command(lambda session: session.profile(step))
        return
    from cursus_tui.reporting.profile_text import profile_lines

    def answered(answer: str | None) -> None:
        if answer == "again":
            screen.command(lambda session: session.profile(step))

    text = "\n".join(profile_lines(attempt, known, session.resources(attempt), lines=12, width=70))
    answers = [("close", "Close", ""), ("again", "Profile its next run", "")]
    screen.app.push_screen(Choose(f"Profile of {step}, attempt {attempt.number}", text, answers), answered)


VERBS: dict[str, Verb] = {"profile": profile}
