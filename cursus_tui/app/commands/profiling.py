"""Where a step spends its time: asked for, and shown once it is known."""

from __future__ import annotations

from pathlib import Path

from rich.cells import cell_len

from cursus_tui.app.messages import PlaceAsked
from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.execution.line_breakpoints import nearest, source_lines
from cursus_tui.records.profile import LineShare
from cursus_tui.text import fit, safe

_WIDTH = 70


def profile(screen: MainScreen) -> None:
    """Profile the selected step; where its newest run was profiled, show that first: enter on a line goes there."""
    now, session = screen.situation, screen.session
    step, known, attempt = now.step, now.profile, now.attempt
    if step is None or session is None:
        return
    if known is None or attempt is None:
        screen.command(lambda session: session.profile(step))
        return
    from cursus_tui.reporting.profile_text import hot_lines, phases_and_memory, seen_in

    own, of_others = hot_lines(known)
    lines = [*own, *of_others]

    def answered(answer: str | None) -> None:
        if answer == "again":
            screen.command(lambda session: session.profile(step))
        elif answer is not None and answer != "close":
            _go_to(screen, lines[int(answer)])

    told = [*phases_and_memory(attempt, session.resources(attempt), _WIDTH), ""]
    told.append(f"total and own share of {seen_in(known)}")
    words = [_words(each) for each in lines]
    # Which line it is must be read whole, its code need not.
    room = max(20, _WIDTH - 4 - max(map(cell_len, words), default=0))
    texts = [fit(safe(each.text or each.function, _WIDTH), room) for each in lines]
    places = [(str(number), *row) for number, row in enumerate(zip(words, texts, strict=True))]
    answers = [("again", "Profile its next run", ""), *places]
    title = f"Profile of {step}, attempt {attempt.number}"
    screen.app.push_screen(Choose(title, "\n".join(told), answers, selected="0"), answered)


def _words(each: LineShare) -> str:
    # A script is known by its name; a file of a library needs the folder's, too.
    path = Path(each.file)
    name = f"{path.parent.name}/{path.name}" if each.library and path.parent.name else path.name
    return f"{each.total:>4.0%} {each.own:>5.0%}  {name}:{each.line}"


def _go_to(screen: MainScreen, line: LineShare) -> None:
    file = Path(line.file)
    if not file.is_file():
        screen.say(f"{line.file} cannot be shown: it is no file that is there")
        return
    # In an edited file the line may stand elsewhere by now.
    texts = [each.strip() for each in source_lines(file)]
    found = nearest(line.line, line.text, texts) if line.text else None
    screen.post_message(PlaceAsked(file, found or line.line))


VERBS: dict[str, Verb] = {"profile": profile}
