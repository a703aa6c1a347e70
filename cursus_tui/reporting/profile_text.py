"""Where an attempt spent its time and memory, in words: for the terminal, logs and screen readers."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence

from cursus_tui.records.profile import LineShare, Profile
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
    width: int | None = None,
) -> Iterator[str]:
    """Time by phase, memory over time, and the lines that took the time; safe for a terminal.

    Args:
        attempt: The attempt.
        profile: What was sampled of it; None where it was not profiled.
        samples: What it used over time.
        lines: At most so many lines of code.
        width: Cells of a line of text; None where lines may be as long as their paths.
    """
    yield "time by phase"
    yield from _phases(attempt, width or _BARS_WIDTH)
    yield ""
    yield "memory over time"
    yield from _memory(samples, width or _BARS_WIDTH)
    yield ""
    if profile is None:
        yield "which lines took the time is not known: it was not profiled (P on the screen)"
        return
    seen = f"{profile.samples:,} samples in {human_seconds(profile.seconds)}"
    yield f"processor time by line ({seen}; waiting is not seen)"
    yield f"  {'total':>5} {'own':>5}  line"
    own = [each for each in profile.hot if not each.library]
    of_others = sorted((each for each in profile.hot if each.library and each.own >= 0.02), key=lambda each: -each.own)
    room = max(lines // 3, lines - len(own))
    for each in own[: max(1, lines - min(room, len(of_others)))]:
        yield _line(each, width)
    if of_others:
        yield "  in libraries:"
        for each in of_others[:room]:
            yield _line(each, width)


def _line(each: LineShare, width: int | None) -> str:
    place = f"{each.file}:{each.line}"
    function = safe(each.function, 40)
    room = max(20, width - 17 - len(function)) if width else len(place)
    place = safe(place if len(place) <= room else "…" + place[1 - room :])
    return f"  {each.total:>5.0%} {each.own:>5.0%}  {place} {function}"


def _phases(attempt: Attempt, width: int) -> Iterator[str]:
    took = attempt.ended - attempt.started if attempt.ended and attempt.started else None
    phases = [("import", attempt.import_seconds), ("main", attempt.main_seconds), ("packing", _packing(attempt))]
    known = sum(seconds or 0.0 for _, seconds in phases)
    if took is not None:
        phases.append(("the rest", max(0.0, took - known)))
    most = max((seconds or 0.0 for _, seconds in phases), default=0.0) or 1.0
    for name, seconds in phases:
        if seconds is not None:
            bar = "█" * round((width - 24) * seconds / most)
            yield f"  {name:<9} {human_seconds(seconds):>8}  {bar}".rstrip()


def _packing(attempt: Attempt) -> float | None:
    """What its worker wrote when it ended; a script can write there what it likes."""
    try:
        outcome = json.loads(read_regular(AttemptFolder(attempt.folder).outcome))
        seconds = outcome.get("pack_seconds")
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
        "pack_seconds": _packing(attempt),
        "memory": [{"seconds": each.seconds, "rss_bytes": each.rss_bytes} for each in samples],
        "profile": sampled,
    }
