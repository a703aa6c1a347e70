"""A failure that an edit brings about: held, looked into, mended at its line, and told of afterwards."""

from __future__ import annotations

from key_points import listed
from key_scenes import At, close_console, open_console, say
from key_screen import HEIGHT, WIDTH, expect
from real_terminal import PROGRAM, Terminal

TRIED = "# tried by keys\n"


def failure(at: At) -> None:
    """Edited so that it fails, run again, held where it fails, looked into."""
    screen, tried = at.screen, at.tried
    good, bad = tried.broken
    plain, looped, line = (at.line(text) for text in (tried.plain, tried.looped, good))
    with at.report.scene("o, so that it fails") as seen:
        screen.order((good, bad), before=TRIED)
        screen.to_line(line, good)
        screen.keys("o")
        expect(screen.edited() == [f"+{line}", str(at.script)], f"the editor was told line {line}")
        listed(screen, plain + 1, looped + 1)
        seen.append(f"breakpoints moved to {plain + 1} and {looped + 1}")
    with at.report.scene("r, held where it fails") as seen:
        screen.keys("r")
        screen.stands(line + 1, f"held on {tried.raises}")
        seen.append(screen.status.strip().partition(" · ")[0])
        screen.pane("6", "Locals")
        screen.in_pane("input_paths")
        screen.keys("3", "u")
        screen.when(lambda: screen.source_line not in (None, line + 1), "the caller of main")
        screen.keys("d")
        screen.when(lambda: screen.source_line == line + 1, "main")
        open_console(screen)
        say(screen, "len(input_paths) + 43000", "430")
        close_console(screen)


def mended(at: At, original: bytes) -> None:
    """Edited back at the line that failed, run again warm, over the breakpoints to its end."""
    screen, tried = at.screen, at.tried
    good, bad = tried.broken
    zygote = at.zygote
    with at.report.scene("o, mended") as seen:
        screen.order((bad, good), without=TRIED)
        line = at.line(bad)
        screen.keys("o")
        expect(screen.edited() == [f"+{line}", str(at.script)], f"the editor was told line {line}")
        expect(at.script.read_bytes() == original, "the script is as it was")
        seen.append(f"at line {line}")
    plain, looped = at.line(tried.plain), at.line(tried.looped)
    with at.report.scene("r, warm") as seen:
        screen.keys("r")
        screen.when(lambda: screen.line in (plain, looped), "a breakpoint on its old line")
        expect(at.zygote == zygote, f"the same interpreter: {at.zygote}, {zygote}")
        seen.append(f"stopped on line {screen.line} in a fork of the same interpreter")


def kept_traceback(at: At) -> None:
    """What the command line tells of the failure, after it and while the session goes on."""
    good, bad = at.tried.broken
    with at.report.scene("show --traceback") as seen:
        home = at.screen.home / "show"
        home.mkdir(exist_ok=True)
        workspace = str(at.runs.parent)
        shown = Terminal(
            [PROGRAM, "show", "last", at.tried.step, "--traceback", "--workspace", workspace], WIDTH, HEIGHT, home, {}
        )
        try:
            expect(shown.wait_ended() == 0, f"it ends in peace: {shown.printed()}")
            text = shown.printed()
        finally:
            shown.close()
        place = f"{at.script}:{at.line(good) + 1} in main"
        for wanted in (at.tried.raises, place, bad, "input_paths = "):
            expect(wanted in text, f"it tells {wanted}:\n{text}")
        seen.append(f"{at.tried.raises}, {bad.split('(')[0]}…, input_paths and other locals")
