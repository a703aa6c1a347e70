"""Where an attempt spent its time and memory, in words: for the terminal, logs and screen readers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from cursus_tui.records.profile import HOT_SHARE, LineShare, Profile
from cursus_tui.records.run import Attempt, ResourceSample
from cursus_tui.storage.layout import AttemptFolder
from cursus_tui.storage.regular_file import read_regular
from cursus_tui.text import human_bytes, human_seconds, safe

_BARS = "▁▂▃▄▅▆▇█"
_BARS_WIDTH = 100


def profile_lines(
    attempt: Attempt,
    profile: Profile | None,
    samples: Sequence[ResourceSample],
    *,
    lines: int = 40,
) -> Iterator[str]:
    """Time by phase, memory over time, and the lines that took the time; safe for a terminal.

    Args:
        attempt: The attempt.
        profile: What was sampled of it; None where it was not profiled.
        samples: What it used over time.
        lines: At most so many lines of code.
    """
    yield from phases_and_memory(attempt, samples, _BARS_WIDTH)
    yield ""
    if profile is None:
        yield "which lines took the time is not known: it was not profiled (P on the screen)"
        return
    yield f"processor time by line ({seen_in(profile)})"
    yield f"  {'total':>5} {'own':>5}  line"
    own, of_others = hot_lines(profile)
    room = max(lines // 3, lines - len(own))
    for each in own[: max(1, lines - min(room, len(of_others)))]:
        yield _line(each)
    if of_others:
        yield "  in libraries:"
        for each in of_others[:room]:
            yield _line(each)


def phases_and_memory(attempt: Attempt, samples: Sequence[ResourceSample], width: int) -> Iterator[str]:
    """What is known of an attempt that nobody profiled, too; ``width`` is the cells of a line."""
    yield "time by phase"
    yield from _phases(attempt, width)
    yield ""
    yield "memory over time"
    yield from _memory(samples, width)


def seen_in(profile: Profile) -> str:
    """From how many looks it comes."""
    return f"{profile.samples:,} samples in {human_seconds(profile.seconds)}; waiting is not seen"


def hot_lines(profile: Profile) -> tuple[list[LineShare], list[LineShare]]:
    """Lines worth a look: the user's by what they and all that they called took, those of libraries by their own."""
    own = [each for each in profile.hot if not each.library]
    of_others = [each for each in profile.hot if each.library and each.own >= HOT_SHARE]
    return own, sorted(of_others, key=lambda each: -each.own)


def _line(each: LineShare) -> str:
    return f"  {each.total:>5.0%} {each.own:>5.0%}  {safe(f'{each.file}:{each.line}')} {safe(each.function, 40)}"


def _phases(attempt: Attempt, width: int) -> Iterator[str]:
    phases = [
        ("import", attempt.import_seconds),
        ("main", attempt.main_seconds),
        ("packing", _told(attempt, "pack_seconds")),
        ("stopped inside", _told(attempt, "held_seconds") or None),
    ]
    if attempt.ended and attempt.started:
        known = sum(seconds or 0.0 for _, seconds in phases)
        phases.append((_rest(attempt), max(0.0, attempt.ended - attempt.started - known)))
    most = max((seconds or 0.0 for _, seconds in phases), default=0.0) or 1.0
    for name, seconds in phases:
        if seconds is not None:
            bar = "█" * round((width - 30) * seconds / most)
            yield f"  {name:<15} {human_seconds(seconds):>8}  {bar}".rstrip()


def _rest(attempt: Attempt) -> str:
    """What the time is that no phase says it took: a phase that was cut short, by a kill say, never says."""
    if attempt.main_seconds is not None:
        return "the rest"
    return "up to its end" if attempt.import_seconds is None else "main, cut short"


def _told(attempt: Attempt, what: str) -> float | None:
    """Seconds that its worker wrote when it ended; a script can write there what it likes."""
    try:
        outcome = json.loads(read_regular(AttemptFolder(attempt.folder).outcome))
        seconds = outcome.get(what)
    except (OSError, ValueError, AttributeError, RecursionError):
        return None
    return float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 1e9 else None


def _memory(samples: Sequence[ResourceSample], width: int) -> Iterator[str]:
    if not samples:
        yield "  it ended before it could be looked at"
        return
    peaks = _in_columns(samples, width - 4)
    most = max(peaks) or 1
    yield "  " + "".join(_BARS[min(7, 8 * peak // (most + 1))] for peak in peaks)
    first, last = samples[0], samples[-1]
    yield (
        f"  {human_bytes(first.rss_bytes)} at {human_seconds(first.seconds)}, at most {human_bytes(most)}, "
        f"{human_bytes(last.rss_bytes)} at {human_seconds(last.seconds)}"
    )


def _in_columns(samples: Sequence[ResourceSample], columns: int) -> list[int]:
    """The highest reading of each of so many stretches of time of the same length."""
    begin, span = samples[0].seconds, samples[-1].seconds - samples[0].seconds
    columns = max(1, min(columns, len(samples)))
    peaks = [0] * columns
    for each in samples:
        at = min(columns - 1, int(columns * (each.seconds - begin) / span)) if span > 0 else 0
        peaks[at] = max(peaks[at], each.rss_bytes)
    for at in range(1, columns):
        peaks[at] = peaks[at] or peaks[at - 1]  # no reading in that stretch
    return peaks


def profile_document(attempt: Attempt, profile: Profile | None, samples: Sequence[ResourceSample]) -> dict[str, object]:
    """The same as plain values, for JSON."""
    sampled = None
    if profile is not None:
        lines = [dataclasses.asdict(each) for each in profile.lines]
        sampled = {"samples": profile.samples, "seconds": profile.seconds, "rate": profile.rate, "lines": lines}
    return {
        "step": attempt.step,
        "attempt": attempt.number,
        "import_seconds": attempt.import_seconds,
        "main_seconds": attempt.main_seconds,
        "pack_seconds": _told(attempt, "pack_seconds"),
        "held_seconds": _told(attempt, "held_seconds"),
        "memory": [{"seconds": each.seconds, "rss_bytes": each.rss_bytes} for each in samples],
        "profile": sampled,
    }
